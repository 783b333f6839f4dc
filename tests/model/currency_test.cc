// Currencies and money: packing, and sums that are exact.
#include "weir/model/currency.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "support/seed.h"

namespace weir {
namespace {

TEST(Currency, every_code_of_three_letters_packs_and_unpacks_to_itself) {
  std::set<Currency> seen;
  for (char a = 'A'; a <= 'Z'; ++a) {
    for (char b = 'A'; b <= 'Z'; ++b) {
      for (char c = 'A'; c <= 'Z'; ++c) {
        const std::string code{a, b, c};
        ASSERT_EQ(currency_code(pack_currency(code)), code);
        seen.insert(pack_currency(code));
      }
    }
  }
  EXPECT_EQ(seen.size(), 26U * 26U * 26U);
}

TEST(Currency, case_does_not_matter) {
  EXPECT_EQ(pack_currency("eur"), pack_currency("EUR"));
  EXPECT_EQ(pack_currency("uSd"), kDollar);
}

TEST(Currency, what_is_no_code_is_the_code_for_no_currency) {
  for (const std::string_view text : {"", "U", "US", "USDX", "U5D", "US ", " USD", "U$D",
                                      "\xC3\xA9"
                                      "A",
                                      "@[`", "{|}", "\xE2\x82\xAC"}) {
    EXPECT_EQ(pack_currency(text), kNoCurrency) << text;
  }
  EXPECT_EQ(currency_code(kNoCurrency), "XXX");
}

TEST(Currency, only_codes_of_the_standard_are_known) {
  for (const char* code : {"USD", "EUR", "JPY", "AED", "ZWL", "XXX", "eur"}) {
    EXPECT_TRUE(is_known_currency(pack_currency(code))) << code;
  }
  for (const char* code : {"AAA", "ZZZ", "EUX", "QQQ"}) EXPECT_FALSE(is_known_currency(pack_currency(code))) << code;
}

TEST(Money, decimal_values_become_whole_billionths) {
  EXPECT_TRUE(to_nanos(0) == Nanos{0});
  EXPECT_TRUE(to_nanos(0.1) == Nanos{100'000'000});
  EXPECT_TRUE(to_nanos(0.1) * 3 == to_nanos(0.3));
  EXPECT_TRUE(to_nanos(1234863.89) == Nanos{1'234'863'890'000'000});
  EXPECT_TRUE(to_nanos(19.99) == Nanos{19'990'000'000});
  EXPECT_TRUE(to_nanos(1e-9) == Nanos{1});
  EXPECT_TRUE(to_nanos(4e-10) == Nanos{0});
  EXPECT_TRUE(to_nanos(0.9999999999) == Nanos{1'000'000'000});
  EXPECT_TRUE(to_nanos(kMaxValue) == Nanos{1'000'000'000'000'000} * 1'000'000'000);
}

TEST(Money, billionths_give_back_the_value_they_came_from) {
  for (const double value : {0.0, 0.1, 0.3, 1234863.89, 0.01, 99.95, 123456789.01, 1e12 + 0.5, 1e15 - 1, 1e15}) {
    EXPECT_EQ(from_nanos(to_nanos(value)), value) << value;
  }
  EXPECT_EQ(from_nanos(to_nanos(0.1) * 3), 0.3);
  EXPECT_EQ(from_nanos(to_nanos(0.1) + to_nanos(0.2) - to_nanos(0.3)), 0.0);
  EXPECT_EQ(from_nanos(-to_nanos(2.5)), -2.5);
}

TEST(Money, amounts_in_cents_survive_any_number_of_additions) {
  std::mt19937_64 random(support::test_seed());
  Nanos sum = 0;
  std::int64_t cents = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto price_cents = static_cast<std::int64_t>(random() % 100'000'000);
    sum += to_nanos(static_cast<double>(price_cents) / 100.0);
    cents += price_cents;
  }
  EXPECT_TRUE(sum == Nanos{cents} * 10'000'000);
  EXPECT_EQ(from_nanos(sum), static_cast<double>(cents) / 100.0);
}

TEST(Money, a_million_of_the_largest_values_do_not_overflow) {
  EXPECT_EQ(from_nanos(to_nanos(kMaxValue) * 1'000'000), 1e21);
}

}  // namespace
}  // namespace weir
