// Each rule walks one file and appends what it finds. The function rule is a heuristic on braces: it knows blocks
// whose head ends like a function's and takes the outermost of them.
#include "source_rules.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <regex>
#include <sstream>

namespace weir::architecture {
namespace {

using Findings = std::vector<std::string>;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

void report(const SourceFile& file, std::size_t line, const std::string& message, Findings& findings) {
  findings.push_back(file.path + ":" + std::to_string(line) + ": " + message);
}

/// The folder under include/weir or src; empty when the file lies elsewhere.
std::string layer_of(const std::string& path) {
  static const std::regex pattern(R"(^(?:include/weir|src)/([^/]+)/.*)");
  std::smatch match;
  return std::regex_match(path, match, pattern) ? match[1].str() : std::string();
}

const LayerRow* row_of(std::string_view layer) {
  const auto row = std::ranges::find(layer_table(), layer, &LayerRow::name);
  return row == layer_table().end() ? nullptr : &*row;
}

std::string problem_of_include(const LayerRow& layer, const std::string& header) {
  if (header.starts_with("weir/")) {
    const std::string target = header.substr(5, header.find('/', 5) - 5);
    if (target == layer.name || std::ranges::count(layer.may_include, target) > 0) return "";
    return "layer " + std::string(layer.name) + " must not include layer " + target;
  }
  if (header.starts_with("..") || header.starts_with("src/") || header.starts_with("include/")) {
    return "include \"" + header + "\" goes around the layers; name it weir/LAYER/FILE.h";
  }
  for (const OwnerRow& owner : owner_table()) {
    if (header.starts_with(owner.header_prefix) && owner.layer != layer.name) {
      return "<" + header + "> belongs to layer " + std::string(owner.layer) + " alone";
    }
  }
  return "";
}

void check_includes(const SourceFile& file, Findings& findings) {
  const std::string name = layer_of(file.path);
  const LayerRow* layer = row_of(name);
  if (layer == nullptr) {
    report(file, 1, "folder '" + name + "' is not in the layer table", findings);
    return;
  }
  static const std::regex include(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"].*)re");
  const std::vector<std::string> lines = lines_of(file.text);
  std::smatch match;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find("include") == std::string::npos || !std::regex_match(lines[i], match, include)) continue;
    const std::string problem = problem_of_include(*layer, match[1].str());
    if (!problem.empty()) report(file, i + 1, problem, findings);
  }
}

/// A source file may leave it to its header to say what both are: then it opens with including it.
bool includes_own_header(const std::string& path, const std::string& line) {
  const std::string stem = path.substr(path.rfind('/') + 1, path.rfind('.') - path.rfind('/') - 1);
  return line == "#include \"" + stem + ".h\"" || line == "#include \"weir/" + layer_of(path) + "/" + stem + ".h\"";
}

void check_shape(const SourceFile& file, Findings& findings) {
  const std::vector<std::string> lines = lines_of(file.text);
  if (lines.size() > kMaxFileLines) {
    report(file, lines.size(), "file has " + std::to_string(lines.size()) + " lines, at most 400 are allowed",
           findings);
  }
  if (lines.empty() || (!lines[0].starts_with("//") && !includes_own_header(file.path, lines[0]))) {
    report(file, 1, "the file must open with a comment that says what it is", findings);
  }
  if (file.path.ends_with(".h") && std::ranges::count(lines, "#pragma once") == 0) {
    report(file, 1, "the header lacks #pragma once", findings);
  }
}

/// A word that must not occur. `exempt` is a folder or file it may occur in. Only lines that hold `needle` are shown
/// to the pattern, because regular expressions are slow.
struct BannedWord {
  std::string_view needle;
  std::string_view pattern;
  std::string_view exempt;
  bool in_comments;  // look at comments and literals too
  std::string_view cure;
};
constexpr std::string_view kAllocator = "include/weir/core/huge_page_";
constexpr std::array<BannedWord, 9> kBannedWords{{
    {"TODO", R"(\bTODO\b)", "", true, "finish it, or write an issue"},
    {"FIXME", R"(\bFIXME\b)", "", true, "finish it, or write an issue"},
    {"std::c", R"(\bstd::(cout|cerr|clog)\b)", "src/app/", false, "only app prints; count it or return a Result"},
    {"sleep", R"(\bsleep_(for|until)\b)", "", false, "wait for a condition, never for time"},
    {"sleep", R"(\b(u|nano)?sleep\s*\()", "", false, "wait for a condition, never for time"},
    {"now", R"(\bsystem_clock::now\b)", "src/core/clock.cc", false, "take a Clock&"},
    {"alloc", R"(\b(malloc|calloc|realloc)\s*\()", "", false, "use values or a container"},
    {"free", R"(\bfree\s*\()", kAllocator, false, "use values or a container"},
    {"new", R"(\bnew\b)", kAllocator, false, "use a value or std::make_unique"},
}};

/// A private constructor cannot be reached by make_unique: `std::unique_ptr<X>(new X(...))` is allowed.
bool is_private_constructor_idiom(const std::string& line) {
  static const std::regex idiom(R"(std::unique_ptr<(\w+)>\s*\w*\(\s*new \1\b)");
  return std::regex_search(line, idiom);
}

void check_words(const SourceFile& file, const std::string& code, Findings& findings) {
  const std::vector<std::string> raw_lines = lines_of(file.text);
  const std::vector<std::string> code_lines = lines_of(code);
  for (const BannedWord& word : kBannedWords) {
    if (!word.exempt.empty() && file.path.starts_with(word.exempt)) continue;
    const std::regex pattern{std::string(word.pattern)};
    const std::vector<std::string>& lines = word.in_comments ? raw_lines : code_lines;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].find(word.needle) == std::string::npos) continue;
      std::smatch match;
      if (!std::regex_search(lines[i], match, pattern) || is_private_constructor_idiom(lines[i])) continue;
      report(file, i + 1, "'" + match[0].str() + "' is banned: " + std::string(word.cure), findings);
    }
  }
}

/// Whether the text between the last statement and an opening brace is the head of a function.
bool is_function_head(const std::string& head) {
  const std::size_t close = head.rfind(')');
  if (close == std::string::npos) return false;
  static const std::regex tail(
      R"(^\s*((const|noexcept|override|final|mutable|&&?)\s*)*(->[\s\S]*|:\s*[\w:<>]+|,\s*\w+)?\s*$)");
  return std::regex_search(head.begin() + static_cast<std::ptrdiff_t>(close) + 1, head.end(), tail);
}

/// Walks over the braces of a file and measures its outermost functions.
class FunctionMeter {
 public:
  FunctionMeter(const SourceFile& file, Findings& findings) : file_(file), findings_(findings) {}

  void walk(const std::string& code) {
    for (std::size_t i = 0; i < code.size(); ++i) {
      const char c = code[i];
      if (c == '\n') ++line_;
      if (c == '{') {
        open();
      } else if (c == '}') {
        close(code.find_first_not_of(" \n", i + 1) == std::string::npos ? '\0'
                                                                        : code[code.find_first_not_of(" \n", i + 1)]);
      } else if (c == ';') {
        head_.clear();
      } else if (!head_.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
        if (head_.empty()) head_line_ = line_;
        head_ += c;
      }
    }
  }

 private:
  void open() {
    if (!function_depth_ && (continues_ || is_function_head(head_))) {
      if (!continues_) function_line_ = head_line_;
      function_depth_ = depth_;
    }
    continues_ = false;
    ++depth_;
    head_.clear();
  }

  /// `next` is the character after the brace: a member initializer `a_{1}` goes on with a comma or the body.
  void close(char next) {
    --depth_;
    head_.clear();
    if (!function_depth_ || *function_depth_ != depth_) return;
    function_depth_.reset();
    continues_ = next == ',' || next == '{';
    const std::size_t length = line_ - function_line_ + 1;
    if (continues_ || length <= kMaxFunctionLines) return;
    report(file_, function_line_, "function has " + std::to_string(length) + " lines, at most 60 are allowed",
           findings_);
  }

  const SourceFile& file_;
  Findings& findings_;
  std::string head_;
  std::size_t line_ = 1;
  std::size_t head_line_ = 1;
  std::size_t function_line_ = 1;
  int depth_ = 0;
  bool continues_ = false;
  std::optional<int> function_depth_;
};

/// Directives hold no braces worth counting and would spoil the head of the next block.
std::string without_directives(std::string code) {
  bool at_line_start = true;
  bool directive = false;
  for (char& c : code) {
    if (at_line_start && c == '#') directive = true;
    if (c == '\n') {
      at_line_start = true;
      directive = false;
      continue;
    }
    if (c != ' ') at_line_start = false;
    if (directive) c = ' ';
  }
  return code;
}

/// Where the comment or literal that begins at `i` ends (one past it); nullopt when none begins there.
std::optional<std::size_t> end_of_literal(std::string_view text, std::size_t i) {
  const auto past = [&](std::string_view mark, std::size_t from) {
    const std::size_t found = text.find(mark, from);
    return found == std::string_view::npos ? text.size() : found + mark.size();
  };
  const std::string_view rest = text.substr(i);
  const bool after_word = i > 0 && std::isalnum(static_cast<unsigned char>(text[i - 1])) != 0;
  if (rest.starts_with("//")) return std::min(text.find('\n', i), text.size());
  if (rest.starts_with("/*")) return past("*/", i + 2);
  if (rest.starts_with("R\"") && !after_word) {
    const std::size_t open = text.find('(', i);
    if (open == std::string_view::npos) return text.size();
    return past(")" + std::string(text.substr(i + 2, open - i - 2)) + "\"", open);
  }
  // A quote after a letter or digit separates digits, as in 1'000.
  if (text[i] != '"' && (text[i] != '\'' || after_word)) return std::nullopt;
  std::size_t end = i + 1;
  while (end < text.size() && text[end] != text[i] && text[end] != '\n') end += text[end] == '\\' ? 2 : 1;
  return std::min(end + 1, text.size());
}

}  // namespace

const std::vector<LayerRow>& layer_table() {
  static const std::vector<LayerRow> table = [] {
    std::vector<LayerRow> rows{
        {"core", {}},
        {"model", {"core"}},
        {"parse", {"core", "model"}},
        {"classify", {"core", "model"}},
        {"net", {"core"}},
        {"ingest", {"core", "model", "net"}},
        {"queue", {"core", "model"}},
        {"session", {"core", "model"}},
        {"kpi", {"core", "model"}},
        {"window", {"core", "model", "kpi"}},
        {"sink", {"core", "model", "kpi"}},
        {"store", {"core", "model"}},
    };
    for (const std::string_view joiner : {"pipeline", "app"}) {  // these two may include all rows above them
      LayerRow row{joiner, {}};
      for (const LayerRow& above : rows) row.may_include.push_back(above.name);
      rows.push_back(row);
    }
    return rows;
  }();
  return table;
}

std::span<const OwnerRow> owner_table() {
  static constexpr std::array<OwnerRow, 14> table{{
      {"simdjson", "parse"},
      {"re2/", "classify"},
      {"maxminddb", "classify"},
      {"boost/asio", "net"},
      {"boost/beast", "net"},
      {"openssl/", "net"},
      {"librdkafka/", "ingest"},
      {"concurrentqueue/", "queue"},
      {"prometheus/", "sink"},
      {"rocksdb/", "store"},
      {"highwayhash/", "pipeline"},
      {"CLI/", "app"},
      {"yaml-cpp/", "app"},
      {"nlohmann/", "app"},
  }};
  return table;
}

std::string code_without_comments_and_literals(std::string_view text) {
  std::string code;
  code.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const std::optional<std::size_t> end = end_of_literal(text, i);
    if (!end) {
      code += text[i++];
      continue;
    }
    for (; i < *end; ++i) code += text[i] == '\n' ? '\n' : ' ';
  }
  return code;
}

std::vector<std::string> violations_of(const SourceFile& file) {
  Findings findings;
  const std::string code = code_without_comments_and_literals(file.text);
  check_includes(file, findings);
  check_shape(file, findings);
  check_words(file, code, findings);
  FunctionMeter(file, findings).walk(without_directives(code));
  return findings;
}

}  // namespace weir::architecture
