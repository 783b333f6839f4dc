// PaneRing: one cell's sums over one sliding window, kept as panes by the time sessions began.
#pragma once

#include <cstdint>
#include <vector>

#include "weir/core/clock.h"
#include "weir/kpi/totals.h"
#include "weir/window/options.h"

namespace weir {

/// Length and step of a window, and the arithmetic between times and panes. Pane p holds sessions that began in
/// ((p - 1) * step, p * step], so the window at T = p * step is panes (p - length/step, p].
struct WindowShape {
  TimeMs length_ms = 0;
  TimeMs step_ms = 0;

  static WindowShape of(TimeMs length_ms) { return {length_ms, step_of_window(length_ms)}; }
  /// Pane of a session that began at `start_ms` >= 0; also the pane that ends at the first step >= start_ms.
  std::int64_t pane_of(TimeMs start_ms) const { return (start_ms + step_ms - 1) / step_ms; }
  std::int64_t pane_count() const { return length_ms / step_ms; }
  /// First pane of the window whose last pane is `last_pane`.
  std::int64_t first_pane(std::int64_t last_pane) const { return last_pane - pane_count() + 1; }
};

/// The panes that hold something, oldest first. Memory: at most pane_count + 1 panes, whatever the rate.
/// Owned by one shard's thread.
class PaneRing {
 public:
  /// The pane `index`, made when absent; panes below `first_kept` are dropped on the way.
  Totals& at(std::int64_t index, std::int64_t first_kept);
  /// The pane `index`, or nullptr when it holds nothing.
  Totals* find(std::int64_t index);
  /// Adds the panes first..last to `sum`.
  void sum_into(std::int64_t first, std::int64_t last, Totals& sum) const;
  /// Adds all panes of another ring (of the same shape).
  void merge(const PaneRing& other, std::int64_t first_kept);
  bool empty() const { return panes_.empty(); }
  void save(ByteWriter& writer) const;
  /// Into a fresh one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader, const FunnelSet& funnels);

 private:
  struct Pane {
    std::int64_t index;
    Totals totals;
  };
  std::vector<Pane> panes_;  // ascending
};

}  // namespace weir
