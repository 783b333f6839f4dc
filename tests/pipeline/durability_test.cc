// What becomes of kept state when the disk fills up, fails, loses power or holds something else, and what is written at
// all. recovery_test.cc has random streams.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "serving.h"
#include "support/process.h"
#include "support/seed.h"
#include "weir/store/snapshot_files.h"

namespace weir {
namespace {

using support::kNowMs;
using support::report_now;
using support::Serving;
using support::take_lines;
using support::TemporaryFolder;

std::string page_view(int visitor, TimeMs time_ms = kNowMs) {
  return R"({"type":"page_view","url":"/","visitor":")" + std::to_string(visitor) + R"(","ts":)" +
         std::to_string(time_ms) + "}";
}

PipelineOptions plain_options() {
  PipelineOptions options = support::serving_options(support::NaiveOptions{}, 2);
  options.sessions.lateness_ms = 0;
  return options;
}

/// Ends the stream, and says how many sessions there were, over all sites.
std::int64_t sessions_at_end(Serving& serving) {
  const std::shared_ptr<const Report> report = serving->finish();
  std::int64_t sessions = 0;
  for (const CellTotals& cell : report->rollups[0].cells) sessions += cell.totals[Part::kSessions];
  return sessions;
}

/// Files of a folder whose names begin so, the oldest first.
std::vector<std::filesystem::path> files_of(const std::string& folder, std::string_view prefix) {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    if (file.path().filename().string().starts_with(prefix)) files.push_back(file.path());
  }
  std::ranges::sort(files);
  return files;
}

void damage(const std::filesystem::path& path) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path) / 2));
  const int old = file.peek();
  file.put(static_cast<char>(old ^ 0x20));
}

struct DurabilityTest : testing::Test {
  TemporaryFolder folder;
  std::string directory = folder.path("state");
};

TEST_F(DurabilityTest, a_damaged_snapshot_is_made_up_for_by_the_one_before_it) {
  Serving serving(plain_options(), directory);
  for (int visitor = 0; visitor < 30; ++visitor) {
    ASSERT_FALSE(serving.take_body(page_view(visitor)).refused);
    ASSERT_TRUE(visitor % 10 != 5 || serving->take_snapshot());
  }
  serving.crash();
  const auto snapshots = files_of(directory, "snapshot-");
  ASSERT_EQ(snapshots.size(), 2U) << "two are kept, so that one may be damaged";
  damage(snapshots.back());
  serving.start();
  EXPECT_EQ(sessions_at_end(serving), 30);
  ASSERT_EQ(serving->recovered().warnings.size(), 1U);
  EXPECT_NE(serving->recovered().warnings[0].find("damaged"), std::string::npos);
  EXPECT_GE(serving->recovered().events, 14);
}

TEST_F(DurabilityTest, without_a_good_snapshot_it_does_not_start_and_says_what_to_do) {
  Serving serving(plain_options(), directory);
  for (int visitor = 0; visitor < 3; ++visitor) {
    ASSERT_FALSE(serving.take_body(page_view(visitor)).refused);
    ASSERT_TRUE(serving->take_snapshot());
  }
  serving.crash();
  for (const auto& path : files_of(directory, "snapshot-")) damage(path);
  const auto pipeline = Pipeline::start({serving.options(), PipelineMode::kServe, 0}, serving.clock());
  ASSERT_FALSE(pipeline);
  EXPECT_NE(pipeline.error().message.find("move " + directory + " away"), std::string::npos)
      << pipeline.error().message;
}

TEST_F(DurabilityTest, a_snapshot_cut_anywhere_or_written_by_a_stranger_is_refused_and_nothing_else_happens) {
  Serving serving(plain_options(), directory);
  for (int visitor = 0; visitor < 5; ++visitor) ASSERT_FALSE(serving.take_body(page_view(visitor)).refused);
  ASSERT_TRUE(serving->take_snapshot());
  serving.crash();
  const SnapshotFiles whole(directory, nullptr);
  const auto snapshot = whole.read(whole.numbers().front());
  ASSERT_TRUE(snapshot);
  std::mt19937_64 random(support::test_seed());
  SnapshotFiles files(directory, nullptr);
  for (int i = 0; i < 24; ++i) {
    // The checksums are right, so that it is the readers behind them that are tried.
    std::vector<std::string> parts(snapshot->parts.begin(), snapshot->parts.end());
    std::string& part = parts[1 + random() % (parts.size() - 1)];
    if (i % 2 == 0) part.resize(random() % part.size());
    if (i % 2 == 1) part[random() % part.size()] = static_cast<char>(random());
    ASSERT_TRUE(files.write(whole.numbers().front() + 1, parts));
    serving.start();
    // Some bytes may be others and still make sense; what may not happen is an end of the process.
    EXPECT_LE(sessions_at_end(serving), 5 + 5);
    serving.crash();
    files.remove_before(0);
    std::filesystem::remove(files.path_of(whole.numbers().front()));
  }
}

TEST_F(DurabilityTest, state_without_its_identity_is_refused_and_not_taken_for_new) {
  Serving serving(plain_options(), directory);
  ASSERT_FALSE(serving.take_body(page_view(1)).refused);
  serving.crash();
  std::filesystem::rename(directory + "/identity", directory + "/elsewhere");
  const auto pipeline = Pipeline::start({serving.options(), PipelineMode::kServe, 0}, serving.clock());
  ASSERT_FALSE(pipeline);
  EXPECT_NE(pipeline.error().message.find("/identity, without which"), std::string::npos) << pipeline.error().message;
  std::filesystem::rename(directory + "/elsewhere", directory + "/identity");
  serving.start();
  EXPECT_EQ(sessions_at_end(serving), 1);
}

TEST_F(DurabilityTest, a_journal_that_is_gone_is_told_of) {
  Serving serving(plain_options(), directory);
  ASSERT_FALSE(serving.take_body(page_view(1)).refused);
  ASSERT_TRUE(serving->take_snapshot());
  ASSERT_FALSE(serving.take_body(page_view(2)).refused);
  serving.crash();
  std::filesystem::remove_all(directory + "/journal");
  serving.start();
  ASSERT_EQ(serving->recovered().warnings.size(), 1U);
  EXPECT_NE(serving->recovered().warnings[0].find("is gone"), std::string::npos) << serving->recovered().warnings[0];
  EXPECT_EQ(sessions_at_end(serving), 1);
}

TEST_F(DurabilityTest, what_still_waits_for_the_disk_at_the_end_is_told_of) {
  Serving serving(plain_options(), directory);
  ASSERT_FALSE(serving.take_body(page_view(1)).refused);
  serving.disk().full = true;
  take_lines(*serving, {page_view(2), page_view(3)}, 0, 2);
  EXPECT_EQ(sessions_at_end(serving), 3);
  EXPECT_EQ(serving->unkept(), 2);
  EXPECT_NE(serving->problem(), "");
  serving.crash();
  serving.disk().full = false;
  serving.start();
  EXPECT_EQ(sessions_at_end(serving), 1);
  EXPECT_EQ(serving->unkept(), 0);
}

TEST_F(DurabilityTest, state_of_other_shards_or_rollups_is_refused_and_auto_takes_what_there_is) {
  Serving serving(plain_options(), directory);
  ASSERT_FALSE(serving.take_body(page_view(1)).refused);
  serving.crash();
  PipelineOptions other = serving.options();
  other.shards = 3;
  const auto shards = Pipeline::start({other, PipelineMode::kServe, 0}, serving.clock());
  ASSERT_FALSE(shards);
  EXPECT_NE(shards.error().message.find("pipeline.shards to 2 or auto"), std::string::npos) << shards.error().message;
  other = serving.options();
  other.windows.rollups.pop_back();
  const auto rollups = Pipeline::start({other, PipelineMode::kServe, 0}, serving.clock());
  ASSERT_FALSE(rollups);
  EXPECT_NE(rollups.error().message.find("landing_channel"), std::string::npos) << rollups.error().message;
  serving.options().shards = 0;
  serving.start();
  EXPECT_EQ(sessions_at_end(serving), 1);
}

TEST_F(DurabilityTest, a_loss_of_power_costs_nothing_that_was_acknowledged_at_sync) {
  Serving serving(plain_options(), directory);
  std::atomic<std::uint64_t> durable{0};
  serving.start_synced(durable);
  std::int64_t acknowledged = 0;
  for (int visitor = 0; visitor < 40; ++visitor) {
    const BodyResult result = serving.take_body(page_view(visitor));
    ASSERT_GT(result.durable_at, 0U);
    if (visitor % 4 == 3) continue;  // nobody waits for this one: it may be lost
    while (durable < result.durable_at) std::this_thread::yield();
    ++acknowledged;
  }
  serving->on_durable({});
  serving.disk().dead = true;
  serving.crash();
  serving.disk().lose_unsynced();
  serving.start();
  const std::int64_t sessions = sessions_at_end(serving);
  EXPECT_GE(sessions, acknowledged + 9) << "a sync is for all that came before it";
  EXPECT_LE(sessions, 40);
}

TEST_F(DurabilityTest, a_loss_of_power_at_interval_costs_the_end_and_no_part_of_the_middle) {
  Serving serving(plain_options(), directory);
  std::atomic<std::uint64_t> durable{0};
  serving->on_durable([&durable](std::uint64_t number) { durable = number; });
  std::uint64_t middle = 0;
  for (int visitor = 0; visitor < 20; ++visitor) middle = serving.take_body(page_view(visitor)).durable_at;
  ASSERT_GT(middle, 0U);
  while (durable < middle) std::this_thread::yield();
  for (int visitor = 20; visitor < 40; ++visitor) ASSERT_FALSE(serving.take_body(page_view(visitor)).refused);
  serving->on_durable({});
  serving.disk().dead = true;
  serving.crash();
  serving.disk().lose_unsynced();
  serving.start();
  const std::int64_t sessions = sessions_at_end(serving);
  EXPECT_GE(sessions, 20);
  EXPECT_LE(sessions, 40);
  EXPECT_EQ(serving->recovered().warnings, std::vector<std::string>{});
}

/// Waits until the keeper has seen what the disk does now.
void wait_until_keeps(Pipeline& pipeline, bool wanted) {
  while (pipeline.keeps() != wanted) std::this_thread::yield();
}

TEST_F(DurabilityTest, while_the_disk_is_full_events_are_refused_and_afterwards_all_goes_on_by_itself) {
  Serving serving(plain_options(), directory);
  ASSERT_FALSE(serving.take_body(page_view(1)).refused);
  serving.disk().full = true;
  const BodyResult first = serving.take_body(page_view(2));  // finds out, and is not acknowledged
  EXPECT_FALSE(first.refused);
  EXPECT_LT(serving->keep_bodies(), first.durable_at);
  EXPECT_FALSE(serving->keeps());
  EXPECT_EQ(serving->refusal(), Stat::kShedJournal);
  EXPECT_NE(serving->problem(), "");
  EXPECT_TRUE(serving.take_body(page_view(3)).refused);
  take_lines(*serving, {page_view(4)}, 0, 1);  // a stream cannot be refused: its line waits
  const StatValues stats = report_now(*serving)->stats;
  EXPECT_EQ(stats[Stat::kJournalWritable], 0);
  EXPECT_EQ(stats[Stat::kShedJournal], 0) << "one body waits, the other was not looked at";
  EXPECT_EQ(stats[Stat::kQueued], 1 + 2);
  EXPECT_GE(stats[Stat::kJournalErrors], 1);
  serving.disk().full = false;
  wait_until_keeps(*serving, true);
  EXPECT_EQ(serving->problem(), "");
  EXPECT_GE(serving->keep_bodies(), first.durable_at) << "what waited is acknowledged, too";
  ASSERT_FALSE(serving.take_body(page_view(5)).refused);
  serving.crash();
  serving.start();
  EXPECT_EQ(sessions_at_end(serving), 4) << "visitors 1, 2, 4 and 5";
}

TEST_F(DurabilityTest, what_was_applied_when_a_sync_failed_is_acknowledged_once_it_is_kept_after_all) {
  Serving serving(plain_options(), directory);
  std::atomic<std::uint64_t> durable{0};
  serving.start_synced(durable);
  serving.disk().sync_fails = true;
  const BodyResult result = serving.take_body(page_view(1));
  ASSERT_FALSE(result.refused);
  wait_until_keeps(*serving, false);
  EXPECT_LT(durable, result.durable_at);
  serving.disk().sync_fails = false;
  while (durable < result.durable_at) std::this_thread::yield();
  serving->on_durable({});
  wait_until_keeps(*serving, true);
  serving.disk().dead = true;
  serving.crash();
  serving.disk().lose_unsynced();
  serving.start();
  EXPECT_EQ(sessions_at_end(serving), 1);
}

TEST_F(DurabilityTest, the_journal_does_not_grow_without_bound) {
  PipelineOptions options = plain_options();
  options.state.journal_bytes = 200'000;
  Serving serving(options, directory);
  std::string body;
  for (int i = 0; i < 200; ++i) (body += page_view(i)) += '\n';
  for (int i = 0; i < 400; ++i) {
    while (serving.take_body(body).refused) std::this_thread::yield();
  }
  EXPECT_GT(report_now(*serving)->stats[Stat::kJournalWrittenBytes], 900'000);
  // So much is taken behind the second snapshot alone, which is counted a little later.
  while (report_now(*serving)->stats[Stat::kSnapshotsWritten] < 2) std::this_thread::yield();
  EXPECT_LE(files_of(directory, "snapshot-").size(), 3U);
}

TEST_F(DurabilityTest, lines_that_wait_for_room_in_the_journal_go_on_once_a_snapshot_makes_some) {
  PipelineOptions options = plain_options();
  options.state.journal_bytes = 1;
  Serving serving(options, directory);
  for (int visitor = 0; visitor < 4; ++visitor) take_lines(*serving, {page_view(visitor)}, 0, 1);
  wait_until_keeps(*serving, true);
  EXPECT_EQ(sessions_at_end(serving), 4);
}

TEST_F(DurabilityTest, derived_visitors_are_the_same_after_a_restart) {
  Serving serving(plain_options(), directory);
  const std::string event = R"({"type":"page_view","url":"/","ts":)" + std::to_string(kNowMs) + "}";
  ASSERT_EQ(serving.take_body(event).accepted, 1U);
  serving.crash();
  serving.start();
  ASSERT_EQ(serving.take_body(event).accepted, 1U);
  EXPECT_EQ(sessions_at_end(serving), 1);
}

TEST_F(DurabilityTest, places_of_sources_come_back_with_the_events_that_were_read_to_them) {
  Serving serving(plain_options(), directory);
  EXPECT_TRUE(serving->kept_places()->marked.empty());
  serving->keep_places("all places");
  const auto stream = serving->open_stream(SourceKind::kTail);
  stream->mark("a", "a at 1");
  stream->write(page_view(1) + "\n");
  ASSERT_TRUE(serving->take_snapshot());
  stream->mark("b", "b at 1");
  stream->write("no event\n");
  stream->mark("a", "a at 2");
  stream->write(page_view(2) + "\n");
  stream->mark("a", "a at 3");
  stream->write("half a line");
  serving.crash();
  serving.start();
  const std::optional<KeptPlaces> places = serving->kept_places();
  ASSERT_TRUE(places);
  EXPECT_EQ(places->all, "all places");
  using Marks = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(places->marked, (Marks{{"b", "b at 1"}, {"a", "a at 2"}}));
  serving->keep_places("other places");
  serving.crash();
  serving.start();
  EXPECT_EQ(serving->kept_places()->all, "other places");
  EXPECT_TRUE(serving->kept_places()->marked.empty());
  EXPECT_EQ(sessions_at_end(serving), 2);
}

TEST_F(DurabilityTest, nothing_is_written_without_a_directory_or_with_durability_none) {
  PipelineOptions options = plain_options();
  options.state.durability = "none";
  Serving none(options, directory);
  ASSERT_FALSE(none.take_body(page_view(1)).refused);
  EXPECT_FALSE(std::filesystem::exists(directory));
  Serving nowhere(plain_options(), "");
  ASSERT_FALSE(nowhere.take_body(page_view(1)).refused);
  EXPECT_FALSE(nowhere->take_snapshot());
  EXPECT_EQ(report_now(*nowhere)->stats[Stat::kJournalWritable], 1);
  EXPECT_FALSE(nowhere->kept_places());
}

}  // namespace
}  // namespace weir
