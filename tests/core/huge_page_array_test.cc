// Tests of the array that takes addresses for its limit and memory for what is used.
#include "weir/core/huge_page_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kCount = 3 * 1024 * 1024;  // more than the part with ordinary pages

TEST(HugePageArray, is_zero_at_first_and_after_it_forgot) {
  HugePageArray<std::uint64_t> array(kCount);
  for (const std::size_t index : {std::size_t{0}, kCount / 2, kCount - 1}) {
    EXPECT_EQ(array[index], 0U);
    array[index] = index + 1;
    EXPECT_EQ(array[index], index + 1);
  }
  array.forget();
  for (const std::size_t index : {std::size_t{0}, kCount / 2, kCount - 1}) EXPECT_EQ(array[index], 0U);
}

TEST(HugePageArray, forgets_from_an_element_on_and_keeps_those_before_it) {
  constexpr std::size_t kElementsOfPage = 4096 / sizeof(std::uint64_t);
  for (const std::size_t first : {std::size_t{0}, std::size_t{1}, kElementsOfPage, kElementsOfPage + 1, kCount}) {
    HugePageArray<std::uint64_t> array(kCount);
    for (std::size_t i = 0; i < kCount; i += 7) array[i] = i + 1;
    array.forget_from(first);
    for (std::size_t i = 0; i < first; i += 7) ASSERT_EQ(array[i], i + 1);
    for (std::size_t i = (first + 6) / 7 * 7; i < kCount; i += 7) ASSERT_EQ(array[i], 0U);
  }
}

TEST(HugePageArray, moving_it_moves_no_element) {
  HugePageArray<std::uint64_t> array(kCount);
  array[kCount - 1] = 7;
  const std::uint64_t* const place = &array[kCount - 1];
  HugePageArray<std::uint64_t> other(std::move(array));
  HugePageArray<std::uint64_t> assigned;
  assigned = std::move(other);
  EXPECT_EQ(&assigned[kCount - 1], place);
  EXPECT_EQ(*place, 7U);
}

TEST(HugePageArray, what_no_machine_has_is_refused) {
  EXPECT_THROW(HugePageArray<std::uint64_t>{std::numeric_limits<std::size_t>::max() / 2}, std::bad_alloc);
}

TEST(HugePageArray, an_empty_one_forgets_in_peace) { HugePageArray<std::uint64_t>().forget(); }

}  // namespace
}  // namespace weir
