// THE KPI table: every figure Weir keeps per cell, once. Prometheus, report and terminal loop over it.
// Adding a KPI is one row here (and, for a new part, one line in Contribution).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "weir/kpi/totals.h"

namespace weir {

/// A part: an integer sum. Metrics: weir_R_<name>_total (counter) when `counter`, weir_R_window_<name> (gauge).
struct PartRow {
  Part part;
  std::string_view name;  // without prefix and _total
  std::string_view help;  // ends with a full stop
  bool counter;           // exported as a counter of closed sessions
  bool gauge;             // exported as a gauge per window
  double scale;           // exported value = sum * scale (milliseconds -> seconds)
};

/// A ratio derived from parts. Metric: weir_R_window_<name>.
struct RatioRow {
  std::string_view name;
  std::string_view help;
  std::optional<double> (*formula)(const Totals&);  // nullopt when the denominator is 0
};

std::span<const PartRow> part_table();
std::span<const RatioRow> ratio_table();

/// bounced / landed sessions.
std::optional<double> bounce_ratio(const Totals& totals);
/// page views / landed sessions.
std::optional<double> pages_per_session(const Totals& totals);
/// converted / all sessions.
std::optional<double> conversion_ratio(const Totals& totals);
/// Mean of known dwell times, seconds.
std::optional<double> dwell_mean_seconds(const Totals& totals);
/// Nearest-rank quantile of known dwell times, seconds; error <= 1.6 %.
std::optional<double> dwell_quantile_seconds(const Totals& totals, double q);
/// Revenue in one currency / orders of all currencies, in units of the currency.
std::optional<double> average_order_value(const Totals& totals, const Money& revenue);
/// 1 - reached(step + 1) / reached(step); nullopt for the last step and when nobody reached `step` (1-based).
std::optional<double> leakage_ratio(const Totals& totals, const FunnelSet& funnels, std::size_t funnel,
                                    std::size_t step);

}  // namespace weir
