// Tests of panes: which sessions a window covers, and that its memory is bounded.
#include "weir/window/pane_ring.h"

#include <gtest/gtest.h>

#include <map>
#include <memory_resource>

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

/// Memory that knows how much of it is in use.
class WeighedMemory final : public std::pmr::memory_resource {
 public:
  std::size_t used_bytes() const { return used_bytes_; }

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    used_bytes_ += bytes;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* block, std::size_t bytes, std::size_t alignment) override {
    used_bytes_ -= bytes;
    std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
  }
  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }

  std::size_t used_bytes_ = 0;
};

TEST(PaneRing, takes_no_more_of_its_memory_as_time_goes_on_and_leaves_none_behind) {
  support::RandomSource random(support::test_seed());
  WeighedMemory memory;
  {
    PaneRing ring(&memory);
    const auto fill = [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t now = first; now < last; ++now) {
        SessionFacts session;
        session.dwell_known = true;
        for (std::uint32_t bin = 0; bin < 40; ++bin) {
          session.dwell_ms = bin;
          ring.at(now - random.between(0, 1), now - 60).add(session, FunnelSet(), +1);
        }
      }
    };
    fill(0, 100);
    const std::size_t warm_bytes = memory.used_bytes();
    EXPECT_GT(warm_bytes, 60 * sizeof(Totals));
    fill(100, 1000);
    EXPECT_LT(memory.used_bytes(), warm_bytes + warm_bytes / 4);
    const std::size_t before = memory.used_bytes();
    Totals sum;
    ring.sum_into(0, 1000, sum);
    const Totals copy = *ring.find(998);  // NOLINT(performance-unnecessary-copy-initialization): looks at the copy
    EXPECT_EQ(memory.used_bytes(), before) << "what leaves the ring grows elsewhere";
    EXPECT_GT(sum.dwell().count(), copy.dwell().count());
    const PaneRing moved = std::move(ring);
    EXPECT_FALSE(moved.empty());
  }
  EXPECT_EQ(memory.used_bytes(), 0U);
}

}  // namespace
}  // namespace weir
