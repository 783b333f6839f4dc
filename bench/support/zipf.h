// Random numbers of a Zipf distribution, for visitors of whom few are most of the traffic.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <random>

namespace weir::bench {

/// Ranks 0..count-1; rank k is drawn in proportion to 1 / (k + 1)^skew, skew below 1. Source of the formula: Gray et
/// al., "Quickly Generating Billion-Record Synthetic Databases" (SIGMOD 1994), section 3.
class Zipf {
 public:
  Zipf(std::size_t count, double skew) : count_(static_cast<double>(count)), skew_(skew), zeta_(zeta(count, skew)) {
    alpha_ = 1 / (1 - skew);
    eta_ = (1 - std::pow(2 / count_, 1 - skew)) / (1 - zeta(2, skew) / zeta_);
  }

  std::size_t operator()(std::mt19937_64& random) const {
    const double uniform = std::uniform_real_distribution<double>()(random);
    const double scaled = uniform * zeta_;
    if (scaled < 1) return 0;
    if (scaled < 1 + std::pow(0.5, skew_)) return 1;
    const double rank = count_ * std::pow(eta_ * uniform - eta_ + 1, alpha_);
    return static_cast<std::size_t>(std::min(rank, count_ - 1));
  }

 private:
  static double zeta(std::size_t count, double skew) {
    double sum = 0;
    for (std::size_t rank = 1; rank <= count; ++rank) sum += std::pow(static_cast<double>(rank), -skew);
    return sum;
  }

  double count_;
  double skew_;
  double zeta_;
  double alpha_ = 0;
  double eta_ = 0;
};

}  // namespace weir::bench
