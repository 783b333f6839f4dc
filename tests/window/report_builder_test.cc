// Tests of which cells are exported: never more than the limit, no counter ever goes back, and nothing is lost.
#include "weir/window/report_builder.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/random_source.h"
#include "support/seed.h"
#include "window_fixture.h"

namespace weir {
namespace {

using LabelList = std::vector<std::string>;

/// A cell of one shard with closed sessions and, in the only window, some weight.
CellSnapshot cell_of(const LabelList& labels, std::int64_t closed, std::int64_t weight) {
  CellSnapshot cell;
  cell.key = Hasher(3)(labels[0] + " " + labels[1]);
  cell.other = labels[1] == kOtherLabel;
  cell.labels = labels;
  cell.all_time[Part::kSessions] = closed;
  cell.counters.totals[Part::kSessions] = closed;
  cell.windows.resize(1);
  cell.windows[0][Part::kSessions] = weight;
  return cell;
}

WindowOptions options_of(std::size_t limit) {
  WindowOptions options;
  options.rollups = {testing_window::landing_rollup(limit)};
  options.windows = {300'000};
  return options;
}

std::map<LabelList, std::int64_t> counters_of(const Report& report) {
  std::map<LabelList, std::int64_t> counters;
  for (const CellCounters& row : report.rollups[0].counters) {
    EXPECT_TRUE(counters.emplace(row.labels, row.counters.totals[Part::kSessions]).second) << "labels twice";
  }
  return counters;
}

std::int64_t sum_of(const std::vector<CellTotals>& rows) {
  std::int64_t sum = 0;
  for (const CellTotals& row : rows) sum += row.totals[Part::kSessions];
  return sum;
}

/// Growing cells of two sites, weights that come and go, over two shards. What Prometheus adds up, increases of series
/// that live on plus first values of new ones, is exactly what was counted.
TEST(ReportBuilder, counters_never_go_back_and_their_increases_are_what_was_counted) {
  support::RandomSource random(support::test_seed());
  for (int round = 0; round < 30; ++round) {
    constexpr std::size_t kLimit = 4;
    ReportBuilder builder(options_of(kLimit));
    std::map<LabelList, std::int64_t> closed[2];
    std::map<LabelList, std::int64_t> before;
    std::int64_t total = 0, increases = 0;
    for (int report_number = 0; report_number < 60; ++report_number) {
      const std::int64_t cells = random.between(0, 6);
      for (std::int64_t i = 0; i < cells; ++i) {
        const LabelList labels{random.pick({"a", "b"}), "/" + std::to_string(random.between(1, 8))};
        const std::int64_t count = random.between(1, 20);
        closed[random.between(0, 1)][labels] += count;
        total += count;
      }
      std::vector<RollupsSnapshot> shards(2, RollupsSnapshot(1));
      for (std::size_t s = 0; s < 2; ++s) {
        for (const auto& [labels, count] : closed[s]) {
          shards[s][0].push_back(cell_of(labels, count, random.chance(30) ? random.between(0, 60) : 0));
        }
      }
      Report report;
      builder.build_live(shards, 1000, report);
      ASSERT_LE(builder.exported()[0]->size(), kLimit);
      const auto counters = counters_of(report);
      std::size_t shown = 0;
      for (const auto& [labels, count] : counters) {
        shown += labels[1] != kOtherLabel;
        const auto known = before.find(labels);
        ASSERT_GE(count, known == before.end() ? 0 : known->second) << labels[0] << labels[1];
        increases += count - (known == before.end() ? 0 : known->second);
      }
      for (const auto& [labels, count] : before) {
        ASSERT_TRUE(labels[1] != kOtherLabel || counters.contains(labels)) << "an __other__ row went away";
      }
      ASSERT_LE(shown, kLimit);
      ASSERT_EQ(increases, total) << "report " << report_number;
      ASSERT_EQ(sum_of(report.rollups[0].cells), total);
      before = counters;
    }
  }
}

TEST(ReportBuilder, a_heavy_newcomer_takes_the_place_of_the_lightest) {
  ReportBuilder builder(options_of(2));
  const auto live = [&](std::vector<CellSnapshot> cells) {
    const std::vector<RollupsSnapshot> shards{RollupsSnapshot{std::move(cells)}};
    Report report;
    builder.build_live(shards, 1000, report);
    return counters_of(report);
  };
  EXPECT_EQ(live({cell_of({"s", "/a"}, 10, 10), cell_of({"s", "/b"}, 5, 5)}),
            (std::map<LabelList, std::int64_t>{{{"s", "/a"}, 10}, {{"s", "/b"}, 5}}));
  // Not heavy enough: no more than twice the lightest, and less than half of all.
  EXPECT_EQ(live({cell_of({"s", "/a"}, 20, 20), cell_of({"s", "/b"}, 5, 5), cell_of({"s", "/c"}, 9, 9)}),
            (std::map<LabelList, std::int64_t>{{{"s", "/a"}, 20}, {{"s", "/b"}, 5}, {{"s", "__other__"}, 9}}));
  // Now it is: it starts at zero, and what it counted stays in __other__.
  EXPECT_EQ(live({cell_of({"s", "/a"}, 20, 20), cell_of({"s", "/b"}, 5, 5), cell_of({"s", "/c"}, 11, 11)}),
            (std::map<LabelList, std::int64_t>{{{"s", "/a"}, 20}, {{"s", "/c"}, 0}, {{"s", "__other__"}, 11}}));
  EXPECT_EQ(live({cell_of({"s", "/a"}, 20, 20), cell_of({"s", "/b"}, 6, 6), cell_of({"s", "/c"}, 15, 15)}),
            (std::map<LabelList, std::int64_t>{{{"s", "/a"}, 20}, {{"s", "/c"}, 4}, {{"s", "__other__"}, 12}}));
}

TEST(ReportBuilder, a_cell_folded_before_its_shard_knew_of_its_export_loses_no_counts) {
  ReportBuilder builder(options_of(2));
  const auto live = [&](std::vector<CellSnapshot> first, std::vector<CellSnapshot> second) {
    const std::vector<RollupsSnapshot> shards{RollupsSnapshot{std::move(first)}, RollupsSnapshot{std::move(second)}};
    Report report;
    builder.build_live(shards, 1000, report);
    return counters_of(report);
  };
  live({cell_of({"s", "/a"}, 10, 1)}, {cell_of({"s", "/a"}, 5, 1), cell_of({"s", "/b"}, 3, 1)});
  // The second shard has folded both; /a lives on in the first.
  EXPECT_EQ(live({cell_of({"s", "/a"}, 10, 1)}, {cell_of({"s", "__other__"}, 9, 1)}),
            (std::map<LabelList, std::int64_t>{{{"s", "/a"}, 15}, {{"s", "__other__"}, 1}}));
  EXPECT_EQ(live({cell_of({"s", "/a"}, 12, 1)}, {cell_of({"s", "__other__"}, 9, 1), cell_of({"s", "/c"}, 2, 1)}),
            (std::map<LabelList, std::int64_t>{{{"s", "/a"}, 17}, {{"s", "/c"}, 2}, {{"s", "__other__"}, 1}}));
}

TEST(ReportBuilder, an_idle_exported_cell_keeps_its_window_row_at_zero) {
  ReportBuilder builder(options_of(2));
  for (const std::int64_t weight : {3, 0}) {
    const std::vector<RollupsSnapshot> shards{RollupsSnapshot{{cell_of({"s", "/a"}, 3, weight)}}};
    Report report;
    builder.build_live(shards, 1000, report);
    ASSERT_EQ(report.windows.size(), 1U);
    ASSERT_EQ(report.windows[0].cells.size(), 1U);
    EXPECT_EQ(report.windows[0].cells[0].totals[Part::kSessions], weight);
    EXPECT_EQ(report.windows[0].at_ms, 5000);
  }
}

TEST(ReportBuilder, the_final_report_keeps_the_heaviest_with_ties_by_label) {
  const ReportBuilder builder(options_of(2));
  const std::vector<RollupsSnapshot> shards{
      RollupsSnapshot{{cell_of({"s", "/d"}, 3, 0), cell_of({"s", "/a"}, 2, 0), cell_of({"s", "/c"}, 5, 0)}},
      RollupsSnapshot{{cell_of({"s", "/b"}, 5, 0), cell_of({"s", "/a"}, 3, 0), cell_of({"s", "__other__"}, 1, 0)}},
  };
  Report report;
  builder.build_final(shards, report);
  std::vector<std::pair<std::string, std::int64_t>> rows;
  for (const CellTotals& row : report.rollups[0].cells) rows.emplace_back(row.labels[1], row.totals[Part::kSessions]);
  EXPECT_EQ(rows, (std::vector<std::pair<std::string, std::int64_t>>{{"__other__", 9}, {"/a", 5}, {"/b", 5}}));
}

TEST(ReportBuilder, a_replay_window_lists_rollups_with_sessions_only) {
  const ReportBuilder builder(options_of(2));
  const std::vector<RollupsSnapshot> shards{RollupsSnapshot{{cell_of({"s", "/a"}, 0, 4)}}};
  const std::vector<WindowTotals> windows = builder.build_window(shards, 0, 5000);
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(windows[0].at_ms, 5000);
  EXPECT_EQ(windows[0].length_ms, 300'000);
  EXPECT_EQ(sum_of(windows[0].cells), 4);
  EXPECT_TRUE(builder.build_window(std::vector<RollupsSnapshot>{RollupsSnapshot(1)}, 0, 5000).empty());
}

TEST(OtherSites, gives_the_first_4_sites_a_row_of_their_own) {
  OtherSites sites;
  std::set<LabelList> rows;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 200; ++i) rows.insert(sites.fold_labels({"site" + std::to_string(i), "/"}));
  }
  EXPECT_EQ(rows.size(), 5U);
  EXPECT_EQ(sites.fold_labels({"site0", "/x"}), (LabelList{"site0", "__other__"}));
  EXPECT_EQ(sites.fold_labels({"site199", "/x"}), (LabelList{"__other__", "__other__"}));
  EXPECT_EQ(OtherSites{}.fold_labels({"site"}), (LabelList{"__other__"}));
}

}  // namespace
}  // namespace weir
