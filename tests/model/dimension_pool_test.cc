// Tests of the pool of dimension values: one number for each combination, for as long as somebody holds it.
#include "weir/model/dimension_pool.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

#include "support/random_source.h"
#include "support/seed.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

DimensionValues values_of(std::uint64_t number) {
  DimensionValues values;
  for (std::size_t d = 0; d < kDimensionCount; ++d) values[d] = mix(number >> d, d);
  return values;
}

TEST(DimensionPool, equal_combinations_have_one_number_and_others_another) {
  DimensionPool pool(3);
  const DimensionPool::Id one = pool.hold(values_of(1));
  EXPECT_EQ(pool.hold(values_of(1)), one);
  const DimensionPool::Id two = pool.hold(values_of(2));
  EXPECT_NE(two, one);
  EXPECT_EQ(pool[one], values_of(1));
  EXPECT_EQ(pool[two], values_of(2));
  EXPECT_EQ(pool.size(), 2U);
}

TEST(DimensionPool, a_number_is_used_again_when_nobody_holds_it) {
  DimensionPool pool(1);
  for (std::uint64_t number = 0; number < 100; ++number) {
    const DimensionPool::Id id = pool.hold(values_of(number));
    EXPECT_EQ(pool.hold(values_of(number)), id);
    pool.drop(id);
    EXPECT_EQ(pool[id], values_of(number)) << "one holder is left";
    pool.drop(id);
    EXPECT_EQ(pool.size(), 0U);
  }
}

TEST(DimensionPool, combinations_come_back_by_their_numbers_and_what_nobody_holds_is_forgotten) {
  DimensionPool pool(4);
  std::vector<DimensionPool::Id> ids;
  for (const std::uint64_t number : {1U, 2U, 3U}) ids.push_back(pool.hold(values_of(number)));
  pool.drop(ids[1]);
  ByteWriter writer;
  pool.save(writer);
  ByteReader reader(writer.bytes());
  const std::vector<DimensionValues> combinations = load_combinations(reader);
  EXPECT_TRUE(reader.done());
  ASSERT_EQ(combinations.size(), 3U);
  EXPECT_EQ(combinations[ids[0]], values_of(1));
  EXPECT_EQ(combinations[ids[1]], DimensionValues{});
  EXPECT_EQ(combinations[ids[2]], values_of(3));
  ByteReader cut(std::string_view(writer.bytes()).substr(0, writer.bytes().size() - 1));
  load_combinations(cut);
  EXPECT_FALSE(cut.ok()) << "a count that the bytes do not bear out";
}

TEST(DimensionPool, agrees_with_a_map_on_random_operations) {
  support::RandomSource random(support::test_seed());
  constexpr std::int64_t kNumbers = 3000;
  DimensionPool pool(kNumbers);
  std::map<std::uint64_t, std::pair<DimensionPool::Id, int>> held;  // number -> its id and holders
  for (int i = 0; i < 100'000; ++i) {
    const auto number = static_cast<std::uint64_t>(random.between(1, kNumbers));
    const auto known = held.find(number);
    if (known != held.end() && random.chance(50)) {
      pool.drop(known->second.first);
      if (--known->second.second == 0) held.erase(known);
    } else {
      const DimensionPool::Id id = pool.hold(values_of(number));
      if (known != held.end()) {
        ASSERT_EQ(id, known->second.first);
      }
      held[number].first = id;
      ++held[number].second;
    }
    ASSERT_EQ(pool.size(), held.size());
  }
  for (const auto& [number, id] : held) ASSERT_EQ(pool[id.first], values_of(number));
  pool.clear();
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_EQ(pool[pool.hold(values_of(7))], values_of(7));
}

}  // namespace
}  // namespace weir
