// Tests of which cells are kept and that nothing is lost when the others are folded.
#include "weir/window/cell_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/random_source.h"
#include "support/seed.h"
#include "window_fixture.h"

namespace weir {
namespace {

using testing_window::Labels;
using testing_window::landing_rollup;

CellTable table_of(const Labels& labels, std::size_t capacity) {
  return CellTable(landing_rollup(), capacity, {WindowShape::of(300'000)}, labels.symbols, labels.special());
}

std::map<std::vector<std::string>, std::int64_t> sessions_of(const CellTable& table) {
  std::map<std::vector<std::string>, std::int64_t> sessions;
  table.for_each([&](const Cell& cell) {
    EXPECT_TRUE(sessions.emplace(cell.labels, cell.all_time[Part::kSessions]).second) << "labels twice";
  });
  return sessions;
}

std::size_t ordinary_cells(const CellTable& table) {
  std::size_t count = 0;
  table.for_each([&](const Cell& cell) { count += !cell.other; });
  return count;
}

TEST(CellTable, folding_keeps_capacity_and_totals) {
  support::RandomSource random(support::test_seed());
  Labels labels;
  CellTable table = table_of(labels, 8);
  for (std::uint64_t sequence = 1; sequence <= 3000; ++sequence) {
    const auto dimensions = labels.dimensions(random.pick({"a", "b"}), "/" + std::to_string(random.between(1, 40)));
    Cell& cell = table.obtain(dimensions, sequence);
    ++cell.all_time[Part::kSessions];
    ++cell.panes[0].at(1, 0)[Part::kSessions];
    ++cell.counters.totals[Part::kSessions];
    ASSERT_LE(ordinary_cells(table), 8U);
  }
  EXPECT_GT(table.folded(), 0);
  std::int64_t all_time = 0, counted = 0;
  Totals window;
  table.for_each([&](const Cell& cell) {
    all_time += cell.all_time[Part::kSessions];
    counted += cell.counters.totals[Part::kSessions];
    cell.panes[0].sum_into(0, 10, window);
  });
  EXPECT_EQ(all_time, 3000);
  EXPECT_EQ(counted, 3000);
  EXPECT_EQ(window[Part::kSessions], 3000);
}

/// Takes back, in random order, what was put under random sequences: every cell ends at zero, none below on the way
/// out.
TEST(CellTable, what_was_put_is_found_again_wherever_folding_took_it) {
  support::RandomSource random(support::test_seed());
  Labels labels;
  CellTable table = table_of(labels, 6);
  std::vector<std::pair<DimensionValues, std::uint64_t>> put;
  for (std::uint64_t sequence = 1; sequence <= 5000; ++sequence) {
    if (!put.empty() && random.chance(45)) {
      random.shuffle(put);
      Cell& cell = table.holder(put.back().first, put.back().second);
      put.pop_back();
      ASSERT_GE(--cell.all_time[Part::kSessions], 0) << "taken from a cell that did not hold it";
      continue;
    }
    const auto dimensions = labels.dimensions(random.pick({"a", "b"}), "/" + std::to_string(random.between(1, 15)));
    ++table.obtain(dimensions, sequence).all_time[Part::kSessions];
    put.emplace_back(dimensions, sequence);
  }
  EXPECT_GT(table.folded(), 10);
  for (const auto& [dimensions, sequence] : put) --table.holder(dimensions, sequence).all_time[Part::kSessions];
  for (const auto& [cell_labels, sessions] : sessions_of(table)) EXPECT_EQ(sessions, 0) << cell_labels[1];
}

TEST(CellTable, contributions_older_than_a_cell_are_taken_from_other) {
  Labels labels;
  CellTable table = table_of(labels, 1);
  const auto page = labels.dimensions("s", "/a");
  EXPECT_FALSE(table.obtain(page, 1).other);
  table.obtain(labels.dimensions("s", "/b"), 2);  // folds /a
  EXPECT_TRUE(table.holder(page, 1).other);
  const Cell& again = table.obtain(page, 3);
  EXPECT_FALSE(again.other);
  EXPECT_TRUE(table.holder(page, 1).other);
  EXPECT_EQ(&table.holder(page, 3), &again);
  EXPECT_EQ(&table.holder(page, 4), &again);
}

/// The contract: a page with more than 1/limit of recent sessions stays, whatever junk came first.
TEST(CellTable, a_heavy_page_survives_a_flood_of_junk_with_exact_counts) {
  constexpr std::size_t kLimit = 10;
  constexpr int kJunk = 100'000;
  Labels labels;
  CellTable table = table_of(labels, 8 * kLimit);
  std::uint64_t sequence = 0;
  const auto put = [&](const std::string& page) {
    ++table.obtain(labels.dimensions("s", page), ++sequence).all_time[Part::kSessions];
  };
  for (int i = 0; i < kJunk; ++i) put("/before" + std::to_string(i));
  std::int64_t heavy = 0;
  for (int i = 0; i < kJunk; ++i) {
    put("/around" + std::to_string(i));
    if (i % (static_cast<int>(kLimit) - 2) != 0) continue;  // one session in nine
    put("/heavy");
    ++heavy;
  }
  const auto sessions = sessions_of(table);
  ASSERT_TRUE(sessions.contains({"s", "/heavy"}));
  EXPECT_EQ(sessions.at({"s", "/heavy"}), heavy);
  std::int64_t total = 0;
  for (const auto& [cell_labels, count] : sessions) total += count;
  EXPECT_EQ(total, static_cast<std::int64_t>(sequence));
}

TEST(CellTable, pinned_cells_are_never_folded) {
  Labels labels;
  CellTable table = table_of(labels, 16);
  const CellKey key = table.obtain(labels.dimensions("s", "/pinned"), 1).key;
  table.set_pinned(std::make_shared<const CellKeySet>(CellKeySet{key}));
  for (std::uint64_t i = 2; i < 5000; ++i) table.obtain(labels.dimensions("s", "/" + std::to_string(i)), i);
  EXPECT_GT(table.folded(), 4000);
  EXPECT_TRUE(sessions_of(table).contains({"s", "/pinned"}));
}

TEST(CellTable, when_all_cells_are_pinned_newcomers_go_to_other) {
  Labels labels;
  CellTable table = table_of(labels, 1);
  const CellKey key = table.obtain(labels.dimensions("s", "/pinned"), 1).key;
  table.set_pinned(std::make_shared<const CellKeySet>(CellKeySet{key}));
  EXPECT_TRUE(table.obtain(labels.dimensions("s", "/new"), 2).other);
  EXPECT_EQ(table.folded(), 0);
}

TEST(CellTable, a_page_whose_text_was_forgotten_goes_to_other) {
  Labels labels;
  CellTable table = table_of(labels, 8);
  DimensionValues dimensions = labels.dimensions("s", "/known");
  dimensions[testing_window::kPage] = labels.symbols.symbol_of("/never interned");
  const Cell& cell = table.obtain(dimensions, 1);
  EXPECT_TRUE(cell.other);
  EXPECT_EQ(cell.labels, (std::vector<std::string>{"s", "__other__"}));
}

TEST(CellTable, sites_with_an_other_cell_of_their_own_are_bounded) {
  Labels labels;
  CellTable table = table_of(labels, 1);
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    ++table.obtain(labels.dimensions("site" + std::to_string(i), "/"), i).all_time[Part::kSessions];
  }
  const auto sessions = sessions_of(table);
  EXPECT_LE(sessions.size(), 1U + 64 + 1);
  EXPECT_TRUE(sessions.contains({"__other__", "__other__"}));
  std::int64_t total = 0;
  for (const auto& [cell_labels, count] : sessions) total += count;
  EXPECT_EQ(total, 1000);
}

TEST(CellTable, a_client_that_spells_out_other_gets_no_cell_of_its_own) {
  Labels labels;
  CellTable table = table_of(labels, 1);
  EXPECT_TRUE(table.obtain(labels.dimensions("s", "__other__"), 1).other);
  EXPECT_TRUE(table.obtain(labels.dimensions("__other__", "__other__"), 2).other);
  EXPECT_FALSE(table.obtain(labels.dimensions("__other__", "/"), 3).other);
  table.obtain(labels.dimensions("s", "/a"), 4);
  table.obtain(labels.dimensions("s", "/b"), 5);
  EXPECT_EQ(sessions_of(table).size(), 3U);
}

}  // namespace
}  // namespace weir
