// PaneRing: one cell's sums over one sliding window, kept as panes by the time sessions began.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <utility>
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

/// The panes that hold something, oldest first. Memory: pane_count + 1 panes at most, whatever the rate. Owned by one
/// shard's thread.
class PaneRing {
 public:
  PaneRing() = default;
  /// Its panes come and go in `memory`, which outlives it.
  explicit PaneRing(std::pmr::memory_resource* memory) : slots_(memory) {}
  PaneRing(PaneRing&& other) noexcept
      : slots_(std::move(other.slots_)), first_(other.first_), size_(std::exchange(other.size_, 0)) {}
  PaneRing(const PaneRing&) = delete;
  ~PaneRing() {
    while (size_ > 0) drop_first();
  }

  /// The pane `index`, made when absent; panes below `first_kept` are dropped on the way.
  Totals& at(std::int64_t index, std::int64_t first_kept);
  /// The pane `index`, or nullptr when it holds nothing.
  Totals* find(std::int64_t index);
  /// Adds the panes first..last to `sum`.
  void sum_into(std::int64_t first, std::int64_t last, Totals& sum) const;
  /// Adds all panes of another ring (of the same shape).
  void merge(const PaneRing& other, std::int64_t first_kept);
  bool empty() const { return size_ == 0; }
  void save(ByteWriter& writer) const;
  /// Into a fresh one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader, const FunnelSet& funnels);

 private:
  struct Pane {
    std::int64_t index = 0;
    Totals* totals = nullptr;  // owned; apart, so that a slot without a pane takes next to nothing
  };
  /// The panes held, by their place, ascending by index.
  Pane& pane(std::size_t place) { return slots_[(first_ + place) & (slots_.size() - 1)]; }
  const Pane& pane(std::size_t place) const { return slots_[(first_ + place) & (slots_.size() - 1)]; }
  std::size_t place_of(std::int64_t index) const;
  Totals& insert(std::size_t place, std::int64_t index);
  void drop_first();

  std::pmr::vector<Pane> slots_;  // none, or a power of two
  std::size_t first_ = 0;         // slot of the oldest pane
  std::size_t size_ = 0;          // panes held
};

}  // namespace weir
