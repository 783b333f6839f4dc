// The kind of rollups: a map of rollup names to their dimensions and limit. Names become parts of metric names, so one
// that could make two metrics collide is a fault here.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "weir/app/config_kinds.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kMaxRollups = 16;
constexpr std::string_view kDimensionsKey = "dimensions";
constexpr std::string_view kLimitKey = "limit";

/// What a name should have been; empty when it can be used.
std::string problem_of_name(std::string_view name) {
  if (!is_metric_name(name)) {
    return fmt::format("a to z, 0 to 9 and _, a letter first, at most {} bytes", kMaxNameBytes);
  }
  // weir_landing_funnel_sessions_total would be both "funnel sessions" of landing and "sessions" of landing_funnel.
  const bool collides = name.ends_with("_funnel") || name.ends_with("_window");
  return collides ? "a name that does not end in _funnel or _window, which metric names use" : std::string();
}

std::string expected_dimension() {
  std::vector<std::string> labels;
  for (const DimensionRow& row : kDimensionTable) {
    if (row.dimension != Dimension::kSite) labels.emplace_back(row.label);
  }
  return "one of " + join_words(labels);
}

/// What was expected instead of a word that is no dimension, with the nearest one.
std::string expected_instead_of(std::string_view word) {
  if (word == label_of(Dimension::kSite)) return expected_dimension() + "; site is part of every rollup anyway";
  std::vector<std::string> labels;
  for (const DimensionRow& row : kDimensionTable) labels.emplace_back(row.label);
  const std::string_view nearest = nearest_word(word, labels);
  if (nearest.empty()) return expected_dimension();
  return fmt::format("{}; did you mean \"{}\"?", expected_dimension(), nearest);
}

void read_dimensions(ConfigFaults& faults, const std::string& path, const YamlNode& node, Rollup& rollup) {
  if (node.kind != YamlNode::Kind::kList) {
    return add_value_fault(faults, path, node, "a list such as [landing_page, channel], or [] for the site as a whole");
  }
  for (const YamlNode& item : node.items) {
    const auto dimension = item.kind == YamlNode::Kind::kText ? dimension_of(item.text) : std::nullopt;
    if (!dimension || *dimension == Dimension::kSite) {
      add_value_fault(faults, path, item, expected_instead_of(item.text));
    } else if (std::find(rollup.dimensions.begin(), rollup.dimensions.end(), *dimension) != rollup.dimensions.end()) {
      add_value_fault(faults, path, item, "each dimension only once");
    } else {
      rollup.dimensions.push_back(*dimension);
    }
  }
  std::sort(rollup.dimensions.begin(), rollup.dimensions.end());
}

void read_limit(const OptionReading& reading, const std::string& path, const YamlNode& node, Rollup& rollup) {
  std::int64_t limit = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [rest, problem] = std::from_chars(node.text.data(), end, limit);
  const bool is_number = node.kind == YamlNode::Kind::kText && problem == std::errc() && rest == end;
  if (!is_number || limit < reading.row.minimum || limit > reading.row.maximum) {
    return add_value_fault(
        reading.faults, path, node,
        fmt::format("a whole number of {} from {} to {}", reading.row.unit, reading.row.minimum, reading.row.maximum));
  }
  rollup.limit = static_cast<std::size_t>(limit);
}

void read_rollup(const OptionReading& reading, const YamlKey& name, const YamlNode& node, Rollup& rollup) {
  const std::string path = "rollups." + name.text;
  if (node.kind != YamlNode::Kind::kMap) {
    return add_value_fault(reading.faults, path, node, reading.row.kind->expected(reading.row));
  }
  bool has_dimensions = false;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const std::string key_path = fmt::format("{}.{}", path, key.text);
    if (key.text == kDimensionsKey) {
      has_dimensions = true;
      read_dimensions(reading.faults, key_path, node.items[i], rollup);
    } else if (key.text == kLimitKey) {
      read_limit(reading, key_path, node.items[i], rollup);
    } else {
      const std::vector<std::string> known{std::string(kDimensionsKey), std::string(kLimitKey)};
      has_dimensions = has_dimensions || nearest_word(key.text, known) == kDimensionsKey;
      reading.faults.add(key.position, key_path, "unknown key" + cure_of_unknown(key.text, known));
    }
  }
  if (!has_dimensions) {
    reading.faults.add(name.position, path,
                       "found no dimensions; expected dimensions: [...], or [] for the site as a whole");
  }
}

void read_rollups(const OptionReading& reading) {
  const YamlNode& node = reading.node;
  std::vector<Rollup> rollups;
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const YamlKey& key = node.keys[i];
    const std::string problem = problem_of_name(key.text);
    if (!problem.empty()) {
      reading.faults.add(
          key.position, "rollups." + key.text,
          fmt::format("found the name \"{}\"; expected {}", clean_label(key.text, kMaxNameBytes), problem));
    }
    if (i == kMaxRollups) {
      reading.faults.add(key.position, "rollups." + key.text,
                         fmt::format("found {} rollups; expected at most {}", node.keys.size(), kMaxRollups));
    }
    Rollup rollup{.name = key.text, .dimensions = {}};
    read_rollup(reading, key, node.items[i], rollup);
    rollups.push_back(std::move(rollup));
  }
  *std::get<std::vector<Rollup>*>(reading.slot) = std::move(rollups);
}

std::string text_of_rollups(const OptionSlot& slot) {
  std::vector<std::string> rollups;
  for (const Rollup& rollup : *std::get<std::vector<Rollup>*>(slot)) {
    std::vector<std::string> labels;
    for (const Dimension dimension : rollup.dimensions) labels.emplace_back(label_of(dimension));
    rollups.push_back(
        fmt::format("{}: {{dimensions: [{}], limit: {}}}", rollup.name, join_words(labels), rollup.limit));
  }
  return "{" + join_words(rollups) + "}";
}

}  // namespace

const OptionKind kRollupsKind{
    .read = read_rollups,
    .text = text_of_rollups,
    .expected =
        [](const OptionRow& row) {
          return fmt::format(
              "dimensions and a limit such as {{dimensions: [landing_page], limit: 100}}, the limit from {} to {}",
              row.minimum, row.maximum);
        },
};

}  // namespace weir
