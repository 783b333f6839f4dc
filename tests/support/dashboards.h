// The Grafana dashboards as tests read them: their queries, with values for what is chosen at the top.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace weir::support {

/// A query of a panel, a variable or an annotation.
struct DashboardQuery {
  std::string dashboard;  // uid
  std::string place;      // title of the panel, or "variable NAME", or "annotation NAME"
  std::string ref;        // "A", "B", ... inside of a panel
  std::string promql;     // with variables such as $site
};

/// All queries of grafana/dashboards/*.json, in the order of files and panels. A query of a variable is what its values
/// are taken from. Adds a failure to the running test when a file cannot be read.
std::vector<DashboardQuery> dashboard_queries();

/// The query with `values` for its variables, which are named without $. Adds a failure for a variable without value.
std::string filled_in(const DashboardQuery& query, const std::map<std::string, std::string>& values);

/// Metrics that a text with PromQL in it asks for as they were a week ago.
std::set<std::string> metrics_a_week_ago(const std::string& text);

/// The PromQL with every comparison made to answer 0 or 1 instead of leaving out what does not fulfil it.
std::string with_bool(std::string_view promql);

}  // namespace weir::support
