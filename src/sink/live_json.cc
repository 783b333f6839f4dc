#include "weir/sink/live_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "report_rows.h"
#include "weir/core/time_text.h"

namespace weir {
namespace {

constexpr std::size_t kMostSites = 100;  // named for a reader to choose from

/// Lengths of the report's windows, in the order of the configuration.
std::vector<std::string> window_names(const Report& report) {
  std::vector<std::string> names;
  for (const WindowTotals& window : report.windows) {
    if (window.rollup == 0) names.push_back(format_duration(window.length_ms));
  }
  return names;
}

bool contains(const std::vector<std::string>& texts, std::string_view text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// Sites that have cells, those with most sessions first: of the rollup without dimensions, or else of the first one.
std::vector<std::string> sites_of(const Report& report) {
  std::vector<std::string> sites;
  if (report.rollups.empty()) return sites;
  const auto plain = std::find_if(report.rollup_specs.begin(), report.rollup_specs.end(),
                                  [](const Rollup& rollup) { return rollup.dimensions.empty(); });
  const std::size_t rollup =
      plain == report.rollup_specs.end() ? 0 : static_cast<std::size_t>(plain - report.rollup_specs.begin());
  for (const CellTotals& cell : report.rollups[rollup].cells) {
    if (sites.size() == kMostSites) break;
    if (!contains(sites, cell.labels[0])) sites.push_back(cell.labels[0]);
  }
  return sites;
}

void write_texts(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.key(name);
  json.begin_array();
  for (const std::string& text : texts) json.string(text);
  json.end_array();
}

/// One family of the self-metrics table by its label: {"http": 12, "tcp": 0}.
void write_family(JsonWriter& json, std::string_view name, std::string_view family, const StatValues& stats) {
  json.key(name);
  json.begin_object();
  for (const StatRow& row : stat_table()) {
    if (row.family != family) continue;
    json.key(row.label_value);
    json.integer(stats[row.stat]);
  }
  json.end_object();
}

/// The self-metrics without labels, by the names they have for Prometheus.
void write_stats(JsonWriter& json, const StatValues& stats) {
  json.key("stats");
  json.begin_object();
  for (const StatRow& row : stat_table()) {
    if (!row.label_name.empty()) continue;
    json.key(row.family);
    if (row.scale == 1) {
      json.integer(stats[row.stat]);
    } else {
      json.number(static_cast<double>(stats[row.stat]) * row.scale);
    }
  }
  json.end_object();
}

void write_choices(JsonWriter& json, const Report& report) {
  write_texts(json, "sites", sites_of(report));
  write_texts(json, "window_lengths", window_names(report));
  json.key("rollups");
  json.begin_object();
  for (const Rollup& rollup : report.rollup_specs) {
    json.key(rollup.name);
    json.begin_array();
    for (const Dimension dimension : rollup.dimensions) json.string(label_of(dimension));
    json.end_array();
  }
  json.end_object();
}

/// Writes the rows of one window; returns how many there are beyond the limit.
std::size_t write_rows(JsonWriter& json, const Report& report, const WindowTotals& window, const LiveQuery& query) {
  std::size_t fitting = 0;
  const bool limited = !report.rollup_specs[window.rollup].dimensions.empty();
  const std::size_t most = limited ? query.rows : window.cells.size();
  for (const CellTotals& cell : window.cells) {
    if (query.site && cell.labels[0] != *query.site) continue;
    if (cell.totals.empty()) continue;  // exported for the sake of its series only
    if (++fitting <= most) write_window_cell(json, report, window, cell);
  }
  return fitting - std::min(fitting, most);
}

void write_windows(JsonWriter& json, const Report& report, const LiveQuery& query, std::string_view chosen) {
  std::vector<std::pair<std::string_view, std::size_t>> left_out;
  json.key("windows");
  json.begin_array();
  for (const WindowTotals& window : report.windows) {
    const std::string& name = report.rollup_specs[window.rollup].name;
    if (format_duration(window.length_ms) != chosen) continue;
    if (!query.rollups.empty() && !contains(query.rollups, name)) continue;
    left_out.emplace_back(name, write_rows(json, report, window, query));
  }
  json.end_array();
  json.key("left_out");
  json.begin_object();
  for (const auto& [name, count] : left_out) {
    json.key(name);
    json.integer(static_cast<std::int64_t>(count));
  }
  json.end_object();
}

}  // namespace

Result<std::monostate> check_live_query(const Report& report, const LiveQuery& query) {
  const std::vector<std::string> windows = window_names(report);
  if (!query.window.empty() && !contains(windows, query.window)) {
    return Error{fmt::format("no window \"{}\"; there are {}", query.window, fmt::join(windows, ", "))};
  }
  std::vector<std::string> rollups;
  for (const Rollup& rollup : report.rollup_specs) rollups.push_back(rollup.name);
  for (const std::string& name : query.rollups) {
    if (contains(rollups, name)) continue;
    return Error{fmt::format("no rollup \"{}\"; there are {}", name, fmt::join(rollups, ", "))};
  }
  return std::monostate{};
}

std::string render_live_json(const Report& report, const LiveQuery& query, TimeMs now_ms) {
  const std::vector<std::string> windows = window_names(report);
  std::string chosen = query.window;
  if (chosen.empty() && !windows.empty()) chosen = windows.front();
  std::string out;
  JsonWriter json(out, JsonLayout::kCompact);
  json.begin_object();
  write_time(json, "time", now_ms);
  json.key("version");
  json.string(WEIR_VERSION);
  json.key("number");
  json.integer(static_cast<std::int64_t>(report.number));
  write_events(json, report.stats);
  write_family(json, "received_by_source", "weir_events_received_total", report.stats);
  write_family(json, "counted_by_type", "weir_events_counted_total", report.stats);
  write_stats(json, report.stats);
  write_time(json, "first_event", report.first_event_ms);
  write_time(json, "last_event", report.last_event_ms);
  write_time(json, "watermark", report.watermark_ms);
  write_choices(json, report);
  json.key("window");
  json.string(chosen);
  write_windows(json, report, query, chosen);
  json.end_object();
  return out;
}

}  // namespace weir
