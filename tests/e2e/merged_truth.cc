// See merged_truth.h.
#include "merged_truth.h"

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

}  // namespace

json merged_rows(const json& first, const json& second, const std::vector<std::string>& labels) {
  std::map<std::string, json> rows;
  for (const json* report : {&first, &second}) {
    for (json row : *report) {
      row.erase("dwell_seconds");
      std::string key;
      for (const std::string& label : labels) key += row[label].get<std::string>() + "\n";
      const auto [place, fresh] = rows.try_emplace(key, row);
      if (!fresh) add_up(place->second, row);
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
