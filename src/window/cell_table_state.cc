// The cells of a rollup as bytes, for snapshots: those that may be folded in the order of their queue, then the others.
#include <algorithm>

#include "weir/core/text.h"
#include "weir/window/cell_table.h"

namespace weir {
namespace {

constexpr std::size_t kMostLabelBytes = 1024;  // limits.label_bytes cannot be more

}  // namespace

void CellTable::save(ByteWriter& writer) const {
  writer.flag(has_folded_);
  writer.number(index_.size());
  for (const std::size_t index : queue_) save_cell(index, writer);
  for (std::size_t index = 0; index < cells_.size(); ++index) {
    if (cells_[index] && cells_[index]->other) save_cell(index, writer);
  }
}

void CellTable::save_cell(std::size_t index, ByteWriter& writer) const {
  const Cell& cell = *cells_[index];
  writer.fixed(cell.key);
  writer.fixed(cell_site_[index]);
  writer.number(cell.created);
  writer.flag(cell.other);
  writer.number(cell.weight);
  for (const std::string& label : cell.labels) writer.text(label);
  cell.all_time.save(writer);
  for (const PaneRing& panes : cell.panes) panes.save(writer);
}

bool CellTable::load(ByteReader& reader, const FunnelSet& funnels) {
  constexpr std::size_t kLeastCellBytes = 2 * 8 + 4 + kPartCount + 3;
  has_folded_ = reader.flag();
  for (std::size_t left = reader.count(kLeastCellBytes); left > 0; --left) {
    if (!load_cell(reader, funnels)) return false;
  }
  ++changes_;
  return reader.ok();
}

bool CellTable::load_cell(ByteReader& reader, const FunnelSet& funnels) {
  auto cell = std::make_unique<Cell>(windows_.size(), memory_);
  cell->key = reader.fixed();
  const Symbol site = reader.fixed();
  cell->created = reader.number();
  cell->other = reader.flag();
  cell->weight = static_cast<std::uint32_t>(reader.number(0xffffffffU));
  for (std::size_t i = 0; i < 1 + rollup_.dimensions.size(); ++i) {
    const std::string_view label = reader.text();
    // One label that is not clean would break every scrape.
    if (label.empty() || !is_clean_label(label, kMostLabelBytes)) return reader.fail();
    cell->labels.emplace_back(label);
  }
  if (!cell->all_time.load(reader, funnels)) return false;
  for (PaneRing& panes : cell->panes) {
    if (!panes.load(reader, funnels)) return false;
  }
  if (!index_.emplace(cell->key, cells_.size()).second) return reader.fail();
  if (cell->other) {
    ++others_;
  } else {
    queue_.push_back(cells_.size());
  }
  cells_.push_back(std::move(cell));
  cell_site_.push_back(site);
  return true;
}

void CellTable::reset_counters() {
  for (const auto& cell : cells_) {
    if (cell) cell->counters = Counters{};
  }
}

}  // namespace weir
