// Snapshots in a folder: whole or not there, and damage is seen.
#include "weir/store/snapshot_files.h"

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <filesystem>
#include <fstream>

#include "support/fault_disk.h"
#include "support/files.h"
#include "support/process.h"

namespace weir {
namespace {

using support::FaultDisk;
using support::TemporaryFolder;
using Numbers = std::vector<std::uint64_t>;

void write_whole_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::vector<std::string> some_parts() { return {"first", "", std::string(3'000'000, 'x'), std::string("\0\1", 2)}; }

TEST(SnapshotFiles, parts_come_back_as_they_were) {
  const TemporaryFolder folder;
  SnapshotFiles files(folder.path("."), nullptr);
  EXPECT_EQ(files.numbers(), Numbers{});
  const auto written = files.write(3, some_parts());
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(*written, 3'000'007U);
  ASSERT_TRUE(files.write(12, std::vector<std::string>{}));
  EXPECT_EQ(files.numbers(), (Numbers{12, 3}));
  const auto read = files.read(3);
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<std::string> wanted = some_parts();
  ASSERT_EQ(read->parts.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_EQ(read->parts[i], wanted[i]);
  EXPECT_TRUE(files.read(12)->parts.empty());
  EXPECT_FALSE(files.read(4));
  files.remove_before(12);
  EXPECT_EQ(files.numbers(), Numbers{12});
}

TEST(SnapshotFiles, a_file_that_was_cut_or_changed_anywhere_is_damaged) {
  const TemporaryFolder folder;
  SnapshotFiles files(folder.path("."), nullptr);
  ASSERT_TRUE(files.write(1, std::vector<std::string>{"some", "parts", ""}));
  const std::string whole = support::read_whole_file(files.path_of(1));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    write_whole_file(files.path_of(2), whole.substr(0, size));
    EXPECT_FALSE(files.read(2)) << size;
  }
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    write_whole_file(files.path_of(2), flipped);
    EXPECT_FALSE(files.read(2)) << bit;
  }
  write_whole_file(files.path_of(2), whole + "x");
  EXPECT_FALSE(files.read(2));
  EXPECT_NE(files.read(2).error().message.find("damaged"), std::string::npos);
}

TEST(SnapshotFiles, a_full_disk_leaves_the_snapshots_that_were_there) {
  const TemporaryFolder folder;
  FaultDisk disk;
  SnapshotFiles files(folder.path("."), disk.env());
  ASSERT_TRUE(files.write(1, some_parts()));
  disk.full = true;
  const auto written = files.write(2, some_parts());
  ASSERT_FALSE(written);
  EXPECT_NE(written.error().message.find("space"), std::string::npos) << written.error().message;
  EXPECT_EQ(files.numbers(), Numbers{1});
  disk.full = false;
  EXPECT_TRUE(files.write(2, some_parts()));
  EXPECT_EQ(files.numbers(), (Numbers{2, 1}));
}

TEST(SnapshotFiles, what_was_left_half_written_is_no_snapshot_and_goes) {
  const TemporaryFolder folder;
  SnapshotFiles files(folder.path("."), nullptr);
  write_whole_file(files.path_of(5) + ".new", "half");
  EXPECT_EQ(files.numbers(), Numbers{});
  files.remove_before(0);
  EXPECT_FALSE(std::filesystem::exists(files.path_of(5) + ".new"));
}

}  // namespace
}  // namespace weir
