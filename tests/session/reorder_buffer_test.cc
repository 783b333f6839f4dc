// Tests of the reorder buffer: what comes out is in order and complete, whatever the order of arrival. On one thread,
// without clocks.
#include "weir/session/reorder_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "support/random_source.h"
#include "support/seed.h"

namespace weir {
namespace {

constexpr TimeMs kDayMs = 24 * 60 * 60 * 1000;

Event event_at(TimeMs time_ms, std::uint64_t number = 0) {
  Event event;
  event.time_ms = time_ms;
  event.visitor = number;
  return event;
}

/// A buffer and all it has released.
struct Bench {
  explicit Bench(TimeMs lateness_ms, std::size_t limit = 1'000'000)
      : buffer(lateness_ms, limit), emit([this](std::span<const Event* const> events) {
          for (const Event* event : events) released.push_back(*event);
        }) {}
  bool push(TimeMs time_ms, std::uint64_t number = 0) { return buffer.push(event_at(time_ms, number), emit); }
  std::vector<TimeMs> times() const {
    std::vector<TimeMs> list;
    for (const Event& event : released) list.push_back(event.time_ms);
    return list;
  }

  ReorderBuffer buffer;
  std::vector<Event> released;
  ReorderBuffer::Emit emit;
};

bool by_time(const Event& a, const Event& b) { return a.time_ms < b.time_ms; }

TEST(ReorderBuffer, random_arrivals_within_lateness_come_out_sorted_with_ties_in_order_of_arrival) {
  support::RandomSource random(support::test_seed());
  for (int round = 0; round < 60; ++round) {
    const TimeMs lateness_ms = random.pick({0, 1, 7, 255, 256, 300, 511, 5000, 400'000});
    const TimeMs pace_ms = random.pick({0, 1, 3, 100, 10'000});
    Bench bench(lateness_ms);
    std::vector<Event> sent;
    TimeMs newest_ms = random.pick({0, 1, 1'000'000});
    for (std::uint64_t number = 0; number < 500; ++number) {
      newest_ms += random.between(0, pace_ms);
      if (random.chance(1)) newest_ms += random.between(1, 20 * kDayMs);
      sent.push_back(event_at(std::max<TimeMs>(0, newest_ms - random.between(0, lateness_ms)), number));
      newest_ms = std::max(newest_ms, sent.back().time_ms);
      ASSERT_TRUE(bench.buffer.push(sent.back(), bench.emit)) << "lateness " << lateness_ms << " number " << number;
      if (random.chance(10)) bench.buffer.advance(newest_ms - lateness_ms, bench.emit);
      for (const Event& event : bench.released) ASSERT_LT(event.time_ms, bench.buffer.released_until_ms());
      ASSERT_EQ(bench.released.size() + bench.buffer.size(), sent.size());
    }
    bench.buffer.flush(bench.emit);
    std::stable_sort(sent.begin(), sent.end(), by_time);
    ASSERT_EQ(bench.released.size(), sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i) {
      ASSERT_EQ(bench.released[i].time_ms, sent[i].time_ms) << i;
      ASSERT_EQ(bench.released[i].visitor, sent[i].visitor) << i;
    }
  }
}

TEST(ReorderBuffer, a_jump_of_days_releases_everything_before_it) {
  Bench bench(5000);
  ASSERT_TRUE(bench.push(1000));
  ASSERT_TRUE(bench.push(900));
  ASSERT_TRUE(bench.push(1000 + 400 * kDayMs));
  EXPECT_EQ(bench.times(), (std::vector<TimeMs>{900, 1000}));
  EXPECT_EQ(bench.buffer.size(), 1U);
}

TEST(ReorderBuffer, without_lateness_a_newer_event_proves_older_ones_complete) {
  Bench bench(0);
  for (const TimeMs time_ms : {10, 10, 11, 12, 30}) ASSERT_TRUE(bench.push(time_ms));
  bench.buffer.advance(30, bench.emit);
  EXPECT_EQ(bench.times(), (std::vector<TimeMs>{10, 10, 11, 12}));
  EXPECT_FALSE(bench.push(29));
  EXPECT_TRUE(bench.push(30));
}

TEST(ReorderBuffer, advance_releases_only_what_is_below_the_watermark) {
  Bench bench(5000);
  for (const TimeMs time_ms : {10'000, 12'000, 14'000}) ASSERT_TRUE(bench.push(time_ms));
  bench.buffer.advance(12'000, bench.emit);
  EXPECT_EQ(bench.times(), (std::vector<TimeMs>{10'000}));
  EXPECT_LE(bench.buffer.released_until_ms(), 12'000);
}

TEST(ReorderBuffer, an_event_older_than_what_was_released_is_refused) {
  Bench bench(1000);
  ASSERT_TRUE(bench.push(50'000));
  bench.buffer.advance(50'000, bench.emit);
  EXPECT_FALSE(bench.push(40'000));
  EXPECT_FALSE(bench.push(bench.buffer.released_until_ms() - 1));
  EXPECT_TRUE(bench.push(bench.buffer.released_until_ms()));
  EXPECT_EQ(bench.buffer.size() + bench.released.size(), 2U);
}

TEST(ReorderBuffer, beyond_its_limit_the_oldest_go_first_and_are_counted) {
  Bench bench(5000, 3);
  for (const TimeMs time_ms : {4000, 1000, 3000}) ASSERT_TRUE(bench.push(time_ms));
  EXPECT_EQ(bench.buffer.forced(), 0);
  ASSERT_TRUE(bench.push(2000));
  EXPECT_EQ(bench.times(), (std::vector<TimeMs>{1000}));
  EXPECT_EQ(bench.buffer.forced(), 1);
  EXPECT_EQ(bench.buffer.size(), 3U);
  EXPECT_FALSE(bench.push(999));
}

TEST(ReorderBuffer, a_burst_of_one_time_beyond_the_limit_does_not_make_itself_late) {
  Bench bench(5000, 10);
  for (std::uint64_t number = 0; number < 100; ++number) ASSERT_TRUE(bench.push(7000, number)) << number;
  EXPECT_GT(bench.buffer.forced(), 0);
  EXPECT_FALSE(bench.push(6999)) << "older than what was forced out";
  EXPECT_EQ(bench.buffer.released_until_ms(), 7000);
  EXPECT_TRUE(bench.push(7001));
  bench.buffer.flush(bench.emit);
  ASSERT_EQ(bench.released.size(), 101U);
  for (std::uint64_t number = 0; number < 100; ++number) ASSERT_EQ(bench.released[number].visitor, number);
}

TEST(ReorderBuffer, under_its_limit_order_and_bound_hold_for_random_arrivals) {
  support::RandomSource random(support::test_seed());
  Bench bench(5000, 16);
  std::size_t taken = 0;
  TimeMs newest_ms = 0;
  for (int i = 0; i < 5000; ++i) {
    newest_ms += random.between(0, 20);
    taken += bench.push(std::max<TimeMs>(0, newest_ms - random.between(0, 5000)));
    ASSERT_LE(bench.buffer.size(), 16U);
  }
  bench.buffer.flush(bench.emit);
  EXPECT_EQ(bench.released.size(), taken);
  EXPECT_GT(bench.buffer.forced(), 0);
  EXPECT_TRUE(std::is_sorted(bench.released.begin(), bench.released.end(), by_time));
}

TEST(ReorderBuffer, before_the_first_event_nothing_happens) {
  Bench bench(5000);
  bench.buffer.advance(1'000'000, bench.emit);
  bench.buffer.flush(bench.emit);
  EXPECT_FALSE(bench.buffer.started());
  EXPECT_TRUE(bench.push(5));
}

}  // namespace
}  // namespace weir
