#include "weir/window/report_builder.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace weir {
namespace {

using Cells = std::vector<CellSnapshot>;

void merge_into(CellSnapshot& sum, const CellSnapshot& cell) {
  sum.all_time.merge(cell.all_time);
  sum.counters.merge(cell.counters);
  for (std::size_t w = 0; w < cell.windows.size(); ++w) sum.windows[w].merge(cell.windows[w]);
}

/// The cells of one rollup, each once.
Cells merge_shards(std::span<const RollupsSnapshot> shards, std::size_t rollup) {
  Cells merged;
  boost::unordered_flat_map<CellKey, std::size_t> index;
  for (const RollupsSnapshot& shard : shards) {
    for (const CellSnapshot& cell : shard[rollup]) {
      const auto [place, is_new] = index.emplace(cell.key, merged.size());
      if (is_new) {
        merged.push_back(cell);
      } else {
        merge_into(merged[place->second], cell);
      }
    }
  }
  return merged;
}

using TotalsOf = std::function<const Totals&(const CellSnapshot&)>;

/// Most sessions first, then by labels.
bool shown_before(const CellTotals& a, const CellTotals& b) {
  const std::int64_t sessions_a = a.totals[Part::kSessions];
  const std::int64_t sessions_b = b.totals[Part::kSessions];
  return sessions_a != sessions_b ? sessions_a > sessions_b : a.labels < b.labels;
}

/// What becomes of exported cells without sessions.
enum class IdleCells : std::uint8_t { kLeaveOut, kShowZero };

/// Rows to show: exported cells as they are, the rest folded into __other__.
std::vector<CellTotals> fold_rows(const Cells& cells, const CellKeySet& exported, const TotalsOf& totals_of,
                                  OtherSites& sites, IdleCells idle) {
  std::vector<CellTotals> rows;
  std::map<std::vector<std::string>, Totals> folded;
  for (const CellSnapshot& cell : cells) {
    const Totals& totals = totals_of(cell);
    const bool is_exported = exported.contains(cell.key);
    if (totals.empty() && !(is_exported && idle == IdleCells::kShowZero)) continue;
    if (is_exported) {
      rows.push_back({cell.labels, totals});
    } else {
      folded[sites.fold_labels(cell.labels)].merge(totals);
    }
  }
  for (auto& [labels, totals] : folded) rows.push_back({labels, std::move(totals)});
  std::sort(rows.begin(), rows.end(), shown_before);
  return rows;
}

/// The `limit` cells with most sessions, ties by labels.
CellKeySet heaviest(const Cells& cells, std::size_t limit, const TotalsOf& totals_of) {
  std::vector<const CellSnapshot*> order;
  for (const CellSnapshot& cell : cells) {
    if (!cell.other && !totals_of(cell).empty()) order.push_back(&cell);
  }
  std::sort(order.begin(), order.end(), [&](const CellSnapshot* a, const CellSnapshot* b) {
    const std::int64_t sessions_a = totals_of(*a)[Part::kSessions];
    const std::int64_t sessions_b = totals_of(*b)[Part::kSessions];
    return sessions_a != sessions_b ? sessions_a > sessions_b : a->labels < b->labels;
  });
  CellKeySet keys;
  for (std::size_t i = 0; i < std::min(limit, order.size()); ++i) keys.insert(order[i]->key);
  return keys;
}

const Totals& all_time_of(const CellSnapshot& cell) { return cell.all_time; }

/// Counters of exported cells, and of the __other__ cells the rest folds into.
std::vector<CellCounters> fold_counters(const Cells& cells, Admission& admission) {
  const std::shared_ptr<const CellKeySet> exported = admission.exported();
  std::vector<CellCounters> rows;
  // An __other__ cell keeps its row when the last cell that was part of it is shown by itself.
  std::map<std::vector<std::string>, Counters> folded;
  for (const std::vector<std::string>& labels : admission.corrected_others()) folded.try_emplace(labels);
  for (const CellSnapshot& cell : cells) {
    if (exported->contains(cell.key)) {
      rows.push_back({cell.labels, admission.counters_of(cell)});
    } else if (cell.all_time[Part::kSessions] != 0 || cell.counters.totals[Part::kSessions] != 0) {
      folded[admission.fold_labels(cell.labels)].merge(cell.counters);
    }
  }
  for (auto& [labels, counters] : folded) {
    admission.correct_other(labels, counters);
    rows.push_back({labels, std::move(counters)});
  }
  std::sort(rows.begin(), rows.end(), [](const CellCounters& a, const CellCounters& b) { return a.labels < b.labels; });
  return rows;
}

/// Sessions of a cell lately: those in the longest window, or all when there is none.
std::int64_t weight_of(const CellSnapshot& cell, std::size_t longest_window) {
  return cell.windows.empty() ? cell.all_time[Part::kSessions] : cell.windows[longest_window][Part::kSessions];
}

}  // namespace

ReportBuilder::ReportBuilder(const WindowOptions& options) : options_(options) {
  for (const Rollup& rollup : options_.rollups) admissions_.emplace_back(rollup.limit);
}

void ReportBuilder::build_live(std::span<const RollupsSnapshot> shards, TimeMs at_ms, Report& report) {
  const auto longest = static_cast<std::size_t>(std::max_element(options_.windows.begin(), options_.windows.end()) -
                                                options_.windows.begin());
  report.windows_wanted = true;
  report.rollup_specs = options_.rollups;
  report.rollups.resize(options_.rollups.size());
  report.windows.resize(options_.windows.size() * options_.rollups.size());
  for (std::size_t r = 0; r < options_.rollups.size(); ++r) {
    Admission& admission = admissions_[r];
    const Cells cells = merge_shards(shards, r);
    std::vector<std::int64_t> weights;
    for (const CellSnapshot& cell : cells) weights.push_back(weight_of(cell, longest));
    admission.update(cells, weights);
    OtherSites sites;
    report.rollups[r].cells = fold_rows(cells, *admission.exported(), all_time_of, sites, IdleCells::kLeaveOut);
    report.rollups[r].counters = fold_counters(cells, admission);
    for (std::size_t w = 0; w < options_.windows.size(); ++w) {
      const WindowShape shape = WindowShape::of(options_.windows[w]);
      WindowTotals& window = report.windows[w * options_.rollups.size() + r];
      window.at_ms = shape.pane_of(at_ms) * shape.step_ms;
      window.length_ms = shape.length_ms;
      window.rollup = r;
      window.cells = fold_rows(
          cells, *admission.exported(), [w](const CellSnapshot& cell) -> const Totals& { return cell.windows[w]; },
          sites, IdleCells::kShowZero);
    }
  }
  limit_currencies(report);
}

/// Keeps the currencies of the cells down to those shown apart. While there is room, one that most cells have comes
/// first.
void ReportBuilder::limit_currencies(Report& report) {
  std::map<Currency, std::size_t> cells_with;
  for (const RollupTotals& rollup : report.rollups) {
    for (const CellTotals& cell : rollup.cells) {
      for (const Money& money : cell.totals.revenue()) ++cells_with[money.currency];
    }
  }
  std::vector<std::pair<std::size_t, Currency>> waiting;
  for (const auto& [currency, cells] : cells_with) {
    const bool shown = std::find(currencies_.begin(), currencies_.end(), currency) != currencies_.end();
    if (!shown && currency != kNoCurrency) waiting.emplace_back(cells, currency);
  }
  std::sort(waiting.begin(), waiting.end(),
            [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  for (std::size_t i = 0; i < waiting.size() && currencies_.size() < options_.currencies; ++i) {
    currencies_.push_back(waiting[i].second);
  }
  for (RollupTotals& rollup : report.rollups) {
    for (CellTotals& cell : rollup.cells) cell.totals.keep_currencies(currencies_);
    for (CellCounters& cell : rollup.counters) cell.counters.totals.keep_currencies(currencies_);
  }
  for (WindowTotals& window : report.windows) {
    for (CellTotals& cell : window.cells) cell.totals.keep_currencies(currencies_);
  }
}

void ReportBuilder::build_final(std::span<const RollupsSnapshot> shards, Report& report) const {
  report.rollup_specs = options_.rollups;
  report.rollups.resize(options_.rollups.size());
  for (std::size_t r = 0; r < options_.rollups.size(); ++r) {
    const Cells cells = merge_shards(shards, r);
    OtherSites sites;
    report.rollups[r].cells = fold_rows(cells, heaviest(cells, options_.rollups[r].limit, all_time_of), all_time_of,
                                        sites, IdleCells::kLeaveOut);
  }
}

std::vector<WindowTotals> ReportBuilder::build_window(std::span<const RollupsSnapshot> shards, std::size_t window,
                                                      TimeMs at_ms) const {
  const auto window_of = [](const CellSnapshot& cell) -> const Totals& { return cell.windows[0]; };
  std::vector<WindowTotals> windows;
  for (std::size_t r = 0; r < options_.rollups.size(); ++r) {
    const Cells cells = merge_shards(shards, r);
    OtherSites sites;
    const CellKeySet exported = heaviest(cells, options_.rollups[r].limit, window_of);
    std::vector<CellTotals> rows = fold_rows(cells, exported, window_of, sites, IdleCells::kLeaveOut);
    if (!rows.empty()) windows.push_back({at_ms, options_.windows[window], r, std::move(rows)});
  }
  return windows;
}

std::vector<std::shared_ptr<const CellKeySet>> ReportBuilder::exported() const {
  std::vector<std::shared_ptr<const CellKeySet>> keys;
  for (const Admission& admission : admissions_) keys.push_back(admission.exported());
  return keys;
}

}  // namespace weir
