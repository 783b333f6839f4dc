// What panels show, held against rows of the generator's truth.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dashboard_scene.h"
#include "support/dashboards.h"
#include "support/prometheus_server.h"

namespace weir::e2e {

/// One row of the truth, to its figure; null where there is none.
using Figure = std::function<nlohmann::json(const nlohmann::json& row)>;

Figure at_pointer(const std::string& pointer);
nlohmann::json steps_of(const nlohmann::json& row);
nlohmann::json whole_leakage(const nlohmann::json& row);
nlohmann::json revenue_per_session(const nlohmann::json& row);
nlohmann::json unknown_dwell_ratio(const nlohmann::json& row);
/// Of rows that with_past() made.
nlohmann::json growth_of_sessions(const nlohmann::json& row);

/// Weir's own quantiles are within so much of the nearest rank.
inline constexpr double kQuantileTolerance = 0.02;

/// A query of a panel, and what it must show per row of the truth. All panels of the title are meant.
struct Shown {
  const char* dashboard;
  const char* panel;
  const char* ref;
  Figure figure;
  double tolerance = 1e-9;  // as a share of the figure
};

/// Which rows of the truth a dashboard is about, and the labels that tell its rows apart.
struct Rows {
  std::vector<nlohmann::json> rows;
  std::vector<std::string> labels;
  std::map<std::string, std::string> values;
  const char* only_label = nullptr;  // of the answer, only series with this label count
  const char* only_value = nullptr;
};

/// Rows of a rollup that have these labels.
std::vector<nlohmann::json> rows_of(const nlohmann::json& truth, const std::string& rollup,
                                    const nlohmann::json& labels);

/// The rows with those of the week before that have the same labels, as `past`.
std::vector<nlohmann::json> with_past(std::vector<nlohmann::json> rows, const std::vector<nlohmann::json>& past,
                                      const std::vector<std::string>& labels);

bool has_numbers(const std::vector<support::QuerySample>& samples);
void expect_shown(DashboardScene& scene, const Shown& shown, const Rows& expected);

/// The quantile as histogram_quantile takes it from the buckets of these dwell times: seconds, ascending.
double interpolated_seconds(const std::vector<double>& dwells, double quantile);

}  // namespace weir::e2e
