// The journal over ends of the process, losses of power and disks that fail.
#include "weir/store/journal.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

#include "support/fault_disk.h"
#include "support/process.h"

namespace weir {
namespace {

using support::FaultDisk;
using support::TemporaryFolder;
using Records = std::vector<std::pair<std::uint64_t, std::string>>;

std::unique_ptr<Journal> open_journal(const std::string& path, FaultDisk& disk) {
  Result<std::unique_ptr<Journal>> journal = Journal::open(path, disk.env());
  if (!journal) {
    ADD_FAILURE() << journal.error().message;
    return nullptr;
  }
  return std::move(*journal);
}

Records records_of(const Journal& journal, std::uint64_t epoch) {
  Records records;
  const auto read = journal.read_from(epoch, [&](std::uint64_t sequence, std::string_view record) {
    records.emplace_back(sequence, record);
    return true;
  });
  EXPECT_TRUE(read);
  return records;
}

/// An open journal whose first record will be number 1 of epoch 1.
struct JournalTest : testing::Test {
  TemporaryFolder folder;
  FaultDisk disk;
  std::string path = folder.path("journal");
  std::unique_ptr<Journal> journal = begin();

  std::unique_ptr<Journal> begin() {
    std::unique_ptr<Journal> fresh = open_journal(path, disk);
    EXPECT_TRUE(fresh->add_epoch(1));
    fresh->turn_to(1, 1);
    return fresh;
  }
  /// Ends the process in an instant, and the power of the machine with it if asked to.
  enum class Power { kStays, kGoes };
  void crash(Power power) {
    disk.dead = true;
    journal.reset();
    if (power == Power::kGoes) disk.lose_unsynced();
    disk.dead = false;
    journal = open_journal(path, disk);
  }
};

TEST_F(JournalTest, records_come_back_in_order_and_by_epoch) {
  for (const char* record : {"one", "two"}) ASSERT_TRUE(journal->append(record));
  ASSERT_TRUE(journal->add_epoch(2));
  journal->turn_to(2, 3);
  ASSERT_TRUE(journal->append("three"));
  EXPECT_EQ(journal->appended(), 3U);
  EXPECT_EQ(journal->records(), 3);
  EXPECT_EQ(journal->appended_bytes(), 11U);
  EXPECT_GT(journal->disk_bytes(), 11U);
  crash(Power::kStays);
  EXPECT_EQ(journal->epochs(), (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "one"}, {2, "two"}, {3, "three"}}));
  EXPECT_EQ(records_of(*journal, 2), (Records{{3, "three"}}));
  journal->drop_before(2);
  EXPECT_EQ(journal->epochs(), std::vector<std::uint64_t>{2});
  EXPECT_EQ(records_of(*journal, 0), (Records{{3, "three"}}));
  crash(Power::kStays);
  EXPECT_EQ(records_of(*journal, 0), (Records{{3, "three"}}));
}

TEST_F(JournalTest, a_later_epoch_has_the_say_on_the_number_it_begins_with) {
  for (const char* record : {"one", "written, but not accepted"}) ASSERT_TRUE(journal->append(record));
  for (const std::uint64_t epoch : {2, 3}) ASSERT_TRUE(journal->add_epoch(epoch));
  journal->turn_to(3, 2);
  for (const char* record : {"two", "three"}) ASSERT_TRUE(journal->append(record));
  crash(Power::kStays);
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "one"}, {2, "two"}, {3, "three"}}));
}

TEST_F(JournalTest, many_records_stay_in_order_beyond_the_memory_that_holds_the_last) {
  const std::string padding(64 * 1024, 'x');
  constexpr std::uint64_t kRecords = 1500;  // 96 MB
  for (std::uint64_t i = 1; i <= kRecords; ++i) ASSERT_TRUE(journal->append(std::to_string(i) + padding));
  crash(Power::kStays);
  const Records records = records_of(*journal, 0);
  ASSERT_EQ(records.size(), kRecords);
  for (std::uint64_t i = 1; i <= kRecords; ++i) {
    ASSERT_EQ(records[i - 1].first, i);
    ASSERT_EQ(records[i - 1].second, std::to_string(i) + padding);
  }
}

TEST_F(JournalTest, an_epoch_that_is_dropped_takes_its_room_on_the_disk_along) {
  const std::string padding(1024 * 1024, 'x');
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(journal->append(padding));
  ASSERT_TRUE(journal->add_epoch(2));
  journal->turn_to(2, 9);
  ASSERT_TRUE(journal->append("nine"));
  EXPECT_GT(journal->disk_bytes(), 8 * padding.size());
  journal->drop_before(2);
  while (journal->disk_bytes() > padding.size()) std::this_thread::yield();  // soon, and not at once
  crash(Power::kStays);
  EXPECT_EQ(records_of(*journal, 0), (Records{{9, "nine"}}));
}

TEST_F(JournalTest, what_was_appended_before_a_failure_is_there_however_often_it_was_opened_again) {
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(journal->append(std::to_string(i)));
    disk.sync_fails = true;
    EXPECT_FALSE(journal->sync());
    disk.sync_fails = false;
    ASSERT_TRUE(journal->reopen());
  }
  crash(Power::kStays);
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "1"}, {2, "2"}, {3, "3"}}));
  crash(Power::kGoes);
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "1"}, {2, "2"}, {3, "3"}}));
}

TEST_F(JournalTest, a_loss_of_power_costs_what_was_not_synced_and_nothing_before_it) {
  for (const char* record : {"one", "two"}) ASSERT_TRUE(journal->append(record));
  EXPECT_EQ(journal->synced(), 0U);
  ASSERT_TRUE(journal->sync());
  EXPECT_EQ(journal->synced(), 2U);
  EXPECT_EQ(journal->syncs(), 1);
  ASSERT_TRUE(journal->append("three"));
  crash(Power::kGoes);
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "one"}, {2, "two"}}));
}

TEST_F(JournalTest, a_full_disk_takes_no_record_and_the_next_one_after_opening_it_again) {
  ASSERT_TRUE(journal->append("one"));
  disk.full = true;
  EXPECT_FALSE(journal->append("never"));
  EXPECT_FALSE(journal->working());
  EXPECT_NE(journal->problem().find("space"), std::string::npos) << journal->problem();
  EXPECT_FALSE(journal->append("nor this"));
  EXPECT_FALSE(journal->reopen());
  EXPECT_FALSE(journal->working());
  disk.full = false;
  EXPECT_FALSE(journal->append("nor this without opening it again"));
  ASSERT_TRUE(journal->reopen());
  EXPECT_TRUE(journal->working());
  EXPECT_EQ(journal->problem(), "");
  EXPECT_TRUE(journal->append("two"));
  EXPECT_GE(journal->errors(), 2);
  crash(Power::kStays);
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "one"}, {2, "two"}}));
}

TEST_F(JournalTest, a_disk_that_does_not_sync_ends_appending_until_it_is_opened_again) {
  ASSERT_TRUE(journal->append("one"));
  disk.sync_fails = true;
  EXPECT_FALSE(journal->sync());
  EXPECT_EQ(journal->synced(), 0U);
  EXPECT_FALSE(journal->append("never"));
  disk.sync_fails = false;
  ASSERT_TRUE(journal->reopen());
  ASSERT_TRUE(journal->append("two"));
  EXPECT_TRUE(journal->sync());
  EXPECT_EQ(journal->synced(), 2U);
}

TEST_F(JournalTest, belongs_to_one_process) {
  const auto second = Journal::open(path, disk.env());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("another process"), std::string::npos) << second.error().message;
}

TEST_F(JournalTest, a_torn_end_costs_the_record_it_tore_alone) {
  for (const char* record : {"one", "two", "three"}) ASSERT_TRUE(journal->append(record));
  disk.dead = true;
  journal.reset();
  disk.dead = false;
  std::size_t cut = 0;
  for (const auto& file : std::filesystem::directory_iterator(path)) {
    if (file.path().extension() != ".log" || file.file_size() < 3) continue;
    std::filesystem::resize_file(file.path(), file.file_size() - 3);
    ++cut;
  }
  ASSERT_EQ(cut, 1U);
  journal = open_journal(path, disk);
  EXPECT_EQ(records_of(*journal, 0), (Records{{1, "one"}, {2, "two"}}));
}

TEST_F(JournalTest, what_was_synced_after_a_failure_survives_that_the_end_before_it_is_torn) {
  for (const char* record : {"one", "two"}) ASSERT_TRUE(journal->append(record));
  const auto biggest_log = [&] {
    std::filesystem::path biggest;
    for (const auto& file : std::filesystem::directory_iterator(path)) {
      const bool bigger = biggest.empty() || file.file_size() > std::filesystem::file_size(biggest);
      if (file.path().extension() == ".log" && bigger) biggest = file.path();
    }
    return biggest;
  };
  const std::filesystem::path torn = biggest_log();
  const auto size = std::filesystem::file_size(torn);
  disk.sync_fails = true;
  EXPECT_FALSE(journal->sync());
  disk.sync_fails = false;
  ASSERT_TRUE(journal->reopen());
  ASSERT_TRUE(journal->add_epoch(2));
  journal->turn_to(2, 3);
  ASSERT_TRUE(journal->append("three"));
  ASSERT_TRUE(journal->sync());
  disk.dead = true;
  journal.reset();
  disk.dead = false;
  if (std::filesystem::exists(torn)) std::filesystem::resize_file(torn, size - 3);
  journal = open_journal(path, disk);
  ASSERT_NE(journal, nullptr);
  EXPECT_EQ(records_of(*journal, 2), (Records{{3, "three"}}));
}

}  // namespace
}  // namespace weir
