// Tests of the log of visits: how long and how many it keeps.
#include "weir/window/visitor_log.h"

#include <gtest/gtest.h>

#include <map>

#include "support/random_source.h"
#include "support/seed.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

Visit visit_of(std::uint64_t visitor, std::uint64_t serial = 1) {
  return {.visitor = mix(visitor, 3), .serial = serial, .sequence = serial, .start_ms = 5};
}

std::size_t known(VisitorLog& log, std::uint64_t visitor) {
  std::size_t count = 0;
  log.for_each(mix(visitor, 3), [&](const SeenVisit&) { ++count; });
  return count;
}

TEST(VisitorLog, finds_all_visits_of_a_visitor_and_no_others) {
  VisitorLog log(100'000, 0);
  for (std::uint64_t visitor = 1; visitor <= 3000; ++visitor) {
    for (std::uint64_t serial = 0; serial < visitor % 4; ++serial) ASSERT_TRUE(log.add(visit_of(visitor, serial), {}));
  }
  for (std::uint64_t visitor = 1; visitor <= 3000; ++visitor) ASSERT_EQ(known(log, visitor), visitor % 4);
}

/// Visitors who are looked for at the same few places, the last of the index at any of its sizes among them.
TEST(VisitorLog, growth_loses_nobody_however_crowded_a_place_is) {
  support::RandomSource random(support::test_seed());
  for (int round = 0; round < 200; ++round) {
    VisitorLog log(10'000, 0);
    std::map<std::uint64_t, std::size_t> visits;
    for (std::int64_t left = random.between(1, 600); left > 0; --left) {
      const auto place = static_cast<std::uint64_t>(random.pick({62, 63, 64, 127, 255, 256, 511, 1023, 4095}));
      const std::uint64_t visitor = (place << 32) + static_cast<std::uint64_t>(random.between(1, 80));
      ASSERT_TRUE(log.add({.visitor = visitor, .serial = 1, .sequence = 1, .start_ms = 5}, {}));
      ++visits[visitor];
    }
    for (const auto& [visitor, count] : visits) {
      std::size_t seen = 0;
      log.for_each(visitor, [&seen](const SeenVisit&) { ++seen; });
      ASSERT_EQ(seen, count) << visitor;
    }
  }
}

TEST(VisitorLog, keeps_a_visit_for_its_retention_at_least_and_for_twice_at_most) {
  VisitorLog log(1000, 100);
  log.advance(1000);
  ASSERT_TRUE(log.add(visit_of(1), {}));
  log.advance(1100);
  EXPECT_EQ(known(log, 1), 1U);
  log.advance(1199);
  EXPECT_EQ(known(log, 1), 1U);
  log.advance(1200);
  EXPECT_EQ(known(log, 1), 0U);
  EXPECT_EQ(log.forgotten(), 0) << "only limits count as forgetting";
}

TEST(VisitorLog, without_retention_time_forgets_nothing) {
  VisitorLog log(1000, 0);
  ASSERT_TRUE(log.add(visit_of(1), {}));
  for (TimeMs now_ms = 0; now_ms < 1'000'000'000; now_ms += 1'000'000) log.advance(now_ms);
  EXPECT_EQ(known(log, 1), 1U);
}

TEST(VisitorLog, at_its_limit_it_forgets_the_older_half_and_counts_it) {
  VisitorLog log(200, 0);
  for (std::uint64_t visitor = 1; visitor <= 200; ++visitor) ASSERT_TRUE(log.add(visit_of(visitor), {}));
  EXPECT_EQ(log.forgotten(), 0);
  ASSERT_TRUE(log.add(visit_of(201), {}));
  EXPECT_EQ(log.forgotten(), 100);
  EXPECT_EQ(known(log, 1), 0U);
  EXPECT_EQ(known(log, 101), 1U);
}

TEST(VisitorLog, when_memory_is_short_it_forgets_down_to_what_is_spared_and_counts_it) {
  VisitorLog log(1000, 0);
  for (std::uint64_t visitor = 1; visitor <= 100; ++visitor) ASSERT_TRUE(log.add(visit_of(visitor), {}));
  log.relieve(100 * sizeof(Visit));
  EXPECT_EQ(log.forgotten(), 0);
  log.relieve(99 * sizeof(Visit));
  EXPECT_EQ(log.forgotten(), 0) << "they are the older ones now";
  ASSERT_TRUE(log.add(visit_of(101), {}));
  log.relieve(99 * sizeof(Visit));
  EXPECT_EQ(log.forgotten(), 100);
  EXPECT_EQ(known(log, 1), 0U);
  EXPECT_EQ(known(log, 101), 1U);
}

TEST(VisitorLog, one_visitor_cannot_fill_it) {
  VisitorLog log(100'000, 0);
  for (std::uint64_t serial = 0; serial < VisitorLog::kMaxVisitsPerVisitor; ++serial) {
    ASSERT_TRUE(log.add(visit_of(1, serial), {}));
  }
  EXPECT_FALSE(log.add(visit_of(1, 9999), {}));
  EXPECT_EQ(log.forgotten(), 1);
  EXPECT_EQ(known(log, 1), VisitorLog::kMaxVisitsPerVisitor);
  EXPECT_TRUE(log.add(visit_of(2), {}));
}

TEST(VisitorLog, tells_visits_that_may_be_forgotten_early) {
  VisitorLog log(1000, 100);
  log.advance(1000);
  ASSERT_TRUE(log.add(visit_of(1), {}));
  log.for_each(mix(1, 3), [&](const SeenVisit& seen) { EXPECT_TRUE(seen.recent); });
  log.advance(1100);
  ASSERT_EQ(known(log, 1), 1U);
  log.for_each(mix(1, 3), [&](const SeenVisit& seen) { EXPECT_FALSE(seen.recent); });
}

}  // namespace
}  // namespace weir
