// Random numbers of the generator: the same on every machine and standard library, unlike std's distributions.
// Never used for anything that must be hard to guess.
#pragma once

#include <cmath>
#include <cstdint>

#include "weir/core/clock.h"

namespace weir::generator {

/// SplitMix64 (S. Vigna, public domain): 64 bits of state, passes BigCrush.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15ULL;
    std::uint64_t bits = state_;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9ULL;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebULL;
    return bits ^ (bits >> 31);
  }

  /// 0 <= value < 1.
  double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// 0 <= value < bound; bound 1..2^32. The bias of the plain product is below bound / 2^32.
  std::uint32_t below(std::uint64_t bound) { return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32); }
  /// first <= value <= last.
  TimeMs between(TimeMs first, TimeMs last) {
    return first + static_cast<TimeMs>(unit() * static_cast<double>(last - first + 1));
  }
  /// True with the given probability.
  bool chance(double probability) { return unit() < probability; }
  /// Exponentially distributed with the given mean.
  double exponential(double mean) { return -mean * std::log1p(-unit()); }

 private:
  std::uint64_t state_;
};

/// A seed for an independent stream of numbers.
inline std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t stream) {
  Random mixer(seed ^ (stream * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL));
  mixer.next();
  return mixer.next();
}

}  // namespace weir::generator
