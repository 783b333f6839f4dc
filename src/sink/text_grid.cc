#include "weir/sink/text_grid.h"

#include <algorithm>

#include "weir/sink/display.h"

namespace weir {
namespace {

constexpr std::size_t kGap = 2;  // columns of the terminal between two figures

/// A label longer than this is cut before a figure is left out.
std::size_t enough_for_label(std::size_t width) { return std::max<std::size_t>(8, width * 3 / 10); }

std::size_t width_of(const GridColumn& column) {
  std::size_t width = display_width(column.title);
  for (const std::string& text : column.texts) width = std::max(width, display_width(text));
  return width;
}

/// Leaves columns out until `label_width` is left for the label. Returns what is left for it.
std::size_t make_room(std::vector<GridColumn>& columns, std::size_t label_width, std::size_t width) {
  const auto used = [&] {
    std::size_t sum = 0;
    for (const GridColumn& column : columns) sum += kGap + width_of(column);
    return sum;
  };
  while (!columns.empty() && used() + label_width > width) {
    columns.erase(std::min_element(columns.begin(), columns.end(), [](const GridColumn& a, const GridColumn& b) {
      return a.importance < b.importance;
    }));
  }
  return width - used();
}

}  // namespace

bool TextGrid::shows(std::string_view title) const {
  return std::find(shown.begin(), shown.end(), title) != shown.end();
}

TextGrid render_grid(std::string_view label_title, const std::vector<std::string>& labels,
                     std::vector<GridColumn> columns, std::size_t width) {
  std::size_t label_width = display_width(label_title);
  for (const std::string& label : labels) label_width = std::max(label_width, display_width(label));
  const std::size_t room = make_room(columns, std::min(label_width, enough_for_label(width)), width);
  label_width = std::min(label_width, room);
  const auto label_text = [&](std::string_view label) {
    return align_left(fit_to_width(label, label_width), label_width);
  };
  TextGrid grid;
  grid.titles = label_text(label_title);
  for (const std::string& label : labels) grid.lines.push_back(label_text(label));
  for (const GridColumn& column : columns) {
    const std::size_t column_width = kGap + width_of(column);
    grid.shown.push_back(column.title);
    grid.titles += align_right(column.title, column_width);
    for (std::size_t i = 0; i < grid.lines.size(); ++i) grid.lines[i] += align_right(column.texts[i], column_width);
  }
  return grid;
}

}  // namespace weir
