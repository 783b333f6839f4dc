// Reads a configuration: YAML tree -> rows of THE option table -> checks across options. Collects every fault and
// never stops at the first.
#include "weir/app/config.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "weir/app/config_checks.h"
#include "weir/app/config_faults.h"
#include "weir/app/config_kinds.h"
#include "weir/app/config_options.h"
#include "weir/app/config_yaml.h"

namespace weir {
namespace {

constexpr std::string_view kAnyName = "NAME";

/// Whether a path is the front of a row's path, up to a dot.
bool is_section(const OptionRow& row, std::string_view path) {
  return row.path.size() > path.size() && row.path.starts_with(path) && row.path[path.size()] == '.';
}

bool is_section(std::string_view path) {
  for (const OptionRow& row : option_table()) {
    if (is_section(row, path)) return true;
  }
  return false;
}

const OptionRow* find_row(std::string_view path) {
  for (const OptionRow& row : option_table()) {
    if (row.path == path) return &row;
  }
  return nullptr;
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('.') + 1); }

/// The parts that may follow `prefix` ("sessions.", or "" for the top).
std::vector<std::string> known_parts(std::string_view prefix) {
  std::vector<std::string> parts;
  for (const OptionRow& row : option_table()) {
    if (!row.path.starts_with(prefix)) continue;
    const std::string_view rest = row.path.substr(prefix.size());
    std::string part(rest.substr(0, rest.find('.')));
    if (parts.empty() || parts.back() != part) parts.push_back(std::move(part));
  }
  return parts;
}

/// Walks one file's tree along the option table.
class ConfigReader {
 public:
  ConfigReader(Config& config, ConfigFaults& faults) : config_(config), faults_(faults) {}

  const ValuePlaces& places() const { return places_; }

  void read_root(const YamlNode& root) {
    if (root.kind == YamlNode::Kind::kNothing) return;
    if (root.kind != YamlNode::Kind::kMap) {
      return add_value_fault(faults_, {}, root, fmt::format("keys such as sessions:{}", hint_of(root)));
    }
    read_section("", root);
  }

 private:
  /// What most likely made a text of what should have been a key and its value.
  static std::string_view hint_of(const YamlNode& node) {
    const bool has_colon = node.kind == YamlNode::Kind::kText && node.text.find(':') != std::string::npos;
    return has_colon ? "; is a space missing behind the colon?" : "";
  }

  /// `prefix` is the path of the section and a dot, or empty for the whole file.
  void read_section(const std::string& prefix, const YamlNode& section) {
    const OptionRow* any_name = find_row(prefix + std::string(kAnyName));
    YamlNode named;
    named.kind = YamlNode::Kind::kMap;
    for (std::size_t i = 0; i < section.keys.size(); ++i) {
      const YamlKey& key = section.keys[i];
      const std::string path = prefix + key.text;
      const OptionRow* row = key.text == kAnyName ? nullptr : find_row(path);
      if (row != nullptr) {
        read_value(*row, section.items[i]);
      } else if (is_section(path)) {
        enter_section(path, section.items[i]);
      } else if (any_name != nullptr) {
        named.keys.push_back(key);
        named.items.push_back(section.items[i]);
      } else {
        faults_.add(key.position, path, "unknown key" + (faults_.full() ? "" : cure_of_key(prefix, key.text)));
      }
    }
    if (named.keys.empty()) return;
    named.position = named.keys.front().position;
    read_value(*any_name, named);
  }

  void enter_section(const std::string& path, const YamlNode& node) {
    if (node.kind == YamlNode::Kind::kNothing) return;  // a section whose keys are all commented out
    if (node.kind == YamlNode::Kind::kMap) return read_section(path + ".", node);
    const std::vector<std::string> known = known_parts(path + ".");
    const std::string example = known.front() == kAnyName ? "a name" : known.front();
    add_value_fault(faults_, path, node, fmt::format("keys below it, such as {}:{}", example, hint_of(node)));
  }

  void read_value(const OptionRow& row, const YamlNode& node) {
    const std::size_t faults_before = faults_.count();
    if (node.kind != YamlNode::Kind::kRefused) {
      row.kind->read({.row = row, .node = node, .slot = row.slot(config_), .faults = faults_});
    }
    const bool good = node.kind != YamlNode::Kind::kRefused && faults_.count() == faults_before;
    places_[std::string(row.path)] = {node.position, good};
  }

  /// What to do about a key that is not in the table: the nearest sibling, the same key elsewhere, or all siblings.
  static std::string cure_of_key(const std::string& prefix, const std::string& key) {
    const std::vector<std::string> siblings = known_parts(prefix);
    const std::string_view nearest = nearest_word(key, siblings);
    if (!nearest.empty()) return fmt::format("; did you mean \"{}{}\"?", prefix, nearest);
    for (const OptionRow& row : option_table()) {
      if (key == kAnyName) break;
      if (last_part(row.path) == key) return fmt::format("; did you mean \"{}\"?", row.path);
    }
    return "; known here: " + join_words(siblings);
  }

  Config& config_;
  ConfigFaults& faults_;
  ValuePlaces places_;
};

}  // namespace

Result<std::string> read_config_text(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return Error{fmt::format("cannot open {}: {}", path, std::strerror(errno))};
  std::string text(kMaxConfigBytes + 1, '\0');
  const std::size_t size = std::fread(text.data(), 1, text.size(), file.get());
  if (std::ferror(file.get()) != 0) return Error{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  text.resize(size);
  return Result<std::string>(boost::system::in_place_value, std::move(text));
}

Config default_config() {
  Config config;
  config.pipeline.windows.rollups = default_rollups();
  return config;
}

Result<Config> parse_config(std::string_view yaml, std::string_view file) {
  ConfigFaults faults;
  if (yaml.size() > kMaxConfigBytes) {
    faults.add({}, {}, fmt::format("found more than {} bytes; expected a file of at most 1MiB", kMaxConfigBytes));
    return Error{faults.render(file)};
  }
  const YamlNode root = parse_yaml(yaml, faults);
  Config config = default_config();
  ConfigReader reader(config, faults);
  if (root.kind != YamlNode::Kind::kRefused) {
    reader.read_root(root);
    check_config(config, reader.places(), faults);
  }
  if (!faults.empty()) return Error{faults.render(file)};
  config.sources.sites = config.pipeline.reader.sites;  // the listener asks whose pages may send
  return config;
}

Result<Config> load_config(const std::string& path) {
  const Result<std::string> text = read_config_text(path);
  if (!text) return text.error();
  return parse_config(*text, path);
}

std::string describe_options() {
  const Config defaults = default_config();
  std::string text;
  for (const OptionRow& row : option_table()) {
    const std::string unit = row.unit.empty() ? "" : fmt::format(" [{}]", row.unit);
    text += fmt::format("{}{}\n  {}\n  Expected: {}.\n  Default: {}\n\n", row.path, unit, row.help,
                        row.kind->expected(row), option_text(row, defaults));
  }
  text.pop_back();
  return text;
}

}  // namespace weir
