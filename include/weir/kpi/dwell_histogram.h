// Dwell times as counts in log-linear bins: exact in counts, order-free, and what was added can be taken
// back. Quantiles are within 1.6 % of the nearest-rank value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <vector>

#include "weir/core/codec.h"

namespace weir {

/// Sparse histogram of dwell times in milliseconds (0 .. 2^32-1). Values below 64 ms have a bin each; above,
/// every power of two is divided into 32 bins (HdrHistogram's layout), so a bin is at most 3.2 % wide and
/// its midpoint at most 1.6 % off. Not thread-safe.
///
/// Single sessions wait in a short list before they are sorted in, many at a time: of the histograms of many cells
/// hardly one is in the cache when its turn comes, and then it should be worth the wait. Most histograms stay small;
/// one with a good part of all bins has a place for each.
class DwellHistogram {
 public:
  DwellHistogram() = default;
  /// Grows in `memory`, which outlives it; copies of it do not.
  explicit DwellHistogram(std::pmr::memory_resource* memory) : bins_(memory), counts_(memory) {}

  /// Adds `count` (may be negative: takes back) sessions that dwelt `dwell_ms`.
  void add(std::uint32_t dwell_ms, std::int64_t count);
  /// Adds (`sign` +1) or takes back (-1) one session whose dwell time is of this bin.
  void add_one(std::uint16_t bin, int sign) {
    waiting_[waiting_count_++] = static_cast<std::uint16_t>(2 * bin + (sign < 0));
    if (waiting_count_ == kMostWaiting) sort_in();
  }
  /// Adds `sign` times another histogram.
  void merge(const DwellHistogram& other, std::int64_t sign = 1);
  void clear();

  /// Sessions held.
  std::int64_t count() const;

  /// Nearest-rank quantile in milliseconds: the midpoint of the bin that holds the ceil(q * n)-th smallest
  /// value, 0 < q <= 1. nullopt when empty.
  std::optional<double> quantile_ms(double q) const;

  void save(ByteWriter& writer) const;
  /// In place of what it holds. False when the bytes are not what save() writes.
  bool load(ByteReader& reader);

  static std::uint16_t bin_of(std::uint32_t dwell_ms);
  static double midpoint_ms(std::uint16_t bin);

 private:
  static constexpr std::size_t kMostWaiting = 31;  // with their count a line of the cache
  static constexpr std::size_t kMostSparse = 256;  // bins

  std::span<const std::uint16_t> waiting() const { return std::span(waiting_).first(waiting_count_); }
  template <class Visit>
  void for_each_bin(Visit visit) const;
  bool is_dense() const { return bins_.empty() && !counts_.empty(); }
  void make_dense();
  std::size_t place_of(std::uint16_t bin) const;
  void add_bin(std::uint16_t bin, std::int64_t count);
  void sort_in();
  DwellHistogram sorted_in() const;

  // Apart, because looking for a bin should touch as little memory as possible.
  std::pmr::vector<std::uint16_t> bins_;               // ascending; empty when dense
  std::pmr::vector<std::int64_t> counts_;              // of the bin at the same place, never 0; dense: of all bins
  std::array<std::uint16_t, kMostWaiting> waiting_{};  // 2 x bin, or 2 x bin + 1 for a session taken back
  std::uint16_t waiting_count_ = 0;
};

}  // namespace weir
