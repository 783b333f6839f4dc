// THE option table: what can be configured. Adding an option is one row here (config_options.cc) and its field in
// the struct it belongs to; reading, bounds, messages, `describe_options` and the tests follow from the row.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/app/config.h"
#include "weir/app/config_faults.h"
#include "weir/app/config_yaml.h"

namespace weir {

/// Where an option's value lives; points into a Config and lives as long.
using OptionSlot = std::variant<bool*, std::size_t*, TimeMs*, std::string*, ListenAddress*, std::vector<std::string>*,
                                std::vector<TimeMs>*, SessionOptions*, std::vector<Funnel>*, std::vector<Rollup>*,
                                std::vector<ChannelRule>*, std::vector<Site>*, std::vector<TailOptions>*>;

struct OptionRow;

/// What a kind needs to read one value. `node` is never a refused one.
struct OptionReading {
  const OptionRow& row;
  const YamlNode& node;
  OptionSlot slot;
  ConfigFaults& faults;
};

/// How the values of a row are read, printed and described. One per type of value (config_kinds.cc).
struct OptionKind {
  /// Fills the slot, or adds faults and leaves it as it was.
  void (*read)(const OptionReading& reading);
  /// The slot's value as YAML.
  std::string (*text)(const OptionSlot& slot);
  /// "a duration from 1s to 24h": what is allowed.
  std::string (*expected)(const OptionRow& row);
};

/// One row. A path that ends in ".NAME" takes all other keys of its map, which the user names.
struct OptionRow {
  std::string_view path;  // "sessions.timeout"
  const OptionKind* kind;
  OptionSlot (*slot)(Config& config);
  std::int64_t minimum;   // in `unit`; of the value, its length in bytes, or the number of its items
  std::int64_t maximum;   // both included; 0 and 0 when a kind has no bounds
  std::string_view unit;  // "milliseconds", "bytes", "events"; empty when there is none
  std::string_view help;  // whole sentences
};

/// The rows, in the order of config/weir.yaml.
std::span<const OptionRow> option_table();

/// The value a configuration holds for a row, as YAML; two values are equal exactly when their texts are.
std::string option_text(const OptionRow& row, const Config& config);

}  // namespace weir
