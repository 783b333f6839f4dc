// See nginx_server.h.
#include "nginx_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <vector>

#include "support/files.h"

namespace weir::e2e {
namespace {

/// A port nobody listens on at this moment.
std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(probe, reinterpret_cast<const sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(probe);
  return ntohs(address.sin_port);
}

/// What a distribution's nginx.conf says, for a folder of its own.
std::string configuration(const std::string& folder, std::uint16_t port, const NginxBlocks& blocks) {
  std::string text = fmt::format(
      "daemon off;\nworker_processes 2;\npid {}/nginx.pid;\nerror_log stderr warn;\nevents {{ worker_connections 64; "
      "}}\n"
      "{}http {{\n",
      folder, ::geteuid() == 0 ? "user root;\n" : "");
  for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
    text += fmt::format("{}_temp_path {}/{};\n", kind, folder, kind);
  }
  return text +
         fmt::format("{}\nserver {{\nlisten 127.0.0.1:{};\nlocation = {} {{ access_log off; return 200; }}\n{}}}\n}}\n",
                     blocks.http, port, Nginx::kReadyPath, blocks.server);
}

}  // namespace

Nginx::Nginx(const support::TemporaryFolder& folder, const NginxBlocks& blocks)
    : pid_file_(folder.path("nginx.pid")), port_(free_port()) {
  const std::string file = folder.write("nginx.conf", configuration(folder.path("."), port_, blocks));
  process_ = std::make_unique<support::ChildProcess>(
      std::vector<std::string>{"/usr/sbin/nginx", "-p", folder.path("."), "-e", "stderr", "-c", file});
  const bool ready = process_->wait_until([&] { return get(kReadyPath).status == 200; });
  EXPECT_TRUE(ready) << process_->log();
}

Nginx::~Nginx() {
  process_->signal(SIGQUIT);  // its workers go with it
  EXPECT_EQ(process_->wait_for_exit(), 0) << process_->log();
}

bool Nginx::has_open(const std::string& path) const {
  const std::string master = std::to_string(std::stol(support::read_whole_file(pid_file_)));
  std::istringstream workers(support::read_whole_file(fmt::format("/proc/{}/task/{}/children", master, master)) +
                             master);
  for (std::string process; workers >> process;) {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + process + "/fd", gone)) {
      if (std::filesystem::read_symlink(entry.path(), gone) == path) return true;
    }
  }
  return false;
}

}  // namespace weir::e2e
