// Result and CHECK: how set-up fails, and how broken assumptions end the process.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "weir/core/check.h"
#include "weir/core/result.h"

namespace weir {
namespace {

Result<int> half_of(int number) {
  if (number % 2 != 0) return Error{"half_of: " + std::to_string(number) + " is odd; give an even number"};
  return number / 2;
}

TEST(Result, holds_a_value_or_a_message) {
  const Result<int> good = half_of(4);
  ASSERT_TRUE(good);
  EXPECT_EQ(*good, 2);
  const Result<int> bad = half_of(5);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message, "half_of: 5 is odd; give an even number");
}

TEST(Result, asking_a_failed_result_for_its_value_is_a_logic_error) {
  const Result<int> bad = half_of(5);
  EXPECT_THROW(static_cast<void>(bad.value()), std::logic_error);
}

TEST(CheckDeathTest, a_broken_assumption_ends_the_process_and_names_itself) {
  const int answer = 41;
  WEIR_CHECK(answer == 41);
  EXPECT_DEATH(WEIR_CHECK(answer == 42), "check_result_test.cc:[0-9]+: broken assumption: answer == 42");
}

}  // namespace
}  // namespace weir
