// FunnelSet: which steps an event matches, and where a session's progress is counted.
#include "weir/model/funnel.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "weir/model/dimension.h"

namespace weir {
namespace {

using Kind = FunnelStep::Kind;

FunnelSet two_funnels() {
  return FunnelSet({{"checkout",
                     {{"product", Kind::kPage, "/product/*"},
                      {"cart", Kind::kEvent, "add_to_cart"},
                      {"order", Kind::kConversion, "purchase"}}},
                    {"reading",
                     {{"any", Kind::kPage, "*"},
                      {"blog", Kind::kPage, "/blog/?"},
                      {"sign", Kind::kConversion, "sign*"},
                      {"share", Kind::kEvent, "*"}}}},
                   2500);
}

TEST(FunnelSet, the_steps_of_all_funnels_have_bits_in_a_row) {
  const FunnelSet set = two_funnels();
  EXPECT_EQ(set.size(), 2U);
  EXPECT_FALSE(set.empty());
  EXPECT_EQ(set.slow_ms(), 2500);
  EXPECT_EQ(set.first_bit(0), 0U);
  EXPECT_EQ(set.first_bit(1), 3U);
}

TEST(FunnelSet, a_page_view_matches_page_steps_only) {
  const FunnelSet set = two_funnels();
  EXPECT_EQ(set.steps_of_page("/product/7"), 0b0001001U);
  EXPECT_EQ(set.steps_of_page("/blog/7"), 0b0011000U);
  EXPECT_EQ(set.steps_of_page("/"), 0b0001000U);
  EXPECT_EQ(set.steps_of_page("purchase"), 0b0001000U);
}

TEST(FunnelSet, a_conversion_matches_conversion_steps_only) {
  const FunnelSet set = two_funnels();
  EXPECT_EQ(set.steps_of_conversion("purchase"), 0b0000100U);
  EXPECT_EQ(set.steps_of_conversion("signup"), 0b0100000U);
  EXPECT_EQ(set.steps_of_conversion("add_to_cart"), 0U);
  EXPECT_EQ(set.steps_of_conversion(""), 0U);
}

TEST(FunnelSet, a_custom_event_matches_by_type_or_by_name) {
  const FunnelSet set = two_funnels();
  EXPECT_EQ(set.steps_of_event("add_to_cart", ""), 0b1000010U);
  EXPECT_EQ(set.steps_of_event("click", "add_to_cart"), 0b1000010U);
  EXPECT_EQ(set.steps_of_event("click", "other"), 0b1000000U);
}

TEST(FunnelSet, an_absent_name_matches_no_pattern_of_its_own) {
  const FunnelSet set({{"f", {{"a", Kind::kEvent, "x"}, {"b", Kind::kEvent, ""}}}}, 0);
  EXPECT_EQ(set.steps_of_event("x", ""), 0b01U);
  EXPECT_EQ(set.steps_of_event("y", ""), 0U);
}

TEST(FunnelSet, every_progress_has_a_column_of_its_own) {
  const FunnelSet set = two_funnels();
  EXPECT_EQ(set.column_count(), 7 * kLeakCauseCount);
  std::set<std::size_t> columns;
  for (std::size_t funnel = 0; funnel < set.size(); ++funnel) {
    for (std::size_t reached = 1; reached <= set.funnels()[funnel].steps.size(); ++reached) {
      for (std::size_t cause = 0; cause < kLeakCauseCount; ++cause) {
        const std::size_t column = set.column(funnel, reached, static_cast<LeakCause>(cause));
        EXPECT_LT(column, set.column_count());
        EXPECT_TRUE(columns.insert(column).second);
      }
    }
  }
  EXPECT_EQ(columns.size(), set.column_count());
}

TEST(FunnelSet, the_largest_set_uses_all_bits) {
  const std::vector<FunnelStep> steps(kMaxFunnelSteps, {"s", Kind::kPage, "/x"});
  const FunnelSet set(std::vector<Funnel>(kMaxFunnelStepsTotal / kMaxFunnelSteps, {"f", steps}), 0);
  EXPECT_EQ(set.steps_of_page("/x"), ~std::uint64_t{0});
  EXPECT_EQ(set.steps_of_page("/y"), 0U);
}

TEST(FunnelSet, no_funnels_match_nothing) {
  const FunnelSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.column_count(), 0U);
  EXPECT_EQ(set.steps_of_page("/"), 0U);
}

TEST(FunnelSetDeathTest, sets_over_the_limits_are_broken_assumptions) {
  const std::vector<FunnelStep> steps(2, {"s", Kind::kPage, "/x"});
  EXPECT_DEATH(FunnelSet(std::vector<Funnel>(kMaxFunnels + 1, {"f", steps}), 0), "broken assumption");
  const std::vector<FunnelStep> many(kMaxFunnelSteps + 1, {"s", Kind::kPage, "/x"});
  EXPECT_DEATH(FunnelSet({{"f", many}}, 0), "broken assumption");
  const std::vector<FunnelStep> full(kMaxFunnelSteps, {"s", Kind::kPage, "/x"});
  EXPECT_DEATH(FunnelSet(std::vector<Funnel>(5, {"f", full}), 0), "broken assumption");
}

TEST(DimensionTable, rows_follow_the_enumeration_and_are_found_by_label) {
  for (std::size_t i = 0; i < kDimensionCount; ++i) {
    EXPECT_EQ(kDimensionTable[i].dimension, static_cast<Dimension>(i));
    EXPECT_EQ(dimension_of(kDimensionTable[i].label), kDimensionTable[i].dimension);
    EXPECT_EQ(label_of(static_cast<Dimension>(i)), kDimensionTable[i].label);
  }
  EXPECT_EQ(dimension_of("Site"), std::nullopt);
  EXPECT_EQ(dimension_of(""), std::nullopt);
}

}  // namespace
}  // namespace weir
