// LatencyHistogram: how often each latency occurred, in buckets that grow with the latency, so that every percentile
// is right to 0.4 % at any scale and recording one is an addition. (Debian 12 has no C or C++ HdrHistogram.)
#pragma once

#include <cstdint>
#include <vector>

namespace weir {

/// One thread. Latencies are nanoseconds; about 70 KB.
class LatencyHistogram {
 public:
  /// Largest relative error of a percentile: half a bucket.
  static constexpr double kRelativeError = 1.0 / 256;

  LatencyHistogram();

  /// Counts one latency. Negative ones count as 0, those beyond an hour as an hour (max_ns() tells all).
  void add(std::int64_t latency_ns);
  void add(const LatencyHistogram& other);
  void clear();

  std::uint64_t count() const { return count_; }
  std::int64_t max_ns() const { return max_ns_; }  // exact; 0 when empty
  double mean_ns() const;                          // exact; 0 when empty

  /// Nearest rank: the smallest latency that at least `percent` of all do not exceed; never above max_ns(). 0 when
  /// empty. 0 < percent <= 100.
  std::int64_t percentile_ns(double percent) const;

 private:
  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::int64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace weir
