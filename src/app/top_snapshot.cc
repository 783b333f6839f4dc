#include "top_snapshot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "weir/sink/display.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// Counts are whole numbers up to 2^53, which any reader of JSON keeps exact. Sums stay there, so nothing overflows.
constexpr std::int64_t kLargestCount = std::int64_t{1} << 53;

void add_count(std::int64_t& sum, std::int64_t count) { sum = std::min(sum + count, kLargestCount); }

/// A count, or 0 for a number that is none.
std::int64_t count_in(const Json& number) {
  const auto value = number.get<double>();
  if (!(value >= 0 && value <= static_cast<double>(kLargestCount)) || value != std::floor(value)) return 0;
  return static_cast<std::int64_t>(value);
}

/// A count, or 0 when the server knows nothing of it: newer and older ones are shown as far as they are understood.
std::int64_t count_of(const Json& object, const char* key) {
  const auto place = object.find(key);
  return place == object.end() ? 0 : count_in(*place);
}

/// Seconds, or nullopt when they are not known or could not be shown.
std::optional<double> seconds_of(const Json& object, const char* key) {
  const auto place = object.find(key);
  if (place == object.end() || place->is_null()) return std::nullopt;
  const auto seconds = place->get<double>();
  if (!(seconds >= 0 && seconds <= static_cast<double>(kLargestCount))) return std::nullopt;
  return seconds;
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> texts;
  for (const Json& text : list) texts.push_back(text.get<std::string>());
  return texts;
}

TopRow row_of(const Json& cell, const std::vector<std::string>& dimensions) {
  TopRow row;
  row.site = cell.value("site", "");
  for (const std::string& dimension : dimensions) {
    row.label += (row.label.empty() ? "" : "  ") + printable(cell.value(dimension, ""));
  }
  row.sessions = count_of(cell, "sessions");
  row.landed = count_of(cell, "landed_sessions");
  row.bounced = count_of(cell, "bounced_sessions");
  row.converted = count_of(cell, "converted_sessions");
  row.page_views = count_of(cell, "page_views");
  row.orders = count_of(cell, "orders");
  if (cell.contains("dwell_seconds")) {
    row.dwell_p50 = seconds_of(cell["dwell_seconds"], "p50");
    row.dwell_p95 = seconds_of(cell["dwell_seconds"], "p95");
  }
  const Json funnels = cell.value("funnels", Json::object());
  if (!funnels.empty() && !funnels.begin()->empty()) {
    row.entered = count_of(funnels.begin()->front(), "reached");
    row.finished = count_of(funnels.begin()->back(), "reached");
  }
  return row;
}

void add_optional(std::optional<std::int64_t>& sum, const std::optional<std::int64_t>& value) {
  if (!value) return;
  if (!sum) sum = 0;
  add_count(*sum, *value);
}

/// Adds parts. Quantiles cannot be added: they are those of the only row, if it is the only one.
void add_row(std::optional<TopRow>& total, const TopRow& row) {
  if (!total) {
    total = row;
    return;
  }
  add_count(total->sessions, row.sessions);
  add_count(total->landed, row.landed);
  add_count(total->bounced, row.bounced);
  add_count(total->converted, row.converted);
  add_count(total->page_views, row.page_views);
  add_count(total->orders, row.orders);
  total->dwell_p50.reset();
  total->dwell_p95.reset();
  add_optional(total->entered, row.entered);
  add_optional(total->finished, row.finished);
}

void read_events(const Json& events, TopSnapshot& snapshot) {
  snapshot.received = count_of(events, "received");
  snapshot.counted = count_of(events, "counted");
  for (const Json& count : events.value("rejected", Json::object())) add_count(snapshot.rejected, count_in(count));
  snapshot.late = count_of(events, "late");
  snapshot.duplicate = count_of(events, "duplicate");
  snapshot.shed = count_of(events, "shed");
  snapshot.queued = count_of(events, "queued");
}

void read_cells(const Json& feed, TopSnapshot& snapshot) {
  std::string whole;  // the rollup without dimensions
  for (const auto& [name, dimensions] : feed.at("rollups").items()) {
    snapshot.rollups.push_back(printable(name));
    if (name == snapshot.rollup) snapshot.dimensions = texts_of(dimensions);
    if (dimensions.empty() && whole.empty()) whole = name;
  }
  for (const Json& cell : feed.at("windows")) {
    const std::string rollup = cell.value("rollup", "");
    if (rollup == snapshot.rollup) snapshot.rows.push_back(row_of(cell, snapshot.dimensions));
    if (rollup == whole) add_row(snapshot.total, row_of(cell, {}));
    const Json funnels = cell.value("funnels", Json::object());
    if (snapshot.funnel.empty() && !funnels.empty()) snapshot.funnel = printable(funnels.begin().key());
  }
  snapshot.left_out = count_of(feed.value("left_out", Json::object()), snapshot.rollup.c_str());
}

}  // namespace

std::optional<double> TopRow::bounce_ratio() const { return ratio(bounced, landed); }
std::optional<double> TopRow::pages_per_session() const { return ratio(page_views, landed); }
std::optional<double> TopRow::conversion_ratio() const { return ratio(converted, sessions); }
std::optional<double> TopRow::leakage() const {
  if (!entered || !finished) return std::nullopt;
  return ratio(*entered - *finished, *entered);
}

Result<TopSnapshot> read_top_snapshot(std::string_view json, const std::string& rollup) {
  try {
    const Json feed = Json::parse(json);
    TopSnapshot snapshot;
    snapshot.rollup = rollup;
    snapshot.time = printable(feed.value("time", ""));
    snapshot.version = printable(feed.value("version", ""));
    snapshot.window = printable(feed.at("window").get<std::string>());
    snapshot.sites = texts_of(feed.at("sites"));
    snapshot.windows = texts_of(feed.at("window_lengths"));
    read_events(feed.at("events"), snapshot);
    snapshot.open_sessions = count_of(feed.value("stats", Json::object()), "weir_active_sessions");
    read_cells(feed, snapshot);
    if (std::find(snapshot.rollups.begin(), snapshot.rollups.end(), rollup) == snapshot.rollups.end()) {
      return Error{fmt::format("no rollup \"{}\"; there are {}", rollup, fmt::join(snapshot.rollups, ", "))};
    }
    return snapshot;
  } catch (const Json::exception& problem) {
    return Error{fmt::format("this is not the live feed of a Weir ({})", printable(problem.what()))};
  }
}

std::string reason_of_refusal(std::string_view json) {
  const Json answer = Json::parse(json, nullptr, false);
  const bool has_reason = answer.is_object() && answer.contains("error") && answer["error"].is_string();
  return printable(has_reason ? answer["error"].get<std::string>() : std::string(json));
}

}  // namespace weir
