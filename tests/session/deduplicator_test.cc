// Tests of what is remembered of delivery and order ids: for how long, how many, and what happens at the limit.
#include "weir/session/deduplicator.h"

#include <gtest/gtest.h>

#include <optional>
#include <unordered_map>
#include <utility>

#include "support/random_source.h"
#include "support/seed.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

Event delivery(std::uint64_t id, TimeMs time_ms) {
  Event event;
  event.delivery = id;
  event.time_ms = time_ms;
  return event;
}

TEST(IdMemory, remembers_within_its_limit_and_forgets_the_older_half) {
  IdMemory memory(200);
  for (std::uint64_t i = 1; i <= 100; ++i) memory.insert(mix(i, 1), static_cast<TimeMs>(i));
  for (std::uint64_t i = 101; i <= 200; ++i) memory.insert(mix(i, 1), static_cast<TimeMs>(i));
  EXPECT_EQ(memory.forgotten(), 0);
  for (std::uint64_t i = 1; i <= 200; ++i) {
    ASSERT_TRUE(memory.find(mix(i, 1))) << i;
    ASSERT_EQ(*memory.find(mix(i, 1)), static_cast<TimeMs>(i));
  }
  memory.insert(mix(201, 1), 201);
  EXPECT_EQ(memory.forgotten(), 100);
  EXPECT_EQ(memory.find(mix(1, 1)), std::nullopt);
  EXPECT_TRUE(memory.find(mix(101, 1)));
  EXPECT_TRUE(memory.find(mix(201, 1)));
}

TEST(IdMemory, what_was_inserted_survives_one_turn_over_and_not_two) {
  IdMemory memory(1000);
  memory.insert(42, 7);
  memory.turn_over();
  ASSERT_TRUE(memory.find(42));
  memory.insert(43, 8);
  memory.turn_over();
  EXPECT_EQ(memory.find(42), std::nullopt);
  EXPECT_TRUE(memory.find(43));
  EXPECT_EQ(memory.forgotten(), 0) << "only the limit counts as forgetting";
}

TEST(IdMemory, growth_keeps_ids_that_share_their_place) {
  IdMemory memory(20'000);
  for (std::uint64_t i = 1; i <= 2000; ++i) memory.insert(i, static_cast<TimeMs>(i));  // all at home in place 0
  for (std::uint64_t i = 1; i <= 2000; ++i) ASSERT_EQ(*memory.find(i), static_cast<TimeMs>(i));
  EXPECT_EQ(memory.find(2001), std::nullopt);
}

TEST(IdMemory, knows_what_a_map_of_the_latest_two_generations_knows) {
  support::RandomSource random(support::test_seed());
  IdMemory memory(std::size_t{1} << 20);
  std::unordered_map<std::uint64_t, TimeMs> older;
  std::unordered_map<std::uint64_t, TimeMs> newer;
  // More generations than their numbers can tell apart. Ids share few homes, so that they push each other on.
  const auto known = [&](std::uint64_t id) -> std::optional<TimeMs> {
    for (const auto* generation : {&newer, &older}) {
      if (const auto found = generation->find(id); found != generation->end()) return found->second;
    }
    return std::nullopt;
  };
  for (int i = 0; i < 200'000; ++i) {
    const auto id = static_cast<std::uint64_t>((random.between(0, 19) << 20) + random.between(1, 50));
    const TimeMs time_ms = random.between(0, TimeMs{1} << 47);
    ASSERT_EQ(memory.find(id), known(id));
    if (random.chance(30)) {
      newer[id] = time_ms;
      memory.remember(id, time_ms);
    } else if (!known(id)) {
      newer[id] = time_ms;
      memory.insert(id, time_ms);
    }
    if (random.between(1, 300) > 1) continue;
    older = std::exchange(newer, {});
    memory.turn_over();
  }
}

struct RepeatCase {
  const char* name;
  TimeMs first_ms;
  TimeMs second_ms;
  bool duplicate;
};

TEST(IdMemory, a_burst_does_not_leave_its_room_behind) {
  IdMemory memory(1'000'000);
  const std::size_t before = memory.memory_bytes();
  for (std::uint64_t id = 1; id <= 100'000; ++id) memory.insert(id << 20, 5);
  EXPECT_GE(memory.memory_bytes(), 100'000U * 16);
  memory.turn_over();
  memory.insert(std::uint64_t{200'000} << 20, 6);
  memory.turn_over();
  EXPECT_TRUE(memory.find(std::uint64_t{200'000} << 20));
  memory.turn_over();
  EXPECT_LE(memory.memory_bytes(), 2 * before + 1024);
}

TEST(Deduplicator, a_repeat_within_the_span_is_a_duplicate_on_either_side) {
  const RepeatCase cases[] = {
      {"same time", 5000, 5000, true},
      {"exactly the span later", 5000, 6000, true},
      {"just past the span", 5000, 6001, false},
      {"exactly the span earlier", 5000, 4000, true},
      {"just before the span", 5000, 3999, false},
  };
  for (const RepeatCase& repeat : cases) {
    Deduplicator deduplicator(1000, 0, 100);
    EXPECT_FALSE(deduplicator.is_duplicate(delivery(9, repeat.first_ms))) << repeat.name;
    EXPECT_EQ(deduplicator.is_duplicate(delivery(9, repeat.second_ms)), repeat.duplicate) << repeat.name;
    EXPECT_FALSE(deduplicator.is_duplicate(delivery(10, repeat.second_ms))) << repeat.name;
  }
}

TEST(Deduplicator, a_delivery_after_the_span_begins_a_span_of_its_own) {
  Deduplicator deduplicator(1000, 0, 100);
  EXPECT_FALSE(deduplicator.is_duplicate(delivery(9, 0)));
  EXPECT_FALSE(deduplicator.is_duplicate(delivery(9, 1001)));
  EXPECT_TRUE(deduplicator.is_duplicate(delivery(9, 2001)));
}

TEST(Deduplicator, events_without_delivery_id_are_never_duplicates) {
  Deduplicator deduplicator(1000, 0, 100);
  EXPECT_FALSE(deduplicator.is_duplicate(delivery(0, 5)));
  EXPECT_FALSE(deduplicator.is_duplicate(delivery(0, 5)));
}

TEST(Deduplicator, the_last_repeat_that_can_still_count_is_known) {
  constexpr TimeMs kDedupMs = 1000;
  constexpr TimeMs kLatenessMs = 1000;
  Deduplicator deduplicator(kDedupMs, kLatenessMs, 100);
  deduplicator.advance(1);
  EXPECT_FALSE(deduplicator.is_duplicate(delivery(9, 3000 + kLatenessMs + 1)));
  deduplicator.advance(3001);                               // as early as the first turn over may come
  deduplicator.advance(3001 + 2 * kDedupMs + kLatenessMs);  // an event a span late may repeat an id a span older
  EXPECT_TRUE(deduplicator.is_duplicate(delivery(9, 3001 + kLatenessMs + kDedupMs)));
}

/// However time moves on, and however large the lateness is beside the span, the answer is that of one who never
/// forgets. Times are those a router lets through: at most `dedup` behind the watermark.
TEST(Deduplicator, forgetting_never_changes_an_answer) {
  support::RandomSource random(support::test_seed());
  for (int round = 0; round < 200; ++round) {
    const TimeMs dedup_ms = random.between(1, 1000);
    const TimeMs lateness_ms = random.pick({0, 10, 1000, 20'000});
    Deduplicator deduplicator(dedup_ms, lateness_ms, 1'000'000);
    std::unordered_map<std::uint64_t, TimeMs> first;
    TimeMs newest_ms = 100'000;
    for (int i = 0; i < 400; ++i) {
      newest_ms += random.between(0, 100);
      const TimeMs watermark_ms = newest_ms - lateness_ms;
      const auto id = static_cast<std::uint64_t>(random.between(1, 20));
      const TimeMs time_ms = random.chance(20) ? newest_ms : random.between(watermark_ms - dedup_ms, newest_ms);
      const auto known = first.find(id);
      const bool repeats = known != first.end() && std::abs(time_ms - known->second) <= dedup_ms;
      if (!repeats && (known == first.end() || time_ms > known->second)) first[id] = time_ms;
      ASSERT_EQ(deduplicator.is_duplicate(delivery(id, time_ms)), repeats)
          << "dedup " << dedup_ms << " lateness " << lateness_ms << " event " << i;
      if (random.chance(50)) deduplicator.advance(watermark_ms);
    }
    ASSERT_EQ(deduplicator.forgotten(), 0);
  }
}

TEST(Deduplicator, ids_do_not_pile_up_as_time_goes_on) {
  // Were nothing turned over by time, the limit would have to make ids go, and would count them.
  Deduplicator deduplicator(1000, 0, 10'000);
  for (TimeMs time_ms = 1; time_ms < 100'000; ++time_ms) {
    EXPECT_FALSE(deduplicator.is_duplicate(delivery(static_cast<std::uint64_t>(time_ms) << 20, time_ms)));
    deduplicator.advance(time_ms);
  }
  EXPECT_EQ(deduplicator.forgotten(), 0);
}

TEST(Deduplicator, at_its_limit_it_counts_what_it_forgets) {
  Deduplicator deduplicator(1000, 0, 100);
  for (std::uint64_t id = 1; id <= 151; ++id) EXPECT_FALSE(deduplicator.is_duplicate(delivery(id << 20, 5)));
  EXPECT_EQ(deduplicator.forgotten(), 100);
  EXPECT_TRUE(deduplicator.is_duplicate(delivery(std::uint64_t{151} << 20, 5)));
}

}  // namespace
}  // namespace weir
