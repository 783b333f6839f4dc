// The tailer against a writer that appends lines and, at random, does everything that happens to log files, the
// restart of the tailer included. Every line must come exactly once, those of one file in their order.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "support/seed.h"
#include "tail_fixture.h"

namespace weir {
namespace {

/// Does things to the files that "access.log" names, which may be a link.
class TailModel : public TailTest {
 protected:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  void write_line(std::string_view name) {
    expected_.push_back(std::to_string(expected_.size()) + " " + std::string(below(4) == 0 ? below(3000) : 20, 'x'));
    append(name, expected_.back() + "\n");
  }
  void write_lines() {
    for (std::size_t count = below(20); count > 0; --count) write_line("access.log");
  }
  void write_half_line() {
    half_line_ = "half" + std::to_string(expected_.size()) + " ";
    append("access.log", half_line_);
  }
  void end_half_line() {
    if (half_line_.empty()) return;
    append("access.log", "end\n");
    expected_.push_back(half_line_ + "end");
    half_line_.clear();
  }

  void rotate_by_rename() {
    rotate();
    if (below(2) == 0) write_line("access.log.1");  // the writer reopens late
    append("access.log", "");
  }
  void rotate_by_copy() {
    shift_rotated();
    copy("access.log", "access.log.1");
    truncate("access.log");
  }
  void collect() {
    for (std::string& line : read()) seen_.push_back(std::move(line));
  }
  /// What names cannot tell later the tailer must have seen before: a file that is copied, deleted or linked away.
  void let_it_be_seen() {
    intake_.room = true;
    write_line("access.log");
    collect();
    write_lines();
  }
  void move_link(int step) {
    const std::string name = "dated." + std::to_string(step);
    append(name, "");
    if (std::filesystem::is_symlink(path("access.log"))) {
      point("access.log", name);
    } else {
      rename("access.log", name + ".before");
      point("access.log", name);
    }
  }
  void restart() {
    if (below(2) == 0) write_half_line();
    if (below(2) == 0) collect();
    stop();
    end_half_line();
    if (below(2) == 0) write_lines();
    if (below(2) == 0) rotate_by_rename();
    if (below(2) == 0) write_lines();
    start("access.log", TailOptions::From::kEnd);
  }
  void act(int step) {
    switch (below(20)) {
      case 0:
        return rotate_by_rename();
      case 1:
        let_it_be_seen();
        return rotate_by_copy();
      case 2:
        let_it_be_seen();
        remove("access.log");
        append("access.log", "");
        return collect();  // what a tailer that is stopped now would never see
      case 3:
        let_it_be_seen();
        return move_link(step);
      case 4:
        return restart();
      case 5:
        return write_half_line();
      case 6:
        return clock_.advance(Tailer::kQuietMs);
      case 7:
        intake_.room = !intake_.room;
        return;
      default:
        return;
    }
  }

  std::mt19937_64 random_{support::test_seed()};
  std::vector<std::string> expected_;
  std::vector<std::string> seen_;
  std::string half_line_;  // written, but not its end
};

TEST_F(TailModel, every_line_comes_exactly_once_whatever_happens_to_the_files) {
  append("access.log", "");
  start();
  collect();
  for (int step = 0; step < 500; ++step) {
    end_half_line();
    write_lines();
    act(step);
    if (below(3) == 0) collect();
  }
  end_half_line();
  intake_.room = true;
  collect();
  clock_.advance(Tailer::kQuietMs);
  collect();
  EXPECT_GT(stat(Stat::kTailRotations), 20);
  EXPECT_GT(stat(Stat::kTailTruncations), 5);
  EXPECT_EQ(stat(Stat::kTailReadErrors), 0);
  std::ranges::sort(seen_);
  std::ranges::sort(expected_);
  std::vector<std::string> lost;
  std::ranges::set_difference(expected_, seen_, std::back_inserter(lost));
  std::vector<std::string> doubled;
  std::ranges::set_difference(seen_, expected_, std::back_inserter(doubled));
  EXPECT_EQ(lost, Lines{});
  EXPECT_EQ(doubled, Lines{});
  EXPECT_EQ(seen_.size(), expected_.size());
}

}  // namespace
}  // namespace weir
