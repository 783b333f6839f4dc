// The bounds of the exported histogram against dwell times of many shapes: what histogram_quantile makes of the counts
// is near the true quantile.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "support/seed.h"
#include "weir/kpi/report.h"

namespace weir {
namespace {

using Engine = std::mt19937_64;
using Seconds = std::function<double(Engine&)>;

/// Half are longer than `median`.
Seconds lognormal(double median, double spread) {
  return [=](Engine& engine) { return std::lognormal_distribution<double>(std::log(median), spread)(engine); };
}
Seconds exponential(double mean) {
  return [=](Engine& engine) { return std::exponential_distribution<double>(1 / mean)(engine); };
}
/// A few pages with a pause behind each.
double paused(Engine& engine) {
  double seconds = 0;
  for (double pages = 1 + exponential(3)(engine); pages >= 1; --pages) seconds += 0.4 + exponential(25)(engine);
  return seconds;
}
/// Many who look around for seconds, others who read for minutes.
double of_two_kinds(Engine& engine) {
  return std::bernoulli_distribution(0.55)(engine) ? exponential(4)(engine) : lognormal(200, 1)(engine);
}

struct Shape {
  const char* name;
  Seconds seconds;
};

std::vector<Shape> shapes() {
  return {{"median 3 s", lognormal(3, 1.0)},
          {"median 20 s", lognormal(20, 1.2)},
          {"median 1 min", lognormal(60, 0.8)},
          {"median 2 min, wide", lognormal(120, 1.3)},
          {"median 7 min, narrow", lognormal(400, 0.6)},
          {"mean 8 s", exponential(8)},
          {"mean 1 min", exponential(60)},
          {"mean 5 min", exponential(300)},
          {"paused", paused},
          {"of two kinds", of_two_kinds}};
}

/// As Prometheus does it.
double histogram_quantile(const Counters& counters, double quantile, double sessions) {
  const double rank = quantile * sessions;
  double lower = 0;
  double below = 0;
  for (std::size_t i = 0; i < kDwellBucketBounds.size(); ++i) {
    const auto held = static_cast<double>(counters.dwell_buckets[i]);
    const double upper = kDwellBucketBounds[i];
    if (below + held >= rank) return lower + (upper - lower) * (rank - below) / held;
    below += held;
    lower = upper;
  }
  return lower;
}

TEST(DwellBuckets, quantiles_estimated_from_them_are_within_a_tenth_of_the_truth) {
  constexpr std::size_t kSessions = 20'000;
  Engine engine(support::test_seed());
  for (const Shape& shape : shapes()) {
    std::vector<double> dwells;
    Counters counters;
    for (std::size_t i = 0; i < kSessions; ++i) {
      SessionFacts session;
      session.dwell_known = true;
      session.dwell_ms = static_cast<std::uint32_t>(std::clamp(shape.seconds(engine), 0.1, 1800.0) * 1000);
      dwells.push_back(session.dwell_ms / 1000.0);
      counters.add(session, FunnelSet());
    }
    std::sort(dwells.begin(), dwells.end());
    for (const double quantile : {0.5, 0.95}) {
      const double truth = dwells[static_cast<std::size_t>(std::ceil(quantile * kSessions)) - 1];
      EXPECT_NEAR(histogram_quantile(counters, quantile, kSessions), truth, 0.1 * truth) << shape.name << quantile;
    }
  }
}

}  // namespace
}  // namespace weir
