// The guides of docs/integrations as tests read them: what stands there to be copied must work.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::support {

/// A fenced block of a guide: the word behind the fence, and the lines between, indented as the fence is not.
struct CodeBlock {
  std::string language;
  std::string text;
};

/// Names of all guides, such as "nginx", sorted.
std::vector<std::string> guide_names();

/// Blocks of docs/integrations/NAME.md in their order. Adds a failure to the running test when there are none.
std::vector<CodeBlock> blocks_of_guide(std::string_view name);

/// Texts of all blocks in a language, one behind the other.
std::string text_of_blocks(const std::vector<CodeBlock>& blocks, std::string_view language);

/// Text of the only block in a language that holds `words`. Adds a failure to the running test when it is not one.
std::string block_with(const std::vector<CodeBlock>& blocks, std::string_view language, std::string_view words);

}  // namespace weir::support
