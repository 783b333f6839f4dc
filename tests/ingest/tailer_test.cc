// The tailer, case by case: what happens to log files, one thing at a time.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tail_fixture.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using From = TailOptions::From;

TEST_F(TailTest, lines_are_read_as_they_come_in_the_format_given) {
  append("access.log", "a\nb\n");
  start();
  EXPECT_EQ(read(), (Lines{"a", "b"}));
  EXPECT_EQ(intake_.last_format, "some");
  EXPECT_EQ(read(), Lines{});
  append("access.log", "c\n");
  EXPECT_EQ(read(), Lines{"c"});
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 1);
}

TEST_F(TailTest, a_last_line_waits_for_its_newline) {
  start();
  append("access.log", "a\nb");
  EXPECT_EQ(read(), Lines{"a"});
  append("access.log", "c");
  EXPECT_EQ(read(), Lines{});
  append("access.log", "d\n");
  EXPECT_EQ(read(), Lines{"bcd"});
}

TEST_F(TailTest, from_end_leaves_out_what_is_there_but_not_the_line_being_written) {
  append("access.log", "old\nhal");
  start("access.log", From::kEnd);
  EXPECT_EQ(read(), Lines{});
  append("access.log", "f\nnew\n");
  EXPECT_EQ(read(), (Lines{"half", "new"}));
}

TEST_F(TailTest, from_end_takes_a_first_line_that_is_being_written_whole) {
  append("access.log", "hal");
  start("access.log", From::kEnd);
  EXPECT_EQ(read(), Lines{});
  append("access.log", "f\n");
  EXPECT_EQ(read(), Lines{"half"});
}

TEST_F(TailTest, from_end_reads_files_that_come_later_from_their_start) {
  start("access.log", From::kEnd);
  EXPECT_EQ(read(), Lines{});
  append("access.log", "a\n");
  EXPECT_EQ(read(), Lines{"a"});
  rename("access.log", "access.log.1");
  append("access.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
}

TEST_F(TailTest, what_is_left_of_a_renamed_file_comes_before_the_new_one) {
  start_with_line("a");
  append("access.log", "b\n");
  rename("access.log", "access.log.1");
  append("access.log", "c\n");
  append("access.log.1", "late\n");
  EXPECT_EQ(read(), (Lines{"b", "late", "c"}));
  append("access.log.1", "later\n");  // the writer has not reopened yet
  append("access.log", "d\n");
  EXPECT_EQ(read(), (Lines{"later", "d"}));
  EXPECT_EQ(stat(Stat::kTailRotations), 1);
  EXPECT_EQ(stat(Stat::kTailTruncations), 0);
}

TEST_F(TailTest, a_renamed_file_is_closed_when_it_was_quiet_and_its_last_line_counts) {
  start();
  append("access.log", "a\nhalf");
  EXPECT_EQ(read(), Lines{"a"});
  rename("access.log", "access.log.1");
  append("access.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 2);
  clock_.advance(Tailer::kQuietMs);
  EXPECT_EQ(read(), Lines{"half"});
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 1);
}

TEST_F(TailTest, two_rotations_between_two_looks_lose_nothing) {
  start_with_line("a");
  for (const char* lines : {"b\n", "c\n", "d\n"}) {
    rotate();
    append("access.log", lines);
  }
  EXPECT_EQ(read(), (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, files_of_the_names_that_caddy_makes_between_two_looks_lose_nothing) {
  start_with_line("a");
  for (const char* lines : {"b\n", "c\n", "d\n"}) {
    rename("access.log", fmt::format("access-2026-01-02T03-04-0{}.678.log", lines[0] - 'a'));
    append("access.log", lines);
  }
  EXPECT_EQ(read(), (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, a_truncated_file_is_read_from_its_start) {
  start();
  append("access.log", "a\nb\n");
  EXPECT_EQ(read(), (Lines{"a", "b"}));
  truncate("access.log");
  append("access.log", "c\n");
  EXPECT_EQ(read(), Lines{"c"});
  EXPECT_EQ(stat(Stat::kTailTruncations), 1);
}

TEST_F(TailTest, a_truncated_file_that_grew_beyond_its_old_size_is_recognised) {
  start_with_line("a");
  truncate("access.log");
  append("access.log", "b\nc\nd\n");
  EXPECT_EQ(read(), (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, what_was_not_read_before_a_copytruncate_is_read_from_the_copy) {
  start();
  append("access.log", "a\nb");
  EXPECT_EQ(read(), Lines{"a"});
  append("access.log", "c\nd\n");
  copy("access.log", "access.log.1");
  truncate("access.log");
  append("access.log", "e\n");
  EXPECT_EQ(read(), (Lines{"bc", "d", "e"}));
  EXPECT_EQ(read(), Lines{});
}

TEST_F(TailTest, a_rotated_file_that_begins_alike_is_not_taken_for_a_copy) {
  start();
  append("access.log", "head\nb\n");
  EXPECT_EQ(read(), (Lines{"head", "b"}));
  rotate();
  append("access.log", "head\n");
  EXPECT_EQ(read(), Lines{"head"});
  clock_.advance(Tailer::kQuietMs);
  EXPECT_EQ(read(), Lines{});
  ASSERT_EQ(stat(Stat::kTailFilesOpen), 1) << "the rotated one is closed";
  truncate("access.log");
  EXPECT_EQ(read(), Lines{}) << "b was counted";
  append("access.log", "c\n");
  EXPECT_EQ(read(), Lines{"c"});
}

TEST_F(TailTest, a_copy_is_not_taken_for_a_missed_file_later) {
  start_with_line("a");
  copy("access.log", "access.log.1");
  truncate("access.log");
  append("access.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
  rename("access.log.1", "access.log.2");
  rename("access.log", "access.log.1");
  append("access.log", "c\n");
  EXPECT_EQ(read(), Lines{"c"});
  stop();
  start();
  EXPECT_EQ(read(), Lines{});
}

TEST_F(TailTest, a_file_that_was_truncated_and_then_renamed_is_read_all_the_same) {
  start_with_line("a");
  append("access.log", "b\n");
  copy("access.log", "access.log.2");
  truncate("access.log");
  append("access.log", "c\n");
  rename("access.log", "access.log.1");
  append("access.log", "d\n");
  EXPECT_EQ(read(), (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, a_file_that_only_lost_its_end_is_not_read_again) {
  start();
  for (int i = 0; i < 300; ++i) append("access.log", "line" + std::to_string(i) + "\n");
  EXPECT_EQ(read().size(), 300U);
  truncate("access.log", 1500);
  EXPECT_EQ(read(), Lines{});
  append("access.log", "\nnew\n");
  EXPECT_THAT(read(), ElementsAre("", "new"));
}

TEST_F(TailTest, a_hole_left_by_a_writer_that_does_not_append_is_skipped) {
  start_with_line("a");
  truncate("access.log");
  truncate("access.log", 3'000'000);  // the writer goes on at its own offset
  append("access.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
  append("access.log", "c\n");
  EXPECT_EQ(read(), Lines{"c"});
}

TEST_F(TailTest, a_terabyte_of_hole_takes_no_time) {
  start();
  EXPECT_EQ(read(), Lines{});
  append("access.log", "");
  truncate("access.log", std::uintmax_t{1} << 40);
  append("access.log", "a\n");
  EXPECT_EQ(read(), Lines{"a"});
}

TEST_F(TailTest, a_deleted_file_is_read_to_its_end_and_a_new_one_from_its_start) {
  start_with_line("a");
  append("access.log", "b\n");
  remove("access.log");
  EXPECT_EQ(read(), Lines{"b"});
  append("access.log", "c\n");
  EXPECT_EQ(read(), Lines{"c"});
}

TEST_F(TailTest, a_deleted_file_that_nothing_follows_is_closed_in_the_end) {
  start_with_line("a");
  remove("access.log");
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 1);
  clock_.advance(Tailer::kDeletedMs);
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 0);
  append("access.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
}

TEST_F(TailTest, a_symbolic_link_that_moves_is_followed_and_back_again) {
  append("one", "a\n");
  point("access.log", "one");
  start();
  EXPECT_EQ(read(), Lines{"a"});
  append("one", "b\n");
  append("two", "c\n");
  point("access.log", "two");
  EXPECT_EQ(read(), (Lines{"b", "c"}));
  point("access.log", "one");
  append("one", "d\n");
  EXPECT_EQ(read(), Lines{"d"});
  clock_.advance(Tailer::kQuietMs);
  EXPECT_EQ(read(), Lines{});
  append("two", "e\n");
  point("access.log", "two");  // closed meanwhile, and remembered
  EXPECT_EQ(read(), Lines{"e"});
}

TEST_F(TailTest, what_cannot_be_tailed_is_tried_again_and_warned_of_once) {
  std::filesystem::create_directory(path("access.log"));
  start();
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(read(), Lines{});
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("not a regular file"));
  EXPECT_EQ(stat(Stat::kTailReadErrors), 2);
  remove("access.log");
  ASSERT_EQ(::mkfifo(path("access.log").c_str(), 0600), 0);
  EXPECT_EQ(read(), Lines{});
  remove("access.log");
  EXPECT_EQ(read(), Lines{});
  ASSERT_EQ(warnings_.size(), 2U);
  EXPECT_THAT(warnings_[1], HasSubstr("not there yet"));
  append("access.log", "a\n");
  EXPECT_EQ(read(), Lines{"a"});
}

TEST_F(TailTest, compressed_files_are_left_alone) {
  append("access.log", "\x1f\x8b\x08 compressed\n");
  append("b.log.gz", "text\n");
  start("*log*");
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(read(), Lines{});
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr("compressed"));
}

TEST_F(TailTest, wildcards_find_files_that_are_there_and_that_come) {
  append("a.log", "a\n");
  append("c.txt", "no\n");
  start("*.log", From::kEnd);
  EXPECT_EQ(read(), Lines{});
  append("a.log", "a2\n");
  append("b.log", "b\n");
  append("new\nline.log", "no\n");
  EXPECT_EQ(read(), (Lines{"a2", "b"}));
  rename("a.log", "a.log.1");
  append("a.log", "a3\n");
  EXPECT_EQ(read(), Lines{"a3"});
}

TEST_F(TailTest, a_file_with_two_names_is_read_once) {
  append("a.log", "a\n");
  std::filesystem::create_hard_link(path("a.log"), path("b.log"));
  point("c.log", "a.log");
  start("*.log");
  EXPECT_EQ(read(), Lines{"a"});
  append("b.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
}

TEST_F(TailTest, only_so_many_files_are_open_at_once) {
  files_limit_ = 2;
  for (const char* name : {"a.log", "b.log", "c.log"}) append(name, std::string(name) + "\n");
  start("*.log");
  EXPECT_EQ(read(), (Lines{"a.log", "b.log"}));
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 2);
}

TEST_F(TailTest, files_rotated_while_as_many_are_open_as_may_be_are_read_when_there_is_room) {
  files_limit_ = 2;
  append("a.log", "a1\n");
  append("b.log", "b1\n");
  start("*.log");
  EXPECT_EQ(read(), (Lines{"a1", "b1"}));
  rename("a.log", "a.log.1");
  append("a.log", "a2\n");
  rename("b.log", "b.log.1");
  append("b.log", "b2\n");
  append("a.log.1", "a1 late\n");
  EXPECT_EQ(read(), Lines{"a1 late"});
  remove("a.log.1");
  rename("a.log", "a.log.1");
  append("a.log", "a3\n");
  Lines lines = read_turns(4);
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"a2", "a3", "b2"}));
}

TEST_F(TailTest, nothing_is_read_while_shards_are_behind) {
  append("access.log", "a\n");
  start();
  intake_.room = false;
  EXPECT_EQ(tailer_->round(), Tailer::Round::kHeldBack);
  EXPECT_EQ(intake_.take(), Lines{});
  intake_.room = true;
  EXPECT_EQ(read(), Lines{"a"});
}

TEST_F(TailTest, a_file_longer_than_a_piece_is_read_in_order) {
  std::string text;
  Lines expected;
  for (int i = 0; i < 60'000; ++i) {
    expected.push_back("line " + std::to_string(i) + std::string(static_cast<std::size_t>(i) % 60, '.'));
    text += expected.back() + "\n";
  }
  append("access.log", text);
  start();
  EXPECT_EQ(tailer_->round(), Tailer::Round::kMore);  // a bounded piece
  EXPECT_LT(intake_.lines.size(), expected.size());
  while (tailer_->round() == Tailer::Round::kMore) {
  }
  EXPECT_EQ(intake_.take(), expected);
}

}  // namespace
}  // namespace weir
