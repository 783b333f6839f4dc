// See report_rows.h.
#include "report_rows.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/time_text.h"
#include "weir/kpi/kpi_table.h"
#include "weir/model/rejection.h"
#include "weir/sink/part_value.h"

namespace weir {
namespace {

constexpr std::string_view kDwellPrefix = "dwell_";

bool is_dwell(std::string_view name) { return name.starts_with(kDwellPrefix); }

/// "dwell_known_sessions" -> "known", "dwell_p50_seconds" -> "p50".
std::string_view dwell_key(std::string_view name) {
  name.remove_prefix(kDwellPrefix.size());
  for (const std::string_view suffix : {"_sessions", "_seconds"}) {
    if (name.ends_with(suffix)) name.remove_suffix(suffix.size());
  }
  return name;
}

void write_part(JsonWriter& json, const PartRow& row, const Totals& totals) {
  if (row.scale == 1) {
    json.integer(totals[row.part]);
  } else {
    json.number(scaled_value(row, totals));
  }
}

void write_dwell(JsonWriter& json, const Totals& totals) {
  json.key("dwell_seconds");
  json.begin_object();
  for (const PartRow& row : part_table()) {
    if (!is_dwell(row.name)) continue;
    json.key(dwell_key(row.name));
    write_part(json, row, totals);
  }
  for (const RatioRow& row : ratio_table()) {
    if (!is_dwell(row.name)) continue;
    json.key(dwell_key(row.name));
    json.number(row.formula(totals));
  }
  json.end_object();
}

/// Sums by currency code. Zeros are left out: they are what sessions that were taken back leave behind.
std::vector<Money> shown_revenue(const Totals& totals) {
  std::vector<Money> revenue;
  std::copy_if(totals.revenue().begin(), totals.revenue().end(), std::back_inserter(revenue),
               [](const Money& money) { return money.nanos != 0; });
  // Packed codes sort as their texts do.
  std::sort(revenue.begin(), revenue.end(), [](const Money& a, const Money& b) { return a.currency < b.currency; });
  return revenue;
}

void write_revenue(JsonWriter& json, const Totals& totals) {
  const std::vector<Money> revenue = shown_revenue(totals);
  json.key("revenue");
  json.begin_object();
  for (const Money& money : revenue) {
    json.key(currency_code(money.currency));
    json.number(from_nanos(money.nanos));
  }
  json.end_object();
  json.key("average_order_value");
  json.begin_object();
  for (const Money& money : revenue) {
    json.key(currency_code(money.currency));
    json.number(average_order_value(totals, money));
  }
  json.end_object();
}

void write_step(JsonWriter& json, const Totals& totals, const FunnelSet& funnels, std::size_t funnel,
                std::size_t step) {
  const std::vector<FunnelStep>& steps = funnels.funnels()[funnel].steps;
  json.begin_object();
  json.key("step");
  json.string(steps[step - 1].name);
  json.key("reached");
  json.integer(totals.funnel_reached(funnels, funnel, step));
  json.key("leakage_ratio");
  json.number(leakage_ratio(totals, funnels, funnel, step));
  json.key("causes");
  json.begin_object();
  for (std::size_t cause = 0; step < steps.size() && cause < kLeakCauseCount; ++cause) {
    json.key(kLeakCauseNames[cause]);
    json.integer(totals.funnel_leaked(funnels, funnel, step, static_cast<LeakCause>(cause)));
  }
  json.end_object();
  json.end_object();
}

void write_funnels(JsonWriter& json, const Totals& totals, const FunnelSet& funnels) {
  json.key("funnels");
  json.begin_object();
  for (std::size_t f = 0; f < funnels.size(); ++f) {
    const Funnel& funnel = funnels.funnels()[f];
    json.key(funnel.name);
    json.begin_array();
    for (std::size_t step = 1; step <= funnel.steps.size(); ++step) write_step(json, totals, funnels, f, step);
    json.end_array();
  }
  json.end_object();
}

}  // namespace

void write_cell(JsonWriter& json, const Rollup& rollup, const CellTotals& cell, const FunnelSet& funnels) {
  WEIR_CHECK(cell.labels.size() == rollup.dimensions.size() + 1);
  json.key(label_of(Dimension::kSite));
  json.string(cell.labels[0]);
  for (std::size_t i = 0; i < rollup.dimensions.size(); ++i) {
    json.key(label_of(rollup.dimensions[i]));
    json.string(cell.labels[i + 1]);
  }
  for (const PartRow& row : part_table()) {
    if (is_dwell(row.name)) continue;
    json.key(row.name);
    write_part(json, row, cell.totals);
  }
  for (const RatioRow& row : ratio_table()) {
    if (is_dwell(row.name)) continue;
    json.key(row.name);
    json.number(row.formula(cell.totals));
  }
  write_dwell(json, cell.totals);
  write_revenue(json, cell.totals);
  write_funnels(json, cell.totals, funnels);
}

void write_events(JsonWriter& json, const StatValues& stats) {
  const auto entry = [&](std::string_view name, std::int64_t count) {
    json.key(name);
    json.integer(count);
  };
  json.key("events");
  json.begin_object();
  entry("received", stats.received());
  entry("counted", stats.counted());
  json.key("rejected");
  json.begin_object();
  for (std::size_t i = 0; i < static_cast<std::size_t>(Rejection::kCount); ++i) {
    const auto reason = static_cast<Rejection>(i);
    entry(name_of(reason), stats[stat_of(reason)]);
  }
  json.end_object();
  entry("late", stats[Stat::kLate]);
  entry("duplicate", stats[Stat::kDuplicate]);
  entry("shed", stats.shed());
  entry("queued", stats[Stat::kQueued]);
  json.end_object();
}

void write_time(JsonWriter& json, std::string_view name, std::optional<TimeMs> time_ms) {
  json.key(name);
  if (time_ms) {
    json.string(format_rfc3339(*time_ms));
  } else {
    json.number(std::nullopt);
  }
}

void write_window_cell(JsonWriter& json, const Report& report, const WindowTotals& window, const CellTotals& cell) {
  const Rollup& rollup = report.rollup_specs[window.rollup];
  json.begin_object();
  write_time(json, "at", window.at_ms);
  json.key("window");
  json.string(format_duration(window.length_ms));
  json.key("rollup");
  json.string(rollup.name);
  write_cell(json, rollup, cell, funnels_of(report));
  json.end_object();
}

const FunnelSet& funnels_of(const Report& report) {
  static const FunnelSet kNone;
  return report.funnels ? *report.funnels : kNone;
}

}  // namespace weir
