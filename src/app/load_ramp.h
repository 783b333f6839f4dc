// LoadRamp: which rate to try next on the way to the knee, the highest rate a target takes. Pure arithmetic: doubles
// until a rate is too much, then halves the gap. It never sends anything.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "load_run.h"

namespace weir {

/// More than 1 % of the requests were late because their events were not made in time, and the target took them all:
/// how fast it is cannot be known from here.
bool is_own_limit(const LoadResult& result);

/// Why a target did not take a rate; empty when it did: nothing refused or failed, p99 within its bound, and at least
/// 95 % of what was asked for sent and, but for what is under way as long as the quickest answers are, accepted.
std::string reason_of_strain(const LoadResult& result, TimeMs p99_ms);

class LoadRamp {
 public:
  /// The knee is known when the lowest bad rate is at most so much above the highest good one.
  static constexpr double kPrecision = 1.1;
  static constexpr std::size_t kMostSteps = 30;

  explicit LoadRamp(double first_rate) : rate_(first_rate) {}

  /// What to try now; nullopt when the knee is known, or cannot be found: at the bounds of rates, or after kMostSteps.
  std::optional<double> rate() const { return rate_; }
  /// Takes down how rate() went. What is too much once may be a hiccup of the machine: rate() stays the same, and only
  /// when it is too much again it was.
  void took_it();
  void strained();
  /// rate() was too much before.
  bool repeats() const { return repeats_; }

  /// The highest rate that was taken, below every one that was not.
  std::optional<double> last_good() const { return good_; }
  std::optional<double> first_bad() const { return bad_; }

 private:
  void choose_next();

  std::optional<double> rate_;
  std::optional<double> good_;
  std::optional<double> bad_;
  bool repeats_ = false;
  std::size_t steps_ = 0;  // rates tried
};

}  // namespace weir
