// The tailer over restarts: what it remembers, and what happens to files while nobody watches.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>

#include "support/files.h"
#include "tail_fixture.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using From = TailOptions::From;

TEST_F(TailTest, places_are_remembered_over_restarts) {
  append("access.log", "a\nhal");
  start();
  EXPECT_EQ(read(), Lines{"a"});
  stop();
  append("access.log", "f\nb\n");
  start("access.log", From::kEnd);  // not the first start any more
  EXPECT_EQ(read(), (Lines{"half", "b"}));
}

TEST_F(TailTest, the_state_file_is_not_ahead_of_lines_that_wait_to_be_kept) {
  intake_.kept = KeptPlaces{};  // of no file yet
  append("access.log", "a\n");
  start();
  EXPECT_EQ(read(), Lines{"a"});
  stop();
  start();
  append("access.log", "b\n");
  intake_.waits = true;
  EXPECT_EQ(read(), Lines{"b"});
  stop();
  intake_.waits = false;
  start();
  EXPECT_EQ(read(), Lines{"b"}) << "it never got there";
  stop();
  start();
  EXPECT_EQ(read(), Lines{});
}

TEST_F(TailTest, a_rotation_during_a_restart_loses_nothing) {
  start_with_line("a");
  stop();
  append("access.log", "b\n");
  rename("access.log", "access.log.1");
  append("access.log", "c\n");
  rename("access.log.1", "access.log.2");
  rename("access.log", "access.log.1");
  append("access.log", "d\n");
  start("access.log", From::kEnd);
  EXPECT_EQ(read(), (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, a_copytruncate_during_a_restart_loses_nothing) {
  start_with_line("a");
  stop();
  append("access.log", "b\n");
  copy("access.log", "access.log.1");
  truncate("access.log");
  append("access.log", "c\n");
  start();
  EXPECT_EQ(read(), (Lines{"b", "c"}));
}

TEST_F(TailTest, a_rotated_file_that_begins_alike_is_no_copy_after_a_restart_either) {
  start();
  append("access.log", "head\nb\n");
  EXPECT_EQ(read(), (Lines{"head", "b"}));
  rotate();
  append("access.log", "head\n");
  EXPECT_EQ(read(), Lines{"head"});
  clock_.advance(Tailer::kQuietMs);
  EXPECT_EQ(read(), Lines{});
  stop();
  truncate("access.log");
  append("access.log", "c\n");
  start();
  EXPECT_EQ(read(), Lines{"c"}) << "b was counted";
}

TEST_F(TailTest, a_copytruncate_and_a_rename_during_a_restart_lose_nothing) {
  start_with_line("a");
  stop();
  append("access.log", "b\n");
  copy("access.log", "access.log.2");
  truncate("access.log");
  append("access.log", "c\n");
  rename("access.log", "access.log.1");
  append("access.log", "d\n");
  start();
  EXPECT_EQ(read(), (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, what_is_added_late_to_a_file_rotated_during_a_restart_is_read) {
  start_with_line("a");
  stop();
  rename("access.log", "access.log.1");
  append("access.log", "");
  start();
  EXPECT_EQ(read(), Lines{});
  append("access.log.1", "b\n");  // its writer has not reopened its log yet
  EXPECT_EQ(read(), Lines{"b"});
}

TEST_F(TailTest, a_file_rotated_and_compressed_during_a_restart_is_warned_of_once) {
  start_with_line("a");
  stop();
  append("access.log", "b\n");
  rename("access.log", "access.log.1.gz");  // what is in it does not matter: it is another file
  copy("access.log.1.gz", "other");
  rename("other", "access.log.1.gz");
  append("access.log", "c\n");
  start();
  EXPECT_EQ(read(), Lines{"c"});
  EXPECT_EQ(stat(Stat::kTailFilesLost), 1);
  ASSERT_EQ(warnings_.size(), 1U);
  EXPECT_THAT(warnings_[0], HasSubstr(path("access.log") + ", which was read up to byte 2"));
  stop();
  start();
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(stat(Stat::kTailFilesLost), 1);
}

TEST_F(TailTest, a_file_begun_anew_without_a_copy_during_a_restart_is_warned_of) {
  start();
  append("access.log", "a long line\n");
  EXPECT_EQ(read(), Lines{"a long line"});
  stop();
  truncate("access.log");
  append("access.log", "b\n");
  start();
  EXPECT_EQ(read(), Lines{"b"});
  EXPECT_EQ(stat(Stat::kTailFilesLost), 1);
}

TEST_F(TailTest, files_that_were_done_before_a_restart_may_go_without_a_word) {
  start_with_line("a");
  rename("access.log", "access.log.1");
  append("access.log", "b\n");
  EXPECT_EQ(read(), Lines{"b"});
  clock_.advance(Tailer::kQuietMs);
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(stat(Stat::kTailFilesOpen), 1);
  stop();
  remove("access.log.1");
  append("access.log", "c\n");
  start();
  EXPECT_EQ(read(), Lines{"c"});
  EXPECT_EQ(stat(Stat::kTailFilesLost), 0);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(TailTest, files_rotated_during_a_restart_wait_for_their_turn_when_too_many_are_open) {
  start_with_line("a");
  stop();
  append("access.log", "b\n");
  for (const char* line : {"c\n", "d\n", "e\n"}) {
    rotate();
    append("access.log", line);
  }
  files_limit_ = 2;
  start();
  EXPECT_EQ(read(), (Lines{"b", "c"}));
  EXPECT_GT(stat(Stat::kTailReadErrors), 0);
  Lines lines = read_turns(3);
  EXPECT_EQ(lines, (Lines{"d", "e"}));
  EXPECT_EQ(stat(Stat::kTailFilesLost), 0);
}

TEST_F(TailTest, files_of_a_pattern_rotated_during_a_restart_are_read_though_their_names_are_gone) {
  append("a.log", "a1\n");
  start("*.log");
  EXPECT_EQ(read(), Lines{"a1"});
  stop();
  append("a.log", "a2\n");
  rename("a.log", "a.log.1");
  start("*.log");
  EXPECT_EQ(read(), Lines{"a2"});
  append("a.log", "a3\n");
  EXPECT_EQ(read(), Lines{"a3"});
  EXPECT_EQ(stat(Stat::kTailFilesLost), 0);
}

/// Leaves this process a number of descriptors beyond those it has, until the end of the scope.
class FewDescriptors {
 public:
  explicit FewDescriptors(rlim_t more) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const Descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const rlimit few{static_cast<rlim_t>(next.get()) + more, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
  }
  ~FewDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

TEST_F(TailTest, files_that_find_no_descriptor_are_read_when_there_is_one) {
  append("a.log", "first\n");
  start("a.log");
  EXPECT_EQ(read(), Lines{"first"});
  stop();
  constexpr int kRotated = 12;
  Lines expected;
  for (int i = 0; i < kRotated; ++i) {
    rename("a.log", "a.log." + std::to_string(kRotated - i));
    expected.push_back("line " + std::to_string(i));
    append("a.log", expected.back() + "\n");
  }
  Lines lines;
  start("a.log");
  for (const rlim_t more : {0U, 1U, 2U, 3U, 4U, 6U, 9U, 200U}) {
    const FewDescriptors few(more);
    for (std::string& line : read()) lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(lines, expected);
  EXPECT_EQ(stat(Stat::kTailFilesLost), 0);
  EXPECT_THAT(warnings_, testing::Contains(HasSubstr("Too many open files")));
}

TEST_F(TailTest, a_copy_found_after_a_restart_waits_for_its_turn_when_too_many_are_open) {
  start_with_line("a");
  stop();
  append("access.log", "b\n");
  copy("access.log", "access.log.2");
  truncate("access.log");
  append("access.log", "c\n");
  rename("access.log", "access.log.1");
  append("access.log", "d\n");
  files_limit_ = 1;
  start();
  Lines lines = read();
  for (std::string& line : read_turns(4)) lines.push_back(std::move(line));
  EXPECT_EQ(lines, (Lines{"b", "c", "d"}));
}

TEST_F(TailTest, places_are_saved_in_time_but_not_all_the_time) {
  start_with_line("a");
  const std::string first = support::read_whole_file(path("state/tail"));
  EXPECT_THAT(first, HasSubstr(path("access.log")));
  append("access.log", "b\n");
  EXPECT_NE(tailer_->round(), Tailer::Round::kHeldBack);
  EXPECT_EQ(support::read_whole_file(path("state/tail")), first);
  clock_.advance(Tailer::kSaveMs);
  EXPECT_NE(tailer_->round(), Tailer::Round::kHeldBack);
  EXPECT_NE(support::read_whole_file(path("state/tail")), first);
  struct stat status {};
  ASSERT_EQ(::stat(path("state/tail").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
}

TEST_F(TailTest, a_broken_state_file_is_warned_of_and_replaced) {
  std::filesystem::create_directories(path("state"));
  append("access.log", "a\n");
  const std::string whole = "weir tail state 2\n1 2 3 3 4 5 0 /x\nend 1\n";
  for (const std::string& broken : {std::string(), std::string("junk"), whole.substr(0, whole.size() - 1), whole + "x",
                                    std::string("weir tail state 2\n1 2 3 9 4 5 0 /x\nend 1\n"),
                                    std::string("weir tail state 2\n1 2 3 3 4 5 0 /x\nend 2\n"),
                                    std::string("weir tail state 2\n1 2 3 3 4 5 2 /x\nend 1\n"),
                                    std::string("weir tail state 2\n1 2 3 3 4 9223372036854775808 0 /x\nend 1\n")}) {
    warnings_.clear();
    std::ofstream(path("state/tail"), std::ios::trunc) << broken;
    start();
    EXPECT_EQ(read(), Lines{"a"}) << broken;
    ASSERT_EQ(warnings_.size(), 1U) << broken;
    EXPECT_THAT(warnings_[0], HasSubstr("not a whole state file"));
    stop();
    warnings_.clear();
    start();
    EXPECT_EQ(read(), Lines{});
    EXPECT_THAT(warnings_, IsEmpty());
  }
}

TEST_F(TailTest, a_state_file_that_cannot_be_written_is_counted_and_warned_of_once) {
  start();
  std::filesystem::remove_all(path("state"));
  append("access.log", "a\n");
  EXPECT_EQ(read(), Lines{"a"});
  EXPECT_EQ(read(), Lines{});
  EXPECT_EQ(stat(Stat::kTailStateErrors), 2);
  EXPECT_EQ(warnings_.size(), 1U);
}

}  // namespace
}  // namespace weir
