// DwellHistogram: bounded error against the exact nearest rank, and what is added can be taken back.
#include "weir/kpi/dwell_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

#include "support/seed.h"

namespace weir {
namespace {

constexpr double kLargestError = 0.016;
constexpr std::uint32_t kLargest = std::numeric_limits<std::uint32_t>::max();
constexpr double kQuantiles[] = {0.001, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0};

TEST(DwellHistogram, every_magnitude_is_within_the_error_and_small_values_are_exact) {
  for (unsigned bits = 0; bits < 32; ++bits) {
    const std::uint64_t power = std::uint64_t{1} << bits;
    for (const std::uint64_t value :
         {power - 1, power, power + 1, power + power / 2, power + power / 32, power + power / 3, 2 * power - 1}) {
      const auto dwell_ms = static_cast<std::uint32_t>(value);
      const double midpoint_ms = DwellHistogram::midpoint_ms(DwellHistogram::bin_of(dwell_ms));
      EXPECT_LE(std::abs(midpoint_ms - dwell_ms), kLargestError * dwell_ms) << dwell_ms;
      if (dwell_ms < 64) {
        EXPECT_EQ(midpoint_ms, dwell_ms);
      }
    }
  }
}

TEST(DwellHistogram, bins_rise_with_the_value_without_gaps) {
  EXPECT_EQ(DwellHistogram::bin_of(0), 0);
  std::uint16_t previous = 0;
  for (std::uint32_t dwell_ms = 1; dwell_ms < 200'000; ++dwell_ms) {
    const std::uint16_t bin = DwellHistogram::bin_of(dwell_ms);
    ASSERT_TRUE(bin == previous || bin == previous + 1) << dwell_ms;
    previous = bin;
  }
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 100'000; ++i) {
    const auto a = static_cast<std::uint32_t>(random());
    const auto b = static_cast<std::uint32_t>(random() >> (random() % 32));
    ASSERT_LE(DwellHistogram::bin_of(std::min(a, b)), DwellHistogram::bin_of(std::max(a, b)));
  }
}

std::uint32_t nearest_rank(const std::vector<std::uint32_t>& sorted, double q) {
  const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(sorted.size())));
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

TEST(DwellHistogram, quantiles_of_random_values_are_within_the_error_of_nearest_rank) {
  std::mt19937_64 random(support::test_seed());
  for (int round = 0; round < 60; ++round) {
    std::vector<std::uint32_t> values(1 + random() % 3000);
    const unsigned widest_shift = static_cast<unsigned>(round) % 32;
    DwellHistogram histogram;
    for (std::uint32_t& value : values) {
      value = static_cast<std::uint32_t>(random()) >> (random() % (widest_shift + 1));
      histogram.add(value, 1);
    }
    std::sort(values.begin(), values.end());
    ASSERT_EQ(histogram.count(), static_cast<std::int64_t>(values.size()));
    for (const double q : kQuantiles) {
      const double exact_ms = nearest_rank(values, q);
      ASSERT_NEAR(histogram.quantile_ms(q).value(), exact_ms, kLargestError * exact_ms)
          << "q=" << q << " round=" << round;
    }
  }
}

TEST(DwellHistogram, small_sets_give_the_nearest_rank) {
  DwellHistogram histogram;
  for (const std::uint32_t dwell_ms : {10U, 20U, 30U, 40U}) histogram.add(dwell_ms, 1);
  EXPECT_EQ(histogram.quantile_ms(0.01), 10.0);
  EXPECT_EQ(histogram.quantile_ms(0.25), 10.0);
  EXPECT_EQ(histogram.quantile_ms(0.26), 20.0);
  EXPECT_EQ(histogram.quantile_ms(0.5), 20.0);
  EXPECT_EQ(histogram.quantile_ms(0.75), 30.0);
  EXPECT_EQ(histogram.quantile_ms(1.0), 40.0);
}

TEST(DwellHistogram, an_empty_one_has_no_quantile) {
  DwellHistogram histogram;
  EXPECT_EQ(histogram.quantile_ms(0.5), std::nullopt);
  histogram.add(5, 0);
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.quantile_ms(0.5), std::nullopt);
  histogram.add(5, 2);
  histogram.clear();
  EXPECT_EQ(histogram.quantile_ms(1.0), std::nullopt);
}

TEST(DwellHistogram, adding_nothing_between_does_not_disturb) {
  DwellHistogram histogram;
  histogram.add(5, 0);
  histogram.add(5, 3);
  histogram.add(7, 0);
  EXPECT_EQ(histogram.count(), 3);
  EXPECT_EQ(histogram.quantile_ms(1.0), 5.0);
}

TEST(DwellHistogram, what_was_added_can_be_taken_back_in_any_order) {
  std::mt19937_64 random(support::test_seed());
  std::vector<std::uint32_t> values(2000);
  for (std::uint32_t& value : values) value = static_cast<std::uint32_t>(random()) >> (random() % 32);
  DwellHistogram histogram;
  histogram.add(1000, 2);
  for (const std::uint32_t value : values) histogram.add(value, 1);
  std::shuffle(values.begin(), values.end(), random);
  for (const std::uint32_t value : values) histogram.add(value, -1);
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_NEAR(histogram.quantile_ms(0.01).value(), 1000, 16);
  EXPECT_NEAR(histogram.quantile_ms(1.0).value(), 1000, 16);
  histogram.add(1000, -2);
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.quantile_ms(0.5), std::nullopt);
}

TEST(DwellHistogram, merging_is_adding_and_merging_with_a_negative_sign_takes_back) {
  std::mt19937_64 random(support::test_seed());
  for (int round = 0; round < 60; ++round) {
    const std::uint64_t most = std::array{3U, 300U, 3000U}[random() % 3];  // few bins, or most of all
    const std::uint64_t share = 2 + random() % 20;
    DwellHistogram left;
    DwellHistogram right;
    DwellHistogram both;
    for (std::uint64_t i = random() % most; i > 0; --i) {
      const auto value = static_cast<std::uint32_t>(random()) >> (random() % 32);
      (random() % share == 0 ? left : right).add(value, 1);
      both.add(value, 1);
    }
    DwellHistogram merged = left;
    merged.merge(right);
    ASSERT_EQ(merged.count(), both.count());
    for (const double q : kQuantiles) ASSERT_EQ(merged.quantile_ms(q), both.quantile_ms(q));
    ByteWriter writer;
    merged.save(writer);
    ByteReader reader(writer.bytes());
    ASSERT_TRUE(merged.load(reader) && reader.done());
    ASSERT_EQ(merged.count(), both.count());
    for (const double q : kQuantiles) ASSERT_EQ(merged.quantile_ms(q), both.quantile_ms(q));
    merged.merge(left, -1);
    ASSERT_EQ(merged.count(), right.count());
    for (const double q : kQuantiles) ASSERT_EQ(merged.quantile_ms(q), right.quantile_ms(q));
    merged.merge(right, -1);
    ASSERT_EQ(merged.quantile_ms(1.0), std::nullopt);
  }
}

TEST(DwellHistogram, the_largest_value_has_a_bin) {
  DwellHistogram histogram;
  histogram.add(kLargest, 1);
  EXPECT_NEAR(histogram.quantile_ms(1.0).value(), kLargest, kLargestError * kLargest);
}

}  // namespace
}  // namespace weir
