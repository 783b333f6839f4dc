// See rotated_log.h.
#include "rotated_log.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "support/exposition.h"
#include "support/text.h"

namespace weir::e2e {

using support::replaced;

RotatedLog::RotatedLog(std::string_view guide, const std::string& shown_log)
    : guide_(support::blocks_of_guide(guide)),
      shown_log_(shown_log),
      log_(folder_.path(std::string_view(shown_log).substr(shown_log.rfind('/') + 1))) {}

std::string RotatedLog::from_guide(std::string_view language, std::string_view words) const {
  std::string text = replaced(support::block_with(guide_, language, words), shown_log_, log_);
  EXPECT_NE(text.find(log_), std::string::npos);
  text = replaced(std::move(text), "/var/lib/weir/tail.state", folder_.path("tail.state"));
  // Only root may give files away.
  if (::geteuid() != 0 && language == "logrotate") {
    for (const char* owner : {"create 0640 www-data adm", "create 0640 root adm"}) {
      text = replaced(std::move(text), owner, "create");
    }
  }
  return text;
}

void RotatedLog::start(std::unique_ptr<WebServer> server, PageLoad::Options load) {
  server_ = std::move(server);
  start_weir();
  ASSERT_TRUE(weir_->process().wait_until([&] { return metric("weir_tail_files_open") == 1; }));
  load.port = server_->port();
  load.clients = kClients;
  load_.emplace(std::move(load));
}

void RotatedLog::start_weir() {
  weir_.emplace(on_free_ports(from_guide("yaml", "tail:")) + "pipeline: {publish_interval: 10ms}\n");
}

void RotatedLog::stop_weir() {
  ASSERT_EQ(weir_->stop(), 0) << weir_->process().log();
  const StoppedCounts counts = weir_->stopped_counts();
  EXPECT_EQ(counts.counted, counts.received) << weir_->process().log();
  received_ += counts.received;
  counted_ += counts.counted;
}

void RotatedLog::expect_every_line_once() {
  const std::int64_t answered = load_->finish();
  EXPECT_TRUE(weir_->wait_for_count("received", answered - received_)) << answered << weir_->process().log();
  stop_weir();
  EXPECT_EQ(received_, answered);
  EXPECT_EQ(counted_, answered);
}

std::int64_t RotatedLog::received() const {
  const nlohmann::json report = weir_->report();
  return report.is_discarded() ? -1 : received_ + report["events"].value("received", std::int64_t{-1});
}

std::int64_t RotatedLog::metric(const std::string& name) const {
  return sum_of(support::parse_exposition(weir_->scrape()), name);
}

testing::AssertionResult RotatedLog::weir_reads_more_than(std::int64_t count) {
  if (weir_->process().wait_until([&] { return received() > count; })) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "Weir has read " << received() << " " << weir_->process().log();
}

bool RotatedLog::log_has_lines() {
  return server_->process().wait_until([&] {
    std::error_code none;
    const std::uintmax_t size = std::filesystem::file_size(log_, none);
    return !none && size > 0;
  });
}

void RotatedLog::run_logrotate(const std::string& configuration) const {
  const std::string file = folder_.write("logrotate.conf", configuration);
  const auto done = support::run_process({"/usr/sbin/logrotate", "-f", "-s", folder_.path("logrotate.state"), file});
  EXPECT_EQ(done.exit_code, 0) << done.log;
  EXPECT_EQ(done.log, "");
}

void RotatedLog::rotate_by_logrotate(const std::string& configuration) {
  for (int life = 0; life < 2; ++life) {
    if (life > 0) start_weir();
    ASSERT_TRUE(weir_reads_more_than(received_));  // it has found what it left behind
    for (int rotation = 0; rotation < 6; ++rotation) {
      ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
      ASSERT_TRUE(log_has_lines());
      const std::int64_t before = metric("weir_tail_rotations_total");
      run_logrotate(configuration);
      // The file that was rotated is compressed by the next rotation: Weir must have seen it by then.
      ASSERT_TRUE(weir_->process().wait_until([&] { return metric("weir_tail_rotations_total") > before; }));
    }
    if (life == 1) break;
    // What was rotated last will be compressed while Weir is away, so all of it must have been written and read.
    ASSERT_TRUE(
        server_->process().wait_until([&] { return server_->has_open(log_) && !server_->has_open(log_ + ".1"); }));
    load_->pause();
    ASSERT_TRUE(weir_->wait_for_count("received", load_->answered() - received_)) << weir_->process().log();
    load_->resume();
    ASSERT_NO_FATAL_FAILURE(stop_weir());
    ASSERT_TRUE(load_->wait_for_more(100)) << server_->log();
    ASSERT_TRUE(log_has_lines());
    run_logrotate(configuration);
  }
}

}  // namespace weir::e2e
