// Report: an immutable snapshot of everything there is to show. Shards' cells are merged into it, sinks
// only read it. Shared between threads by std::shared_ptr<const Report> because scrapes outlive the swap.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/stats.h"
#include "weir/kpi/totals.h"
#include "weir/model/dimension.h"
#include "weir/model/funnel.h"

namespace weir {

/// Upper bounds of the weir_R_dwell_seconds histogram, seconds; +Inf follows. As many as the default configuration has
/// series for, and closest where medians and 95th percentiles of visits lie: chosen for the least error of
/// histogram_quantile over dwell times of many shapes. One more is a series more per cell.
inline constexpr std::array<double, 17> kDwellBucketBounds{3,   6,   10,  15,  20,  30,   50,   75,  120,
                                                           180, 240, 360, 600, 900, 1200, 1800, 3600};

/// What a cell's counters say: closed sessions since the cell was first exported.
struct Counters {
  Counters() = default;
  /// Grow in `memory`, which outlives them; copies of them do not.
  explicit Counters(std::pmr::memory_resource* memory) : totals(memory) {}

  Totals totals;                                                            // kVisitors unused
  std::array<std::int64_t, kDwellBucketBounds.size() + 1> dwell_buckets{};  // not cumulative; last is +Inf

  /// `contribution` is the session's.
  void add(const SessionFacts& session, const Contribution& contribution);
  void add(const SessionFacts& session, const FunnelSet& funnels) { add(session, Contribution(session, funnels)); }
  /// Adds `sign` times other counters.
  void merge(const Counters& other, int sign = 1);
};

/// One row of a rollup: label values (site, then the rollup's dimensions in order) and sums. Texts are clean
/// UTF-8 without control characters.
struct CellTotals {
  std::vector<std::string> labels;
  Totals totals;
};
struct CellCounters {
  std::vector<std::string> labels;
  Counters counters;
};

/// A window at a time. In a live report `at_ms` is the next multiple of the step and the window may still fill.
struct WindowTotals {
  TimeMs at_ms = 0;
  TimeMs length_ms = 0;
  std::size_t rollup = 0;         // index in Report::rollups
  std::vector<CellTotals> cells;  // those with sessions; sorted by sessions (most first), then labels
};

/// One rollup since the start: sorted by sessions (most first), then labels.
struct RollupTotals {
  std::vector<CellTotals> cells;       // all sessions, open ones as they stand
  std::vector<CellCounters> counters;  // closed sessions; only in serve
};

/// The snapshot. Immutable once published; any thread.
struct Report {
  std::uint64_t number = 0;              // of the snapshot it was made from; 0: before the first
  StatValues stats;                      // received = settled + queued holds exactly
  std::optional<TimeMs> first_event_ms;  // of counted events
  std::optional<TimeMs> last_event_ms;
  std::optional<TimeMs> watermark_ms;
  std::vector<Rollup> rollup_specs;
  std::shared_ptr<const FunnelSet> funnels;  // shared: reports outlive a reload
  std::vector<RollupTotals> rollups;         // same order as rollup_specs
  std::vector<WindowTotals> windows;         // by at, window, rollup
  bool windows_wanted = false;               // true even when there are none: live, or a replay with --every
};

}  // namespace weir
