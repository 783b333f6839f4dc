// YamlNode: a YAML text as a tree in which everything knows its place. The only door to yaml-cpp. Anchors, aliases,
// tags, duplicate keys and deep nesting are refused here, so nobody behind it meets them; it never knows an option.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/app/config_faults.h"

namespace weir {

/// A key of a map and where it stands.
struct YamlKey {
  FilePosition position;
  std::string text;
};

/// One value. Owns everything below it.
struct YamlNode {
  enum class Kind : std::uint8_t {
    kNothing,  // "key:" with nothing behind it, or null
    kText,     // a scalar; numbers and booleans are still text
    kList,
    kMap,
    kRefused,  // a fault was already recorded for it; readers stay silent
  };
  Kind kind = Kind::kNothing;
  FilePosition position;        // of the first character; of its key for kNothing in a map
  std::string text;             // of kText
  std::vector<YamlKey> keys;    // of kMap; keys[i] belongs to items[i]
  std::vector<YamlNode> items;  // of kMap and kList
};

/// Levels of lists and maps allowed inside each other.
inline constexpr std::size_t kMaxYamlDepth = 16;

/// Parses one YAML document; an empty text gives kNothing. Faults of YAML itself are added to `faults`; after one
/// that ends the reading the tree is kRefused. Never throws.
YamlNode parse_yaml(std::string_view yaml, ConfigFaults& faults);

}  // namespace weir
