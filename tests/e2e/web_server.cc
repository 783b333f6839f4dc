// See web_server.h.
#include "web_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>

#include "support/files.h"

namespace weir::e2e {

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

WebServer::WebServer(std::string pid_file, int stop_signal)
    : pid_file_(std::move(pid_file)), stop_signal_(stop_signal), port_(free_port()) {}

void WebServer::start(const std::vector<std::string>& command, const std::function<bool()>& ready) {
  process_ = std::make_unique<support::ChildProcess>(command);
  EXPECT_TRUE(process_->wait_until(ready)) << process_->log();
}

WebServer::~WebServer() {
  process_->signal(stop_signal_);  // its workers go with it
  EXPECT_EQ(process_->wait_for_exit(), 0) << process_->log();
}

bool WebServer::has_open(const std::string& path) const {
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
