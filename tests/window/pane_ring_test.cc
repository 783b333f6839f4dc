// Tests of panes: which sessions a window covers, and that its memory is bounded.
#include "weir/window/pane_ring.h"

#include <gtest/gtest.h>

#include <map>

#include "support/random_source.h"
#include "support/seed.h"

namespace weir {
namespace {

constexpr TimeMs kMinuteMs = 60'000;

struct CoverCase {
  const char* name;
  TimeMs start_ms;
  bool covered;
};

TEST(WindowShape, a_window_is_open_at_its_beginning_and_closed_at_its_end) {
  const WindowShape shape = WindowShape::of(5 * kMinuteMs);
  EXPECT_EQ(shape.step_ms, 5000);
  EXPECT_EQ(shape.pane_count(), 60);
  constexpr TimeMs kAtMs = 20 * kMinuteMs;
  const CoverCase cases[] = {
      {"exactly at the end", kAtMs, true},
      {"just before the end", kAtMs - 1, true},
      {"just past the end", kAtMs + 1, false},
      {"exactly at the beginning", kAtMs - 5 * kMinuteMs, false},
      {"just inside", kAtMs - 5 * kMinuteMs + 1, true},
      {"before", kAtMs - 5 * kMinuteMs - 1, false},
  };
  const std::int64_t last = shape.pane_of(kAtMs);
  EXPECT_EQ(last * shape.step_ms, kAtMs);
  for (const CoverCase& cover : cases) {
    const std::int64_t pane = shape.pane_of(cover.start_ms);
    EXPECT_EQ(pane >= shape.first_pane(last) && pane <= last, cover.covered) << cover.name;
  }
}

TEST(WindowShape, agrees_with_the_definition_for_random_windows_and_times) {
  support::RandomSource random(support::test_seed());
  for (int i = 0; i < 20'000; ++i) {
    const WindowShape shape = WindowShape::of(random.pick({1000, 7000, 60'000, 300'000, 3'600'000, 86'400'000}));
    ASSERT_EQ(shape.length_ms % shape.step_ms, 0);
    const TimeMs at_ms = shape.step_ms * random.between(1, 1000);
    const TimeMs start_ms = std::max<TimeMs>(0, at_ms + random.between(-2 * shape.length_ms, 1000));
    const std::int64_t pane = shape.pane_of(start_ms);
    const std::int64_t last = shape.pane_of(at_ms);
    const bool covered = start_ms > at_ms - shape.length_ms && start_ms <= at_ms;
    ASSERT_EQ(pane >= shape.first_pane(last) && pane <= last, covered)
        << shape.length_ms << " " << at_ms << " " << start_ms;
  }
}

TEST(PaneRing, sums_what_lies_in_the_window_for_random_histories) {
  support::RandomSource random(support::test_seed());
  PaneRing ring;
  std::map<std::int64_t, std::int64_t> model;
  std::int64_t now = 100;
  for (int i = 0; i < 5000; ++i) {
    now += random.pick({0, 0, 1, 1, 5, 200});
    const std::int64_t pane = now - random.between(0, 59);
    ++ring.at(pane, now - 60)[Part::kSessions];
    ++model[pane];
    Totals sum;
    ring.sum_into(now - 59, now, sum);
    std::int64_t expected = 0;
    for (auto place = model.lower_bound(now - 59); place != model.end() && place->first <= now; ++place) {
      expected += place->second;
    }
    ASSERT_EQ(sum[Part::kSessions], expected);
  }
}

TEST(PaneRing, holds_61_panes_at_most) {
  PaneRing ring;
  for (std::int64_t now = 0; now < 10'000; ++now) {
    ++ring.at(now, now - 60)[Part::kSessions];
    Totals everything;
    ring.sum_into(0, now, everything);  // one session a pane: the sum is the number of panes
    ASSERT_LE(everything[Part::kSessions], 61);
  }
}

TEST(PaneRing, find_gives_only_panes_that_were_made) {
  PaneRing ring;
  EXPECT_TRUE(ring.empty());
  EXPECT_EQ(ring.find(5), nullptr);
  ring.at(5, 0)[Part::kSessions] = 7;
  ring.at(3, 0)[Part::kSessions] = 1;
  EXPECT_EQ(ring.find(4), nullptr);
  EXPECT_EQ((*ring.find(5))[Part::kSessions], 7);
  EXPECT_EQ((*ring.find(3))[Part::kSessions], 1);
  ring.at(6, 5);
  EXPECT_EQ(ring.find(3), nullptr) << "dropped on the way";
}

TEST(PaneRing, merging_adds_what_is_still_needed) {
  PaneRing one;
  PaneRing other;
  one.at(5, 0)[Part::kSessions] = 1;
  other.at(2, 0)[Part::kSessions] = 10;
  other.at(5, 0)[Part::kSessions] = 20;
  other.at(9, 0)[Part::kSessions] = 40;
  one.merge(other, 3);
  Totals sum;
  one.sum_into(0, 100, sum);
  EXPECT_EQ(sum[Part::kSessions], 61);
}

}  // namespace
}  // namespace weir
