// Tests of the table of open sessions and of the calendar of their deadlines: against standard containers, and
// the memory they promise.
#include "weir/session/session_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "support/random_source.h"
#include "support/seed.h"
#include "weir/core/hash.h"
#include "weir/session/options.h"

namespace weir {
namespace {

using Slot = SessionTable::Slot;

TEST(SessionTable, agrees_with_unordered_map_on_random_operations) {
  support::RandomSource random(support::test_seed());
  // Few upper halves: keys that collide in the index; their lower halves tell them apart.
  for (const std::int64_t upper_halves : {1, 3, 64, 1 << 30}) {
    SessionTable table(200'000);
    std::unordered_map<std::uint64_t, Slot> model;
    std::vector<std::uint64_t> keys;
    for (int i = 0; i < 500; ++i) {
      const auto upper = static_cast<std::uint64_t>(random.between(0, upper_halves - 1));
      keys.push_back((upper << 32) | static_cast<std::uint64_t>(i + 1));
    }
    for (int operation = 0; operation < 20'000; ++operation) {
      const std::uint64_t key = random.pick(keys);
      const auto known = model.find(key);
      const Slot slot = table.find(key);
      ASSERT_EQ(slot == SessionTable::kNone, known == model.end());
      if (known == model.end()) {
        const Slot fresh = table.insert(key);
        ASSERT_EQ(table[fresh].key, key);
        ASSERT_EQ(table[fresh].page_views, 0U);
        table[fresh].page_views = 7;
        model.emplace(key, fresh);
      } else {
        ASSERT_EQ(slot, known->second);
        if (random.chance(60)) {
          table.erase(slot);
          model.erase(known);
        }
      }
      ASSERT_EQ(table.size(), model.size());
    }
    for (const auto& [key, slot] : model) ASSERT_EQ(table.find(key), slot);
  }
}

TEST(SessionTable, growth_loses_no_session_and_moves_no_record) {
  SessionTable table(200'000);
  std::vector<const SessionRecord*> records;
  for (std::uint64_t i = 1; i <= 20'000; ++i) records.push_back(&table[table.insert(mix(i, i))]);
  for (std::uint64_t i = 1; i <= 20'000; ++i) {
    const Slot slot = table.find(mix(i, i));
    ASSERT_NE(slot, SessionTable::kNone);
    ASSERT_EQ(&table[slot], records[i - 1]);
  }
  EXPECT_EQ(table.find(mix(20'001, 20'001)), SessionTable::kNone);
}

TEST(SessionTable, compacted_it_has_the_same_sessions_in_no_more_room_than_they_need) {
  support::RandomSource random(support::test_seed());
  for (const int kept_percent : {0, 1, 50, 99, 100}) {
    SessionTable table(200'000);
    ExpiryCalendar calendar(1000, 5000);
    std::set<std::uint64_t> kept;
    for (std::uint64_t i = 1; i <= 5000; ++i) table[table.insert(mix(i, i))].page_views = static_cast<std::uint32_t>(i);
    for (std::uint64_t i = 1; i <= 5000; ++i) {
      const Slot slot = table.find(mix(i, i));
      if (random.chance(kept_percent)) {
        calendar.enter(slot, static_cast<TimeMs>(i) % 1000);
        kept.insert(i);
      } else {
        table.erase(slot);
      }
    }
    calendar.rename(table.compact());
    EXPECT_EQ(table.size(), kept.size());
    EXPECT_EQ(table.unused_slots(), 0U);
    for (std::uint64_t i = 1; i <= 5000; ++i) {
      const Slot slot = table.find(mix(i, i));
      ASSERT_EQ(slot != SessionTable::kNone, kept.contains(i));
      if (slot == SessionTable::kNone) continue;
      ASSERT_LT(slot, kept.size());
      ASSERT_EQ(table[slot].page_views, i);
    }
    std::set<std::uint64_t> entered;
    calendar.for_each([&](Slot slot) { EXPECT_TRUE(entered.insert(table[slot].page_views).second); });
    EXPECT_EQ(entered, kept);
    const Slot fresh = table.insert(mix(9999, 9999));
    EXPECT_EQ(fresh, kept.size());
    EXPECT_EQ(table[fresh].page_views, 0U) << "what was given back is empty";
  }
}

/// Fills table and calendar with `count` sessions that begin evenly within one timeout.
void fill(SessionTable& table, ExpiryCalendar& calendar, std::size_t count, TimeMs timeout_ms) {
  for (std::uint64_t i = 0; i < count; ++i) {
    const TimeMs start_ms = static_cast<TimeMs>(i) * timeout_ms / static_cast<TimeMs>(count);
    calendar.enter(table.insert(mix(i + 1, 5)), start_ms + timeout_ms);
    calendar.drain(start_ms, [](Slot) { FAIL() << "nothing is due before the timeout"; });
  }
}

TEST(SessionTable, state_of_an_open_session_takes_at_most_100_bytes_with_index_and_calendar) {
  const TimeMs timeout_ms = SessionOptions{}.timeout_ms;
  // The index doubles at 3/4 of a power of two; just behind it is at its emptiest.
  for (const std::size_t count : {std::size_t{98'305}, std::size_t{100'000}, std::size_t{196'609}}) {
    SessionTable table(200'000);
    ExpiryCalendar calendar(timeout_ms, count);
    fill(table, calendar, count, timeout_ms);
    const std::size_t bytes = table.memory_bytes() + calendar.memory_bytes();
    EXPECT_LE(bytes / count, 100U) << count;
    EXPECT_GE(bytes / count, sizeof(SessionRecord)) << count;
  }
}

TEST(ExpiryCalendar, hands_out_every_slot_once_past_its_deadline) {
  support::RandomSource random(support::test_seed());
  constexpr TimeMs kTimeoutMs = 10'000;
  ExpiryCalendar calendar(kTimeoutMs, 3000);
  std::map<Slot, TimeMs> waiting;
  TimeMs now_ms = 0;
  Slot next_slot = 0;
  for (int step = 0; step < 3000; ++step) {
    if (random.chance(70)) {
      const TimeMs deadline_ms = now_ms + random.between(0, kTimeoutMs);
      calendar.enter(next_slot, deadline_ms);
      waiting.emplace(next_slot++, deadline_ms);
      continue;
    }
    now_ms += random.pick({0, 1, 200, 3000, 9999, 10'000, 86'400'000});
    calendar.drain(now_ms, [&](Slot slot) {
      const auto found = waiting.find(slot);
      ASSERT_NE(found, waiting.end()) << "handed out twice";
      EXPECT_LT(found->second, now_ms);
      waiting.erase(found);
    });
    for (const auto& [slot, deadline_ms] : waiting) ASSERT_GE(deadline_ms + kTimeoutMs / 64, now_ms - 1);
  }
  calendar.drain(now_ms + 2 * kTimeoutMs, [&](Slot slot) { EXPECT_EQ(waiting.erase(slot), 1U); });
  EXPECT_TRUE(waiting.empty());
}

TEST(ExpiryCalendar, a_slot_that_is_entered_again_comes_back_at_its_new_deadline) {
  constexpr TimeMs kTimeoutMs = 6400;
  ExpiryCalendar calendar(kTimeoutMs, 1);
  calendar.enter(1, 6400);
  std::vector<Slot> closed;
  TimeMs deadline_ms = 9000;
  const auto drain = [&](TimeMs now_ms) {
    calendar.drain(now_ms, [&](Slot slot) {
      if (deadline_ms >= now_ms) {
        calendar.enter(slot, deadline_ms);
      } else {
        closed.push_back(slot);
      }
    });
  };
  drain(6600);
  EXPECT_TRUE(closed.empty());
  drain(9000);
  EXPECT_TRUE(closed.empty());
  drain(9200);
  EXPECT_EQ(closed, (std::vector<Slot>{1}));
  drain(90'000);
  EXPECT_EQ(closed.size(), 1U);
}

TEST(ExpiryCalendar, is_due_only_when_a_bucket_is_over) {
  ExpiryCalendar calendar(6400, 40);  // buckets of 100 ms
  EXPECT_TRUE(calendar.due(0));
  calendar.drain(1000, [](Slot) {});
  EXPECT_FALSE(calendar.due(1000));
  EXPECT_FALSE(calendar.due(1099));
  EXPECT_TRUE(calendar.due(1100));
}

TEST(ExpiryCalendar, drain_all_empties_it_bucket_by_bucket_and_announces_each_slot_twice) {
  ExpiryCalendar calendar(6400, 40);
  std::vector<Slot> expected;
  for (Slot slot = 0; slot < 40; ++slot) expected.push_back(slot);
  for (const Slot slot : expected) calendar.enter(slot, slot < 20 ? 100 : 5000);
  std::map<Slot, std::vector<int>> steps;
  std::vector<Slot> taken;
  const auto prepare = [&](Slot slot, int step) {
    EXPECT_EQ(std::count(taken.begin(), taken.end(), slot), 0) << "announced after its visit";
    steps[slot].push_back(step);
  };
  calendar.drain_all(prepare, [&](Slot slot) { taken.push_back(slot); });
  EXPECT_EQ(taken, expected);
  for (const Slot slot : {Slot{19}, Slot{39}}) EXPECT_EQ(steps[slot], (std::vector<int>{0, 1}));
  calendar.drain_all(prepare, [](Slot) { FAIL() << "nothing is left"; });
}

TEST(ExpiryCalendar, take_earliest_passes_over_slots_that_went_on) {
  ExpiryCalendar calendar(6400, 40);
  const std::map<Slot, TimeMs> deadlines{{1, 6000}, {2, 2000}};
  calendar.enter(1, 100);
  calendar.enter(2, 2000);
  const auto deadline_of = [&](Slot slot) { return deadlines.at(slot); };
  EXPECT_EQ(calendar.take_earliest(deadline_of), 2U);
  EXPECT_EQ(calendar.take_earliest(deadline_of), 1U);
  EXPECT_EQ(calendar.take_earliest(deadline_of), SessionTable::kNone);
}

TEST(ExpiryCalendar, a_burst_does_not_leave_its_room_behind) {
  constexpr TimeMs kTimeoutMs = 6400;
  constexpr Slot kSlots = 10'000;
  ExpiryCalendar calendar(kTimeoutMs, kSlots);
  for (Slot slot = 0; slot < kSlots; ++slot) calendar.enter(slot, 0);
  // The whole burst goes on and on, through every bucket.
  for (TimeMs now_ms = 100; now_ms < 3 * kTimeoutMs; now_ms += 100) {
    calendar.drain(now_ms, [&](Slot slot) { calendar.enter(slot, now_ms); });
  }
  EXPECT_LE(calendar.memory_bytes(), 4 * kSlots * sizeof(Slot));
}

TEST(ExpiryCalendar, keeps_as_many_slots_as_its_limit_in_whatever_order_they_come_and_go) {
  support::RandomSource random(support::test_seed());
  constexpr TimeMs kTimeoutMs = 6400;
  constexpr Slot kLimit = 300;
  ExpiryCalendar calendar(kTimeoutMs, kLimit);
  std::map<Slot, TimeMs> deadlines;
  TimeMs now_ms = 0;
  const auto enter = [&](Slot slot) { calendar.enter(slot, deadlines[slot] = now_ms + random.between(0, kTimeoutMs)); };
  for (int step = 0; step < 20'000; ++step) {
    if (random.chance(90)) {
      const auto slot = static_cast<Slot>(random.between(0, kLimit - 1));
      if (!deadlines.contains(slot)) enter(slot);
    } else if (random.chance(30)) {
      const Slot slot = calendar.take_earliest([&](Slot taken) { return deadlines.at(taken); });
      ASSERT_EQ(slot == SessionTable::kNone, deadlines.empty());
      deadlines.erase(slot);
    } else if (random.chance(2)) {
      std::vector<Slot> same(kLimit);
      for (Slot slot = 0; slot < kLimit; ++slot) same[slot] = slot;
      calendar.rename(same);
      EXPECT_LE(calendar.memory_bytes(), 64 * (kLimit / 14 + 2 * 70)) << "lines, two of each bucket at most in part";
    } else {
      now_ms += random.pick({1, 100, 1000});
      calendar.drain(now_ms, [&](Slot slot) {
        const TimeMs deadline_ms = deadlines.at(slot);
        if (deadline_ms >= now_ms) return calendar.enter(slot, deadline_ms);  // entered again while draining
        deadlines.erase(slot);
        if (random.chance(80)) enter(slot);
      });
    }
  }
  std::size_t left = 0;
  calendar.for_each([&](Slot slot) { left += deadlines.count(slot); });
  EXPECT_EQ(left, deadlines.size());
}

}  // namespace
}  // namespace weir
