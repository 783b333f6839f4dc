// The guides in docs/integrations for logs and Matomo: their configurations are valid, and the lines they show are read
// in the format which the configuration names, as page views.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "weir/app/config.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

const std::filesystem::path kGuides = std::filesystem::path(WEIR_SOURCE_DIR) / "docs" / "integrations";

/// Code blocks of a guide: what stands behind the three quotes, and the lines between.
struct Block {
  std::string language;
  std::string text;
};

std::vector<Block> blocks_of(const std::string& guide) {
  std::ifstream file(kGuides / guide);
  EXPECT_TRUE(file.is_open()) << guide;
  std::vector<Block> blocks;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      if (inside) blocks.push_back({line.substr(3), {}});
    } else if (inside) {
      blocks.back().text += line + "\n";
    }
  }
  EXPECT_FALSE(inside) << guide;
  return blocks;
}

Config config_of(const std::string& guide) {
  Config found = default_config();
  std::size_t count = 0;
  for (const Block& block : blocks_of(guide)) {
    if (block.language != "yaml") continue;
    const Result<Config> config = parse_config(block.text, guide);
    EXPECT_TRUE(config) << (config ? "" : config.error().message);
    if (config) found = *config;
    ++count;
  }
  EXPECT_EQ(count, 1U) << guide;
  return found;
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

TEST(LogIntegrations, the_configurations_are_valid_and_name_the_format_of_the_lines_shown) {
  for (const std::string guide : {"nginx.md", "caddy.md", "apache.md", "matomo.md"}) {
    const Config config = config_of(guide);
    const std::string format = guide == "matomo.md" ? "matomo" : config.pipeline.reader.format;
    std::size_t shown = 0;
    for (const Block& block : blocks_of(guide)) {
      const bool line = block.text.starts_with("{\"") || block.text.starts_with("shop.example 203") ||
                        block.text.starts_with("?idsite");
      if (!line) continue;
      const std::string text = block.text.substr(0, block.text.size() - 1);
      expect_page_view(text, format, config.pipeline.reader.parser);
      ASSERT_NE(detect_format(block.text), nullptr) << guide;
      EXPECT_EQ(detect_format(block.text)->name, format) << guide;
      ++shown;
    }
    EXPECT_EQ(shown, 1U) << guide;
  }
}

TEST(LogIntegrations, what_the_nginx_format_writes_is_what_the_guide_shows) {
  // The names of the log_format, in order, are those of the line; each variable is written as some value.
  std::string format;
  std::string line;
  for (const Block& block : blocks_of("nginx.md")) {
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
