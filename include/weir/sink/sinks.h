// THE sink table and the renderers of whole reports; the live feed's is in live_json.h. Sinks only read a Report; they
// never touch a shard.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "weir/kpi/report.h"

namespace weir {

struct SinkOptions {
  bool ratios = true;              // export weir_R_window_<ratio> gauges (off when many instances are summed)
  std::string rollup = "landing";  // shown by the terminal table
  std::size_t width = 80;          // of the terminal table, columns
  std::size_t rows = 20;           // of the terminal table, cells shown
  bool color = false;              // of the terminal table
};

/// The metrics of all rollups, counters and windows, and Weir's own, in Prometheus text format 0.0.4.
std::string render_prometheus(const Report& report, const SinkOptions& options);
/// The same in OpenMetrics 1.0.
std::string render_openmetrics(const Report& report, const SinkOptions& options);
/// Every number of the report as JSON, indented by one space, ending in a newline.
std::string render_report_json(const Report& report, const SinkOptions& options);
/// A table for people: one line per cell, at most `width` columns.
std::string render_table(const Report& report, const SinkOptions& options);

/// One row of THE sink table: where the admin listener serves it. Of rows with one path, the client's Accept chooses,
/// and the first when it does not care.
struct SinkRow {
  std::string_view name;
  std::string_view path;  // of the admin listener; empty: terminal only
  std::string_view content_type;
  std::string (*render)(const Report& report, const SinkOptions& options);  // null: a stream of reports
};
std::span<const SinkRow> sink_table();

}  // namespace weir
