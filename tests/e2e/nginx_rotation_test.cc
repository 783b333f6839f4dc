// The log of a real nginx is rotated while requests come all the time, and Weir is stopped and started again: every
// line counts exactly once. Everything is configured as the guide for nginx says, with other paths and ports.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "nginx_server.h"
#include "rotated_log.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

class NginxRotation : public RotatedLog {
 protected:
  NginxRotation() : RotatedLog("nginx", "/var/log/nginx/weir.log") {}

  void start() {
    RotatedLog::start(std::make_unique<Nginx>(folder_, NginxBlocks{.http = from_guide("nginx", "log_format"),
                                                                   .server = "location / { return 200 hello; }\n"}),
                      {.quiet_path = Nginx::kReadyPath});
  }

  /// weir.log.1 becomes weir.log.2, and so on.
  void shift_rotated() const {
    int last = 0;
    while (std::filesystem::exists(fmt::format("{}.{}", log_, last + 1))) ++last;
    for (; last > 0; --last) {
      std::filesystem::rename(fmt::format("{}.{}", log_, last), fmt::format("{}.{}", log_, last + 1));
    }
  }
  void rename_log() {
    shift_rotated();
    std::filesystem::rename(log_, log_ + ".1");
    server_->process().signal(SIGUSR1);
  }
  /// What nginx writes between the copy and the cut is lost by this way of rotating itself: so nothing then.
  void copy_and_cut_log() {
    load_->pause();
    shift_rotated();
    std::filesystem::copy_file(log_, log_ + ".1");
    std::filesystem::resize_file(log_, 0);
    cut_at_ = load_->answered();
    load_->resume();
  }

  std::int64_t cut_at_ = 0;  // pages answered before the last cut
};

TEST_F(NginxRotation, by_renaming_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (int life = 0; life < 3; ++life) {
    if (life > 0) start_weir();
    // Weir may fall behind by any number of rotations.
    for (int rotation = 0; rotation < 12; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
      ASSERT_TRUE(log_has_lines());
      rename_log();
    }
    ASSERT_TRUE(weir_reads_more_than(received_));
    if (life == 2) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    for (int rotation = 0; rotation < 4; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
      ASSERT_TRUE(log_has_lines());
      rename_log();
    }
  }
  expect_every_line_once();
}

TEST_F(NginxRotation, by_copying_and_cutting_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (int life = 0; life < 3; ++life) {
    if (life > 0) start_weir();
    for (int rotation = 0; rotation < 8; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
      // A copy is found by what was read of the file before, so something of it has to be.
      ASSERT_TRUE(weir_reads_more_than(cut_at_));
      copy_and_cut_log();
    }
    ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
    ASSERT_TRUE(weir_reads_more_than(cut_at_));
    if (life == 2) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
    copy_and_cut_log();
  }
  expect_every_line_once();
}

TEST_F(NginxRotation, by_logrotate_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(rotate_by_logrotate(
      support::replaced(from_guide("logrotate", "postrotate"), "/run/nginx.pid", server_->pid_file())));
  expect_every_line_once();
  EXPECT_TRUE(std::filesystem::exists(log_ + ".2.gz"));
}

TEST_F(NginxRotation, by_logrotate_with_copytruncate_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string configuration = from_guide("logrotate", "copytruncate");
  const auto rotate = [&] {
    load_->pause();  // see copy_and_cut_log()
    run_logrotate(configuration);
    cut_at_ = load_->answered();
    load_->resume();
  };
  for (int life = 0; life < 2; ++life) {
    if (life > 0) start_weir();
    for (int rotation = 0; rotation < 6; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
      ASSERT_TRUE(weir_reads_more_than(cut_at_));
      rotate();
    }
    ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
    ASSERT_TRUE(weir_reads_more_than(cut_at_));
    if (life == 1) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
    rotate();
  }
  expect_every_line_once();
  EXPECT_TRUE(std::filesystem::exists(log_ + ".2.gz"));
}

}  // namespace
}  // namespace weir::e2e
