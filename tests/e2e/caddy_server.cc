// See caddy_server.h.
#include "caddy_server.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "support/text.h"

namespace weir::e2e {

void make_caddy_log(const std::vector<support::CodeBlock>& guide, const std::string& log) {
  const std::string shown = "/var/log/caddy";
  std::string commands = support::block_with(guide, "", "chown");
  EXPECT_NE(commands.find(shown + "/access.log"), std::string::npos);
  commands = support::replaced(std::move(commands), shown + "/access.log", log);
  commands = support::replaced(std::move(commands), shown, log.substr(0, log.rfind('/')));
  commands = support::replaced(std::move(commands), "caddy:adm", fmt::format("{}:{}", ::geteuid(), ::getegid()));
  const support::ProcessResult done = support::run_process({"sh", "-e", "-c", commands});
  EXPECT_EQ(done.exit_code, 0) << done.log;
}

Caddy::Caddy(const support::TemporaryFolder& folder, const std::string& site, const std::string& pages)
    : WebServer({}, SIGTERM) {
  const std::uint16_t pages_port = free_port();
  std::string moved = support::replaced(site, "shop.example {", fmt::format("http://{} {{", host()));
  EXPECT_NE(moved, site);
  moved = support::replaced(moved, "127.0.0.1:3000", fmt::format("127.0.0.1:{}", pages_port));
  const std::string file =
      folder.write("Caddyfile", fmt::format("{{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}}\n{}\n"
                                            "http://:{} {{\n{}\nrespond hello\n}}\n",
                                            moved, pages_port, pages));
  // Its data and its last configuration go below the home folder.
  start({"env", "HOME=" + folder.path("."), "XDG_DATA_HOME=" + folder.path("."), "XDG_CONFIG_HOME=" + folder.path("."),
         "caddy", "run", "--adapter", "caddyfile", "--config", file},
        [&] { return listens() && support::SocketClient(pages_port).connected(); });
}

}  // namespace weir::e2e
