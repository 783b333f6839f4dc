// The logs of a real Apache and a real Caddy are rotated while requests come all the time, and Weir is stopped and
// started again: every line counts exactly once. Everything is configured as the guides say, with other paths, ports
// and sizes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "apache_server.h"
#include "caddy_server.h"
#include "rotated_log.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::replaced;

class ApacheRotation : public RotatedLog {
 protected:
  ApacheRotation() : RotatedLog("apache", "/var/log/apache2/weir.log") {}
};

TEST_F(ApacheRotation, by_logrotate_under_load_counts_every_line_once) {
  // A restart ends connections that are kept, and clients that use them again at this moment get no answer.
  const std::string server = from_guide("apache", "LogFormat") + "KeepAlive Off\n";
  ASSERT_NO_FATAL_FAILURE(start(std::make_unique<Apache>(folder_, ApacheBlocks{.server = server, .host = {}}), {}));
  ASSERT_NO_FATAL_FAILURE(rotate_by_logrotate(
      replaced(from_guide("logrotate", "postrotate"), "/run/apache2/apache2.pid", server_->pid_file())));
  expect_every_line_once();
  EXPECT_TRUE(std::filesystem::exists(log_ + ".2.gz"));
}

class CaddyRotation : public RotatedLog {
 protected:
  CaddyRotation() : RotatedLog("caddy", "/var/log/caddy/access.log") {}

  void start() {
    make_caddy_log(guide_, log_);
    const std::string site = from_guide("caddyfile", "roll_size");
    const std::string soon = replaced(site, "roll_size 100MiB", "roll_size 1MiB");
    ASSERT_NE(soon, site);
    auto caddy = std::make_unique<Caddy>(folder_, soon);
    const std::string host = caddy->host();
    RotatedLog::start(std::move(caddy), {.quiet_path = {}, .host = host});
  }

  /// Files that Caddy rolled: access-2026-01-02T03-04-05.678.log and the like.
  std::ptrdiff_t rolled() const {
    using Files = std::filesystem::directory_iterator;
    return std::count_if(Files(folder_.path("")), Files(), [](const auto& entry) {
      return entry.path().filename().string().starts_with("access-") && entry.path().extension() == ".log";
    });
  }
  /// Goes on asking until Caddy has rolled its log so many more times.
  void wait_for_rolls(std::ptrdiff_t count) {
    const std::ptrdiff_t wanted = rolled() + count;
    while (rolled() < wanted) ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
  }
};

TEST_F(CaddyRotation, by_itself_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (int life = 0; life < 2; ++life) {
    if (life > 0) start_weir();
    ASSERT_NO_FATAL_FAILURE(wait_for_rolls(2));
    ASSERT_TRUE(weir_reads_more_than(received_));
    if (life == 1) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_NO_FATAL_FAILURE(wait_for_rolls(3));
  }
  expect_every_line_once();
  // What Caddy makes anew is as readable as what the guide made.
  EXPECT_EQ(std::filesystem::status(log_).permissions(), static_cast<std::filesystem::perms>(0640));
}

}  // namespace
}  // namespace weir::e2e
