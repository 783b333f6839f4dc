#include "weir/window/pane_ring.h"

#include <algorithm>

namespace weir {

/// The place of the first pane that is not below `index`. Indices ascend, which bounds the place from both ends; when
/// no pane between is missing, one place is left.
std::size_t PaneRing::place_of(std::int64_t index) const {
  if (size_ == 0 || pane(size_ - 1).index < index) return size_;
  const auto most = static_cast<std::int64_t>(size_) - 1;
  std::int64_t low = std::max<std::int64_t>(0, most - (pane(size_ - 1).index - index));
  std::int64_t high = std::clamp<std::int64_t>(index - pane(0).index, low, most);
  while (low < high) {
    const std::int64_t middle = (low + high) / 2;
    if (pane(static_cast<std::size_t>(middle)).index < index) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return static_cast<std::size_t>(low);
}

void PaneRing::drop_first() {
  std::pmr::polymorphic_allocator<>(slots_.get_allocator()).delete_object(pane(0).totals);
  first_ = (first_ + 1) & (slots_.size() - 1);
  --size_;
}

Totals& PaneRing::at(std::int64_t index, std::int64_t first_kept) {
  while (size_ > 0 && pane(0).index < first_kept) drop_first();
  const std::size_t place = place_of(index);
  if (place < size_ && pane(place).index == index) return *pane(place).totals;
  return insert(place, index);
}

Totals& PaneRing::insert(std::size_t place, std::int64_t index) {
  std::pmr::polymorphic_allocator<> memory = slots_.get_allocator();
  if (size_ == slots_.size()) {
    std::pmr::vector<Pane> larger(std::max<std::size_t>(1, 2 * size_), memory);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = pane(i);
    slots_.swap(larger);
    first_ = 0;
  }
  Totals* const totals = memory.new_object<Totals>(memory.resource());
  for (std::size_t i = size_++; i > place; --i) pane(i) = pane(i - 1);
  pane(place) = {index, totals};
  return *totals;
}

Totals* PaneRing::find(std::int64_t index) {
  const std::size_t place = place_of(index);
  return place < size_ && pane(place).index == index ? pane(place).totals : nullptr;
}

void PaneRing::sum_into(std::int64_t first, std::int64_t last, Totals& sum) const {
  for (std::size_t place = place_of(first); place < size_ && pane(place).index <= last; ++place) {
    sum.merge(*pane(place).totals);
  }
}

void PaneRing::merge(const PaneRing& other, std::int64_t first_kept) {
  for (std::size_t place = other.place_of(first_kept); place < other.size_; ++place) {
    at(other.pane(place).index, first_kept).merge(*other.pane(place).totals);
  }
}

void PaneRing::save(ByteWriter& writer) const {
  writer.number(size_);
  for (std::size_t place = 0; place < size_; ++place) {
    writer.number(static_cast<std::uint64_t>(pane(place).index));
    pane(place).totals->save(writer);
  }
}

bool PaneRing::load(ByteReader& reader, const FunnelSet& funnels) {
  constexpr std::size_t kLeastPaneBytes = kPartCount + 3;
  for (std::size_t left = reader.count(kLeastPaneBytes); left > 0; --left) {
    const std::int64_t index = reader.time();
    if (size_ > 0 && pane(size_ - 1).index >= index) return reader.fail();
    if (!insert(size_, index).load(reader, funnels)) return false;
  }
  return reader.ok();
}

}  // namespace weir
