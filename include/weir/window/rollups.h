// Rollups: all cells of a shard. Contributions of sessions come in and are taken back; sums over all time and
// over windows come out. Behind the sessionizer, in front of the report.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <vector>

#include "weir/model/funnel.h"
#include "weir/model/session_facts.h"
#include "weir/window/cell_table.h"
#include "weir/window/options.h"
#include "weir/window/visitor_log.h"

namespace weir {

/// What rollups are asked to keep besides sums over all time.
struct RollupDuties {
  bool windows = false;   // sums per window
  bool counters = false;  // counters of closed sessions
};

/// A copy of one cell's sums, to be merged with those of other shards.
struct CellSnapshot {
  CellKey key = 0;
  bool other = false;
  std::vector<std::string> labels;
  Totals all_time;
  Counters counters;
  std::vector<Totals> windows;  // in the order of WindowOptions::windows; empty totals where nothing is held
};
/// All cells of a shard, by rollup.
using RollupsSnapshot = std::vector<std::vector<CellSnapshot>>;

/// All rollups of a shard. Owned by its thread.
class Rollups {
 public:
  /// `options` gives this shard's share of limits.visitors. Funnels and symbols outlive this object.
  Rollups(const WindowOptions& options, RollupDuties duties, const FunnelSet& funnels, const SymbolTable& symbols,
          SpecialSymbols special);

  /// Adds a session's contribution; returns the sequence take_back() needs.
  std::uint64_t put(const SessionFacts& session);
  /// Takes a contribution back that was put under session.put_sequence with the same facts.
  void take_back(const SessionFacts& session);
  /// Counts a closed session.
  void closed(const SessionFacts& session);

  /// Brings what is known of a visitor into the cache. Best some sessions before put().
  void prefetch(std::uint64_t visitor) const { visitors_.prefetch(visitor); }

  /// Moves event time on.
  void advance(TimeMs now_ms);
  /// Exported cells, by rollup, that must not be folded.
  void set_pinned(std::span<const std::shared_ptr<const CellKeySet>> pinned);

  /// Sums as of `at_ms`: windows end at the first multiple of their step at or after it. The same object as the last
  /// time when it would say the same: no session was put, taken back or closed, and no window has moved on.
  std::shared_ptr<const RollupsSnapshot> snapshot(TimeMs at_ms);
  /// Sums of one window ending at `at_ms`, a multiple of its step; cells without sessions are left out, and so are
  /// all-time sums and counters.
  RollupsSnapshot window_snapshot(std::size_t window, TimeMs at_ms) const;

  void save(ByteWriter& writer) const;
  /// Into a fresh one of the same rollups and windows. False when the bytes are not what save() writes.
  bool load(ByteReader& reader);
  /// Counters of closed sessions begin at zero again.
  void reset_counters();

  std::int64_t cells_folded() const;
  /// Memory is short: forgets old visits, unless they have no more than `spared_bytes`.
  void relieve(std::size_t spared_bytes) { visitors_.relieve(spared_bytes); }
  std::int64_t visitors_forgotten() const { return visitors_.forgotten(); }

 private:
  /// What the rollups found for some dimensions, until a cell comes or goes.
  struct KnownDimensions {
    DimensionValues dimensions{};
    std::uint64_t changes = ~std::uint64_t{0};
  };
  static constexpr std::size_t kKnownCount = 1024;
  static constexpr std::size_t kFirstPieceBytes = std::size_t{16} << 20;
  static constexpr std::size_t kMostBlockBytes = std::size_t{64} << 10;  // more than any part of a cell takes

  std::span<Cell* const> find_cells(const DimensionValues& dimensions);
  std::span<const std::int64_t> panes_of(TimeMs start_ms);
  RollupsSnapshot copy_of_cells(TimeMs at_ms) const;
  void count_visit(const SessionFacts& session, std::span<Cell* const> cells, std::uint64_t sequence);
  void move_visit(const SessionFacts& session, std::span<Cell* const> cells, std::uint64_t sequence);
  void enter_visitor(CellTable& table, Cell& cell, TimeMs start_ms, const TimeMs* latest_other_ms);
  void leave_visitor(CellTable& table, Cell& cell, TimeMs start_ms, const TimeMs* latest_other_ms);

  RollupDuties duties_;
  const FunnelSet& funnels_;
  std::vector<WindowShape> windows_;
  // The sums of cells grow now and then, for as long as sessions come that are like none before. They grow in blocks of
  // a few sizes, which are used again when sums move on to larger ones or a cell is folded. Blocks are cut from pieces
  // so large that hardly ever another one is needed; their memory comes page by page as it is used.
  std::pmr::monotonic_buffer_resource pieces_{kFirstPieceBytes};
  std::pmr::unsynchronized_pool_resource blocks_{{0, kMostBlockBytes}, &pieces_};
  std::vector<CellTable> tables_;  // one per rollup
  VisitorLog visitors_;
  std::uint64_t sequence_ = 0;
  std::vector<KnownDimensions> known_;
  std::vector<Cell*> known_cells_;   // of known_[i], by rollup, from i * tables_.size() on
  std::vector<std::int64_t> panes_;  // of panes_start_ms_, by window
  TimeMs panes_start_ms_ = 0;
  std::vector<Cell*> cells_;              // scratch of put
  std::vector<SeenVisit> visits_;         // scratch of count_visit and move_visit
  std::vector<const TimeMs*> latest_ms_;  // scratch of count_visit: of the visitor's other visits, by rollup
  bool changed_ = false;                  // since snapshot_
  std::shared_ptr<const RollupsSnapshot> snapshot_;
  std::vector<std::int64_t> snapshot_panes_;  // last of each window in snapshot_
};

}  // namespace weir
