// Which format a text is of, from its first lines. Asks the rows of THE format table; knows none of them.
#include <algorithm>
#include <string>
#include <vector>

#include "line_parser.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

constexpr std::size_t kLookedAt = 20;  // lines

/// The first lines of a text, each with room for a parser behind it.
std::vector<std::string> first_lines(std::string_view head) {
  // Text behind the last newline may be half a line.
  if (const std::size_t newline = head.rfind('\n'); newline != std::string_view::npos) head = head.substr(0, newline);
  LineCutter cutter;
  cutter.begin(head, Framing::kDocument);  // which has no byte order mark
  std::vector<std::string> lines;
  for (LineCutter::Line line; lines.size() < kLookedAt && cutter.next(line);) {
    lines.emplace_back(line.text).append(kParserPadding, ' ');
  }
  return lines;
}

}  // namespace

const FormatRow* detect_format(std::string_view head) {
  const std::span<const FormatRow> rows = format_table();
  const std::vector<std::string> lines = first_lines(head);
  if (lines.empty()) return &rows.front();
  const FormatRow* best = nullptr;
  std::ptrdiff_t most = 0;
  for (const FormatRow& row : rows) {
    if (row.recognises == nullptr) continue;
    const std::ptrdiff_t count = std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return row.recognises(std::string_view(line).substr(0, line.size() - kParserPadding));
    });
    if (count == 0 || count < most) continue;
    best = &row;
    most = count;
  }
  return best;
}

}  // namespace weir
