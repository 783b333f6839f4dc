// The rules of CONTRIBUTING.md that can be read off the source text: layers, owners of third-party headers, sizes,
// words that must not occur. Pure functions of text, so that the test can prove that each rule catches its fault.
// Must never touch the file system or link anything of Weir.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weir::architecture {

/// One row of THE layer table: folders under include/weir and src, each with the layers it may include.
struct LayerRow {
  std::string_view name;
  std::vector<std::string_view> may_include;  // earlier rows; a layer may always include itself
};
const std::vector<LayerRow>& layer_table();

/// A third-party header (by the beginning of its path) that one layer alone may include.
struct OwnerRow {
  std::string_view header_prefix;
  std::string_view layer;
};
std::span<const OwnerRow> owner_table();

inline constexpr int kMaxFileLines = 400;
inline constexpr int kMaxFunctionLines = 60;

/// A file as the rules see it; `path` is relative to the repository, such as "src/parse/line_buffer.cc".
struct SourceFile {
  std::string path;
  std::string text;
};

/// What is wrong with a file, one "path:line: message" each, in the order of the rules.
std::vector<std::string> violations_of(const SourceFile& file);

/// `text` with comments, string and character literals blanked out; line ends stay. For the rules and their test.
std::string code_without_comments_and_literals(std::string_view text);

}  // namespace weir::architecture
