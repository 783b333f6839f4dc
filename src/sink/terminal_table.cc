// Renders a report for people: what came in, one line per cell, and the windows if there are any. Columns that
// do not fit are dropped, least important first, so a line is never wider than the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/time_text.h"
#include "weir/kpi/kpi_table.h"
#include "weir/model/rejection.h"
#include "weir/sink/display.h"
#include "weir/sink/figure_columns.h"
#include "weir/sink/sinks.h"
#include "weir/sink/text_grid.h"

namespace weir {
namespace {

std::string money_text(double units) {
  return std::abs(units) < 999.995 ? fmt::format("{:.2f}", units) : format_short_count(units);
}

/// The largest sum, with a + when there are further currencies: sums of different ones cannot be added. Empty: none.
std::string revenue_text(const Totals& totals) {
  const Money* largest = nullptr;
  std::size_t currencies = 0;
  for (const Money& money : totals.revenue()) {
    if (money.nanos == 0) continue;
    ++currencies;
    const bool larger = largest == nullptr || money.nanos > largest->nanos ||
                        (money.nanos == largest->nanos && money.currency < largest->currency);
    if (larger) largest = &money;
  }
  if (largest == nullptr) return {};
  const std::string more = currencies > 1 ? "+" : "";
  return money_text(from_nanos(largest->nanos)) + " " + currency_code(largest->currency) + more;
}

bool has_funnel(const FunnelSet& funnels) { return !funnels.empty() && !funnels.funnels()[0].steps.empty(); }

/// Share of the first funnel's sessions that were lost between its first step and its last.
std::optional<double> whole_leakage(const Totals& totals, const FunnelSet& funnels) {
  if (!has_funnel(funnels)) return std::nullopt;
  const std::int64_t entered = totals.funnel_reached(funnels, 0, 1);
  if (entered == 0) return std::nullopt;
  const std::int64_t finished = totals.funnel_reached(funnels, 0, funnels.funnels()[0].steps.size());
  return 1.0 - static_cast<double>(finished) / static_cast<double>(entered);
}

Figures figures_of(const Totals& totals, const FunnelSet& funnels) {
  return {.sessions = static_cast<double>(totals[Part::kSessions]),
          .bounce_ratio = bounce_ratio(totals),
          .pages_per_session = pages_per_session(totals),
          .dwell_p50 = dwell_quantile_seconds(totals, 0.50),
          .dwell_p95 = dwell_quantile_seconds(totals, 0.95),
          .conversion_ratio = conversion_ratio(totals),
          .orders = static_cast<double>(totals[Part::kOrders]),
          .revenue = revenue_text(totals),
          .has_funnel = has_funnel(funnels),
          .leakage = whole_leakage(totals, funnels)};
}

/// One line to be: a label and the sums its figures come from.
struct Line {
  std::string label;
  const Totals* totals;
};

std::string bold(std::string_view text, const SinkOptions& options) {
  return options.color ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

std::string dim(std::string_view text, const SinkOptions& options) {
  return options.color ? fmt::format("\x1b[2m{}\x1b[0m", text) : std::string(text);
}

/// Puts phrases into lines no wider than the terminal, with commas between them.
std::string flow(const std::vector<std::string>& phrases, std::size_t width) {
  std::string text;
  std::string line;
  for (std::size_t i = 0; i < phrases.size(); ++i) {
    const std::string phrase = fit_to_width(phrases[i] + (i + 1 < phrases.size() ? "," : ""), width);
    if (!line.empty() && display_width(line) + 1 + display_width(phrase) > width) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + phrase;
  }
  return text + line + "\n";
}

/// Titles and lines, and whether the column `leak` found room.
struct Grid {
  std::string text;
  bool shows_leak = false;
};

Grid render_lines(std::string_view label_title, const std::vector<Line>& lines, const FunnelSet& funnels,
                  const SinkOptions& options) {
  std::vector<std::string> labels;
  std::vector<Figures> figures;
  for (const Line& line : lines) {
    labels.push_back(line.label);
    figures.push_back(figures_of(*line.totals, funnels));
  }
  const TextGrid grid = render_grid(label_title, labels, columns_of(figures), options.width);
  std::string text = bold(grid.titles, options) + "\n";
  for (const std::string& line : grid.lines) text += line + "\n";
  return {std::move(text), grid.shows(kLeakTitle)};
}

std::string rejected_text(const StatValues& stats) {
  std::int64_t rejected = 0;
  std::string reasons;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Rejection::kCount); ++i) {
    const auto reason = static_cast<Rejection>(i);
    const std::int64_t count = stats[stat_of(reason)];
    if (count == 0) continue;
    rejected += count;
    reasons += fmt::format("{}{} {}", reasons.empty() ? "" : ", ", name_of(reason), format_count(count));
  }
  return reasons.empty() ? "0 rejected" : fmt::format("{} rejected ({})", format_count(rejected), reasons);
}

std::string instant_text(TimeMs time_ms) {
  std::string text = format_rfc3339(time_ms);
  text.resize(text.find('.'));
  text[text.find('T')] = ' ';
  return text;
}

std::string plural(std::int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", format_count(count), noun, count == 1 ? "" : "s");
}

std::vector<std::string> event_phrases(const StatValues& stats) {
  std::vector<std::string> phrases{
      plural(stats.counted(), "event") + " counted",
      rejected_text(stats),
      format_count(stats[Stat::kLate]) + " late",
      format_count(stats[Stat::kDuplicate]) + " duplicate",
  };
  const std::int64_t shed = stats.shed();
  if (shed != 0) phrases.push_back(format_count(shed) + " shed");
  if (stats[Stat::kQueued] != 0) phrases.push_back(format_count(stats[Stat::kQueued]) + " queued");
  return phrases;
}

std::string no_sessions_text(const StatValues& stats) {
  if (stats.received() == 0) return "No sessions yet: no events have come in.";
  if (stats[Stat::kQueued] != 0) return "No sessions yet: the first events are still being put in order.";
  if (stats.counted() != 0) return "No sessions yet.";
  return "No sessions yet: none of the events that came in could be counted.";
}

std::size_t chosen_rollup(const Report& report, const SinkOptions& options) {
  for (std::size_t i = 0; i < report.rollup_specs.size(); ++i) {
    if (report.rollup_specs[i].name == options.rollup) return i;
  }
  return 0;
}

/// One label per cell: the dimensions, after the site when there are several.
std::vector<Line> cell_lines(const Rollup& rollup, const std::vector<CellTotals>& cells) {
  std::set<std::string_view> sites;
  for (const CellTotals& cell : cells) {
    WEIR_CHECK(cell.labels.size() == rollup.dimensions.size() + 1);
    sites.insert(cell.labels[0]);
  }
  const bool with_site = sites.size() > 1 || rollup.dimensions.empty();
  std::vector<Line> lines;
  for (const CellTotals& cell : cells) {
    std::string label;
    for (std::size_t i = with_site ? 0 : 1; i < cell.labels.size(); ++i) {
      label += (label.empty() ? "" : "  ") + printable(cell.labels[i]);
    }
    lines.push_back({std::move(label), &cell.totals});
  }
  return lines;
}

std::string title_of(const Rollup& rollup) {
  if (rollup.dimensions.empty()) return std::string(label_of(Dimension::kSite));
  std::string title;
  for (const Dimension dimension : rollup.dimensions) {
    title += (title.empty() ? "" : ", ") + std::string(label_of(dimension));
  }
  std::replace(title.begin(), title.end(), '_', ' ');
  return title;
}

/// Explains the column `leak`, whose title is too short to say it.
std::string leak_note(const FunnelSet& funnels, const SinkOptions& options) {
  const Funnel& funnel = funnels.funnels()[0];
  const std::string note = fmt::format("leak: sessions of funnel {} lost between {} and {}", printable(funnel.name),
                                       printable(funnel.steps.front().name), printable(funnel.steps.back().name));
  return dim(fit_to_width(note, options.width), options) + "\n";
}

std::string render_cells(const Report& report, std::size_t rollup, const FunnelSet& funnels,
                         const SinkOptions& options) {
  const Rollup& spec = report.rollup_specs[rollup];
  std::vector<Line> lines = cell_lines(spec, report.rollups[rollup].cells);
  const std::size_t hidden = lines.size() - std::min(lines.size(), options.rows);
  lines.resize(lines.size() - hidden);
  Grid grid = render_lines(title_of(spec), lines, funnels, options);
  if (hidden > 0) {
    const std::string more = fmt::format("... and {} more", format_count(static_cast<std::int64_t>(hidden)));
    grid.text += dim(fit_to_width(more, options.width), options) + "\n";
  }
  if (grid.shows_leak) grid.text += leak_note(funnels, options);
  return grid.text;
}

/// One line per window and moment, all cells of the rollup together; the newest moments when there are too many.
std::string render_windows(const Report& report, std::size_t rollup, const FunnelSet& funnels,
                           const SinkOptions& options) {
  std::vector<const WindowTotals*> windows;
  for (const WindowTotals& window : report.windows) {
    if (window.rollup == rollup) windows.push_back(&window);
  }
  const std::size_t hidden = windows.size() - std::min(windows.size(), options.rows);
  windows.erase(windows.begin(), windows.begin() + static_cast<std::ptrdiff_t>(hidden));
  if (windows.empty()) return {};
  std::vector<Totals> sums(windows.size());
  std::vector<Line> lines;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    for (const CellTotals& cell : windows[i]->cells) sums[i].merge(cell.totals);
    const std::string length = align_right(format_duration(windows[i]->length_ms), 3);
    lines.push_back({length + " to " + instant_text(windows[i]->at_ms), &sums[i]});
  }
  std::string text = "\n" + render_lines("window", lines, funnels, options).text;
  if (hidden > 0) {
    const std::string more = fmt::format("... and {} earlier", format_count(static_cast<std::int64_t>(hidden)));
    text += dim(fit_to_width(more, options.width), options) + "\n";
  }
  return text;
}

}  // namespace

std::string render_table(const Report& report, const SinkOptions& options) {
  const FunnelSet no_funnels;
  const FunnelSet& funnels = report.funnels ? *report.funnels : no_funnels;
  WEIR_CHECK(report.rollups.size() == report.rollup_specs.size());
  std::string text = flow(event_phrases(report.stats), options.width);
  const std::size_t rollup = chosen_rollup(report, options);
  std::int64_t sessions = 0;
  if (!report.rollups.empty()) {
    for (const CellTotals& cell : report.rollups[rollup].cells) sessions += cell.totals[Part::kSessions];
  }
  if (sessions == 0) return text + fit_to_width(no_sessions_text(report.stats), options.width) + "\n";
  std::vector<std::string> phrases{plural(sessions, "session")};
  if (report.first_event_ms && report.last_event_ms) {
    phrases.push_back(instant_text(*report.first_event_ms) + " to " + instant_text(*report.last_event_ms) + " UTC");
  }
  text += flow(phrases, options.width) + "\n";
  text += render_cells(report, rollup, funnels, options);
  return text + render_windows(report, rollup, funnels, options);
}

}  // namespace weir
