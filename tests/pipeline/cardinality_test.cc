// A flood of pages that are none, against pages that are: however many junk addresses come, the series stay few, memory
// stays flat, and what the real pages and all together had is exact.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <thread>

#include "support/long_run.h"
#include "support/sanitized.h"
#include "weir/pipeline/memory_guard.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

constexpr TimeMs kStartMs = 1'700'000'000'000;
constexpr std::size_t kRealPages = 200;
constexpr std::size_t kPageLimit = 500;
constexpr std::size_t kRollupCount = 3;
constexpr std::size_t kStepEvents = 2000;  // junk at a time, and as many of real pages
constexpr TimeMs kStepMs = 1000;
constexpr std::size_t kMiB = std::size_t{1} << 20;

PipelineSettings attacked() {
  PipelineSettings settings;
  PipelineOptions& options = settings.options;
  options.shards = 2;
  // Short spans, so that a small flood is long enough for everything that ever gets full to be full.
  options.sessions.timeout_ms = 10'000;
  options.sessions.dedup_ms = 10'000;
  options.windows.windows = {60'000};
  options.windows.visitors = 50'000;
  options.windows.rollups = {
      {"site", {}, 10}, {"landing", {Dimension::kLandingPage}, kPageLimit}, {"campaign", {Dimension::kCampaign}, 100}};
  return settings;
}

/// Sends steps of the flood: each junk address and campaign once, real pages in turn, every session of one page view.
class Flood {
 public:
  Flood() : pipeline_(*Pipeline::start(attacked(), clock_)) {}

  void send_step() {
    text_.clear();
    for (std::size_t i = 0; i < kStepEvents; ++i, ++sent_) {
      add(fmt::format("/junk/{0}?utm_source=x&utm_campaign=c{0}", sent_), "j");
      add(fmt::format("/page/{}", sent_ % kRealPages), "r");
    }
    pipeline_->open_stream(SourceKind::kStdin)->write(text_);
    clock_.advance(kStepMs);
    tick();
  }
  /// Lets all sessions end.
  void end() {
    clock_.advance(60'000);
    tick();
  }
  std::size_t sent() const { return sent_; }
  std::shared_ptr<const Report> report() const { return pipeline_->report(); }

 private:
  void add(const std::string& url, const char* visitor) {
    text_ += fmt::format("{{\"type\":\"page_view\",\"site\":\"shop\",\"visitor\":\"{}{}\",\"url\":\"{}\",\"ts\":{}}}\n",
                         visitor, sent_, url, clock_.now_ms());
  }
  void tick() {
    std::uint64_t number = 0;
    while (number == 0) number = pipeline_->tick();
    while (pipeline_->report()->number < number) std::this_thread::yield();
  }

  ManualClock clock_{kStartMs};
  std::unique_ptr<Pipeline> pipeline_;
  std::string text_;
  std::size_t sent_ = 0;
};

std::size_t series_count(const Report& report) {
  const std::string scrape = render_prometheus(report, SinkOptions{});
  std::size_t series = 0;
  for (std::size_t at = 0; at < scrape.size(); at = scrape.find('\n', at) + 1) series += scrape[at] != '#' ? 1 : 0;
  return series;
}

std::int64_t sessions_of(const RollupTotals& rollup) {
  std::int64_t sum = 0;
  for (const CellTotals& cell : rollup.cells) sum += cell.totals[Part::kSessions];
  return sum;
}

/// Every session of the pages is in the counter of its page; `per_page` is how many each had. (Counters of junk that
/// was shown for a while go with it, so that their sum is not the whole.)
void expect_pages_exact(const RollupTotals& landing, std::int64_t per_page) {
  std::map<std::string, std::int64_t> sessions;
  for (const CellCounters& cell : landing.counters) sessions[cell.labels.at(1)] = cell.counters.totals[Part::kSessions];
  for (std::size_t page = 0; page < kRealPages; ++page) {
    ASSERT_EQ(sessions[fmt::format("/page/{}", page)], per_page) << page;
  }
}

TEST(Cardinality, junk_addresses_cost_real_pages_nothing) {
  const std::size_t steps = static_cast<std::size_t>(support::repetitions(50, 500));
  Flood flood;
  std::size_t warm_bytes = 0;
  std::size_t warm_series = 0;
  std::size_t most_series = 0;
  for (std::size_t step = 1; step <= steps; ++step) {
    flood.send_step();
    if (step % 10 != 0) continue;
    most_series = std::max(most_series, series_count(*flood.report()));
    if (step > 30) continue;
    warm_bytes = resident_bytes();
    warm_series = most_series;
  }
  const std::size_t bytes = resident_bytes();
  flood.end();

  const std::shared_ptr<const Report> report = flood.report();
  const auto sent = static_cast<std::int64_t>(flood.sent());
  RecordProperty("junk_urls", std::to_string(sent));
  fmt::print("{} junk addresses: {} series, {} MiB resident, {} MiB before most of them\n", sent, most_series,
             bytes / kMiB, warm_bytes / kMiB);
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 2 * sent);
  EXPECT_EQ(report->stats[Stat::kSessionsClosedEarly], 0);
  EXPECT_GT(report->stats[Stat::kCellsFolded], 0);
  for (std::size_t rollup = 0; rollup < kRollupCount; ++rollup) {
    EXPECT_EQ(sessions_of(report->rollups.at(rollup)), 2 * sent) << "rollup " << rollup;
  }
  expect_pages_exact(report->rollups.at(1), sent / static_cast<std::int64_t>(kRealPages));
  EXPECT_LE(report->rollups.at(1).counters.size(), kPageLimit + 1) << "and __other__";
  EXPECT_LT(most_series, 50'000U);
  EXPECT_LE(most_series, warm_series + warm_series / 10);
  if (!support::kSanitized) {
    EXPECT_LE(bytes, warm_bytes + 16 * kMiB);
  }
}

}  // namespace
}  // namespace weir
