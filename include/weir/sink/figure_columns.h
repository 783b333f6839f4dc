// THE columns of figures at a terminal: `weir replay` and `weir top` draw the same ones. Whose numbers they are, and
// where these come from, is the caller's affair.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/sink/text_grid.h"

namespace weir {

/// The figures of one line. Ratios are 0..1, dwell times seconds; what is not known is nullopt.
struct Figures {
  std::optional<double> sessions;
  std::optional<double> bounce_ratio;
  std::optional<double> pages_per_session;
  std::optional<double> dwell_p50;
  std::optional<double> dwell_p95;
  std::optional<double> conversion_ratio;
  std::optional<double> orders;
  std::string revenue;  // ready to be shown; empty: none
  bool has_funnel = false;
  std::optional<double> leakage;  // share of the first funnel's sessions lost between its ends
};

/// One column.
struct FigureColumn {
  std::string_view title;
  int importance;  // the lowest is left out first when the terminal is narrow
  std::optional<double> Figures::*
      number;  // what lines are sorted by; null: they cannot be, amounts of several currencies
  std::string (*text)(const Figures& figures);
  bool (*wanted)(const Figures& figures);  // by at least one line, else the column is left out
};

std::span<const FigureColumn> figure_columns();

inline constexpr std::string_view kLeakTitle = "leak";

/// The columns these lines want, with their texts.
std::vector<GridColumn> columns_of(std::span<const Figures> lines);

}  // namespace weir
