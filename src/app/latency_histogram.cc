#include "latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

#include "weir/core/check.h"

namespace weir {
namespace {

// Values below kLinear have a bucket each. Above it, every doubling is cut into kLinear / 2 buckets of equal width.
constexpr unsigned kLinearBits = 8;
constexpr std::uint64_t kLinear = 1ULL << kLinearBits;
constexpr std::uint64_t kHalf = kLinear / 2;
constexpr std::int64_t kLargestNs = 3'600'000'000'000;

constexpr std::size_t bucket_of(std::uint64_t value) {
  if (value < kLinear) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kLinearBits;
  return shift * kHalf + (value >> shift);
}

/// Middle of a bucket.
constexpr std::int64_t value_of(std::size_t bucket) {
  if (bucket < kLinear) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = bucket / kHalf - 1;
  const std::uint64_t low = (bucket - shift * kHalf) << shift;
  return static_cast<std::int64_t>(low + (1ULL << shift) / 2);
}

static_assert(value_of(bucket_of(200)) == 200 && bucket_of(kLinear) == kLinear);
static_assert(bucket_of(2 * kLinear) == bucket_of(2 * kLinear - 1) + 1);

}  // namespace

LatencyHistogram::LatencyHistogram() : buckets_(bucket_of(kLargestNs) + 1) {}

void LatencyHistogram::add(std::int64_t latency_ns) {
  const std::int64_t counted_ns = std::max<std::int64_t>(latency_ns, 0);
  ++buckets_[bucket_of(static_cast<std::uint64_t>(std::min(counted_ns, kLargestNs)))];
  ++count_;
  max_ns_ = std::max(max_ns_, counted_ns);
  sum_ns_ += static_cast<double>(counted_ns);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ns_ = std::max(max_ns_, other.max_ns_);
  sum_ns_ += other.sum_ns_;
}

void LatencyHistogram::clear() { *this = LatencyHistogram(); }

double LatencyHistogram::mean_ns() const { return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_); }

std::int64_t LatencyHistogram::percentile_ns(double percent) const {
  WEIR_CHECK(percent > 0 && percent <= 100);
  if (count_ == 0) return 0;
  // A hair off, so that 99.9 % of 1000 is rank 999 although 0.999 has no exact binary form.
  const double exact_rank = percent / 100 * static_cast<double>(count_) - 1e-6;
  const auto rank = static_cast<std::uint64_t>(std::max(1.0, std::ceil(exact_rank)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= rank) return i + 1 == buckets_.size() ? max_ns_ : std::min(value_of(i), max_ns_);
  }
  return max_ns_;
}

}  // namespace weir
