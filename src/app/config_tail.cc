// The kind of tailed files: a list of maps with a path, a format and where to begin.
#include <fmt/format.h>

#include <algorithm>

#include "weir/app/config_kinds.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kMaxPathBytes = 4095;
constexpr std::string_view kPathKey = "path";
constexpr std::string_view kFormatKey = "format";
constexpr std::string_view kFromKey = "from";
constexpr std::string_view kPath = "sources.tail.path";

const std::vector<std::string>& places() {
  static const std::vector<std::string> words{"end", "start"};
  return words;
}

void read_path(ConfigFaults& faults, const YamlNode& node, TailOptions& tail) {
  const bool is_path = node.kind == YamlNode::Kind::kText && !node.text.empty() && node.text.front() != ' ' &&
                       node.text.back() != ' ' && node.text.back() != '/' && is_clean_label(node.text, kMaxPathBytes);
  if (!is_path) {
    return add_value_fault(faults, kPath, node, fmt::format("the path of a file, of at most {} bytes", kMaxPathBytes));
  }
  if (node.text.ends_with(".gz")) {
    return add_value_fault(faults, kPath, node, "a file that is not compressed; weir replay reads compressed ones");
  }
  tail.path = node.text;
}

/// Reads one word of a list into `word`.
void read_word(ConfigFaults& faults, std::string_view key, const YamlNode& node, const std::vector<std::string>& known,
               std::string& word) {
  const std::string expected = expected_instead_of(node, known);
  if (expected.empty()) {
    word = node.text;
  } else {
    add_value_fault(faults, fmt::format("sources.tail.{}", key), node, expected);
  }
}

void read_key(ConfigFaults& faults, const YamlKey& key, const YamlNode& node, TailOptions& tail) {
  if (key.text == kPathKey) return read_path(faults, node, tail);
  if (key.text == kFormatKey) {
    read_word(faults, key.text, node, source_format_names(), tail.format);
    if (tail.format == kDefaultFormat) tail.format.clear();
    return;
  }
  if (key.text == kFromKey) {
    std::string place = places().front();
    read_word(faults, key.text, node, places(), place);
    tail.from = place == places().front() ? TailOptions::From::kEnd : TailOptions::From::kStart;
    return;
  }
  const std::vector<std::string> known{std::string(kPathKey), std::string(kFormatKey), std::string(kFromKey)};
  faults.add(key.position, fmt::format("sources.tail.{}", key.text), "unknown key" + cure_of_unknown(key.text, known));
}

TailOptions read_file_options(const OptionReading& reading, const YamlNode& node) {
  TailOptions tail;
  const std::size_t faults_before = reading.faults.count();
  for (std::size_t i = 0; i < node.keys.size(); ++i) read_key(reading.faults, node.keys[i], node.items[i], tail);
  if (tail.path.empty() && reading.faults.count() == faults_before) {
    reading.faults.add(node.position, reading.row.path, "found no path; expected the path of a file");
  }
  return tail;
}

void read_tail(const OptionReading& reading) {
  const auto items = items_of(reading, static_cast<std::size_t>(reading.row.maximum));
  if (!items) return;
  std::vector<TailOptions> files;
  for (const YamlNode& item : *items) {
    if (item.kind != YamlNode::Kind::kMap) {
      add_value_fault(reading.faults, reading.row.path, item, "a map such as {path: /var/log/nginx/access.log}");
      continue;
    }
    TailOptions tail = read_file_options(reading, item);
    if (std::ranges::count(files, tail.path, &TailOptions::path) > 0 && !tail.path.empty()) {
      reading.faults.add(item.position, reading.row.path, "found a path that is there already; expected each once");
    }
    files.push_back(std::move(tail));
  }
  *std::get<std::vector<TailOptions>*>(reading.slot) = std::move(files);
}

std::string text_of_tail(const OptionSlot& slot) {
  std::vector<std::string> files;
  for (const TailOptions& tail : *std::get<std::vector<TailOptions>*>(slot)) {
    files.push_back(fmt::format("{{path: {}, format: {}, from: {}}}", yaml_quoted(tail.path),
                                tail.format.empty() ? kDefaultFormat : tail.format,
                                places()[tail.from == TailOptions::From::kEnd ? 0 : 1]));
  }
  return "[" + join_words(files) + "]";
}

}  // namespace

const OptionKind kTailKind{
    .read = read_tail,
    .text = text_of_tail,
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a list of at most {} maps such as {{path: /var/log/nginx/access.log}}", row.maximum);
        },
};

}  // namespace weir
