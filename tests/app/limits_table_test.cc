// The tables of limits in docs/reliability.md: options, metrics and tests they name are there, and no option that is a
// limit is left out.
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/files.h"
#include "weir/app/config_options.h"
#include "weir/core/stats.h"

namespace weir {
namespace {

std::string limits_section() {
  const std::string guide = support::read_whole_file(support::source_folder() / "docs/reliability.md");
  const std::size_t begin = guide.find("\n## Limits\n");
  return begin == std::string::npos ? std::string() : guide.substr(begin, guide.find("\n## ", begin + 1) - begin);
}

/// What stands between backquotes and matches.
std::set<std::string> quoted_words(const std::string& text, const char* pattern) {
  const std::regex expression("`(" + std::string(pattern) + ")`");
  std::set<std::string> words;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) words.insert((*at)[1]);
  return words;
}

TEST(LimitsTable, names_every_option_that_is_a_limit_and_none_that_is_not_there) {
  std::set<std::string> options;
  for (const OptionRow& row : option_table()) options.emplace(row.path);
  const std::set<std::string> named = quoted_words(limits_section(), "[a-z]+(?:\\.[a-zA-Z_]+)+");
  for (const std::string& name : named) EXPECT_TRUE(options.contains(name)) << name;
  for (const std::string& option : options) {
    if (!option.starts_with("limits.")) continue;
    EXPECT_TRUE(named.contains(option)) << option;
  }
}

TEST(LimitsTable, names_metrics_that_are_there) {
  std::set<std::string> series{"weir_series"};  // of the scrape itself
  for (const StatRow& row : stat_table()) {
    series.emplace(row.family);
    series.insert(std::string(row.family) + "{" + std::string(row.label_name) + "=\"" + std::string(row.label_value) +
                  "\"}");
  }
  const std::set<std::string> named = quoted_words(limits_section(), "weir_[a-z_]+(?:\\{[^`]*\\})?");
  EXPECT_GT(named.size(), 15U);
  for (const std::string& name : named) EXPECT_TRUE(series.contains(name)) << name;
}

TEST(LimitsTable, names_tests_that_are_there) {
  std::set<std::string> tests;
  const std::regex expression(R"(TEST(?:_F|_P)?\((\w+), (\w+)\))");
  for (const std::filesystem::path& file : support::files_in(support::source_folder() / "tests", {".cc"})) {
    const std::string text = support::read_whole_file(file);
    for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
      tests.insert(at->str(1) + "." + at->str(2));
    }
  }
  const std::set<std::string> named = quoted_words(limits_section(), "[A-Z]\\w+\\.\\w+");
  EXPECT_GT(named.size(), 30U);
  for (const std::string& name : named) EXPECT_TRUE(tests.contains(name)) << name;
}

}  // namespace
}  // namespace weir
