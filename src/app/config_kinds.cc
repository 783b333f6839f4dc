// Kinds of single values: booleans, numbers, sizes, durations, texts, choices, addresses.
#include "weir/app/config_kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "weir/core/ascii.h"
#include "weir/core/text.h"
#include "weir/core/time_text.h"
#include "weir/net/address.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

constexpr std::string_view kOff = "off";
constexpr std::string_view kAuto = "auto";
constexpr std::size_t kFoundBytes = 60;

bool in_bounds(const OptionRow& row, std::int64_t value) { return value >= row.minimum && value <= row.maximum; }

/// Reads a scalar with `parse(row, text) -> optional<Value>` into the slot, or adds the fault.
template <class Value, class Parse>
void read_scalar(const OptionReading& reading, Parse parse) {
  if (reading.node.kind == YamlNode::Kind::kText) {
    std::optional<Value> value = parse(reading.row, reading.node.text);
    if (value) {
      *std::get<Value*>(reading.slot) = std::move(*value);
      return;
    }
  }
  add_value_fault(reading.faults, reading.row.path, reading.node, reading.row.kind->expected(reading.row));
}

/// The whole of `text` as a decimal number; no sign, no spaces.
std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, value);
  if (problem != std::errc() || rest != end || value < 0 || text.starts_with('-')) return std::nullopt;
  return value;
}

std::optional<std::size_t> parse_integer(const OptionRow& row, std::string_view text) {
  const std::optional<std::int64_t> value = parse_number(text);
  if (!value || !in_bounds(row, *value)) return std::nullopt;
  return static_cast<std::size_t>(*value);
}

struct SizeUnit {
  std::string_view suffix;
  std::int64_t bytes;
};
constexpr std::array<SizeUnit, 4> kSizeUnits{{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}};

std::optional<std::size_t> parse_size(const OptionRow& row, std::string_view text) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (!text.ends_with(unit.suffix)) continue;
    const std::optional<std::int64_t> count = parse_number(text.substr(0, text.size() - unit.suffix.size()));
    if (!count || *count > std::numeric_limits<std::int64_t>::max() / unit.bytes) return std::nullopt;
    if (!in_bounds(row, *count * unit.bytes)) return std::nullopt;
    return static_cast<std::size_t>(*count * unit.bytes);
  }
  return std::nullopt;
}

std::string format_size(std::int64_t bytes) {
  for (const SizeUnit& unit : kSizeUnits) {
    if (bytes >= unit.bytes && bytes % unit.bytes == 0) return fmt::format("{}{}", bytes / unit.bytes, unit.suffix);
  }
  return "0";
}

std::string text_of_size(const OptionSlot& slot) {
  return format_size(static_cast<std::int64_t>(*std::get<std::size_t*>(slot)));
}
std::string text_of_integer(const OptionSlot& slot) { return fmt::format("{}", *std::get<std::size_t*>(slot)); }
std::string text_of_duration(const OptionSlot& slot) { return format_duration(*std::get<TimeMs*>(slot)); }

std::string default_text(const OptionRow& row) { return option_text(row, default_config()); }

std::string expected_integer(const OptionRow& row) {
  return fmt::format("a whole number of {} from {} to {}", row.unit, row.minimum, row.maximum);
}
std::string expected_duration(const OptionRow& row) {
  return fmt::format("a duration from {} to {} such as {}", format_duration(row.minimum), format_duration(row.maximum),
                     default_text(row));
}

std::optional<std::string> parse_text(const OptionRow& row, std::string_view text) {
  // A space at an end is never meant; it is what an unclosed quote leaves.
  const bool bare = !text.empty() && text.front() != ' ' && text.back() != ' ';
  const bool fits = text.size() >= static_cast<std::size_t>(row.minimum);
  if (!bare || !fits || !is_clean_label(text, static_cast<std::size_t>(row.maximum))) return std::nullopt;
  return std::string(text);
}

bool is_off(std::string_view text) { return text.empty() || text == kOff; }

std::string text_or_off(const OptionSlot& slot) {
  const std::string& text = *std::get<std::string*>(slot);
  return text.empty() ? std::string(kOff) : yaml_quoted(text);
}

std::vector<std::string> bots_words() { return {"auto", "exclude", "include"}; }
std::vector<std::string> durability_words() { return {"none", "interval", "sync"}; }
std::vector<std::string> honor_gpc_words() { return {"aggregate", "drop", "ignore"}; }
std::vector<std::string> log_levels() { return {"trace", "debug", "info", "warn", "error"}; }

/// A text out of a list of words.
template <std::vector<std::string> (*words)()>
constexpr OptionKind kChoiceKind{
    .read =
        [](const OptionReading& reading) {
          const std::vector<std::string> known = words();
          const std::string expected = expected_instead_of(reading.node, known);
          if (!expected.empty()) return add_value_fault(reading.faults, reading.row.path, reading.node, expected);
          *std::get<std::string*>(reading.slot) = reading.node.text;
        },
    .text = [](const OptionSlot& slot) { return *std::get<std::string*>(slot); },
    .expected = [](const OptionRow&) { return "one of " + join_words(words()); },
};

}  // namespace

const OptionKind kBooleanKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<bool>(reading, [](const OptionRow&, std::string_view text) -> std::optional<bool> {
            if (text == "true") return true;
            if (text == "false") return false;
            return std::nullopt;
          });
        },
    .text = [](const OptionSlot& slot) -> std::string { return *std::get<bool*>(slot) ? "true" : "false"; },
    .expected = [](const OptionRow&) -> std::string { return "true or false"; },
};

const OptionKind kIntegerKind{
    .read = [](const OptionReading& reading) { read_scalar<std::size_t>(reading, parse_integer); },
    .text = text_of_integer,
    .expected = expected_integer,
};

namespace {

/// A whole number, or a word that stands for 0.
template <const std::string_view& word>
constexpr OptionKind kIntegerOrWordKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<std::size_t>(reading,
                                   [](const OptionRow& row, std::string_view text) -> std::optional<std::size_t> {
                                     if (text == word) return 0;
                                     return parse_integer(row, text);
                                   });
        },
    .text =
        [](const OptionSlot& slot) {
          return *std::get<std::size_t*>(slot) == 0 ? std::string(word) : text_of_integer(slot);
        },
    .expected = [](const OptionRow& row) { return fmt::format("{}, or {}", expected_integer(row), word); },
};

}  // namespace

const OptionKind kIntegerOrAutoKind = kIntegerOrWordKind<kAuto>;
const OptionKind kIntegerOrOffKind = kIntegerOrWordKind<kOff>;

const OptionKind kSizeKind{
    .read = [](const OptionReading& reading) { read_scalar<std::size_t>(reading, parse_size); },
    .text = text_of_size,
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a size from {} to {} such as {}, or a plain number of bytes", format_size(row.minimum),
                             format_size(row.maximum), default_text(row));
        },
};

const OptionKind kMemoryKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<std::size_t>(reading,
                                   [](const OptionRow& row, std::string_view text) -> std::optional<std::size_t> {
                                     if (text == kAuto) return kAutoMemory;
                                     if (text == kOff) return kNoMemoryLimit;
                                     return parse_size(row, text);
                                   });
        },
    .text =
        [](const OptionSlot& slot) {
          const std::size_t bytes = *std::get<std::size_t*>(slot);
          if (bytes == kAutoMemory) return std::string(kAuto);
          return bytes == kNoMemoryLimit ? std::string(kOff) : text_of_size(slot);
        },
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a size from {} to {} such as 2GiB, or auto or off", format_size(row.minimum),
                             format_size(row.maximum));
        },
};

const OptionKind kDurationKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<TimeMs>(reading, [](const OptionRow& row, std::string_view text) {
            const std::optional<TimeMs> span_ms = parse_duration(text);
            return span_ms && in_bounds(row, *span_ms) ? span_ms : std::nullopt;
          });
        },
    .text = text_of_duration,
    .expected = expected_duration,
};

const OptionKind kMillisecondsKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<TimeMs>(reading, [](const OptionRow& row, std::string_view text) {
            const std::optional<std::int64_t> span_ms = parse_number(text);
            return span_ms && in_bounds(row, *span_ms) ? span_ms : std::nullopt;
          });
        },
    .text = [](const OptionSlot& slot) { return fmt::format("{}", *std::get<TimeMs*>(slot)); },
    .expected = expected_integer,
};

const OptionKind kPathOrOffKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<std::string>(reading, [](const OptionRow& row, std::string_view text) {
            return is_off(text) ? std::optional<std::string>("") : parse_text(row, text);
          });
        },
    .text = text_or_off,
    .expected = [](const OptionRow& row) { return fmt::format("a path of at most {} bytes, or off", row.maximum); },
};

const OptionKind kHostOrOffKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<std::string>(reading, [](const OptionRow& row, std::string_view text) {
            if (is_off(text)) return std::optional<std::string>("");
            const bool plain = text.find_first_of("/\\?#@ ") == std::string_view::npos;
            return plain ? parse_text(row, text) : std::nullopt;
          });
        },
    .text = text_or_off,
    .expected = [](const OptionRow&) -> std::string { return "a host such as shop.example, or off"; },
};

const OptionKind kNameKind{
    .read = [](const OptionReading& reading) { read_scalar<std::string>(reading, parse_text); },
    .text = [](const OptionSlot& slot) { return *std::get<std::string*>(slot); },
    .expected = [](const OptionRow& row) { return "a name such as " + default_text(row); },
};

const OptionKind kFormatKind = kChoiceKind<&format_names>;
const OptionKind kSourceFormatKind{
    .read =
        [](const OptionReading& reading) {
          kChoiceKind<&source_format_names>.read(reading);
          std::string& format = *std::get<std::string*>(reading.slot);
          if (format == kDefaultFormat) format.clear();
        },
    .text =
        [](const OptionSlot& slot) {
          const std::string& format = *std::get<std::string*>(slot);
          return format.empty() ? std::string(kDefaultFormat) : format;
        },
    .expected = kChoiceKind<&source_format_names>.expected,
};
const OptionKind kLogLevelKind = kChoiceKind<&log_levels>;
const OptionKind kBotsKind = kChoiceKind<&bots_words>;
const OptionKind kDurabilityKind = kChoiceKind<&durability_words>;
const OptionKind kHonorGpcKind = kChoiceKind<&honor_gpc_words>;

const OptionKind kHeaderOrOffKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<std::string>(reading,
                                   [](const OptionRow& row, std::string_view text) -> std::optional<std::string> {
                                     if (is_off(text)) return std::string();
                                     constexpr std::string_view kNameBytes =
                                         "-_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
                                     const bool is_name = text.find_first_not_of(kNameBytes) == std::string_view::npos;
                                     return is_name ? parse_text(row, text) : std::nullopt;
                                   });
        },
    .text = text_or_off,
    .expected = [](const OptionRow&) -> std::string { return "the name of a header such as CF-IPCountry, or off"; },
};

const OptionKind kListenKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<ListenAddress>(reading,
                                     [](const OptionRow&, std::string_view text) -> std::optional<ListenAddress> {
                                       Result<ListenAddress> address = parse_listen_address(text);
                                       if (!address) return std::nullopt;
                                       return *address;
                                     });
        },
    .text = [](const OptionSlot& slot) { return to_string(*std::get<ListenAddress*>(slot)); },
    .expected = [](const OptionRow& row) { return "an address and port such as " + default_text(row); },
};

const OptionKind kListenOrOffKind{
    .read =
        [](const OptionReading& reading) {
          read_scalar<std::string>(reading, [](const OptionRow&, std::string_view text) -> std::optional<std::string> {
            if (is_off(text)) return std::string();
            if (!parse_listen_address(text)) return std::nullopt;
            return std::string(text);
          });
        },
    .text = text_or_off,
    .expected = [](const OptionRow&) -> std::string { return "an address and port such as 127.0.0.1:9000, or off"; },
};

std::string found_text(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kText:
      return fmt::format("found \"{}\"", clean_label(node.text, kFoundBytes));
    case YamlNode::Kind::kList:
      return node.items.empty() ? "found an empty list" : "found a list";
    case YamlNode::Kind::kMap:
      return "found a map of keys";
    case YamlNode::Kind::kNothing:
    case YamlNode::Kind::kRefused:
      break;
  }
  return "found nothing";
}

void add_value_fault(ConfigFaults& faults, std::string_view key, const YamlNode& node, std::string_view expected) {
  if (node.kind == YamlNode::Kind::kRefused) return;
  faults.add(node.position, key, fmt::format("{}; expected {}", found_text(node), expected));
}

std::string expected_instead_of(const YamlNode& node, const std::vector<std::string>& known) {
  const bool is_text = node.kind == YamlNode::Kind::kText;
  if (is_text && std::find(known.begin(), known.end(), node.text) != known.end()) return {};
  std::string expected = "one of " + join_words(known);
  const std::string_view nearest = nearest_word(node.text, known);
  if (!nearest.empty()) expected += fmt::format("; did you mean \"{}\"?", nearest);
  return expected;
}

std::vector<std::string> source_format_names() {
  std::vector<std::string> names = format_names();
  names.emplace_back(kDefaultFormat);
  return names;
}

bool is_metric_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name[0] < 'a' || name[0] > 'z') return false;
  for (const char character : name) {
    const bool small_letter = is_letter(character) && lower(character) == character;
    if (!small_letter && !is_digit(character) && character != '_') return false;
  }
  return true;
}

std::string yaml_quoted(std::string_view text) {
  std::string result = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') result += '\\';
    result += character;
  }
  return result + '"';
}

}  // namespace weir
