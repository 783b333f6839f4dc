// UTF-8 hygiene, labels, query values and globs.
#include "weir/core/text.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "support/seed.h"

namespace weir {
namespace {

const std::string kReplaced = "\xEF\xBF\xBD";
const std::string kCut = "\xE2\x80\xA6";

TEST(IsValidUtf8, well_formed_text_is_valid) {
  for (const std::string_view text :
       {"", "plain", "caf\xC3\xA9", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "\x7F\n"}) {
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  }
  EXPECT_TRUE(is_valid_utf8(std::string_view("\0", 1)));
}

TEST(IsValidUtf8, overlong_forms_surrogates_and_broken_sequences_are_not) {
  for (const std::string_view text : {"\x80",
                                      "\xBF",
                                      "\xC0\x80",
                                      "\xC1\xBF",
                                      "\xE0\x80\x80",
                                      "\xE0\x9F\xBF",
                                      "\xF0\x80\x80\x80",
                                      "\xF0\x8F\xBF\xBF",
                                      "\xED\xA0\x80",
                                      "\xED\xBF\xBF",
                                      "\xF4\x90\x80\x80",
                                      "\xF5\x80\x80\x80",
                                      "\xF8\x88\x80\x80\x80",
                                      "\xFE",
                                      "\xFF",
                                      "\xC3",
                                      "\xE2\x82",
                                      "\xF0\x9F\x98",
                                      "\xC3(",
                                      "\xE2(\xA1",
                                      "a\xE2\x82",
                                      "\xC3\xC3\xA9"}) {
    EXPECT_FALSE(is_valid_utf8(text)) << testing::PrintToString(text);
  }
}

TEST(CleanLabel, control_characters_and_ill_formed_bytes_are_replaced) {
  const struct {
    std::string_view text;
    std::string label;
  } rows[] = {
      {"", ""},
      {"plain", "plain"},
      {"caf\xC3\xA9", "caf\xC3\xA9"},
      {"a\nb", "a" + kReplaced + "b"},
      {"\x1B[31m", kReplaced + "[31m"},
      {"\x7F", kReplaced},
      {"\xC2\x80", kReplaced},
      {"\xC2\x9F", kReplaced},
      {"\xC2\xA0", "\xC2\xA0"},
      {"\xFF\xFE", kReplaced + kReplaced},
      {"\xE2\x82", kReplaced + kReplaced},
      {"a\xC3", "a" + kReplaced},
      {"\"\\{}", "\"\\{}"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(clean_label(row.text, 100), row.label);
    EXPECT_EQ(is_clean_label(row.text, 100), row.text == row.label);
  }
}

TEST(CleanLabel, what_fits_the_limit_stays_whole_and_what_does_not_is_cut_at_a_character) {
  const std::string text = "abcdefgh\xC3\xA9";  // 10 bytes, the last two are one character
  EXPECT_EQ(clean_label(text, 11), text);
  EXPECT_EQ(clean_label(text, 10), text);
  EXPECT_EQ(clean_label(text, 9), "abcdef" + kCut);
  EXPECT_EQ(clean_label("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 7), "\xC3\xA9\xC3\xA9" + kCut);
  EXPECT_EQ(clean_label("\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", 6), "\xC3\xA9" + kCut);
  EXPECT_EQ(clean_label("abcd", 3), kCut);
  EXPECT_EQ(clean_label("abc", 3), "abc");
  EXPECT_EQ(clean_label("abc", 2), "");
  EXPECT_EQ(clean_label("abcdefg\n", 10), "abcdefg" + kReplaced);
  EXPECT_EQ(clean_label("abcdefgh\n", 10), "abcdefg" + kCut);
  EXPECT_TRUE(is_clean_label(text, 10));
  EXPECT_FALSE(is_clean_label(text, 9));
}

TEST(CleanLabel, every_result_is_clean_and_within_the_limit) {
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 50'000; ++i) {
    std::vector<char> bytes(random() % 24);
    for (char& byte : bytes) byte = static_cast<char>(random() % 2 == 0 ? random() & 0xFF : 'a' + random() % 26);
    const std::string_view text(bytes.data(), bytes.size());
    const std::size_t limit_bytes = random() % 24;
    const std::string label = clean_label(text, limit_bytes);
    ASSERT_TRUE(is_clean_label(label, limit_bytes));
    ASSERT_EQ(clean_label(label, limit_bytes), label);
    if (is_clean_label(text, limit_bytes)) {
      ASSERT_EQ(label, text);
    }
    if (is_clean_label(text, text.size())) {
      ASSERT_TRUE(is_valid_utf8(text));
    }
  }
}

TEST(DecodeQueryValue, escapes_are_decoded_and_malformed_ones_stay) {
  constexpr struct {
    std::string_view encoded, decoded;
  } kRows[] = {
      {"", ""},         {"plain", "plain"}, {"a+b", "a b"}, {"a%20b", "a b"}, {"%41%5a", "AZ"}, {"%c3%A9", "\xC3\xA9"},
      {"%", "%"},       {"%4", "%4"},       {"%zz", "%zz"}, {"%4g", "%4g"},   {"100%", "100%"}, {"%%41", "%A"},
      {"%2541", "%41"}, {"%2B+", "+ "},     {"%-1", "%-1"},
  };
  for (const auto& row : kRows) EXPECT_EQ(decode_query_value(row.encoded), row.decoded) << row.encoded;
  EXPECT_EQ(decode_query_value("%00"), std::string(1, '\0'));
}

TEST(DecodeQueryValue, random_text_never_grows) {
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 10'000; ++i) {
    std::string text(random() % 20, ' ');
    for (char& byte : text) byte = "%+aF0z&"[random() % 7];
    EXPECT_LE(decode_query_value(text).size(), text.size()) << text;
  }
}

TEST(GlobMatch, star_stands_for_any_run_and_question_mark_for_one_byte) {
  constexpr struct {
    std::string_view pattern, text;
    bool matches;
  } kRows[] = {
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"a", "a", true},
      {"a", "A", false},
      {"*", "", true},
      {"*", "abc", true},
      {"**", "", true},
      {"a*", "a", true},
      {"a*", "abc", true},
      {"a*", "ba", false},
      {"*c", "abc", true},
      {"*c", "abcd", false},
      {"a*c", "ac", true},
      {"a*c", "abbc", true},
      {"a*c", "abcb", false},
      {"a*b*c", "aXbYbZc", true},
      {"*a*", "bab", true},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"a?c", "abc", true},
      {"*?", "", false},
      {"*?", "ab", true},
      {"?*?", "a", false},
      {"?*?", "ab", true},
      {"/product/*", "/product/7/x", true},
      {"/product/*", "/product", false},
      {"*.html", "/a/b.html", true},
      {"a*ab", "aaab", true},
      {"[a]", "a", false},
      {"\\*", "*", false},
      {"\\*", "\\x", true},
  };
  for (const auto& row : kRows)
    EXPECT_EQ(glob_match(row.pattern, row.text), row.matches) << row.pattern << " on " << row.text;
}

/// The definition, written down without thought of speed.
bool slow_glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*')
    return slow_glob(pattern.substr(1), text) || (!text.empty() && slow_glob(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && slow_glob(pattern.substr(1), text.substr(1));
}

TEST(GlobMatch, agrees_with_its_definition_on_random_patterns) {
  std::mt19937_64 random(support::test_seed());
  int matched = 0;
  for (int i = 0; i < 50'000; ++i) {
    std::string pattern(random() % 7, ' ');
    std::string text(random() % 8, ' ');
    for (char& c : pattern) c = "ab*?*"[random() % 5];
    for (char& c : text) c = "ab"[random() % 2];
    ASSERT_EQ(glob_match(pattern, text), slow_glob(pattern, text)) << pattern << " on " << text;
    matched += slow_glob(pattern, text);
  }
  EXPECT_GT(matched, 1000);
}

TEST(GlobMatch, hostile_patterns_take_polynomial_steps) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(glob_match(pattern + "b", std::string(5'000, 'a')));
}

}  // namespace
}  // namespace weir
