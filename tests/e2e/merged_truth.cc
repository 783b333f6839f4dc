// See merged_truth.h.
#include "merged_truth.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace weir::e2e {
namespace {

using nlohmann::json;

/// Adds every number of `more` to the one at the same place of `sum`; what is only in `more` is taken over.
void add_up(json& sum, const json& more) {
  if (more.is_object()) {
    for (const auto& [name, value] : more.items()) {
      if (!sum.contains(name)) {
        sum[name] = value;
      } else {
        add_up(sum[name], value);
      }
    }
  } else if (more.is_array()) {
    for (std::size_t i = 0; i < more.size(); ++i) add_up(sum[i], more[i]);
  } else if (more.is_number()) {
    sum = sum.is_number() ? json(sum.get<double>() + more.get<double>()) : more;
  }
}

json divided(const json& numerator, const json& denominator) {
  if (denominator.get<double>() == 0) return nullptr;
  return numerator.get<double>() / denominator.get<double>();
}

void divide(json& row) {
  row["bounce_ratio"] = divided(row["bounced_sessions"], row["landed_sessions"]);
  row["pages_per_session"] = divided(row["page_views"], row["landed_sessions"]);
  row["conversion_ratio"] = divided(row["converted_sessions"], row["sessions"]);
  row["average_order_value"] = json::object();
  for (const auto& [currency, revenue] : row["revenue"].items()) {
    row["average_order_value"][currency] = divided(revenue, row["orders"]);
  }
  for (auto& [name, steps] : row["funnels"].items()) {
    for (std::size_t i = 0; i + 1 < steps.size(); ++i) {
      const double reached = steps[i]["reached"].get<double>();
      steps[i]["leakage_ratio"] = divided(reached - steps[i + 1]["reached"].get<double>(), reached);
    }
  }
}

/// The value of the nearest rank, of ascending values.
json quantile(const json& values, double share) {
  if (values.empty()) return nullptr;
  return values[static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1];
}

/// Puts the dwell times of one more instance into those of `sum`.
void add_dwell(json& sum, const json& more) {
  std::vector<double> values = sum.value("values", std::vector<double>{});
  for (const json& value : more["values"]) values.push_back(value);
  std::sort(values.begin(), values.end());
  sum["unknown"] = sum.value("unknown", 0) + more["unknown"].get<int>();
  sum["values"] = values;
  sum["p50"] = quantile(sum["values"], 0.5);
  sum["p95"] = quantile(sum["values"], 0.95);
  if (more["p50"].is_null()) return;
  for (const char* name : {"p50", "p95"}) {
    const double own = more[name];
    sum["lowest"][name] = std::min(own, sum["lowest"].value(name, own));
    sum["highest"][name] = std::max(own, sum["highest"].value(name, own));
  }
}

}  // namespace

json merged_rows(const json& first, const json& second, const std::vector<std::string>& labels) {
  std::map<std::string, json> rows;
  for (const json* report : {&first, &second}) {
    for (json row : *report) {
      const json dwell = row["dwell_seconds"];
      row.erase("dwell_seconds");
      std::string key;
      for (const std::string& label : labels) key += row[label].get<std::string>() + "\n";
      json& sum = rows.try_emplace(key, json::object()).first->second;
      json dwells = sum.value("dwell_seconds", json{{"lowest", json::object()}, {"highest", json::object()}});
      add_dwell(dwells, dwell);
      add_up(sum, row);
      sum["dwell_seconds"] = dwells;
    }
  }
  json merged = json::array();
  for (auto& [key, row] : rows) {
    divide(row);
    merged.push_back(std::move(row));
  }
  return merged;
}

}  // namespace weir::e2e
