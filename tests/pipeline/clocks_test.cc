// Clocks that are wrong by decades, among those that are right, as a server takes them in live.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

constexpr TimeMs kClocksNowMs = 1'700'000'000'000;
constexpr TimeMs kYearMs = TimeMs{365} * 24 * 60 * 60 * 1000;

TEST(Limits, clocks_that_are_decades_off_cost_their_own_events_only) {
  ManualClock clock(kClocksNowMs);
  PipelineSettings settings;
  settings.options.windows.rollups = default_rollups();
  const std::unique_ptr<Pipeline> pipeline = *Pipeline::start(settings, clock);
  const auto tick = [&] {
    std::uint64_t number = 0;
    while (number == 0) number = pipeline->tick();
    while (pipeline->report()->number < number) std::this_thread::yield();
    return pipeline->report();
  };
  std::int64_t visitor = 0;
  const auto take = [&](TimeMs ts_ms, const std::string& more) {
    std::string body =
        fmt::format(R"({{"type":"page_view","url":"/","visitor":"v{}","ts":{}{}}})", ++visitor, ts_ms, more);
    const std::size_t size = body.size();
    body.resize(size + 64, ' ');
    return pipeline->take_body(std::string_view(body).substr(0, size), Origin{}).accepted;
  };
  std::int64_t right = 0;
  for (int round = 0; round < 20; ++round, clock.advance(1000)) {
    const TimeMs now_ms = clock.now_ms();
    right += static_cast<std::int64_t>(take(now_ms, ""));
    EXPECT_EQ(take(now_ms + 20 * kYearMs, ""), 1U);
    EXPECT_EQ(take(now_ms - 10 * kYearMs, ""), 1U);
    // Their clocks are as wrong, but they say what time it is on them.
    EXPECT_EQ(take(now_ms + 20 * kYearMs, fmt::format(R"(,"sent_at":{})", now_ms + 20 * kYearMs)), 1U);
    EXPECT_EQ(take(now_ms - 10 * kYearMs, fmt::format(R"(,"sent_at":{})", now_ms - 10 * kYearMs)), 1U);
    EXPECT_LE(tick()->watermark_ms.value_or(0), clock.now_ms()) << "no clock but ours moves it";
  }
  clock.advance(60'000);
  const std::shared_ptr<const Report> report = tick();
  EXPECT_EQ(right, 20);
  EXPECT_EQ(report->stats[Stat::kClockClamped], 20);
  EXPECT_EQ(report->stats[Stat::kLate], 20) << "those of ten years ago that do not say how late they are";
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 80);
  EXPECT_EQ(report->rollups.at(0).cells.at(0).totals[Part::kSessions], 80);
  EXPECT_EQ(*report->first_event_ms, kClocksNowMs);
}

}  // namespace
}  // namespace weir
