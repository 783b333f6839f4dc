#include "weir/sink/figure_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "weir/sink/display.h"

namespace weir {
namespace {

constexpr std::string_view kUnknown = "-";

std::string pages_text(double pages) {
  return pages < 999.995 ? fmt::format("{:.2f}", pages) : format_short_count(pages);
}

template <std::optional<double> Figures::*number, std::string (*format)(double)>
std::string text_of(const Figures& figures) {
  return figures.*number ? format(*(figures.*number)) : std::string(kUnknown);
}

std::string revenue_text(const Figures& figures) {
  return figures.revenue.empty() ? std::string(kUnknown) : figures.revenue;
}

bool always(const Figures&) { return true; }
bool has_orders(const Figures& figures) { return figures.orders.value_or(0) != 0; }
bool has_revenue(const Figures& figures) { return !figures.revenue.empty(); }
bool has_funnel(const Figures& figures) { return figures.has_funnel; }

constexpr std::array<FigureColumn, 9> kColumns{{
    {"sessions", 9, &Figures::sessions, text_of<&Figures::sessions, format_short_count>, always},
    {"bounce", 8, &Figures::bounce_ratio, text_of<&Figures::bounce_ratio, format_percent>, always},
    {"pages", 6, &Figures::pages_per_session, text_of<&Figures::pages_per_session, pages_text>, always},
    {"dwell p50", 5, &Figures::dwell_p50, text_of<&Figures::dwell_p50, format_dwell>, always},
    {"p95", 4, &Figures::dwell_p95, text_of<&Figures::dwell_p95, format_dwell>, always},
    {"conv", 7, &Figures::conversion_ratio, text_of<&Figures::conversion_ratio, format_percent>, always},
    {"orders", 1, &Figures::orders, text_of<&Figures::orders, format_short_count>, has_orders},
    {"revenue", 3, nullptr, revenue_text, has_revenue},
    {kLeakTitle, 2, &Figures::leakage, text_of<&Figures::leakage, format_percent>, has_funnel},
}};

}  // namespace

std::span<const FigureColumn> figure_columns() { return kColumns; }

std::vector<GridColumn> columns_of(std::span<const Figures> lines) {
  std::vector<GridColumn> columns;
  for (const FigureColumn& column : kColumns) {
    if (!std::any_of(lines.begin(), lines.end(), column.wanted)) continue;
    columns.push_back({column.title, column.importance, {}});
    for (const Figures& figures : lines) columns.back().texts.push_back(column.text(figures));
  }
  return columns;
}

}  // namespace weir
