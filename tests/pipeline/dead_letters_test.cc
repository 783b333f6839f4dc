// Tests of the dead-letter file: always valid JSON, bounded, and never in the way.
#include "weir/pipeline/dead_letters.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace weir {
namespace {

class DeadLettersTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("weir_letters_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = (folder_ / "letters.ndjson").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static std::vector<nlohmann::json> read(const std::string& path) {
    std::vector<nlohmann::json> letters;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) letters.push_back(nlohmann::json::parse(line));
    return letters;
  }
  static StatValues stats_of(const DeadLetters& letters) {
    StatValues stats;
    letters.add_stats(stats);
    return stats;
  }

  std::filesystem::path folder_;
  std::string path_;
};

TEST_F(DeadLettersTest, any_line_becomes_valid_json) {
  auto letters = DeadLetters::open(path_, 1 << 20);
  ASSERT_TRUE(letters);
  ASSERT_TRUE((*letters)->enabled());
  std::string all_bytes;
  for (int byte = 0; byte < 256; ++byte) all_bytes += static_cast<char>(byte);
  const std::vector<std::string> lines{"", R"({"a":"b\"c"})", "tab\there", "\xC3\xA9", all_bytes, "\xED\xA0\x80"};
  for (const std::string& line : lines) (*letters)->write(line, "malformed");
  const std::vector<nlohmann::json> read_back = read(path_);
  ASSERT_EQ(read_back.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(read_back[i].at("reason"), "malformed");
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(read_back[i].at("line"), lines[i]);
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLettersWritten], 6);
}

TEST_F(DeadLettersTest, two_files_of_the_limit_are_kept) {
  constexpr std::size_t kLimit = 1000;
  auto letters = DeadLetters::open(path_, kLimit);
  ASSERT_TRUE(letters);
  for (int i = 0; i < 500; ++i) (*letters)->write("line " + std::to_string(i), "late");
  EXPECT_LE(std::filesystem::file_size(path_), kLimit);
  EXPECT_LE(std::filesystem::file_size(path_ + ".1"), kLimit);
  const auto newest = read(path_);
  ASSERT_FALSE(newest.empty());
  EXPECT_EQ(newest.back().at("line"), "line 499");
  const auto older = read(path_ + ".1");
  ASSERT_FALSE(older.empty());
  EXPECT_EQ(older.size() + newest.size(), 500U - std::stoul(older[0].at("line").get<std::string>().substr(5)));
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLettersWritten], 500);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);
}

TEST_F(DeadLettersTest, an_existing_file_is_continued_within_the_limit) {
  std::ofstream(path_) << std::string(900, ' ') << "\n";
  auto letters = DeadLetters::open(path_, 1000);
  ASSERT_TRUE(letters);
  (*letters)->write(std::string(200, 'x'), "late");
  EXPECT_EQ(std::filesystem::file_size(path_ + ".1"), 901U);
  EXPECT_EQ(read(path_).size(), 1U);
}

TEST_F(DeadLettersTest, only_its_owner_may_read_the_file) {
  ASSERT_TRUE(DeadLetters::open(path_, 1 << 20));
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
}

TEST_F(DeadLettersTest, a_path_that_cannot_be_opened_is_an_error_that_names_it) {
  const auto letters = DeadLetters::open((folder_ / "missing" / "letters").string(), 1000);
  ASSERT_FALSE(letters);
  EXPECT_NE(letters.error().message.find("missing/letters"), std::string::npos);
}

TEST_F(DeadLettersTest, without_path_every_call_does_nothing) {
  auto letters = DeadLetters::open("", 1000);
  ASSERT_TRUE(letters);
  EXPECT_FALSE((*letters)->enabled());
  (*letters)->write("line", "late");
  EXPECT_EQ((*letters)->hold("line"), 0U);
  (*letters)->settle(0, "late");
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLettersWritten], 0);
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLetterErrors], 0);
}

TEST_F(DeadLettersTest, a_full_disk_costs_letters_which_are_counted) {
  auto letters = DeadLetters::open("/dev/full", 1 << 20);
  ASSERT_TRUE(letters);
  for (int i = 0; i < 100; ++i) (*letters)->write(std::string(1000, 'x'), "late");
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLettersWritten], 0);
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLetterErrors], 100);
}

TEST_F(DeadLettersTest, held_lines_are_written_or_dropped_once) {
  auto letters = DeadLetters::open(path_, 1 << 20);
  ASSERT_TRUE(letters);
  const std::uint32_t first = (*letters)->hold("first");
  const std::uint32_t second = (*letters)->hold("second");
  EXPECT_NE(first, 0U);
  EXPECT_NE(first, second);
  (*letters)->settle(first, "late");
  (*letters)->settle(first, "late");
  (*letters)->settle(second, "");
  const auto read_back = read(path_);
  ASSERT_EQ(read_back.size(), 1U);
  EXPECT_EQ(read_back[0].at("line"), "first");
}

TEST_F(DeadLettersTest, lines_held_are_bounded_and_those_without_room_counted) {
  auto letters = DeadLetters::open(path_, 1 << 20);
  ASSERT_TRUE(letters);
  std::int64_t refused = 0;
  for (int i = 0; i < 20'000; ++i) refused += (*letters)->hold("line") == 0;
  EXPECT_GT(refused, 0);
  EXPECT_EQ(stats_of(**letters)[Stat::kDeadLettersDropped], refused);
}

}  // namespace
}  // namespace weir
