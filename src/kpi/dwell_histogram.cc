#include "weir/kpi/dwell_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace weir {
namespace {

constexpr unsigned kSubBits = 5;  // 32 bins per power of two
constexpr std::uint32_t kLinear = 1U << (kSubBits + 1);

}  // namespace

std::uint16_t DwellHistogram::bin_of(std::uint32_t dwell_ms) {
  if (dwell_ms < kLinear) return static_cast<std::uint16_t>(dwell_ms);
  const auto shift = static_cast<unsigned>(std::bit_width(dwell_ms)) - (kSubBits + 1);  // >= 1
  // The top kSubBits+1 bits, with the leading one counted as a whole row of 32 bins.
  return static_cast<std::uint16_t>((shift << kSubBits) + (dwell_ms >> shift));
}

double DwellHistogram::midpoint_ms(std::uint16_t bin) {
  if (bin < kLinear) return bin;
  const unsigned shift = (bin >> kSubBits) - 1U;
  const std::uint64_t low = std::uint64_t{bin - (shift << kSubBits)} << shift;
  return static_cast<double>(low) + (static_cast<double>(std::uint64_t{1} << shift) - 1.0) / 2.0;
}

void DwellHistogram::add(std::uint32_t dwell_ms, std::int64_t count) {
  if (count == 0) return;
  const std::uint16_t index = bin_of(dwell_ms);
  // Without gaps the bin would stand at its distance from the first one; gaps move it towards the front, a little.
  std::size_t high = bins_.empty() || index < bins_.front().index
                         ? 0
                         : std::min<std::size_t>(bins_.size(), std::size_t{index} - bins_.front().index + 1);
  std::size_t stride = 1;
  for (; high >= stride && bins_[high - stride].index >= index; stride *= 2) high -= stride;
  const std::size_t low = high >= stride ? high - stride : 0;
  const auto place = std::lower_bound(bins_.begin() + static_cast<std::ptrdiff_t>(low),
                                      bins_.begin() + static_cast<std::ptrdiff_t>(high), index,
                                      [](const Bin& bin, std::uint16_t wanted) { return bin.index < wanted; });
  if (place == bins_.end() || place->index != index) {
    bins_.insert(place, {index, count});
  } else if ((place->count += count) == 0) {
    bins_.erase(place);
  }
}

void DwellHistogram::merge(const DwellHistogram& other, std::int64_t sign) {
  if (other.bins_.empty()) return;
  std::vector<Bin> merged;
  merged.reserve(bins_.size() + other.bins_.size());
  auto mine = bins_.begin();
  for (const Bin& theirs : other.bins_) {
    while (mine != bins_.end() && mine->index < theirs.index) merged.push_back(*mine++);
    std::int64_t count = sign * theirs.count;
    if (mine != bins_.end() && mine->index == theirs.index) count += (mine++)->count;
    if (count != 0) merged.push_back({theirs.index, count});
  }
  merged.insert(merged.end(), mine, bins_.end());
  bins_ = std::move(merged);
}

std::int64_t DwellHistogram::count() const {
  std::int64_t total = 0;
  for (const Bin& bin : bins_) total += bin.count;
  return total;
}

std::optional<double> DwellHistogram::quantile_ms(double q) const {
  const std::int64_t total = count();
  if (total <= 0) return std::nullopt;
  const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(total))));
  std::int64_t seen = 0;
  for (const Bin& bin : bins_) {
    seen += bin.count;
    if (seen >= rank) return midpoint_ms(bin.index);
  }
  return midpoint_ms(bins_.back().index);
}

}  // namespace weir
