#include "weir/window/cell_table.h"

#include <algorithm>

#include "weir/core/check.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

constexpr std::size_t kMaxOthers = 64;  // sites with an __other__ cell of their own
constexpr std::size_t kSite = static_cast<std::size_t>(Dimension::kSite);

}  // namespace

CellTable::CellTable(const Rollup& rollup, std::size_t capacity, std::vector<WindowShape> windows,
                     const SymbolTable& symbols, SpecialSymbols special, std::pmr::memory_resource* memory)
    : rollup_(rollup),
      capacity_(capacity),
      windows_(std::move(windows)),
      symbols_(symbols),
      special_(special),
      memory_(memory) {
  first_kept_.resize(windows_.size());
  advance(0);
}

void CellTable::advance(TimeMs now_ms) {
  for (std::size_t w = 0; w < windows_.size(); ++w) {
    first_kept_[w] = windows_[w].first_pane(windows_[w].pane_of(now_ms));
  }
}

CellKey CellTable::key_of(const DimensionValues& dimensions) const {
  CellKey key = mix(dimensions[kSite], rollup_.dimensions.size());
  for (const Dimension dimension : rollup_.dimensions) {
    key = mix(key, dimensions[static_cast<std::size_t>(dimension)]);
  }
  return key;
}

Cell* CellTable::find(CellKey key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : cells_[found->second].get();
}

Cell& CellTable::obtain(Cell* found, const DimensionValues& dimensions, std::uint64_t sequence) {
  Cell* cell = found;
  if (cell == nullptr) cell = create(key_of(dimensions), dimensions, sequence);
  if (cell == nullptr) cell = &other_of(dimensions[kSite]);
  ++cell->weight;
  return *cell;
}

Cell& CellTable::holder(Cell* found, const DimensionValues& dimensions, std::uint64_t sequence) {
  if (found != nullptr && found->created <= sequence) return *found;
  return other_of(dimensions[kSite]);
}

Cell* CellTable::create(CellKey key, const DimensionValues& dimensions, std::uint64_t sequence) {
  std::vector<std::string> labels;
  const auto add_label = [&](Symbol symbol) {
    std::optional<std::string> text = text_of(symbol);
    if (text) labels.push_back(std::move(*text));
    return text.has_value();
  };
  if (!add_label(dimensions[kSite])) return nullptr;
  for (const Dimension dimension : rollup_.dimensions) {
    if (!add_label(dimensions[static_cast<std::size_t>(dimension)])) return nullptr;
  }
  // A client's labels may spell out those of an __other__ cell; two rows of equal labels would break a scrape.
  const bool spells_other = std::all_of(labels.begin() + (rollup_.dimensions.empty() ? 0 : 1), labels.end(),
                                        [](const std::string& label) { return label == kOtherLabel; });
  if (spells_other) return nullptr;
  if (index_.size() - others_ >= capacity_ && !fold_one()) return nullptr;
  std::size_t slot = cells_.size();
  if (free_.empty()) {
    cells_.emplace_back();
    cell_site_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  auto cell = std::make_unique<Cell>(windows_.size(), memory_);
  cell->key = key;
  // Before anything was folded nothing of this key can be in __other__.
  cell->created = has_folded_ ? sequence : 0;
  cell->labels = std::move(labels);
  cells_[slot] = std::move(cell);
  cell_site_[slot] = dimensions[kSite];
  index_.emplace(key, slot);
  ++changes_;
  queue_.push_back(slot);
  return cells_[slot].get();
}

Cell& CellTable::other_of(Symbol site) {
  has_folded_ = true;
  DimensionValues dimensions;
  dimensions.fill(special_.other);
  if (!rollup_.dimensions.empty()) dimensions[kSite] = site;
  CellKey key = key_of(dimensions);
  if (Cell* cell = find(key)) return *cell;
  std::optional<std::string> site_text = text_of(dimensions[kSite]);
  if (others_ >= kMaxOthers || !site_text) {
    dimensions[kSite] = special_.other;
    site_text = kOtherLabel;
    key = key_of(dimensions);
    if (Cell* cell = find(key)) return *cell;
  }
  auto cell = std::make_unique<Cell>(windows_.size(), memory_);
  cell->key = key;
  cell->other = true;
  cell->labels.assign(1 + rollup_.dimensions.size(), std::string(kOtherLabel));
  cell->labels[0] = *site_text;
  ++others_;
  index_.emplace(key, cells_.size());
  ++changes_;
  cells_.push_back(std::move(cell));
  cell_site_.push_back(dimensions[kSite]);
  return *cells_.back();
}

bool CellTable::fold_one() {
  // Each pass halves weights, so some cell that is not pinned comes up within 32 passes.
  const std::size_t most = queue_.size() * 33;
  for (std::size_t i = 0; i < most; ++i) {
    const std::size_t candidate = queue_.front();
    queue_.pop_front();
    Cell& cell = *cells_[candidate];
    const bool pinned = pinned_ && pinned_->contains(cell.key);
    if (!pinned && cell.weight <= 1) {
      fold(candidate);
      return true;
    }
    cell.weight /= 2;
    queue_.push_back(candidate);
  }
  return false;
}

void CellTable::fold(std::size_t slot) {
  std::unique_ptr<Cell> cell = std::move(cells_[slot]);
  index_.erase(cell->key);
  ++changes_;
  free_.push_back(slot);
  ++folded_;
  Cell& other = other_of(cell_site_[slot]);
  other.all_time.merge(cell->all_time);
  other.counters.merge(cell->counters);
  for (std::size_t w = 0; w < windows_.size(); ++w) other.panes[w].merge(cell->panes[w], first_kept(w));
}

std::optional<std::string> CellTable::text_of(Symbol symbol) const {
  if (symbol == special_.none) return std::string(kNoneLabel);
  if (symbol == special_.other) return std::string(kOtherLabel);
  return symbols_.text(symbol);
}

}  // namespace weir
