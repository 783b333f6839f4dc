// The guides in docs/integrations: their configurations are valid, and the log lines they show are read in the format
// which the configuration names, as page views. What takes a server to try is in tests/e2e.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include "support/guide.h"
#include "weir/app/config.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

using support::blocks_of_guide;
using support::CodeBlock;

/// Format of a guide's tailed file, or that of requests to matomo.php.
std::string format_of(const std::string& guide, const Config& config) {
  if (guide == "matomo") return "matomo";
  EXPECT_EQ(config.sources.tail.size(), 1U) << guide;
  return config.sources.tail.empty() ? std::string() : config.sources.tail.front().format;
}

TEST(Guides, have_valid_configurations) {
  for (const std::string& guide : support::guide_names()) {
    for (const CodeBlock& block : blocks_of_guide(guide)) {
      if (block.language != "yaml") continue;
      const Result<Config> config = parse_config(block.text, guide + ".md");
      EXPECT_TRUE(config) << (config ? "" : config.error().message);
    }
  }
}

/// The event of a line that a guide shows.
void expect_page_view(const std::string& line, std::string_view format, const ParserOptions& options) {
  ASSERT_NE(find_format(format), nullptr) << format;
  const std::unique_ptr<Parser> parser = find_format(format)->make(options);
  const std::string padded = line + std::string(kParserPadding, ' ');
  ParsedEvent parsed;
  parser->begin(std::string_view(padded).substr(0, line.size()), Framing::kLines);
  ASSERT_EQ(parser->next({&parsed, 1}), 1U) << line;
  ASSERT_FALSE(parsed.rejected) << name_of(parsed.reason) << " " << line;
  EXPECT_EQ(parsed.event.type, "page_view");
  EXPECT_FALSE(parsed.event.resource) << line;
  EXPECT_TRUE(parsed.event.url.ends_with("shop.example/pricing")) << parsed.event.url;
  EXPECT_EQ(parsed.event.referrer, "https://www.google.com/");
}

TEST(Guides, name_the_format_of_the_log_lines_they_show) {
  for (const std::string guide : {"nginx", "caddy", "apache", "matomo"}) {
    const std::vector<CodeBlock> blocks = blocks_of_guide(guide);
    const auto first =
        std::find_if(blocks.begin(), blocks.end(), [](const CodeBlock& block) { return block.language == "yaml"; });
    ASSERT_NE(first, blocks.end()) << guide;
    const Result<Config> config = parse_config(first->text, guide);
    ASSERT_TRUE(config) << config.error().message;
    const std::string format = format_of(guide, *config);
    std::size_t shown = 0;
    for (const CodeBlock& block : blocks) {
      const bool line = block.text.starts_with("{\"") || block.text.starts_with("shop.example 203") ||
                        block.text.starts_with("?idsite");
      if (!line) continue;
      const std::string text = block.text.substr(0, block.text.size() - 1);
      expect_page_view(text, format, config->pipeline.reader.parser);
      ASSERT_NE(detect_format(block.text), nullptr) << guide;
      EXPECT_EQ(detect_format(block.text)->name, format) << guide;
      ++shown;
    }
    EXPECT_EQ(shown, 1U) << guide;
  }
}

TEST(Guides, show_what_the_format_of_nginx_writes) {
  // The names of the log_format, in order, are those of the line; each variable is written as some value.
  std::string format;
  std::string line;
  for (const CodeBlock& block : blocks_of_guide("nginx")) {
    if (block.text.starts_with("log_format")) format = block.text;
    if (block.text.starts_with("{\"")) line = block.text;
  }
  const std::regex key("\"(\\w+)\":");
  const auto keys_of = [&key](const std::string& text) {
    std::vector<std::string> keys;
    for (std::sregex_iterator at(text.begin(), text.end(), key); at != std::sregex_iterator(); ++at) {
      keys.push_back((*at)[1]);
    }
    return keys;
  };
  EXPECT_GE(keys_of(format).size(), 9U);
  EXPECT_EQ(keys_of(format), keys_of(line));
}

}  // namespace
}  // namespace weir
