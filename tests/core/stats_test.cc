// THE self-metrics table, and the values behind it.
#include "weir/core/stats.h"

#include <gtest/gtest.h>

#include <map>
#include <regex>
#include <set>
#include <string>
#include <tuple>

#include "weir/core/clock.h"

namespace weir {
namespace {

TEST(StatTable, rows_follow_the_enumeration_and_no_series_is_there_twice) {
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> series;
  for (std::size_t i = 0; i < kStatCount; ++i) {
    const StatRow& row = stat_table()[i];
    EXPECT_EQ(row.stat, static_cast<Stat>(i)) << row.family;
    EXPECT_TRUE(series.insert({row.family, row.label_name, row.label_value}).second)
        << row.family << " " << row.label_value;
  }
}

TEST(StatTable, names_labels_and_help_follow_the_conventions_of_prometheus) {
  const std::regex family_form("weir_[a-z][a-z0-9]*(_[a-z0-9]+)*");
  const std::regex label_form("[a-z][a-z0-9_]*");
  const std::regex value_form("[a-z0-9_]+");
  for (const StatRow& row : stat_table()) {
    const std::string family(row.family);
    EXPECT_TRUE(std::regex_match(family, family_form)) << family;
    EXPECT_EQ(row.family.ends_with("_total"), row.kind == StatKind::kCounter) << family;
    EXPECT_TRUE(row.help.ends_with('.')) << family;
    EXPECT_EQ(row.label_name.empty(), row.label_value.empty()) << family;
    if (row.label_name.empty()) continue;
    EXPECT_TRUE(std::regex_match(std::string(row.label_name), label_form)) << family;
    EXPECT_TRUE(std::regex_match(std::string(row.label_value), value_form)) << family;
  }
}

TEST(StatTable, rows_of_a_family_are_neighbours_and_agree) {
  std::map<std::string_view, const StatRow*> last_of_family;
  const StatRow* previous = nullptr;
  for (const StatRow& row : stat_table()) {
    const auto [place, first] = last_of_family.try_emplace(row.family, &row);
    if (!first) {
      EXPECT_EQ(place->second, previous) << row.family;
      EXPECT_EQ(row.help, place->second->help) << row.family;
      EXPECT_EQ(row.kind, place->second->kind) << row.family;
      EXPECT_EQ(row.label_name, place->second->label_name) << row.family;
      EXPECT_FALSE(row.label_name.empty()) << row.family;
      place->second = &row;
    }
    previous = &row;
  }
}

TEST(StatValues, sums_are_those_of_their_families) {
  StatValues values;
  std::map<std::string_view, std::int64_t> sums;
  std::int64_t next = 1;
  for (const StatRow& row : stat_table()) {
    values[row.stat] = next;
    sums[row.family] += next;
    next *= 3;
    if (next > 1'000'000'000) next = 7;
  }
  EXPECT_EQ(values.received(), sums["weir_events_received_total"]);
  EXPECT_EQ(values.counted(), sums["weir_events_counted_total"]);
  EXPECT_EQ(values.rejected(), sums["weir_events_rejected_total"]);
  EXPECT_EQ(values.shed(), sums["weir_events_shed_total"]);
  EXPECT_EQ(values.settled(), values.counted() + values.rejected() + sums["weir_events_late_total"] +
                                  sums["weir_events_duplicate_total"] + values.shed());
}

TEST(StatValues, addition_adds_every_row) {
  StatValues one;
  StatValues two;
  for (std::size_t i = 0; i < kStatCount; ++i) {
    one[static_cast<Stat>(i)] = static_cast<std::int64_t>(i);
    two[static_cast<Stat>(i)] = 1000;
  }
  one += two;
  for (std::size_t i = 0; i < kStatCount; ++i)
    EXPECT_EQ(one[static_cast<Stat>(i)], static_cast<std::int64_t>(i) + 1000);
}

TEST(StatBoard, what_is_added_and_set_is_read) {
  StatBoard board;
  EXPECT_EQ(board.read()[Stat::kLate], 0);
  board.add(Stat::kLate);
  board.add(Stat::kLate, 4);
  board.set(Stat::kActiveSessions, 9);
  board.set(Stat::kActiveSessions, 7);
  const StatValues values = board.read();
  EXPECT_EQ(values[Stat::kLate], 5);
  EXPECT_EQ(values[Stat::kActiveSessions], 7);
  EXPECT_EQ(values[Stat::kDuplicate], 0);
}

TEST(ManualClock, moves_only_when_told_to) {
  ManualClock clock(100);
  EXPECT_EQ(clock.now_ms(), 100);
  clock.advance(50);
  EXPECT_EQ(clock.now_ms(), 150);
  EXPECT_EQ(clock.steady_ms(), 150);
}

TEST(SystemClock, steady_time_never_steps_back_and_wall_time_is_after_2020) {
  const SystemClock clock;
  const TimeMs before_ms = clock.steady_ms();
  EXPECT_GE(clock.steady_ms(), before_ms);
  EXPECT_GT(clock.now_ms(), 1'577'836'800'000);
}

}  // namespace
}  // namespace weir
