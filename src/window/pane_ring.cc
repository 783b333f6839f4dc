#include "weir/window/pane_ring.h"

#include <algorithm>

namespace weir {

Totals& PaneRing::at(std::int64_t index, std::int64_t first_kept) {
  const auto first = std::find_if(panes_.begin(), panes_.end(), [&](const Pane& p) { return p.index >= first_kept; });
  panes_.erase(panes_.begin(), first);
  auto place = panes_.end();
  while (place != panes_.begin() && std::prev(place)->index >= index) --place;
  if (place == panes_.end() || place->index != index) place = panes_.insert(place, Pane{index, {}});
  return place->totals;
}

Totals* PaneRing::find(std::int64_t index) {
  for (auto pane = panes_.rbegin(); pane != panes_.rend() && pane->index >= index; ++pane) {
    if (pane->index == index) return &pane->totals;
  }
  return nullptr;
}

void PaneRing::sum_into(std::int64_t first, std::int64_t last, Totals& sum) const {
  for (const Pane& pane : panes_) {
    if (pane.index >= first && pane.index <= last) sum.merge(pane.totals);
  }
}

void PaneRing::merge(const PaneRing& other, std::int64_t first_kept) {
  for (const Pane& pane : other.panes_) {
    if (pane.index >= first_kept) at(pane.index, first_kept).merge(pane.totals);
  }
}

void PaneRing::save(ByteWriter& writer) const {
  writer.number(panes_.size());
  for (const Pane& pane : panes_) {
    writer.number(static_cast<std::uint64_t>(pane.index));
    pane.totals.save(writer);
  }
}

bool PaneRing::load(ByteReader& reader, const FunnelSet& funnels) {
  constexpr std::size_t kLeastPaneBytes = kPartCount + 3;
  for (std::size_t left = reader.count(kLeastPaneBytes); left > 0; --left) {
    Pane pane{reader.time(), {}};
    if (!pane.totals.load(reader, funnels)) return false;
    if (!panes_.empty() && panes_.back().index >= pane.index) return reader.fail();
    panes_.push_back(std::move(pane));
  }
  return reader.ok();
}

}  // namespace weir
