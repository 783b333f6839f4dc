#include "support/report_compare.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <set>
#include <string_view>

namespace weir::support {
namespace {

using nlohmann::json;

constexpr double kRelativeError = 1e-9;
constexpr double kQuantileError = 0.02;
constexpr std::array<std::string_view, 4> kOneSided{"shed", "queued", "first_event", "last_event"};
constexpr std::array<std::string_view, 7> kRowLabels{"at",      "window",   "rollup", "landing_page",
                                                     "channel", "campaign", "device"};

std::string mismatch(const std::string& path, const json& expected, const json& actual) {
  const auto text = [](const json& value) {
    const std::string dump = value.dump();
    return dump.size() <= 300 ? dump : dump.substr(0, 300) + "...";
  };
  return path + ": expected " + text(expected) + ", got " + text(actual);
}

std::int64_t sum_of(const json& counts) {
  std::int64_t sum = 0;
  for (const json& count : counts) sum += count.get<std::int64_t>();
  return sum;
}

bool may_be_absent(const std::string& path, const std::string& key, const json& value) {
  if (path.ends_with("/causes")) return value == 0;
  if (key == "windows") return value.empty();
  return std::find(kOneSided.begin(), kOneSided.end(), key) != kOneSided.end();
}

/// A row's identity: its labels.
std::string identity_of(const json& row) {
  std::string identity = row.value("site", "");
  for (const std::string_view label : kRowLabels) {
    const std::string key(label);
    identity += "|" + (row.contains(key) ? row[key].get<std::string>() : std::string());
  }
  return identity;
}

bool is_row(const json& value) { return value.is_object() && value.contains("site") && value.contains("sessions"); }

class Comparer {
 public:
  explicit Comparer(Comparison comparison) : comparison_(comparison) {}

  std::string compare(const std::string& path, const json& expected, const json& actual) const {
    if (path.ends_with("/rejected") && expected.is_object() && actual.is_object()) {
      return sum_of(expected) == sum_of(actual) ? "" : mismatch(path + " (sum)", expected, actual);
    }
    if (expected.is_object() && actual.is_object()) return compare_objects(path, expected, actual);
    if (expected.is_array() && actual.is_array()) return compare_arrays(path, expected, actual);
    if (expected.is_number() && actual.is_number()) return compare_numbers(path, expected, actual);
    return expected == actual ? "" : mismatch(path, expected, actual);
  }

 private:
  bool partial() const { return comparison_ == Comparison::kExpectedOnly; }

  std::string compare_objects(const std::string& path, const json& expected, const json& actual) const {
    std::string found;
    for (const auto& [key, value] : expected.items()) {
      const auto other = actual.find(key);
      if (other != actual.end()) {
        found = compare(path + "/" + key, value, *other);
      } else if (!may_be_absent(path, key, value)) {
        found = mismatch(path + "/" + key, value, "(absent)");
      }
      if (!found.empty()) return found;
    }
    if (partial()) return "";
    for (const auto& [key, value] : actual.items()) {
      if (!expected.contains(key) && !may_be_absent(path, key, value)) {
        return mismatch(path + "/" + key, "(absent)", value);
      }
    }
    return "";
  }

  std::string compare_arrays(const std::string& path, const json& expected, const json& actual) const {
    const bool by_labels = partial() && !expected.empty() && is_row(expected[0]);
    const std::size_t shorter = std::min(expected.size(), actual.size());
    for (std::size_t i = 0; !by_labels && i < shorter; ++i) {
      std::string place = path + "/" + std::to_string(i);
      if (is_row(expected[i])) place += " (" + identity_of(expected[i]) + ")";
      const std::string found = compare(place, expected[i], actual[i]);
      if (!found.empty()) return found;
    }
    if (expected.size() != actual.size()) {
      const json& extra = expected.size() > actual.size() ? expected[shorter] : actual[shorter];
      return mismatch(path + " (entries)", expected.size(), actual.size()) + "; the longer side goes on with " +
             (is_row(extra) ? identity_of(extra) : extra.dump().substr(0, 100));
    }
    return by_labels ? compare_rows_by_labels(path, expected, actual) : "";
  }

  std::string compare_rows_by_labels(const std::string& path, const json& expected, const json& actual) const {
    for (const json& row : expected) {
      const std::string identity = identity_of(row);
      const auto place =
          std::find_if(actual.begin(), actual.end(), [&](const json& other) { return identity_of(other) == identity; });
      if (place == actual.end()) return mismatch(path + " (" + identity + ")", row, "(absent)");
      const std::string found = compare(path + " (" + identity + ")", row, *place);
      if (!found.empty()) return found;
    }
    return "";
  }

  static std::string compare_numbers(const std::string& path, const json& expected, const json& actual) {
    if (expected.is_number_integer() && actual.is_number_integer()) {
      return expected == actual ? "" : mismatch(path, expected, actual);
    }
    const bool quantile = path.ends_with("/p50") || path.ends_with("/p95");
    const double wanted = expected.get<double>();
    const double got = actual.get<double>();
    const double allowed = (quantile ? kQuantileError : kRelativeError) * std::max(std::abs(wanted), std::abs(got));
    return std::abs(wanted - got) <= allowed ? "" : mismatch(path, expected, actual);
  }

  Comparison comparison_;
};

/// A published report in the words of the contract: `rejected` for `malformed` and `invalid`.
json translated(json expected) {
  json& events = expected["events"];
  if (events.contains("malformed")) {
    events["rejected"] = {{"malformed", events["malformed"]}, {"invalid", events.value("invalid", 0)}};
    events.erase("malformed");
    events.erase("invalid");
  }
  expected.erase("total_sessions");
  return expected;
}

std::string compare_total_sessions(const json& expected, const json& actual) {
  if (!expected.contains("total_sessions")) return "";
  for (const auto& [name, rows] : actual["rollups"].items()) {
    std::int64_t sessions = 0;
    for (const json& row : rows) sessions += row["sessions"].get<std::int64_t>();
    if (sessions != expected["total_sessions"]) {
      return mismatch("total_sessions (sum of rollup " + name + ")", expected["total_sessions"], sessions);
    }
  }
  return "";
}

}  // namespace

std::string difference(const json& expected, const json& actual, Comparison comparison) {
  const Comparer comparer(comparison);
  if (comparison == Comparison::kWhole) return comparer.compare("", expected, actual);
  const std::string found = comparer.compare("", translated(expected), actual);
  return found.empty() ? compare_total_sessions(expected, actual) : found;
}

}  // namespace weir::support
