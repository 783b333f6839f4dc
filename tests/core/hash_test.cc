// Seeded hashing: never 0, ruled by the seed, and mixing depends on the order.
#include "weir/core/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "support/seed.h"

namespace weir {
namespace {

TEST(Hasher, the_same_text_and_seed_give_the_same_hash_and_another_seed_another) {
  const Hasher one(1);
  const Hasher same(1);
  const Hasher other(2);
  for (const char* text :
       {"", "a", "visitor", "a rather long text that fills more than one block of the hash function, 64 bytes"}) {
    EXPECT_EQ(one(text), same(text));
    EXPECT_NE(one(text), other(text));
    EXPECT_NE(one(text), 0U);
  }
  EXPECT_NE(one(std::string("a\0b", 3)), one("a"));
}

TEST(Mix, order_matters_and_zero_never_comes_out) {
  EXPECT_NE(mix(1, 2), mix(2, 1));
  EXPECT_NE(mix(0, 0), 0U);
  // A pair whose parts cancel out before the finaliser, which maps 0 to 0.
  constexpr std::uint64_t kCancelling = 1 - 0x9e3779b97f4a7c15ULL - 64;
  EXPECT_EQ(mix(1, kCancelling), 1U);
}

TEST(Mix, neighbouring_inputs_scatter) {
  const std::uint64_t seed = support::test_seed();
  std::mt19937_64 random(seed);
  std::unordered_set<std::uint64_t> seen;
  std::int64_t flipped = 0;
  constexpr int kRounds = 20'000;
  for (int i = 0; i < kRounds; ++i) {
    const std::uint64_t a = random();
    const std::uint64_t b = random();
    const std::uint64_t hash = mix(a, b);
    seen.insert(hash);
    flipped += std::popcount(hash ^ mix(a, b ^ (std::uint64_t{1} << (random() % 64))));
  }
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(kRounds));
  EXPECT_NEAR(static_cast<double>(flipped) / kRounds, 32.0, 1.0);
}

TEST(Hasher, texts_made_to_collide_under_one_seed_scatter_under_another) {
  constexpr int kShift = 64 - 8;
  constexpr std::size_t kTexts = 2000;
  const Hasher known(1);
  const Hasher unknown(random_seed());
  // Ids that all have the same place in a table of 256, as who knows the seed can find them.
  std::vector<std::size_t> places(256);
  std::size_t found = 0;
  for (std::uint64_t i = 0; found < kTexts; ++i) {
    const std::string text = "visitor-" + std::to_string(i);
    if (known(text) >> kShift != 0x5a) continue;
    ++found;
    ++places[unknown(text) >> kShift];
  }
  // About 8 in each: one in which there are 40 is as good as impossible by chance.
  EXPECT_LT(*std::max_element(places.begin(), places.end()), 40U);
}

TEST(RandomSeed, two_seeds_differ) { EXPECT_NE(random_seed(), random_seed()); }

}  // namespace
}  // namespace weir
