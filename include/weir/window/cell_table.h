// CellTable: the cells of one rollup in one shard, and which of them are kept when there are too many.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "weir/kpi/report.h"
#include "weir/model/dimension.h"
#include "weir/model/symbol_table.h"
#include "weir/window/pane_ring.h"

namespace weir {

/// Identifies a cell across shards: hash of the site's and the dimensions' symbols.
using CellKey = std::uint64_t;
using CellKeySet = boost::unordered_flat_set<CellKey>;

/// One cell: its label texts and sums.
struct Cell {
  Cell(std::size_t window_count, std::pmr::memory_resource* memory) : all_time(memory), counters(memory) {
    panes.reserve(window_count);
    while (panes.size() < window_count) panes.emplace_back(memory);
  }

  CellKey key = 0;
  std::uint64_t created = 0;        // put sequence at which it began; earlier contributions of its key are in __other__
  bool other = false;               // an __other__ cell
  std::uint32_t weight = 0;         // sessions lately, halved each time eviction passes by
  std::vector<std::string> labels;  // site, then the rollup's dimensions
  Totals all_time;
  Counters counters;
  std::vector<PaneRing> panes;  // one per window
};

/// The symbols that stand for no text of a client.
struct SpecialSymbols {
  Symbol none = 0;   // "(none)"
  Symbol other = 0;  // "__other__"
};

/// Cells by key. When `capacity` is reached, the cell that had the fewest sessions lately is folded into the
/// __other__ cell of its site: a second-chance queue, in which a cell gets as many chances as its weight has
/// bits. A cell with more than 1/limit of recent sessions therefore always stays, since capacity is a multiple of the
/// limit, and junk that came first is what goes. Owned by one shard's thread.
class CellTable {
 public:
  /// What cells sum up grows in `memory`, which outlives the table.
  CellTable(const Rollup& rollup, std::size_t capacity, std::vector<WindowShape> windows, const SymbolTable& symbols,
            SpecialSymbols special, std::pmr::memory_resource* memory = std::pmr::get_default_resource());
  CellTable(CellTable&&) = default;
  CellTable(const CellTable&) = delete;

  /// The cell of exactly these dimensions; nullptr when there is none. Stays as it is until changes() does.
  Cell* find(const DimensionValues& dimensions) const { return find(key_of(dimensions)); }
  /// The cell a session of these dimensions goes to: `found`, as find() gave it, or a new one; the site's __other__
  /// cell when a text is no longer known.
  Cell& obtain(Cell* found, const DimensionValues& dimensions, std::uint64_t sequence);
  Cell& obtain(const DimensionValues& dimensions, std::uint64_t sequence) {
    return obtain(find(dimensions), dimensions, sequence);
  }
  /// The cell that holds what was put under `sequence` for these dimensions; `found` is as find() gives it.
  Cell& holder(Cell* found, const DimensionValues& dimensions, std::uint64_t sequence);
  Cell& holder(const DimensionValues& dimensions, std::uint64_t sequence) {
    return holder(find(dimensions), dimensions, sequence);
  }
  /// Cells made and folded so far.
  std::uint64_t changes() const { return changes_; }

  /// Moves time on: panes that no window from `now_ms` on needs may be dropped.
  void advance(TimeMs now_ms);
  /// First pane of window `window` still needed.
  std::int64_t first_kept(std::size_t window) const { return first_kept_[window]; }
  /// Cells that are exported and must not be folded. Null: none.
  void set_pinned(std::shared_ptr<const CellKeySet> pinned) { pinned_ = std::move(pinned); }

  /// Calls `visit(const Cell&)` for every cell.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& cell : cells_) {
      if (cell) visit(*cell);
    }
  }
  const std::vector<WindowShape>& windows() const { return windows_; }
  /// Counters are left out: they begin anew with every process.
  void save(ByteWriter& writer) const;
  /// Into a fresh one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader, const FunnelSet& funnels);
  /// All counters begin at zero again.
  void reset_counters();
  std::int64_t folded() const { return folded_; }

 private:
  CellKey key_of(const DimensionValues& dimensions) const;
  Cell* find(CellKey key) const;
  Cell* create(CellKey key, const DimensionValues& dimensions, std::uint64_t sequence);
  Cell& other_of(Symbol site);
  bool fold_one();
  void fold(std::size_t index);
  std::optional<std::string> text_of(Symbol symbol) const;
  void save_cell(std::size_t index, ByteWriter& writer) const;
  bool load_cell(ByteReader& reader, const FunnelSet& funnels);

  Rollup rollup_;
  std::size_t capacity_;
  std::vector<WindowShape> windows_;
  const SymbolTable& symbols_;
  SpecialSymbols special_;
  std::pmr::memory_resource* memory_;
  std::vector<std::int64_t> first_kept_;  // by window
  std::uint64_t changes_ = 0;
  std::vector<std::unique_ptr<Cell>> cells_;  // stable addresses; null where free
  std::vector<std::size_t> free_;
  boost::unordered_flat_map<CellKey, std::size_t> index_;
  std::deque<std::size_t> queue_;  // cells that may be folded, next candidate first
  std::size_t others_ = 0;
  std::shared_ptr<const CellKeySet> pinned_;
  std::vector<Symbol> cell_site_;  // by cell, for folding
  bool has_folded_ = false;
  std::int64_t folded_ = 0;
};

}  // namespace weir
