// The log of a real nginx is rotated while requests come all the time, and Weir is stopped and started again: every
// line counts exactly once. Everything is configured as the guide for nginx says, with other paths and ports.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <optional>

#include "nginx_server.h"
#include "page_load.h"
#include "running_server.h"
#include "support/exposition.h"
#include "support/guide.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::block_with;
using support::replaced;

constexpr int kClients = 3;

class NginxRotation : public testing::Test {
 protected:
  /// A block of the guide, with the paths of this test.
  std::string from_guide(std::string_view language, std::string_view words) const {
    std::string text = block_with(guide_, language, words);
    text = replaced(std::move(text), "/var/log/nginx/weir.log", log_);
    text = replaced(std::move(text), "/var/lib/weir/tail.state", folder_.path("tail.state"));
    text = replaced(std::move(text), "/run/nginx.pid", folder_.path("nginx.pid"));
    // Only root may give files away.
    if (::geteuid() != 0) text = replaced(std::move(text), "create 0640 www-data adm", "create");
    EXPECT_NE(text.find(log_), std::string::npos);
    return text;
  }

  /// Starts nginx and Weir, and only then the load: the guide's Weir begins at the end of the log.
  void start() {
    nginx_.emplace(folder_, NginxBlocks{.http = from_guide("nginx", "log_format"),
                                        .server = "location / { return 200 hello; }\n"});
    start_weir();
    ASSERT_TRUE(weir_->process().wait_until([&] { return metric("weir_tail_files_open") == 1; }));
    load_.emplace(nginx_->port(), kClients, Nginx::kReadyPath);
  }
  void start_weir() {
    weir_.emplace(on_free_ports(from_guide("yaml", "tail:")) + "pipeline: {publish_interval: 10ms}\n");
  }

  /// Stops Weir, and adds up what it counted.
  void stop_weir() {
    ASSERT_EQ(weir_->stop(), 0) << weir_->process().log();
    const StoppedCounts counts = weir_->stopped_counts();
    EXPECT_EQ(counts.counted, counts.received) << weir_->process().log();
    received_ += counts.received;
    counted_ += counts.counted;
  }
  /// Ends the load, lets Weir read the rest, and compares.
  void expect_every_line_once() {
    const std::int64_t answered = load_->finish();
    EXPECT_TRUE(weir_->wait_for_count("received", answered - received_)) << answered << weir_->process().log();
    stop_weir();
    EXPECT_EQ(received_, answered);
    EXPECT_EQ(counted_, answered);
  }

  /// Of all lives of Weir; -1 when it does not say.
  std::int64_t received() const {
    const nlohmann::json report = weir_->report();
    return report.is_discarded() ? -1 : received_ + report["events"].value("received", std::int64_t{-1});
  }
  std::int64_t metric(const std::string& name) const {
    return sum_of(support::parse_exposition(weir_->scrape()), name);
  }
  /// Waits until Weir, which reads the oldest first, has read more than that.
  testing::AssertionResult weir_reads_more_than(std::int64_t count) {
    if (weir_->process().wait_until([&] { return received() > count; })) return testing::AssertionSuccess();
    return testing::AssertionFailure() << "Weir has read " << received() << " " << weir_->process().log();
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
    nginx_->process().signal(SIGUSR1);
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
  /// True when nginx has a log again; it makes it some time behind the signal.
  bool log_has_lines() {
    return nginx_->process().wait_until([&] {
      std::error_code none;
      const std::uintmax_t size = std::filesystem::file_size(log_, none);
      return !none && size > 0;
    });
  }
  void run_logrotate(const std::string& configuration) const {
    const std::string file = folder_.write("logrotate.conf", configuration);
    const auto done = support::run_process({"/usr/sbin/logrotate", "-f", "-s", folder_.path("logrotate.state"), file});
    EXPECT_EQ(done.exit_code, 0) << done.log;
    EXPECT_EQ(done.log, "");
  }

  const std::vector<support::CodeBlock> guide_ = support::blocks_of_guide("nginx");
  const support::TemporaryFolder folder_;
  const std::string log_ = folder_.path("weir.log");
  std::optional<Nginx> nginx_;
  std::optional<RunningServer> weir_;
  std::optional<PageLoad> load_;
  std::int64_t received_ = 0;  // in former lives of Weir
  std::int64_t counted_ = 0;
  std::int64_t cut_at_ = 0;  // pages answered before the last cut
};

TEST_F(NginxRotation, by_renaming_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  for (int life = 0; life < 3; ++life) {
    if (life > 0) start_weir();
    // Weir may fall behind by any number of rotations.
    for (int rotation = 0; rotation < 12; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
      ASSERT_TRUE(log_has_lines());
      rename_log();
    }
    ASSERT_TRUE(weir_reads_more_than(received_));
    if (life == 2) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    for (int rotation = 0; rotation < 4; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
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
      ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
      // A copy is found by what was read of the file before, so something of it has to be.
      ASSERT_TRUE(weir_reads_more_than(cut_at_));
      copy_and_cut_log();
    }
    ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
    ASSERT_TRUE(weir_reads_more_than(cut_at_));
    if (life == 2) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
    copy_and_cut_log();
  }
  expect_every_line_once();
}

TEST_F(NginxRotation, by_logrotate_under_load_counts_every_line_once) {
  ASSERT_NO_FATAL_FAILURE(start());
  const std::string configuration = from_guide("logrotate", "postrotate");
  for (int life = 0; life < 2; ++life) {
    if (life > 0) start_weir();
    ASSERT_TRUE(weir_reads_more_than(received_));  // it has found what it left behind
    for (int rotation = 0; rotation < 6; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
      ASSERT_TRUE(log_has_lines());
      const std::int64_t before = metric("weir_tail_rotations_total");
      run_logrotate(configuration);
      // The file that was rotated is compressed by the next rotation: Weir must have seen it by then.
      ASSERT_TRUE(weir_->process().wait_until([&] { return metric("weir_tail_rotations_total") > before; }));
    }
    if (life == 1) break;
    // What was rotated last will be compressed while Weir is away, so all of it must have been written and read.
    ASSERT_TRUE(nginx_->process().wait_until([&] { return nginx_->has_open(log_) && !nginx_->has_open(log_ + ".1"); }));
    load_->pause();
    ASSERT_TRUE(weir_->wait_for_count("received", load_->answered() - received_)) << weir_->process().log();
    load_->resume();
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
    ASSERT_TRUE(log_has_lines());
    run_logrotate(configuration);
  }
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
      ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
      ASSERT_TRUE(weir_reads_more_than(cut_at_));
      rotate();
    }
    ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
    ASSERT_TRUE(weir_reads_more_than(cut_at_));
    if (life == 1) break;
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_TRUE(load_->wait_for_more(100)) << nginx_->log();
    rotate();
  }
  expect_every_line_once();
  EXPECT_TRUE(std::filesystem::exists(log_ + ".2.gz"));
}

}  // namespace
}  // namespace weir::e2e
