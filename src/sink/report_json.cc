// Renders a report as JSON: everything there is, since the start and of every window. Rows are in report_rows.h.
#include "report_rows.h"
#include "weir/core/check.h"
#include "weir/sink/json_writer.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

void write_rollups(JsonWriter& json, const Report& report) {
  WEIR_CHECK(report.rollups.size() == report.rollup_specs.size());
  json.key("rollups");
  json.begin_object();
  for (std::size_t i = 0; i < report.rollups.size(); ++i) {
    json.key(report.rollup_specs[i].name);
    json.begin_array();
    for (const CellTotals& cell : report.rollups[i].cells) {
      json.begin_object();
      write_cell(json, report.rollup_specs[i], cell, funnels_of(report));
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
}

void write_windows(JsonWriter& json, const Report& report) {
  json.key("windows");
  json.begin_array();
  for (const WindowTotals& window : report.windows) {
    WEIR_CHECK(window.rollup < report.rollup_specs.size());
    for (const CellTotals& cell : window.cells) write_window_cell(json, report, window, cell);
  }
  json.end_array();
}

}  // namespace

std::string render_report_json(const Report& report, const SinkOptions&) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  write_events(json, report.stats);
  write_time(json, "first_event", report.first_event_ms);
  write_time(json, "last_event", report.last_event_ms);
  write_rollups(json, report);
  if (report.windows_wanted) write_windows(json, report);
  json.end_object();
  out += '\n';
  return out;
}

}  // namespace weir
