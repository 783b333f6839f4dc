// Builds the YamlNode tree from yaml-cpp's events. Events, not YAML::Node, because only they show duplicate keys and
// because a tree of aliases ("billion laughs") is then never expanded.
#include "weir/app/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <istream>
#include <optional>
#include <streambuf>
#include <unordered_map>
#include <utility>

#include "weir/core/text.h"

namespace weir {
namespace {

FilePosition position_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(std::max(mark.line, 0)) + 1, static_cast<std::size_t>(std::max(mark.column, 0)) + 1};
}

/// Ends the reading at something that is YAML but no configuration; its message needs no further advice.
class Refusal final : public YAML::ParserException {
 public:
  using YAML::ParserException::ParserException;
};

/// A list or map being read, with what its next value belongs to.
struct OpenNode {
  YamlNode node;
  std::optional<YamlKey> key;  // read, its value not yet
  std::unordered_map<std::string, FilePosition> seen;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(ConfigFaults& faults) : faults_(faults) {}

  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    YamlNode node;
    node.position = position_of(mark);
    if (in_map() && open_.back().key) node.position = open_.back().key->position;
    add(std::move(node), mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    faults_.add(position_of(mark), path(),
                "found an alias; expected the value itself, and a value that starts with * in quotes");
    YamlNode node;
    node.kind = YamlNode::Kind::kRefused;
    node.position = position_of(mark);
    add(std::move(node), mark);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node;
    node.kind = YamlNode::Kind::kText;
    node.position = position_of(mark);
    node.text = value;
    add(std::move(node), mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  bool in_map() const { return !open_.empty() && open_.back().node.kind == YamlNode::Kind::kMap; }

  /// "a.b" of the value about to be added.
  std::string path() const {
    std::string joined;
    for (const OpenNode& open : open_) {
      if (!open.key) continue;
      if (!joined.empty()) joined += '.';
      joined += open.key->text;
    }
    return joined;
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    faults_.add(position_of(mark), path(),
                "found an anchor; expected the value alone, and a value that starts with & in quotes");
  }
  void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    faults_.add(position_of(mark), path(),
                "found a tag; expected the value alone, and a value that starts with ! in quotes");
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    if (open_.size() >= kMaxYamlDepth) {
      throw Refusal(mark,
                    fmt::format("found lists or maps nested deeper than {}; expected fewer levels", kMaxYamlDepth));
    }
    if (in_map() && !open_.back().key) {
      throw Refusal(mark, "found a list or map as a key; expected a word");
    }
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    OpenNode opened;
    opened.node.kind = kind;
    opened.node.position = position_of(mark);
    open_.push_back(std::move(opened));
  }
  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node), YAML::Mark::null_mark());
  }

  /// Puts a finished value where it belongs: as the root, a list's item, a map's key or a map's value.
  void add(YamlNode node, const YAML::Mark& mark) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    OpenNode& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::kMap) {
      if (!parent.key) return add_key(node, mark);
      parent.node.keys.push_back(std::move(*parent.key));
      parent.key.reset();
    }
    parent.node.items.push_back(std::move(node));
  }
  void add_key(YamlNode& node, const YAML::Mark& mark) {
    if (node.kind != YamlNode::Kind::kText) {
      throw Refusal(mark, "found no key before the colon; expected a word");
    }
    OpenNode& parent = open_.back();
    const auto [first, is_new] = parent.seen.emplace(node.text, node.position);
    parent.key = YamlKey{node.position, std::move(node.text)};
    if (is_new) return;
    faults_.add(node.position, path(),
                fmt::format("found a second time, first on line {}; expected once", first->second.line));
  }

  ConfigFaults& faults_;
  std::vector<OpenNode> open_;
  YamlNode root_;
};

/// Throws at the first thing a second document holds.
class NothingMore final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    throw Refusal(mark, "found a second document (---); expected one configuration per file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Lets yaml-cpp read a text in place.
class ViewBuffer final : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    // A streambuf wants a mutable range; as an input buffer it is never written to.
    char* begin = const_cast<char*>(text.data());
    setg(begin, begin, begin + text.size());
  }
};

FilePosition position_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
  const std::size_t newline = before.rfind('\n');
  return {line, newline == std::string_view::npos ? offset + 1 : offset - newline};
}

/// Where a byte stands that text files do not hold; npos when there is none. yaml-cpp would guess at UTF-16 or take
/// 0x04 as the end of the file.
std::size_t find_stray_byte(std::string_view text) {
  const auto stray = std::find_if(text.begin(), text.end(), [](char character) {
    const auto byte = static_cast<unsigned char>(character);
    return (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7f;
  });
  return stray == text.end() ? std::string_view::npos : static_cast<std::size_t>(stray - text.begin());
}

/// The first line that is not UTF-8.
FilePosition find_bad_utf8(std::string_view text) {
  FilePosition position;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!is_valid_utf8(text.substr(0, end))) return position;
    text.remove_prefix(std::min(end + 1, text.size()));
    ++position.line;
  }
  return position;
}

/// A tab in the indentation of line `line` or the one before it; nullopt when there is none. YAML forbids it, and the
/// library's own message does not say so.
std::optional<FilePosition> find_tab_indentation(std::string_view text, std::size_t line) {
  for (std::size_t number = 1; number <= line && !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (number + 1 < line) continue;
    const std::size_t content = row.find_first_not_of(" \t\r");
    if (content == std::string_view::npos || row[content] == '#') continue;
    const std::size_t tab = row.substr(0, content).find('\t');
    if (tab != std::string_view::npos) return FilePosition{number, tab + 1};
  }
  return std::nullopt;
}

void add_syntax_fault(std::string_view text, const YAML::Exception& exception, ConfigFaults& faults) {
  const FilePosition position = position_of(exception.mark);
  if (const auto tab = find_tab_indentation(text, position.line)) {
    return faults.add(*tab, {}, "found a tab in the indentation; expected spaces only");
  }
  const bool alias =
      exception.msg.find("anchor") != std::string::npos || exception.msg.find("alias") != std::string::npos;
  const std::string_view cure = alias ? "put a value that starts with * or & in quotes"
                                      : "check indentation, colons, brackets and quotes near here";
  faults.add(position, {}, fmt::format("not valid YAML: {}; {}", exception.msg, cure));
}

/// True when the bytes are text at all; else adds the fault.
bool is_text(std::string_view yaml, ConfigFaults& faults) {
  if (!is_valid_utf8(yaml)) {
    faults.add(find_bad_utf8(yaml), {}, "found bytes that are not UTF-8; save the file as UTF-8");
    return false;
  }
  const std::size_t stray = find_stray_byte(yaml);
  if (stray == std::string_view::npos) return true;
  faults.add(position_at(yaml, stray), {},
             fmt::format("found the control character 0x{:02x}; remove it", static_cast<unsigned char>(yaml[stray])));
  return false;
}

}  // namespace

YamlNode parse_yaml(std::string_view yaml, ConfigFaults& faults) {
  YamlNode refused;
  refused.kind = YamlNode::Kind::kRefused;
  if (yaml.starts_with("\xEF\xBB\xBF")) yaml.remove_prefix(3);
  if (!is_text(yaml, faults)) return refused;
  try {
    ViewBuffer buffer(yaml);
    std::istream stream(&buffer);
    YAML::Parser parser(stream);
    TreeBuilder builder(faults);
    NothingMore nothing_more;
    if (parser.HandleNextDocument(builder)) parser.HandleNextDocument(nothing_more);
    return builder.take_root();
  } catch (const Refusal& refusal) {
    faults.add(position_of(refusal.mark), {}, refusal.msg);
  } catch (const YAML::Exception& exception) {
    add_syntax_fault(yaml, exception, faults);
  } catch (const std::exception& exception) {
    faults.add({}, {}, fmt::format("not readable as YAML: {}", exception.what()));
  }
  return refused;
}

}  // namespace weir
