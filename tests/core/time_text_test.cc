// Times and durations as text: tables of valid and invalid ones, and the round trip.
#include "weir/core/time_text.h"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "support/seed.h"

namespace weir {
namespace {

TEST(ParseRfc3339, valid_instants_give_their_milliseconds) {
  constexpr struct {
    std::string_view text;
    TimeMs time_ms;
  } kRows[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"1970-01-01T00:00:00.001Z", 1},
      {"1969-12-31T23:59:59.999Z", -1},
      {"2026-01-01T00:00:00.000Z", 1'767'225'600'000},
      {"2026-01-01t00:00:00z", 1'767'225'600'000},
      {"2026-01-01 00:00:00Z", 1'767'225'600'000},
      {"2026-01-01T00:00:00.5Z", 1'767'225'600'500},
      {"2026-01-01T00:00:00.12Z", 1'767'225'600'120},
      {"2026-01-01T00:00:00.123456Z", 1'767'225'600'123},
      {"2026-01-01T00:00:00.9999999Z", 1'767'225'600'999},
      {"2026-01-01T02:00:00+02:00", 1'767'225'600'000},
      {"2025-12-31T18:30:00-05:30", 1'767'225'600'000},
      {"2026-01-01T00:00:00-00:00", 1'767'225'600'000},
      {"2026-01-01T23:59:00+23:59", 1'767'225'600'000},
      {"2000-02-29T00:00:00Z", 951'782'400'000},
      {"2024-02-29T12:00:00Z", 1'709'208'000'000},
      {"2016-12-31T23:59:60Z", 1'483'228'799'000},
      {"2016-12-31T23:59:60.250Z", 1'483'228'799'250},
      {"2017-01-01T00:59:60+01:00", 1'483'228'799'000},
      {"0001-01-01T00:00:00Z", -62'135'596'800'000},
      {"9999-12-31T23:59:59.999Z", 253'402'300'799'999},
  };
  for (const auto& row : kRows) EXPECT_EQ(parse_rfc3339(row.text), row.time_ms) << row.text;
}

TEST(ParseRfc3339, anything_else_is_refused) {
  for (const std::string_view text : {
           "",
           "now",
           "2026",
           "2026-01-01",
           "2026-01-01T00:00:00",
           "2026-01-01T00:00Z",
           "2026-01-01T00:00:00 Z",
           "2026-01-01X00:00:00Z",
           "2026-01-01T00:00:00Z ",
           " 2026-01-01T00:00:00Z",
           "2026-01-01T00:00:00ZZ",
           "2026-1-01T00:00:00Z0",
           "2026/01/01T00:00:00Z",
           "2026-01-01T00.00:00Z",
           "2026-13-01T00:00:00Z",
           "2026-00-01T00:00:00Z",
           "2026-01-00T00:00:00Z",
           "2026-01-32T00:00:00Z",
           "2026-02-29T00:00:00Z",
           "1900-02-29T00:00:00Z",
           "2026-04-31T00:00:00Z",
           "2026-01-01T24:00:00Z",
           "2026-01-01T00:60:00Z",
           "2026-01-01T00:00:61Z",
           "2026-01-01T00:00:00.Z",
           "2026-01-01T00:00:00,5Z",
           "2026-01-01T00:00:00.5",
           "2026-01-01T00:00:00+1:00",
           "2026-01-01T00:00:00+0100",
           "2026-01-01T00:00:00+24:00",
           "2026-01-01T00:00:00+00:60",
           "2026-01-01T00:00:00+00:0",
           "2026-01-01T00:00:00*00:00",
           "2026-01-01T00:00:0xZ",
           "-026-01-01T00:00:00Z",
           "+2026-01-01T00:00:00Z",
           "0000-12-31T00:00:00Z",
           "0001-01-01T00:30:00+01:00",
           "9999-12-31T23:30:00-01:00",
           "2026-01-01T00:00:00.1234567890123456789012345Z",
       }) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_rfc3339(std::string_view("2026-01-01T00:00:00\0Z", 21)), std::nullopt);
}

TEST(FormatRfc3339, is_utc_with_three_digits_of_milliseconds) {
  EXPECT_EQ(format_rfc3339(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_rfc3339(-1), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(format_rfc3339(951'782'400'007), "2000-02-29T00:00:00.007Z");
  EXPECT_EQ(format_rfc3339(-62'135'596'800'000), "0001-01-01T00:00:00.000Z");
}

TEST(FormatRfc3339, what_is_written_is_read_back) {
  std::mt19937_64 random(support::test_seed());
  std::uniform_int_distribution<TimeMs> any(-62'135'596'800'000, 253'402'300'799'999);
  for (int i = 0; i < 20'000; ++i) {
    const TimeMs time_ms = any(random);
    const std::string text = format_rfc3339(time_ms);
    ASSERT_EQ(text.size(), 24U) << text;
    ASSERT_EQ(parse_rfc3339(text), time_ms) << text;
  }
}

TEST(ParseRfc3339, damaged_instants_never_parse_to_times_out_of_bounds) {
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 50'000; ++i) {
    std::string text = "2026-12-31T23:59:59.999+01:00";
    for (int hits = 0; hits < 2; ++hits) text[random() % text.size()] = "0123456789-+:.TZ \xFF"[random() % 18];
    text.resize(text.size() - random() % 7);
    const std::optional<TimeMs> time_ms = parse_rfc3339(text);
    if (time_ms) {
      ASSERT_EQ(parse_rfc3339(format_rfc3339(*time_ms)), time_ms) << text;
    }
  }
}

TEST(ParseDuration, whole_numbers_with_a_unit_are_read) {
  constexpr struct {
    std::string_view text;
    TimeMs span_ms;
  } kRows[] = {
      {"0", 0},
      {"0s", 0},
      {"00", 0},
      {"1ms", 1},
      {"500ms", 500},
      {"1s", 1000},
      {"30m", 1'800'000},
      {"24h", 86'400'000},
      {"1d", 86'400'000},
      {"007s", 7000},
      {"3660d", 316'224'000'000},
      {"316224000000ms", 316'224'000'000},
  };
  for (const auto& row : kRows) EXPECT_EQ(parse_duration(row.text), row.span_ms) << row.text;
}

TEST(ParseDuration, anything_else_is_refused) {
  for (const std::string_view text :
       {"", "5", "s", "-1s", "+1s", "1.5s", "1 s", " 1s", "1s ", "1S", "1w", "1min", "1h30m", "1sm", "0x1s", "3661d",
        "316224000001ms", "99999999999999999999d", "18446744073709551616ms"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(FormatDuration, uses_the_largest_unit_up_to_hours_that_divides) {
  constexpr struct {
    TimeMs span_ms;
    std::string_view text;
  } kRows[] = {
      {0, "0s"},          {1, "1ms"},          {999, "999ms"},        {1000, "1s"},
      {1500, "1500ms"},   {60'000, "1m"},      {90'000, "90s"},       {3'600'000, "1h"},
      {5'400'000, "90m"}, {86'400'000, "24h"}, {604'800'000, "168h"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(format_duration(row.span_ms), row.text);
    EXPECT_EQ(parse_duration(row.text), row.span_ms);
  }
}

}  // namespace
}  // namespace weir
