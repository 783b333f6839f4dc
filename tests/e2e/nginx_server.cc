// See nginx_server.h.
#include "nginx_server.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

namespace weir::e2e {
namespace {

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
    : WebServer(folder.path("nginx.pid"), SIGQUIT) {
  const std::string file = folder.write("nginx.conf", configuration(folder.path("."), port(), blocks));
  start({"/usr/sbin/nginx", "-p", folder.path("."), "-e", "stderr", "-c", file},
        [this] { return get(kReadyPath).status == 200; });
}

}  // namespace weir::e2e
