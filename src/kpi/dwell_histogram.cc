#include "weir/kpi/dwell_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

namespace weir {
namespace {

constexpr unsigned kSubBits = 5;  // 32 bins per power of two
constexpr std::uint32_t kLinear = 1U << (kSubBits + 1);
constexpr std::size_t kBins = (32 - kSubBits + 1) << kSubBits;

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

/// Where `bin` is among the bins held, or would be. A binary search without branches: the processor could not foresee
/// them, and a wrong guess costs more than all the steps.
std::size_t DwellHistogram::place_of(std::uint16_t bin) const {
  if (bins_.empty()) return 0;
  const std::uint16_t* first = bins_.data();
  for (std::size_t count = bins_.size(); count > 1; count -= count / 2) {
    const std::size_t half = count / 2;
    first += half * static_cast<std::size_t>(first[half - 1] < bin);
  }
  return static_cast<std::size_t>(first - bins_.data()) + static_cast<std::size_t>(*first < bin);
}

void DwellHistogram::add(std::uint32_t dwell_ms, std::int64_t count) {
  const std::uint16_t bin = bin_of(dwell_ms);
  if (count != 1 && count != -1) return add_bin(bin, count);
  add_one(bin, static_cast<int>(count));
}

/// Calls `visit(bin, count)` for each bin that was sorted in, ascending.
template <class Visit>
void DwellHistogram::for_each_bin(Visit visit) const {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::size_t bin = is_dense() ? i : bins_[i];
    if (counts_[i] != 0) visit(static_cast<std::uint16_t>(bin), counts_[i]);
  }
}

void DwellHistogram::make_dense() {
  std::pmr::vector<std::int64_t> counts(kBins, counts_.get_allocator());
  for_each_bin([&](std::uint16_t bin, std::int64_t count) { counts[bin] = count; });
  counts_.swap(counts);
  bins_.clear();
  bins_.shrink_to_fit();
}

void DwellHistogram::sort_in() {
  for (const std::uint16_t entry : waiting()) add_bin(entry / 2, entry % 2 == 0 ? 1 : -1);
  waiting_count_ = 0;
}

DwellHistogram DwellHistogram::sorted_in() const {
  DwellHistogram copy = *this;
  copy.sort_in();
  return copy;
}

void DwellHistogram::save(ByteWriter& writer) const {
  const DwellHistogram whole = sorted_in();
  std::size_t bins = 0;
  whole.for_each_bin([&](std::uint16_t, std::int64_t) { ++bins; });
  writer.number(bins);
  whole.for_each_bin([&](std::uint16_t bin, std::int64_t count) {
    writer.number(bin);
    writer.signed_number(count);
  });
}

bool DwellHistogram::load(ByteReader& reader) {
  clear();
  std::int64_t last = -1;
  for (std::size_t left = reader.count(2); left > 0; --left) {
    const auto bin = static_cast<std::uint16_t>(reader.number(kBins - 1));
    const std::int64_t count = reader.sum();
    if (count == 0 || bin <= last) return reader.fail();
    add_bin(bin, count);
    last = bin;
  }
  return reader.ok();
}

void DwellHistogram::clear() {
  bins_.clear();
  counts_.clear();
  waiting_count_ = 0;
}

void DwellHistogram::add_bin(std::uint16_t bin, std::int64_t count) {
  if (count == 0) return;
  if (is_dense()) {
    counts_[bin] += count;
    return;
  }
  const auto place = bins_.begin() + static_cast<std::ptrdiff_t>(place_of(bin));
  const auto count_place = counts_.begin() + (place - bins_.begin());
  if (place == bins_.end() || *place != bin) {
    counts_.insert(count_place, count);
    bins_.insert(place, bin);
    if (bins_.size() > kMostSparse) make_dense();
  } else if ((*count_place += count) == 0) {
    counts_.erase(count_place);
    bins_.erase(place);
  }
}

void DwellHistogram::merge(const DwellHistogram& other, std::int64_t sign) {
  for (const std::uint16_t entry : other.waiting()) add_bin(entry / 2, entry % 2 == 0 ? sign : -sign);
  if (other.counts_.empty()) return;
  if (is_dense() || other.is_dense()) {
    if (!is_dense()) make_dense();
    other.for_each_bin([&](std::uint16_t bin, std::int64_t count) { counts_[bin] += sign * count; });
    return;
  }
  DwellHistogram merged(bins_.get_allocator().resource());
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
  bins_.swap(merged.bins_);
  counts_.swap(merged.counts_);
  if (bins_.size() > kMostSparse) make_dense();
}

std::int64_t DwellHistogram::count() const {
  std::int64_t sessions = std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
  for (const std::uint16_t entry : waiting()) sessions += entry % 2 == 0 ? 1 : -1;
  return sessions;
}

std::optional<double> DwellHistogram::quantile_ms(double q) const {
  if (waiting_count_ > 0) return sorted_in().quantile_ms(q);
  const std::int64_t total = count();
  if (total <= 0) return std::nullopt;
  const auto rank = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(total))));
  std::int64_t seen = 0;
  std::uint16_t found = 0;
  for_each_bin([&](std::uint16_t bin, std::int64_t count) {
    if (seen < rank) found = bin;
    seen += count;
  });
  return midpoint_ms(found);
}

}  // namespace weir
