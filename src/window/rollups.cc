#include "weir/window/rollups.h"

#include <algorithm>

namespace weir {
namespace {

/// How long a visit matters for the longest window; for ever when there are none.
TimeMs retention_of(const WindowOptions& options, RollupDuties duties) {
  if (!duties.windows || options.windows.empty()) return 0;
  return *std::max_element(options.windows.begin(), options.windows.end());
}

}  // namespace

Rollups::Rollups(const WindowOptions& options, RollupDuties duties, const FunnelSet& funnels,
                 const SymbolTable& symbols, SpecialSymbols special)
    : duties_(duties),
      funnels_(funnels),
      // Replay with windows still reports visitors of the whole input, so it forgets by number only.
      visitors_(options.visitors, duties.counters ? retention_of(options, duties) : 0) {
  if (duties.windows) {
    for (const TimeMs length_ms : options.windows) windows_.push_back(WindowShape::of(length_ms));
  }
  for (const Rollup& rollup : options.rollups) {
    tables_.emplace_back(rollup, std::max(options.cells, 8 * rollup.limit), windows_, symbols, special, &blocks_);
  }
  known_.resize(kKnownCount);
  known_cells_.resize(kKnownCount * tables_.size());
  visits_.reserve(VisitorLog::kMaxVisitsPerVisitor);
}

/// The cells of these dimensions by rollup, nullptr where there is none. Most sessions have dimensions that another one
/// had lately, so most look-ups end here. Valid until a cell comes or goes, or the next call.
std::span<Cell* const> Rollups::find_cells(const DimensionValues& dimensions) {
  std::uint64_t hash = dimensions[0];
  for (std::size_t d = 1; d < kDimensionCount; ++d) hash = hash * 0x9e3779b97f4a7c15ULL ^ dimensions[d];
  const std::size_t place = (hash ^ hash >> 32) % kKnownCount;
  KnownDimensions& known = known_[place];
  const std::span<Cell*> cells = std::span(known_cells_).subspan(place * tables_.size(), tables_.size());
  std::uint64_t changes = 0;
  for (const CellTable& table : tables_) changes += table.changes();
  if (known.changes != changes || known.dimensions != dimensions) {
    known = {dimensions, changes};
    for (std::size_t r = 0; r < tables_.size(); ++r) cells[r] = tables_[r].find(dimensions);
  }
  return cells;
}

/// The panes of a session that began then, by window. Remembered, as each is asked for once per rollup, and divisions
/// are slow.
std::span<const std::int64_t> Rollups::panes_of(TimeMs start_ms) {
  if (panes_.size() != windows_.size() || panes_start_ms_ != start_ms) {
    panes_.clear();
    for (const WindowShape& window : windows_) panes_.push_back(window.pane_of(start_ms));
    panes_start_ms_ = start_ms;
  }
  return panes_;
}

std::uint64_t Rollups::put(const SessionFacts& session) {
  ++sequence_;
  changed_ = true;
  const std::span<Cell* const> found = find_cells(session.dimensions);
  const std::span<const std::int64_t> panes = panes_of(session.start_ms);
  const Contribution contribution(session, funnels_);
  cells_.clear();
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    CellTable& table = tables_[r];
    Cell& cell = table.obtain(found[r], session.dimensions, sequence_);
    cells_.push_back(&cell);
    cell.all_time.add(contribution, +1);
    for (std::size_t w = 0; w < windows_.size(); ++w) {
      const std::int64_t first_kept = table.first_kept(w);
      if (panes[w] >= first_kept) cell.panes[w].at(panes[w], first_kept).add(contribution, +1);
    }
  }
  if (session.visit == VisitState::kNew) count_visit(session, cells_, sequence_);
  if (session.visit == VisitState::kMoved) move_visit(session, cells_, sequence_);
  return sequence_;
}

void Rollups::take_back(const SessionFacts& session) {
  changed_ = true;
  const std::span<Cell* const> found = find_cells(session.dimensions);
  const std::span<const std::int64_t> panes = panes_of(session.start_ms);
  const Contribution contribution(session, funnels_);
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    Cell& cell = tables_[r].holder(found[r], session.dimensions, session.put_sequence);
    cell.all_time.add(contribution, -1);
    for (std::size_t w = 0; w < windows_.size(); ++w) {
      Totals* pane = cell.panes[w].find(panes[w]);
      if (pane != nullptr) pane->add(contribution, -1);
    }
  }
}

void Rollups::closed(const SessionFacts& session) {
  if (!duties_.counters) return;
  changed_ = true;
  const std::span<Cell* const> found = find_cells(session.dimensions);
  const Contribution contribution(session, funnels_);
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    tables_[r].holder(found[r], session.dimensions, session.put_sequence).counters.add(session, contribution);
  }
}

void Rollups::count_visit(const SessionFacts& session, std::span<Cell* const> cells, std::uint64_t sequence) {
  visits_.clear();
  Visit* same = nullptr;
  visitors_.for_each(session.visitor, [&](const SeenVisit& seen) {
    visits_.push_back(seen);
    if (seen.recent && *seen.dimensions == session.dimensions) same = seen.visit;
  });
  latest_ms_.assign(tables_.size(), nullptr);
  for (const auto& [visit, dimensions, recent] : visits_) {
    const std::span<Cell* const> found = find_cells(*dimensions);
    for (std::size_t r = 0; r < tables_.size(); ++r) {
      if (&tables_[r].holder(found[r], *dimensions, visit->sequence) != cells[r]) continue;
      if (latest_ms_[r] == nullptr || visit->start_ms > *latest_ms_[r]) latest_ms_[r] = &visit->start_ms;
    }
  }
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    enter_visitor(tables_[r], *cells[r], session.start_ms, latest_ms_[r]);
  }
  // A landed session keeps its dimensions, so the later of two like visits stands for both, unless the entry would be
  // forgotten too early.
  if (same != nullptr && session.landed && same->start_ms <= session.start_ms) {
    same->serial = session.serial;
    same->sequence = sequence;
    same->start_ms = session.start_ms;
    return;
  }
  const Visit visit{
      .visitor = session.visitor, .serial = session.serial, .sequence = sequence, .start_ms = session.start_ms};
  static_cast<void>(visitors_.add(visit, session.dimensions));
}

void Rollups::move_visit(const SessionFacts& session, std::span<Cell* const> cells, std::uint64_t sequence) {
  visits_.clear();
  SeenVisit moved;
  visitors_.for_each(session.visitor, [&](const SeenVisit& seen) {
    (seen.visit->serial == session.serial ? moved : visits_.emplace_back()) = seen;
  });
  if (moved.visit == nullptr) return;  // forgotten by limit: stays counted where it was
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    Cell& old_cell = tables_[r].holder(*moved.dimensions, moved.visit->sequence);
    if (&old_cell == cells[r]) continue;
    const TimeMs* latest_old_ms = nullptr;
    const TimeMs* latest_new_ms = nullptr;
    for (const auto& [visit, dimensions, recent] : visits_) {
      const Cell* cell = &tables_[r].holder(*dimensions, visit->sequence);
      const TimeMs*& latest_ms = cell == &old_cell ? latest_old_ms : latest_new_ms;
      if (cell != &old_cell && cell != cells[r]) continue;
      if (latest_ms == nullptr || visit->start_ms > *latest_ms) latest_ms = &visit->start_ms;
    }
    leave_visitor(tables_[r], old_cell, moved.visit->start_ms, latest_old_ms);
    enter_visitor(tables_[r], *cells[r], moved.visit->start_ms, latest_new_ms);
  }
  visitors_.move(moved, session.dimensions);
  moved.visit->sequence = sequence;
}

void Rollups::enter_visitor(CellTable& table, Cell& cell, TimeMs start_ms, const TimeMs* latest_other_ms) {
  if (latest_other_ms == nullptr) ++cell.all_time[Part::kVisitors];
  if (latest_other_ms != nullptr && *latest_other_ms >= start_ms) return;
  for (std::size_t w = 0; w < windows_.size(); ++w) {
    if (latest_other_ms != nullptr) {
      Totals* pane = cell.panes[w].find(windows_[w].pane_of(*latest_other_ms));
      if (pane != nullptr) --(*pane)[Part::kVisitors];
    }
    const std::int64_t pane = panes_of(start_ms)[w];
    if (pane >= table.first_kept(w)) ++cell.panes[w].at(pane, table.first_kept(w))[Part::kVisitors];
  }
}

void Rollups::leave_visitor(CellTable& table, Cell& cell, TimeMs start_ms, const TimeMs* latest_other_ms) {
  if (latest_other_ms == nullptr) --cell.all_time[Part::kVisitors];
  if (latest_other_ms != nullptr && *latest_other_ms >= start_ms) return;
  for (std::size_t w = 0; w < windows_.size(); ++w) {
    Totals* pane = cell.panes[w].find(panes_of(start_ms)[w]);
    if (pane != nullptr) --(*pane)[Part::kVisitors];
    if (latest_other_ms == nullptr) continue;
    const std::int64_t other = windows_[w].pane_of(*latest_other_ms);
    if (other >= table.first_kept(w)) ++cell.panes[w].at(other, table.first_kept(w))[Part::kVisitors];
  }
}

void Rollups::advance(TimeMs now_ms) {
  visitors_.advance(now_ms);
  for (CellTable& table : tables_) table.advance(now_ms);
}

void Rollups::set_pinned(std::span<const std::shared_ptr<const CellKeySet>> pinned) {
  for (std::size_t r = 0; r < tables_.size(); ++r) tables_[r].set_pinned(pinned[r]);
}

std::shared_ptr<const RollupsSnapshot> Rollups::snapshot(TimeMs at_ms) {
  std::vector<std::int64_t> panes;
  for (const WindowShape& window : windows_) panes.push_back(window.pane_of(at_ms));
  if (snapshot_ != nullptr && !changed_ && panes == snapshot_panes_) return snapshot_;
  snapshot_.reset();  // before the new one is there: both together may be large
  snapshot_ = std::make_shared<const RollupsSnapshot>(copy_of_cells(at_ms));
  snapshot_panes_ = std::move(panes);
  changed_ = false;
  return snapshot_;
}

RollupsSnapshot Rollups::copy_of_cells(TimeMs at_ms) const {
  RollupsSnapshot copy(tables_.size());
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    tables_[r].for_each([&](const Cell& cell) {
      CellSnapshot& cell_copy = copy[r].emplace_back();
      cell_copy.key = cell.key;
      cell_copy.other = cell.other;
      cell_copy.labels = cell.labels;
      cell_copy.all_time = cell.all_time;
      if (duties_.counters) cell_copy.counters = cell.counters;
      cell_copy.windows.resize(windows_.size());
      for (std::size_t w = 0; w < windows_.size(); ++w) {
        const std::int64_t last = windows_[w].pane_of(at_ms);
        cell.panes[w].sum_into(windows_[w].first_pane(last), last, cell_copy.windows[w]);
      }
    });
  }
  return copy;
}

RollupsSnapshot Rollups::window_snapshot(std::size_t window, TimeMs at_ms) const {
  RollupsSnapshot copy(tables_.size());
  const std::int64_t last = windows_[window].pane_of(at_ms);
  for (std::size_t r = 0; r < tables_.size(); ++r) {
    tables_[r].for_each([&](const Cell& cell) {
      Totals sum;
      cell.panes[window].sum_into(windows_[window].first_pane(last), last, sum);
      if (!sum.empty()) copy[r].push_back({cell.key, cell.other, cell.labels, {}, {}, {std::move(sum)}});
    });
  }
  return copy;
}

void Rollups::save(ByteWriter& writer) const {
  writer.number(sequence_);
  visitors_.save(writer);
  writer.number(tables_.size());
  for (const CellTable& table : tables_) table.save(writer);
}

bool Rollups::load(ByteReader& reader) {
  sequence_ = reader.number();
  if (!visitors_.load(reader)) return false;
  if (reader.number() != tables_.size()) return reader.fail();
  for (CellTable& table : tables_) {
    if (!table.load(reader, funnels_)) return false;
  }
  return true;
}

void Rollups::reset_counters() {
  for (CellTable& table : tables_) table.reset_counters();
}

std::int64_t Rollups::cells_folded() const {
  std::int64_t folded = 0;
  for (const CellTable& table : tables_) folded += table.folded();
  return folded;
}

}  // namespace weir
