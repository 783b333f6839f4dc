// ReportBuilder: merges the shards' cells and decides which are shown. Owned by whoever publishes reports.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "weir/kpi/report.h"
#include "weir/window/rollups.h"

namespace weir {

/// Sites that get an __other__ cell of their own: the first 4 met. Those behind share one.
class OtherSites {
 public:
  /// Labels of the cell into which a cell with these labels folds.
  std::vector<std::string> fold_labels(const std::vector<std::string>& labels);

 private:
  boost::unordered_flat_set<std::string> sites_;
};

/// Which cells of one rollup are exported, over time. A cell stays exported until it is idle or outweighed and its
/// place is needed; its counters start at zero each time it enters, and what it counted before stays in __other__, so
/// no exported counter ever goes back. Not thread-safe.
class Admission {
 public:
  explicit Admission(std::size_t limit) : limit_(limit), exported_(std::make_shared<CellKeySet>()) {}

  /// Looks at the merged cells of a new snapshot, each with its weight: sessions lately.
  void update(std::span<const CellSnapshot> cells, std::span<const std::int64_t> weights);

  /// Cells exported now.
  std::shared_ptr<const CellKeySet> exported() const { return exported_; }
  /// The counters to show for an exported cell.
  Counters counters_of(const CellSnapshot& cell) const;
  /// Takes off an __other__ cell what was shown under cells that have left it room, and gives back what they had
  /// counted before they entered.
  void correct_other(const std::vector<std::string>& other_labels, Counters& other) const;
  /// Labels of the __other__ cells that correct_other() knows.
  std::vector<std::vector<std::string>> corrected_others() const;
  /// Labels of the cell into which a cell with these labels folds.
  std::vector<std::string> fold_labels(const std::vector<std::string>& labels) { return sites_.fold_labels(labels); }

 private:
  struct Candidate {
    const CellSnapshot* cell;
    std::int64_t weight;
  };
  void admit(const CellSnapshot& cell);
  void dismiss(CellKey key);
  /// A shard learns only after a while that a cell is exported. When it has folded the cell meanwhile, the counts are
  /// in
  /// __other__: they stay shown under the cell, or, if no shard has the cell any more, it is dismissed.
  void make_up_for_folding(std::span<const Candidate> inside);

  /// What an exported cell held in the last report.
  struct Shown {
    std::vector<std::string> labels;
    Counters counters;
  };

  std::size_t limit_;
  std::shared_ptr<CellKeySet> exported_;  // shared: shards read an older copy; replaced, never changed
  CellKeySet outside_;                    // cells that were part of __other__ in the last snapshot
  OtherSites sites_;
  boost::unordered_flat_map<CellKey, Counters> before_;       // exported cell -> counted before it entered
  boost::unordered_flat_map<CellKey, Shown> shown_;           // exported cells in the last report
  std::map<std::vector<std::string>, Counters> corrections_;  // labels of an __other__ cell -> counts to take off
};

/// Builds reports of one pipeline.
class ReportBuilder {
 public:
  explicit ReportBuilder(const WindowOptions& options);

  /// Live: fills rollups, counters and windows of `report` from one snapshot of every shard, each as of `at_ms`.
  void build_live(std::span<const RollupsSnapshot> shards, TimeMs at_ms, Report& report);
  /// At the end of a replay: fills rollups; the `limit` cells with most sessions are shown.
  void build_final(std::span<const RollupsSnapshot> shards, Report& report) const;
  /// One window of a replay at `at_ms`: one entry per rollup that has sessions.
  std::vector<WindowTotals> build_window(std::span<const RollupsSnapshot> shards, std::size_t window,
                                         TimeMs at_ms) const;
  /// Cells exported, by rollup, for Rollups::set_pinned.
  std::vector<std::shared_ptr<const CellKeySet>> exported() const;

 private:
  void limit_currencies(Report& report);

  WindowOptions options_;
  std::vector<Admission> admissions_;  // one per rollup
  std::vector<Currency> currencies_;   // shown apart in live reports; only grows, so that no counter goes back
};

}  // namespace weir
