// The pieces of the report's JSON, shared by the whole report and the live feed. The fields of a row follow THE KPI
// table: a new part or ratio shows up here by itself. Parts and ratios called dwell_* are gathered in "dwell_seconds".
#pragma once

#include <optional>
#include <string_view>

#include "weir/kpi/report.h"
#include "weir/sink/json_writer.h"

namespace weir {

/// Writes "events" and its object: where every event that was received is now.
void write_events(JsonWriter& json, const StatValues& stats);

/// Writes `name` and an instant, or null.
void write_time(JsonWriter& json, std::string_view name, std::optional<TimeMs> time_ms);

/// Writes labels and KPIs of one cell, inside an open object.
void write_cell(JsonWriter& json, const Rollup& rollup, const CellTotals& cell, const FunnelSet& funnels);

/// Writes the object of one cell of a window.
void write_window_cell(JsonWriter& json, const Report& report, const WindowTotals& window, const CellTotals& cell);

/// The funnels of a report, none when it has none.
const FunnelSet& funnels_of(const Report& report);

}  // namespace weir
