// Tests of country codes and of the database behind them.
#include "weir/classify/country.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "support/country_file.h"
#include "support/process.h"

namespace weir {
namespace {

using support::CountryFile;

std::string code_of(std::string_view text) {
  const auto code = country_code(text);
  return code ? std::string(text_of(*code)) : "";
}

TEST(CountryCode, is_two_letters_in_upper_case_or_nothing) {
  EXPECT_EQ(code_of("DE"), "DE");
  EXPECT_EQ(code_of("de"), "DE");
  EXPECT_EQ(code_of("zA"), "ZA");
  for (const char* bad : {"", "D", "DEU", "T1", "XX", "zz", "(n", " D", "\xC3\x84"}) EXPECT_EQ(code_of(bad), "") << bad;
}

class CountryDatabaseTest : public testing::Test {
 protected:
  const support::TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_.path("countries.mmdb");

  std::string country_of(const CountryDatabase& database, std::string_view address) {
    const auto code = database.country_of(*parse_ip_address(address));
    return code ? std::string(text_of(*code)) : "";
  }
  std::string failure() {
    const auto database = CountryDatabase::open(path_.string());
    return database ? "" : database.error().message;
  }
};

TEST_F(CountryDatabaseTest, knows_the_countries_of_both_kinds_of_address) {
  CountryFile({{"192.0.2.0/24", "country", "DE"},
               {"198.51.100.0/25", "registered_country", "FR"},
               {"203.0.113.0/24", "country", "XX"},
               {"2001:db8::/32", "country", "JP"}},
              "GeoLite2-Country")
      .write(path_);
  const auto database = CountryDatabase::open(path_.string());
  ASSERT_TRUE(database) << database.error().message;
  EXPECT_EQ(country_of(**database, "192.0.2.9"), "DE");
  EXPECT_EQ(country_of(**database, "::ffff:192.0.2.9"), "DE");
  EXPECT_EQ(country_of(**database, "192.0.3.9"), "");
  EXPECT_EQ(country_of(**database, "198.51.100.127"), "FR");
  EXPECT_EQ(country_of(**database, "198.51.100.128"), "");
  EXPECT_EQ(country_of(**database, "203.0.113.1"), "");
  EXPECT_EQ(country_of(**database, "2001:db8:1::1"), "JP");
  EXPECT_EQ(country_of(**database, "::1"), "");
}

TEST_F(CountryDatabaseTest, a_failure_names_the_file_and_the_cause) {
  EXPECT_NE(failure().find(path_.string() + ": No such file"), std::string::npos) << failure();
  std::ofstream(path_) << "no database";
  EXPECT_NE(failure().find(path_.string()), std::string::npos) << failure();
  CountryFile({{"192.0.2.0/24", "country", "DE"}}, "GeoLite2-ASN").write(path_);
  EXPECT_NE(failure().find("GeoLite2-ASN"), std::string::npos) << failure();
}

}  // namespace
}  // namespace weir
