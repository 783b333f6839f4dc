// Tests of what is remembered of delivery and order ids: for how long, how many, and what happens at the limit.
#include "weir/session/deduplicator.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

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

TEST(IdMemory, remembers_within_its_limit_and_forgets_the_oldest_eighth) {
  IdMemory memory(800);
  for (std::uint64_t i = 1; i <= 800; ++i) ASSERT_FALSE(memory.find_or_insert(mix(i, 1), static_cast<TimeMs>(i)));
  EXPECT_EQ(memory.forgotten(), 0);
  for (std::uint64_t i = 1; i <= 800; ++i) ASSERT_EQ(memory.find(mix(i, 1)), static_cast<TimeMs>(i)) << i;
  memory.remember(mix(1, 1), 9);
  EXPECT_FALSE(memory.find_or_insert(mix(801, 1), 801));
  EXPECT_EQ(memory.forgotten(), 99);
  EXPECT_EQ(memory.find(mix(1, 1)), 9) << "remembered anew";
  EXPECT_EQ(memory.find(mix(2, 1)), std::nullopt);
  EXPECT_EQ(memory.find(mix(100, 1)), std::nullopt);
  EXPECT_EQ(memory.find(mix(101, 1)), 101);
  EXPECT_EQ(memory.find_or_insert(mix(801, 1), 1000), 801) << "the time it had stays";
}

TEST(IdMemory, what_was_inserted_survives_as_many_turns_as_asked_for_and_not_one_more) {
  for (const std::uint32_t turns : {1U, 2U, 8U, 64U}) {
    IdMemory memory(1000, turns);
    memory.remember(42, 7);
    for (std::uint32_t turn = 0; turn < turns; ++turn) memory.turn_over();
    EXPECT_TRUE(memory.find(42)) << turns;
    memory.remember(43, 8);
    memory.turn_over();
    EXPECT_EQ(memory.find(42), std::nullopt) << turns;
    EXPECT_TRUE(memory.find(43)) << turns;
    EXPECT_EQ(memory.forgotten(), 0) << "only the limit counts as forgetting";
  }
}

TEST(IdMemory, growth_keeps_ids_that_share_their_place) {
  IdMemory memory(20'000);
  for (std::uint64_t i = 1; i <= 2000; ++i) memory.remember(i, static_cast<TimeMs>(i));  // all at home in place 0
  for (std::uint64_t i = 1; i <= 2000; ++i) ASSERT_EQ(*memory.find(i), static_cast<TimeMs>(i));
  EXPECT_EQ(memory.find(2001), std::nullopt);
}

/// A map of what a memory must know, and since which turn.
class TurningMap {
 public:
  explicit TurningMap(std::uint32_t turns) : turns_(turns) {}

  std::optional<TimeMs> find(std::uint64_t id) const {
    const auto found = known_.find(id);
    if (found == known_.end() || found->second.turn + turns_ < turn_) return std::nullopt;
    return found->second.time_ms;
  }
  void remember(std::uint64_t id, TimeMs time_ms) { known_[id] = {time_ms, turn_}; }
  void turn_over() { ++turn_; }

 private:
  struct Known {
    TimeMs time_ms = 0;
    std::uint64_t turn = 0;
  };

  std::uint32_t turns_;
  std::uint64_t turn_ = 0;
  std::unordered_map<std::uint64_t, Known> known_;
};

/// Ids share few homes, the last of the table among them, so that they push each other on and over its end, as it
/// grows and shrinks. There are more generations than their numbers can tell apart.
TEST(IdMemory, knows_what_a_map_knows_however_it_grows_and_shrinks_and_is_saved) {
  support::RandomSource random(support::test_seed());
  for (const std::uint32_t turns : {1U, 3U, 8U}) {
    constexpr std::size_t kLimit = std::size_t{1} << 20;
    auto memory = std::make_unique<IdMemory>(kLimit, turns);
    TurningMap map(turns);
    std::int64_t ids = 50;
    for (int i = 0; i < 100'000; ++i) {
      const auto id = static_cast<std::uint64_t>((random.pick({0, 1, 2, 14, 15, 31, 63, 127, 255, 1023}) << 20) +
                                                 random.between(1, ids));
      const TimeMs time_ms = random.between(0, TimeMs{1} << 47);
      const std::optional<TimeMs> known = map.find(id);
      if (random.chance(30)) {
        memory->remember(id, time_ms);
        map.remember(id, time_ms);
      } else {
        ASSERT_EQ(memory->find_or_insert(id, time_ms), known) << i;
        if (!known) map.remember(id, time_ms);
      }
      if (random.between(1, 200) > 1) continue;
      memory->turn_over();
      map.turn_over();
      ids = random.pick({5, 50, 500});
      if (random.between(1, 20) > 1) continue;
      ByteWriter writer;
      memory->save(writer);
      memory = std::make_unique<IdMemory>(kLimit, turns);
      ByteReader reader(writer.bytes());
      ASSERT_TRUE(memory->load(reader) && reader.done());
    }
    EXPECT_EQ(memory->forgotten(), 0);
  }
}

/// The same ids come again and again, so that each generation leaves but one id behind.
TEST(IdMemory, generations_that_remembering_emptied_do_not_use_up_their_numbers) {
  IdMemory memory(4000);
  for (std::uint64_t round = 1; round <= 1000; ++round) {
    for (std::uint64_t i = 1; i <= 510; ++i) memory.remember(mix(i, 1), static_cast<TimeMs>(round));
    memory.remember(mix(round, 2), static_cast<TimeMs>(round));
    if (round % 50 != 0) continue;
    ByteWriter writer;
    memory.save(writer);
    IdMemory loaded(4000);
    ByteReader reader(writer.bytes());
    ASSERT_TRUE(loaded.load(reader) && reader.done()) << round;
    for (std::uint64_t i = 1; i <= round; ++i) ASSERT_EQ(loaded.find(mix(i, 2)), static_cast<TimeMs>(i));
  }
  for (std::uint64_t i = 1; i <= 510; ++i) ASSERT_EQ(memory.find(mix(i, 1)), 1000);
  for (std::uint64_t i = 1; i <= 1000; ++i) ASSERT_EQ(memory.find(mix(i, 2)), static_cast<TimeMs>(i));
  EXPECT_EQ(memory.forgotten(), 0);
  for (std::uint64_t i = 1; i <= 5000; ++i) memory.remember(mix(i, 3), 5);
  EXPECT_EQ(memory.find(mix(5000, 3)), 5);
  EXPECT_GT(memory.forgotten(), 0);
}

TEST(IdMemory, what_was_saved_at_a_larger_limit_loses_its_oldest) {
  IdMemory memory(800);
  for (std::uint64_t i = 1; i <= 800; ++i) memory.remember(mix(i, 1), static_cast<TimeMs>(i));
  ByteWriter writer;
  memory.save(writer);
  IdMemory smaller(400);
  ByteReader reader(writer.bytes());
  ASSERT_TRUE(smaller.load(reader) && reader.done());
  EXPECT_EQ(smaller.forgotten(), 400);
  for (std::uint64_t i = 1; i <= 400; ++i) ASSERT_EQ(smaller.find(mix(i, 1)), std::nullopt) << i;
  for (std::uint64_t i = 401; i <= 800; ++i) ASSERT_EQ(smaller.find(mix(i, 1)), static_cast<TimeMs>(i)) << i;
}

TEST(IdMemory, cut_and_hostile_bytes_are_refused) {
  IdMemory memory(800);
  for (std::uint64_t i = 1; i <= 300; ++i) memory.remember(mix(i, 1), static_cast<TimeMs>(i));
  ByteWriter writer;
  memory.save(writer);
  for (std::size_t size = 0; size < writer.bytes().size(); ++size) {
    IdMemory fresh(800);
    ByteReader reader(std::string_view(writer.bytes()).substr(0, size));
    ASSERT_FALSE(fresh.load(reader)) << size;
  }
  IdMemory used(800);
  for (int i = 0; i < 4; ++i) {  // as a start that goes from a snapshot to the one before
    used.remember(7, 7);
    ByteReader half(std::string_view(writer.bytes()).substr(0, writer.bytes().size() / 2));
    ASSERT_FALSE(used.load(half));
    ByteReader reader(writer.bytes());
    ASSERT_TRUE(used.load(reader) && reader.done());
    EXPECT_EQ(used.find(7), std::nullopt);
    for (std::uint64_t id = 1; id <= 300; ++id) ASSERT_EQ(used.find(mix(id, 1)), static_cast<TimeMs>(id)) << id;
  }
  support::RandomSource random(support::test_seed());
  for (int i = 0; i < 2000; ++i) {  // must end, and stay within its memory
    std::string bytes = writer.bytes();
    bytes[static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(bytes.size()) - 1))] ^=
        static_cast<char>(random.between(1, 255));
    IdMemory fresh(400);
    ByteReader reader(bytes);
    if (fresh.load(reader)) fresh.remember(7, 7);
  }
}

TEST(IdMemory, a_burst_does_not_leave_its_room_behind) {
  IdMemory memory(1'000'000);
  const std::size_t before = memory.memory_bytes();
  for (std::uint64_t id = 1; id <= 100'000; ++id) memory.remember(id << 20, 5);
  EXPECT_GE(memory.memory_bytes(), 100'000U * 16);
  memory.turn_over();
  memory.remember(std::uint64_t{200'000} << 20, 6);
  memory.turn_over();
  EXPECT_TRUE(memory.find(std::uint64_t{200'000} << 20));
  memory.turn_over();
  EXPECT_LE(memory.memory_bytes(), 2 * before + 1024);
}

TEST(IdMemory, what_is_kept_is_found_after_it_became_smaller_and_larger_again) {
  support::RandomSource random(support::test_seed());
  const auto next_id = [&random] {
    // Few homes, so that ids go on from line to line, those of the last home to the first line.
    const std::uint64_t home =
        random.chance(5) ? ~std::uint64_t{0} : static_cast<std::uint64_t>(random.between(0, 5000));
    return (home << 20) + static_cast<std::uint64_t>(random.between(1, 12));
  };
  for (int round = 0; round < 20; ++round) {
    IdMemory memory(1'000'000);
    for (std::uint64_t id = 1; id <= 50'000; ++id) memory.remember(id << 20, 1);
    memory.turn_over();
    std::map<std::uint64_t, TimeMs> kept;
    const auto remember = [&](std::int64_t count) {
      for (std::int64_t i = 0; i < count; ++i) {
        const std::uint64_t id = next_id();
        memory.remember(id, kept[id] = random.between(1, 1'000'000));
      }
    };
    remember(random.between(0, 4000));
    const std::size_t before = memory.memory_bytes();
    memory.turn_over();
    EXPECT_LT(memory.memory_bytes(), before);
    for (std::uint64_t id = 1; id <= 50'000; ++id) {
      ASSERT_EQ(memory.find(id << 20).has_value(), kept.contains(id << 20)) << id;
    }
    for (const auto& [id, time_ms] : kept) ASSERT_EQ(memory.find(id), time_ms);
    remember(20'000);
    for (const auto& [id, time_ms] : kept) ASSERT_EQ(memory.find(id), time_ms);
  }
}

struct RepeatCase {
  const char* name;
  TimeMs first_ms;
  TimeMs second_ms;
  bool duplicate;
};

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
  Deduplicator deduplicator(1000, 0, 800);
  for (std::uint64_t id = 1; id <= 801; ++id) EXPECT_FALSE(deduplicator.is_duplicate(delivery(id << 20, 5)));
  EXPECT_EQ(deduplicator.forgotten(), 100);
  EXPECT_TRUE(deduplicator.is_duplicate(delivery(std::uint64_t{801} << 20, 5)));
}

}  // namespace
}  // namespace weir
