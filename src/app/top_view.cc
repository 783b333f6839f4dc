#include "top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "weir/sink/display.h"
#include "weir/sink/figure_columns.h"
#include "weir/sink/text_grid.h"

namespace weir {
namespace {

constexpr std::string_view kKeys = "q quit  w window  s site  r rollup  o order  R reverse";

/// Columns that rows can be sorted by.
std::vector<const FigureColumn*> order_columns() {
  std::vector<const FigureColumn*> columns;
  for (const FigureColumn& column : figure_columns()) {
    if (column.number != nullptr) columns.push_back(&column);
  }
  return columns;
}

Figures figures_of(const TopRow& row) {
  return {.sessions = static_cast<double>(row.sessions),
          .bounce_ratio = row.bounce_ratio(),
          .pages_per_session = row.pages_per_session(),
          .dwell_p50 = row.dwell_p50,
          .dwell_p95 = row.dwell_p95,
          .conversion_ratio = row.conversion_ratio(),
          .orders = static_cast<double>(row.orders),
          .revenue = {},
          .has_funnel = row.leakage().has_value(),
          .leakage = row.leakage()};
}

std::string styled(std::string_view text, const char* style, const TopFrame& frame) {
  return frame.color ? fmt::format("\x1b[{}m{}\x1b[0m", style, text) : std::string(text);
}

/// Phrases with two spaces between, as many as there is room for.
std::string as_line(const std::vector<std::string>& phrases, std::size_t width) {
  std::string line;
  for (const std::string& phrase : phrases) {
    const std::size_t gap = line.empty() ? 0 : 2;
    if (display_width(line) + gap + display_width(phrase) > width) break;
    line += std::string(gap, ' ') + phrase;
  }
  return line;
}

std::string header(const TopSnapshot& snapshot, const TopChoice& choice, const TopFrame& frame) {
  const std::string site = choice.site.empty() ? "all sites" : printable(choice.site);
  const std::string time = snapshot.time.size() < 19 ? snapshot.time : snapshot.time.substr(11, 8) + " UTC";
  return as_line({fmt::format("weir {}", snapshot.version), fmt::format("window {}", snapshot.window), site,
                  fmt::format("by {}{}", order_columns()[choice.order]->title, choice.reversed ? ", reversed" : ""),
                  time, frame.address},
                 frame.width);
}

std::string events(const TopSnapshot& snapshot, const TopFrame& frame) {
  std::vector<std::string> phrases;
  if (frame.events_per_second) {
    phrases.push_back(format_short_count(std::round(*frame.events_per_second)) + " events/s");
  }
  const std::pair<std::int64_t, const char*> counts[] = {
      {snapshot.received, "received"}, {snapshot.counted, "counted"}, {snapshot.queued, "waiting"},
      {snapshot.rejected, "rejected"}, {snapshot.late, "late"},       {snapshot.duplicate, "duplicate"},
      {snapshot.shed, "shed"}};
  for (const auto& [count, word] : counts) {
    phrases.push_back(fmt::format("{} {}", format_short_count(static_cast<double>(count)), word));
  }
  return as_line(phrases, frame.width);
}

std::string total(const TopSnapshot& snapshot, const TopFrame& frame) {
  std::vector<std::string> phrases{format_count(snapshot.open_sessions) + " open"};
  if (snapshot.total) {
    const Figures figures = figures_of(*snapshot.total);
    for (const FigureColumn* column : order_columns()) {
      if (!(figures.*column->number)) continue;
      phrases.push_back(fmt::format("{} {}", column->title, column->text(figures)));
    }
  }
  return as_line(phrases, frame.width);
}

/// Explains the column `leak`, whose title is too short to say it; empty when there is none.
std::string leak_note(const TopSnapshot& snapshot, const TopFrame& frame) {
  const bool shown =
      std::any_of(snapshot.rows.begin(), snapshot.rows.end(), [](const TopRow& row) { return row.leakage(); });
  return shown ? as_line({fmt::format("leak: share of sessions lost within funnel {}", snapshot.funnel)}, frame.width)
               : std::string();
}

/// What is not known sorts last.
std::vector<const TopRow*> sorted(const TopSnapshot& snapshot, const TopChoice& choice) {
  const auto number = order_columns()[choice.order]->number;
  std::vector<std::pair<std::optional<double>, const TopRow*>> order;
  for (const TopRow& row : snapshot.rows) order.emplace_back(figures_of(row).*number, &row);
  std::stable_sort(order.begin(), order.end(), [&](const auto& a, const auto& b) {
    if (!a.first || !b.first) return a.first.has_value() && !b.first.has_value();
    const double left = choice.reversed ? *b.first : *a.first;
    const double right = choice.reversed ? *a.first : *b.first;
    return left > right;
  });
  std::vector<const TopRow*> rows;
  for (const auto& [value, row] : order) rows.push_back(row);
  return rows;
}

std::string label_title(const TopSnapshot& snapshot, bool with_site) {
  std::string title = with_site ? "site" : "";
  for (const std::string& dimension : snapshot.dimensions) title += (title.empty() ? "" : ", ") + dimension;
  std::replace(title.begin(), title.end(), '_', ' ');
  return printable(title);
}

TextGrid grid_of(const TopSnapshot& snapshot, const std::vector<const TopRow*>& rows, std::size_t width) {
  const bool with_site = snapshot.dimensions.empty() || std::any_of(rows.begin(), rows.end(), [&](const TopRow* row) {
                           return row->site != rows.front()->site;
                         });
  std::vector<std::string> labels;
  for (const TopRow* row : rows) {
    labels.push_back(with_site ? printable(row->site) + (row->label.empty() ? "" : "  ") + row->label : row->label);
  }
  std::vector<Figures> figures;
  for (const TopRow* row : rows) figures.push_back(figures_of(*row));
  return render_grid(label_title(snapshot, with_site), labels, columns_of(figures), width);
}

/// The choice behind `now` in a list; its first at the end, or when `now` is not in it.
std::string next_of(const std::vector<std::string>& all, const std::string& now) {
  const auto place = std::find(all.begin(), all.end(), now);
  if (place == all.end() || place + 1 == all.end()) return all.empty() ? now : all.front();
  return *(place + 1);
}

}  // namespace

std::vector<std::string> top_orders() {
  std::vector<std::string> names;
  for (const FigureColumn* column : order_columns()) {
    names.emplace_back(column->title);
    std::replace(names.back().begin(), names.back().end(), ' ', '_');
  }
  return names;
}

bool press_key(TopChoice& choice, const TopSnapshot& snapshot, char key) {
  constexpr char kControlC = 3;
  switch (key) {
    case 'q':
    case kControlC:
      choice.quit = true;
      return true;
    case 'w':
      choice.window = next_of(snapshot.windows, snapshot.window);
      return true;
    case 's': {
      std::vector<std::string> sites{""};
      sites.insert(sites.end(), snapshot.sites.begin(), snapshot.sites.end());
      choice.site = next_of(sites, choice.site);
      return true;
    }
    case 'r':
      choice.rollup = next_of(snapshot.rollups, choice.rollup);
      return true;
    case 'o':
      choice.order = (choice.order + 1) % order_columns().size();
      return true;
    case 'R':
      choice.reversed = !choice.reversed;
      return true;
    default:
      return false;
  }
}

std::string render_top(const TopSnapshot& snapshot, const TopChoice& choice, const TopFrame& frame) {
  constexpr std::size_t kOtherLines = 6;  // header, events, total, note, titles, keys
  std::vector<std::string> lines{styled(header(snapshot, choice, frame), "1", frame), events(snapshot, frame),
                                 total(snapshot, frame), leak_note(snapshot, frame)};
  std::vector<const TopRow*> rows = sorted(snapshot, choice);
  const std::size_t room = frame.height == 0 ? rows.size() : frame.height - std::min(frame.height, kOtherLines);
  const std::int64_t hidden = static_cast<std::int64_t>(rows.size() - std::min(rows.size(), room)) + snapshot.left_out;
  rows.resize(std::min(rows.size(), room));
  if (rows.empty()) {
    lines.push_back(fit_to_width("No sessions in this window yet.", frame.width));
  } else {
    const TextGrid grid = grid_of(snapshot, rows, frame.width);
    lines.push_back(styled(grid.titles, "7", frame));
    lines.insert(lines.end(), grid.lines.begin(), grid.lines.end());
  }
  const std::string more = hidden > 0 ? fmt::format("{} more  ", format_count(hidden)) : "";
  const std::string last = frame.problem.empty() ? more + std::string(kKeys) : frame.problem;
  if (frame.height != 0) {
    lines.push_back(styled(fit_to_width(last, frame.width), frame.problem.empty() ? "2" : "1;31", frame));
    lines.resize(std::min(lines.size(), frame.height));
  } else if (hidden > 0) {
    lines.push_back(fmt::format("... and {} more", format_count(hidden)));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace weir
