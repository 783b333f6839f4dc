// See shown_truth.h.
#include "shown_truth.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "weir/kpi/report.h"

namespace weir::e2e {

using nlohmann::json;
using support::DashboardQuery;
using support::QuerySample;

bool has_numbers(const std::vector<QuerySample>& samples) {
  return std::any_of(samples.begin(), samples.end(),
                     [](const QuerySample& sample) { return !std::isnan(sample.value); });
}

Figure at_pointer(const std::string& pointer) {
  return [pointer](const json& row) -> json {
    const json::json_pointer place(pointer);
    return row.contains(place) ? row[place] : json(nullptr);
  };
}

json steps_of(const json& row) { return row["funnels"]["checkout"]; }

json whole_leakage(const json& row) {
  const double first = steps_of(row).front()["reached"].get<double>();
  if (first == 0) return nullptr;
  return 1 - steps_of(row).back()["reached"].get<double>() / first;
}

json revenue_per_session(const json& row) {
  const json revenue = at_pointer("/revenue/USD")(row);
  if (revenue.is_null()) return nullptr;
  return revenue.get<double>() / row["sessions"].get<double>();
}

json unknown_dwell_ratio(const json& row) {
  return row["dwell_seconds"]["unknown"].get<double>() / row["sessions"].get<double>();
}

/// Null in the truth is no series, or 0 / 0.
void expect_figure(const json& exact, const std::vector<QuerySample>& found, double tolerance,
                   const std::string& what) {
  if (exact.is_null()) {
    EXPECT_FALSE(has_numbers(found)) << what;
    return;
  }
  ASSERT_EQ(found.size(), 1U) << what;
  const double wanted = exact.get<double>();
  EXPECT_NEAR(found[0].value, wanted, tolerance * std::abs(wanted)) << what;
}

std::vector<json> rows_of(const json& truth, const std::string& rollup, const json& labels) {
  std::vector<json> rows;
  for (const json& row : truth["rollups"][rollup]) {
    const auto agrees = [&](const auto& label) { return row[label.key()] == label.value(); };
    const auto items = labels.items();
    if (std::all_of(items.begin(), items.end(), agrees)) rows.push_back(row);
  }
  EXPECT_FALSE(rows.empty()) << rollup << labels;
  return rows;
}

void expect_shown(DashboardScene& scene, const Shown& shown, const Rows& expected) {
  std::size_t panels = 0;
  for (const DashboardQuery& query : scene.queries()) {
    if (query.dashboard != shown.dashboard || query.place != shown.panel || query.ref != shown.ref) continue;
    ++panels;
    const std::string promql = support::filled_in(query, expected.values);
    std::vector<QuerySample> samples = scene.prometheus().query(promql, scene.at());
    if (expected.only_label != nullptr) {
      std::erase_if(samples,
                    [&](QuerySample& sample) { return sample.labels[expected.only_label] != expected.only_value; });
    }
    EXPECT_LE(samples.size(), expected.rows.size()) << promql;
    for (const json& row : expected.rows) {
      std::vector<QuerySample> found;
      std::copy_if(samples.begin(), samples.end(), std::back_inserter(found), [&](const QuerySample& sample) {
        return std::all_of(expected.labels.begin(), expected.labels.end(),
                           [&](const std::string& label) { return sample.labels.at(label) == row[label]; });
      });
      std::string what = query.place + " " + query.ref;
      for (const std::string& label : expected.labels) what += " " + row[label].get<std::string>();
      expect_figure(shown.figure(row), found, shown.tolerance, what + ": " + promql);
    }
  }
  EXPECT_GT(panels, 0U) << shown.dashboard << " has no panel " << shown.panel;
}

double interpolated_seconds(const std::vector<double>& dwells, double quantile) {
  const double rank = quantile * static_cast<double>(dwells.size());
  double lower = 0;
  double below = 0;
  for (const double upper : kDwellBucketBounds) {
    const auto up_to = static_cast<double>(std::upper_bound(dwells.begin(), dwells.end(), upper) - dwells.begin());
    if (up_to >= rank) return lower + (upper - lower) * (rank - below) / (up_to - below);
    below = up_to;
    lower = upper;
  }
  return lower;
}

std::vector<json> with_past(std::vector<json> rows, const std::vector<json>& past,
                            const std::vector<std::string>& labels) {
  for (json& row : rows) {
    for (const json& earlier : past) {
      const auto agrees = [&](const std::string& label) { return row[label] == earlier[label]; };
      if (std::all_of(labels.begin(), labels.end(), agrees)) row["past"] = earlier;
    }
  }
  return rows;
}

json growth_of_sessions(const json& row) {
  if (!row.contains("past")) return nullptr;
  return row["sessions"].get<double>() / row["past"]["sessions"].get<double>() - 1;
}

}  // namespace weir::e2e
