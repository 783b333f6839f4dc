// TextGrid: labels on the left, figures on the right, for a terminal of some width. Columns that do not fit are left
// out, least important first, so that no line is wider than the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One column of figures, one text per line.
struct GridColumn {
  std::string_view title;
  int importance;  // the lowest is left out first
  std::vector<std::string> texts;
};

struct TextGrid {
  std::string titles;                   // one line
  std::vector<std::string> lines;       // no newlines
  std::vector<std::string_view> shown;  // titles of the columns there is room for

  bool shows(std::string_view title) const;
};

/// Labels are cut in the middle when they do not fit. Labels and texts are well-formed UTF-8 (see printable()).
TextGrid render_grid(std::string_view label_title, const std::vector<std::string>& labels,
                     std::vector<GridColumn> columns, std::size_t width);

}  // namespace weir
