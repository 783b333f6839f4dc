#include "weir/kpi/kpi_table.h"

#include <array>

namespace weir {
namespace {

std::optional<double> divide(double numerator, std::int64_t denominator) {
  if (denominator == 0) return std::nullopt;
  return numerator / static_cast<double>(denominator);
}

std::optional<double> divide(std::int64_t numerator, std::int64_t denominator) {
  return divide(static_cast<double>(numerator), denominator);
}

constexpr std::array<PartRow, kPartCount> kParts{{
    {Part::kSessions, "sessions", "Sessions.", true, true, 1},
    {Part::kLandedSessions, "landed_sessions", "Sessions with a landing page, the denominator of bounce ratio.", true,
     true, 1},
    {Part::kBouncedSessions, "bounced_sessions", "Sessions of one page view, no conversion and no custom event.", true,
     true, 1},
    {Part::kEngagedSessions, "engaged_sessions",
     "Sessions with two page views, a conversion, or ten seconds of engagement or dwell.", true, true, 1},
    {Part::kConvertedSessions, "converted_sessions", "Sessions with a conversion.", true, true, 1},
    {Part::kPageViews, "page_views", "Page views.", true, true, 1},
    {Part::kVisitors, "visitors", "Distinct visitors.", false, true, 1},
    // In reports only: as a metric it would be the difference of two others.
    {Part::kDwellKnownSessions, "dwell_known_sessions", "Sessions of two or more events, whose dwell is known.", false,
     false, 1},
    {Part::kDwellUnknownSessions, "dwell_unknown_sessions", "Sessions of one lone event, whose dwell is unknown.", true,
     true, 1},
    {Part::kDwellMs, "dwell_sum_seconds", "Sum of known dwell times.", false, true, 1e-3},
    {Part::kOrders, "orders", "Orders.", true, true, 1},
}};

constexpr std::array<RatioRow, 6> kRatios{{
    {"bounce_ratio", "Bounced sessions / sessions with a landing page.", bounce_ratio},
    {"pages_per_session", "Page views / sessions with a landing page.", pages_per_session},
    {"conversion_ratio", "Converted sessions / sessions.", conversion_ratio},
    {"dwell_mean_seconds", "Mean of known dwell times.", dwell_mean_seconds},
    {"dwell_p50_seconds", "Median of known dwell times, within 2 %.",
     [](const Totals& totals) { return dwell_quantile_seconds(totals, 0.50); }},
    {"dwell_p95_seconds", "95th percentile of known dwell times, within 2 %.",
     [](const Totals& totals) { return dwell_quantile_seconds(totals, 0.95); }},
}};

}  // namespace

std::span<const PartRow> part_table() { return kParts; }
std::span<const RatioRow> ratio_table() { return kRatios; }

std::optional<double> bounce_ratio(const Totals& totals) {
  return divide(totals[Part::kBouncedSessions], totals[Part::kLandedSessions]);
}

std::optional<double> pages_per_session(const Totals& totals) {
  return divide(totals[Part::kPageViews], totals[Part::kLandedSessions]);
}

std::optional<double> conversion_ratio(const Totals& totals) {
  return divide(totals[Part::kConvertedSessions], totals[Part::kSessions]);
}

std::optional<double> dwell_mean_seconds(const Totals& totals) {
  return divide(static_cast<double>(totals[Part::kDwellMs]) / 1000.0, totals[Part::kDwellKnownSessions]);
}

std::optional<double> dwell_quantile_seconds(const Totals& totals, double q) {
  const std::optional<double> quantile_ms = totals.dwell().quantile_ms(q);
  if (!quantile_ms) return std::nullopt;
  return *quantile_ms / 1000.0;
}

std::optional<double> average_order_value(const Totals& totals, const Money& revenue) {
  return divide(from_nanos(revenue.nanos), totals[Part::kOrders]);
}

std::optional<double> leakage_ratio(const Totals& totals, const FunnelSet& funnels, std::size_t funnel,
                                    std::size_t step) {
  if (step >= funnels.funnels()[funnel].steps.size()) return std::nullopt;
  const std::int64_t reached = totals.funnel_reached(funnels, funnel, step);
  return divide(reached - totals.funnel_reached(funnels, funnel, step + 1), reached);
}

}  // namespace weir
