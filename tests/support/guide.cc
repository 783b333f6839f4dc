#include "support/guide.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "support/files.h"

namespace weir::support {
namespace {

const std::filesystem::path kGuides = source_folder() / "docs" / "integrations";
constexpr std::string_view kFence = "```";

}  // namespace

std::vector<std::string> guide_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kGuides)) names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<CodeBlock> blocks_of_guide(std::string_view name) {
  std::ifstream file(kGuides / (std::string(name) + ".md"));
  std::vector<CodeBlock> blocks;
  bool inside = false;
  std::size_t indent = 0;
  for (std::string line; std::getline(file, line);) {
    const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
    if (std::string_view(line).substr(begin).starts_with(kFence)) {
      inside = !inside;
      indent = begin;
      if (inside) blocks.push_back({line.substr(begin + kFence.size()), {}});
    } else if (inside) {
      blocks.back().text += line.substr(std::min(indent, begin)) + "\n";
    }
  }
  EXPECT_FALSE(inside) << name;
  EXPECT_FALSE(blocks.empty()) << name;
  return blocks;
}

std::string text_of_blocks(const std::vector<CodeBlock>& blocks, std::string_view language) {
  std::string text;
  for (const CodeBlock& block : blocks) {
    if (block.language == language) text += block.text;
  }
  return text;
}

std::string block_with(const std::vector<CodeBlock>& blocks, std::string_view language, std::string_view words) {
  std::vector<std::string> found;
  for (const CodeBlock& block : blocks) {
    if (block.language == language && block.text.find(words) != std::string::npos) found.push_back(block.text);
  }
  EXPECT_EQ(found.size(), 1U) << language << " with " << words;
  return found.empty() ? std::string() : found.front();
}

}  // namespace weir::support
