// See dashboards.h.
#include "support/dashboards.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>

#include "support/files.h"

namespace weir::support {
namespace {

using nlohmann::json;

/// What label_values(QUERY, LABEL) takes its values from.
std::string source_of(const json& variable) {
  const std::string text = variable["query"].value("query", "");
  static const std::regex kLabelValues(R"(label_values\((.*),\s*[a-z_]+\))");
  std::smatch found;
  if (!std::regex_match(text, found, kLabelValues)) ADD_FAILURE() << "not understood: " << text;
  return found[1];
}

void read_dashboard(const json& dashboard, std::vector<DashboardQuery>& queries) {
  const std::string uid = dashboard.value("uid", "");
  for (const json& variable : dashboard["templating"]["list"]) {
    if (variable["type"] != "query") continue;
    queries.push_back({uid, "variable " + variable.value("name", ""), "", source_of(variable)});
  }
  for (const json& annotation : dashboard["annotations"].value("list", json::array())) {
    queries.push_back({uid, "annotation " + annotation.value("name", ""), "", annotation.value("expr", "")});
  }
  for (const json& panel : dashboard["panels"]) {
    for (const json& target : panel.value("targets", json::array())) {
      queries.push_back({uid, panel.value("title", ""), target.value("refId", ""), target.value("expr", "")});
    }
  }
}

bool is_comparison(std::string_view text, std::size_t at, std::size_t& length) {
  for (const std::string_view sign : {"==", "!=", ">=", "<=", ">", "<"}) {
    if (text.substr(at).starts_with(sign)) {
      length = sign.size();
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<DashboardQuery> dashboard_queries() {
  std::vector<DashboardQuery> queries;
  for (const auto& file : files_in(source_folder() / "grafana" / "dashboards")) {
    const json dashboard = json::parse(read_whole_file(file), nullptr, false);
    if (dashboard.is_discarded()) {
      ADD_FAILURE() << file << " is not JSON";
    } else {
      read_dashboard(dashboard, queries);
    }
  }
  return queries;
}

std::string filled_in(const DashboardQuery& query, const std::map<std::string, std::string>& values) {
  static const std::regex kVariable(R"(\$([a-zA-Z_]+))");
  std::string text;
  auto rest = query.promql.cbegin();
  std::smatch found;
  while (std::regex_search(rest, query.promql.cend(), found, kVariable)) {
    text.append(rest, found[0].first);
    const auto value = values.find(found[1]);
    if (value == values.end()) {
      ADD_FAILURE() << query.dashboard << ", " << query.place << ": no value for " << found[0];
    } else {
      text += value->second;
    }
    rest = found[0].second;
  }
  return text.append(rest, query.promql.cend());
}

std::set<std::string> metrics_a_week_ago(const std::string& text) {
  static const std::regex kOffset(R"((weir_\w+)(\{[^{}]*\})?(\[[^\[\]]*\])? offset 1w)");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), kOffset), end; at != end; ++at) names.insert((*at)[1]);
  return names;
}

std::string with_bool(std::string_view promql) {
  std::string text;
  char quote = 0;
  int braces = 0;
  for (std::size_t i = 0; i < promql.size(); ++i) {
    const char c = promql[i];
    std::size_t length = 1;
    const bool inside = quote != 0 || braces > 0;
    const bool comparison = !inside && is_comparison(promql, i, length);
    text += promql.substr(i, length);
    if (comparison) text += " bool";
    if (quote != 0) {
      if (c == '\\') text += promql.substr(++i, 1);
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '{' || c == '}') {
      braces += c == '{' ? 1 : -1;
    }
    i += length - 1;
  }
  return text;
}

}  // namespace weir::support
