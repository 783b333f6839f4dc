#include "weir/kpi/dwell_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

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
  const std::uint16_t bin = bin_of(dwell_ms);
  // Without gaps the bin would stand at its distance from the first one; gaps move it towards the front, a little.
  std::size_t high = bins_.empty() || bin < bins_.front()
                         ? 0
                         : std::min<std::size_t>(bins_.size(), std::size_t{bin} - bins_.front() + 1);
  std::size_t stride = 1;
  for (; high >= stride && bins_[high - stride] >= bin; stride *= 2) high -= stride;
  const std::size_t low = high >= stride ? high - stride : 0;
  const auto first = bins_.begin() + static_cast<std::ptrdiff_t>(low);
  const auto place = std::lower_bound(first, bins_.begin() + static_cast<std::ptrdiff_t>(high), bin);
  const auto count_place = counts_.begin() + (place - bins_.begin());
  if (place == bins_.end() || *place != bin) {
    counts_.insert(count_place, count);
    bins_.insert(place, bin);
  } else if ((*count_place += count) == 0) {
    counts_.erase(count_place);
    bins_.erase(place);
  }
}

void DwellHistogram::merge(const DwellHistogram& other, std::int64_t sign) {
  if (other.bins_.empty()) return;
  DwellHistogram merged;
  const auto append = [&merged](std::uint16_t bin, std::int64_t count) {
    if (count == 0) return;
    merged.bins_.push_back(bin);
    merged.counts_.push_back(count);
  };
  std::size_t mine = 0;
  for (std::size_t theirs = 0; theirs < other.bins_.size(); ++theirs) {
    const std::uint16_t bin = other.bins_[theirs];
    for (; mine < bins_.size() && bins_[mine] < bin; ++mine) append(bins_[mine], counts_[mine]);
    std::int64_t count = sign * other.counts_[theirs];
    if (mine < bins_.size() && bins_[mine] == bin) count += counts_[mine++];
    append(bin, count);
  }
  for (; mine < bins_.size(); ++mine) append(bins_[mine], counts_[mine]);
  *this = std::move(merged);
}

std::int64_t DwellHistogram::count() const { return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}); }

std::optional<double> DwellHistogram::quantile_ms(double q) const {
  const std::int64_t total = count();
  if (total <= 0) return std::nullopt;
  const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(total))));
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < bins_.size(); ++i) {
    seen += counts_[i];
    if (seen >= rank) return midpoint_ms(bins_[i]);
  }
  return midpoint_ms(bins_.back());
}

}  // namespace weir
