// Dwell times as counts in log-linear bins: exact in counts, order-free, and what was added can be taken
// back. Quantiles are within 1.6 % of the nearest-rank value.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace weir {

/// Sparse histogram of dwell times in milliseconds (0 .. 2^32-1). Values below 64 ms have a bin each; above,
/// every power of two is divided into 32 bins (HdrHistogram's layout), so a bin is at most 3.2 % wide and
/// its midpoint at most 1.6 % off. Not thread-safe.
class DwellHistogram {
 public:
  /// Adds `count` (may be negative: takes back) sessions that dwelt `dwell_ms`.
  void add(std::uint32_t dwell_ms, std::int64_t count);
  /// Adds `sign` times another histogram.
  void merge(const DwellHistogram& other, std::int64_t sign = 1);
  void clear() {
    bins_.clear();
    counts_.clear();
  }

  /// Sessions held.
  std::int64_t count() const;

  /// Nearest-rank quantile in milliseconds: the midpoint of the bin that holds the ceil(q * n)-th smallest
  /// value, 0 < q <= 1. nullopt when empty.
  std::optional<double> quantile_ms(double q) const;

  static std::uint16_t bin_of(std::uint32_t dwell_ms);
  static double midpoint_ms(std::uint16_t bin);

 private:
  // Apart, because looking for a bin should touch as little memory as possible.
  std::vector<std::uint16_t> bins_;   // ascending
  std::vector<std::int64_t> counts_;  // of the bin at the same place; never 0
};

}  // namespace weir
