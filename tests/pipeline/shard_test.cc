// Tests of a shard driven by hand, without threads: batches in, snapshots out.
#include "weir/pipeline/shard.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace weir {
namespace {

constexpr auto kSite = static_cast<std::size_t>(Dimension::kSite);
constexpr auto kPage = static_cast<std::size_t>(Dimension::kLandingPage);

/// One shard with all it needs.
class HandDriven {
 public:
  explicit HandDriven(const std::string& dead_letter_path = "")
      : symbols_(Hasher(1), 1000),
        special_{symbols_.symbol_of(kNoneLabel), symbols_.symbol_of(kOtherLabel)},
        letters_(*DeadLetters::open(dead_letter_path, 1 << 20)),
        hub_(1),
        shard_(ShardContext{.sessions = {},
                            .windows = {.rollups = {{.name = "site", .dimensions = {}, .limit = 10}}},
                            .duties = {.windows = true, .counters = true},
                            .contributions = Contributions::kProvisional,
                            .schedule = {},
                            .funnels = funnels_,
                            .symbols = symbols_,
                            .special = special_,
                            .dead_letters = *letters_,
                            .hub = hub_,
                            .states = states_}) {}

  Event view(TimeMs time_ms, std::uint64_t visitor, std::uint64_t delivery = 0) {
    Event event;
    event.time_ms = time_ms;
    event.visitor = event.session = visitor;
    event.delivery = delivery;
    event.dimensions.fill(special_.none);
    event.dimensions[kSite] = symbols_.intern("s");
    event.dimensions[kPage] = symbols_.intern("/");
    return event;
  }
  bool step(const std::vector<Event>& events, TimeMs watermark_ms) {
    Batch batch;
    batch.events = events;
    batch.watermark_ms = watermark_ms;
    return shard_.step(batch);
  }
  /// The shard's state; `kind` may end the stream.
  ShardSnapshot snapshot(TimeMs watermark_ms, TimeMs newest_ms = 0, BatchKind kind = BatchKind::kSnapshot) {
    Batch batch;
    batch.watermark_ms = watermark_ms;
    batch.newest_ms = newest_ms;
    batch.kind = kind;
    batch.snapshot = ++number_;
    hub_.open(number_, {}, watermark_ms);
    EXPECT_EQ(shard_.step(batch), kind == BatchKind::kSnapshot);
    return std::move(hub_.wait()->shards.at(0));
  }
  DeadLetters& letters() { return *letters_; }

 private:
  SymbolTable symbols_;
  SpecialSymbols special_;
  FunnelSet funnels_;
  std::unique_ptr<DeadLetters> letters_;
  SnapshotHub hub_;
  StateCollector states_{1};
  Shard shard_;
  std::uint64_t number_ = 0;
};

TEST(Shard, events_are_applied_once_the_watermark_is_past_them) {
  HandDriven shard;
  EXPECT_TRUE(shard.step({shard.view(100'000, 1), shard.view(99'000, 2)}, 95'000));
  ShardSnapshot before = shard.snapshot(95'000);
  EXPECT_EQ(before.stats[Stat::kQueued], 2);
  EXPECT_EQ(before.stats[Stat::kCountedPageView], 0);
  EXPECT_LE(before.time_ms, 95'000);
  ShardSnapshot behind = shard.snapshot(99'500);
  EXPECT_EQ(behind.stats[Stat::kQueued], 1);
  EXPECT_EQ(behind.stats[Stat::kCountedPageView], 1);
  EXPECT_EQ(behind.stats[Stat::kActiveSessions], 1);
  EXPECT_EQ(behind.first_event_ms, 99'000);
  ShardSnapshot after = shard.snapshot(101'000);
  EXPECT_EQ(after.stats[Stat::kQueued], 0);
  EXPECT_EQ(after.last_event_ms, 100'000);
  EXPECT_EQ(after.rollups->at(0).at(0).all_time[Part::kSessions], 2);
}

TEST(Shard, a_session_counts_while_open_and_reaches_the_counters_when_the_watermark_closes_it) {
  HandDriven shard;
  shard.step({shard.view(100'000, 1)}, 95'000);
  const ShardSnapshot open = shard.snapshot(110'000);
  EXPECT_EQ(open.rollups->at(0).at(0).windows.at(0)[Part::kBouncedSessions], 1);
  EXPECT_EQ(open.rollups->at(0).at(0).counters.totals[Part::kSessions], 0);
  const ShardSnapshot closed = shard.snapshot(100'000 + 31 * 60'000);
  EXPECT_EQ(closed.stats[Stat::kActiveSessions], 0);
  EXPECT_EQ(closed.rollups->at(0).at(0).counters.totals[Part::kSessions], 1);
}

TEST(Shard, duplicates_go_before_late_events_and_both_are_counted) {
  HandDriven shard;
  Event on_time = shard.view(100'000, 1, 7);
  Event late_repeat = on_time;
  late_repeat.late = true;
  Event late = shard.view(50'000, 1, 8);
  late.late = true;
  Event late_again = late;
  shard.step({on_time, on_time, late_repeat, late, late_again}, 95'000);
  const ShardSnapshot snapshot = shard.snapshot(95'000);
  EXPECT_EQ(snapshot.stats[Stat::kDuplicate], 3);
  EXPECT_EQ(snapshot.stats[Stat::kLate], 1);
  EXPECT_EQ(snapshot.stats[Stat::kQueued], 1);
}

TEST(Shard, an_event_below_what_was_released_is_late_whatever_its_flag) {
  HandDriven shard;
  shard.step({shard.view(100'000, 1)}, 99'000);
  shard.step({shard.view(90'000, 1)}, 99'000);
  EXPECT_EQ(shard.snapshot(99'000).stats[Stat::kLate], 1);
}

TEST(Shard, held_lines_of_late_events_are_written_and_those_of_duplicates_dropped) {
  const std::string path = (std::filesystem::path(testing::TempDir()) / "weir_shard_dead_letters.ndjson").string();
  std::filesystem::remove(path);
  HandDriven shard(path);
  Event late = shard.view(50'000, 1, 8);
  late.late = true;
  late.dead_letter = shard.letters().hold("late line");
  Event repeat = shard.view(50'000, 1, 8);
  repeat.late = true;
  repeat.dead_letter = shard.letters().hold("repeated line");
  shard.step({late, repeat}, 95'000);
  std::ifstream file(path);
  std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, "{\"reason\":\"late\",\"line\":\"late line\"}\n");
  std::filesystem::remove(path);
}

TEST(Shard, stop_closes_all_sessions_and_drain_leaves_them_open) {
  HandDriven stopped;
  stopped.step({stopped.view(100'000, 1)}, 95'000);
  const ShardSnapshot stop = stopped.snapshot(95'000, 100'000, BatchKind::kStop);
  EXPECT_EQ(stop.stats[Stat::kActiveSessions], 0);
  EXPECT_EQ(stop.rollups->at(0).at(0).counters.totals[Part::kSessions], 1);
  HandDriven drained;
  drained.step({drained.view(100'000, 1)}, 95'000);
  const ShardSnapshot drain = drained.snapshot(95'000, 100'000, BatchKind::kDrain);
  EXPECT_EQ(drain.stats[Stat::kQueued], 0);
  EXPECT_EQ(drain.stats[Stat::kActiveSessions], 1);
  EXPECT_EQ(drain.rollups->at(0).at(0).counters.totals[Part::kSessions], 0);
  EXPECT_EQ(drain.rollups->at(0).at(0).all_time[Part::kSessions], 1);
}

TEST(Shard, a_shard_without_events_hands_in_nothing_and_survives) {
  HandDriven shard;
  const ShardSnapshot snapshot = shard.snapshot(95'000, 100'000, BatchKind::kStop);
  EXPECT_FALSE(snapshot.first_event_ms.has_value());
  EXPECT_TRUE(snapshot.rollups->at(0).empty());
}

}  // namespace
}  // namespace weir
