// Kinds of lists: web origins, networks, brand terms, page rules, windows, reasons to split a session. Every item is
// checked, so one bad item does not hide the next.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "weir/app/config_kinds.h"
#include "weir/classify/brand.h"
#include "weir/classify/url.h"
#include "weir/core/ip_address.h"
#include "weir/core/text.h"
#include "weir/core/time_text.h"
#include "weir/parse/access_log_options.h"

namespace weir {
namespace {

constexpr std::size_t kMaxWindows = 6;
constexpr TimeMs kWindowUnitMs = kPanesPerWindow * 1000;  // so that a window's step is whole seconds
constexpr std::size_t kMaxTextBytes = 512;                // of an origin or a pattern
constexpr std::string_view kCampaign = "campaign";
constexpr std::string_view kMidnight = "midnight";

/// Reads a list of texts into the slot.
void read_texts(const OptionReading& reading, TextProblem problem) {
  const bool is_list = reading.node.kind == YamlNode::Kind::kList || reading.node.kind == YamlNode::Kind::kNothing;
  const auto most = static_cast<std::size_t>(reading.row.maximum);
  std::vector<std::string> texts = read_text_list(reading.faults, reading.row.path, reading.node, most,
                                                  reading.row.kind->expected(reading.row), problem);
  if (is_list) *std::get<std::vector<std::string>*>(reading.slot) = std::move(texts);
}

std::string text_of_texts(const OptionSlot& slot) { return list_text(*std::get<std::vector<std::string>*>(slot)); }

std::string problem_of_page_rule(std::string_view pattern) {
  if (!is_clean_label(pattern, kMaxTextBytes)) return fmt::format("a pattern of at most {} bytes", kMaxTextBytes);
  const std::string problem = PageRules::problem_of(pattern);
  return problem.empty() ? std::string() : "a pattern such as /product/:id or /docs/* (" + problem + ")";
}

std::string problem_of_network(std::string_view network) {
  return parse_ip_network(network) ? std::string() : "an address or a network such as 10.0.0.0/8";
}

std::string problem_of_method(std::string_view method) {
  const bool plain = !method.empty() && method.size() <= 32 &&
                     std::all_of(method.begin(), method.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  return plain ? std::string() : "a method in capital letters such as GET";
}

std::string problem_of_status(std::string_view status) {
  return is_status_pattern(status) ? std::string() : "a class of statuses such as 2xx, or a status such as 404";
}

std::string problem_of_extension(std::string_view extension) {
  const bool plain = !extension.empty() && extension.size() <= 16 &&
                     std::all_of(extension.begin(), extension.end(),
                                 [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
  return plain ? std::string() : "lower-case letters and digits without the dot, such as png";
}

std::string problem_of_path_prefix(std::string_view prefix) {
  const bool path = prefix.starts_with('/') && is_clean_label(prefix, kMaxTextBytes);
  return path ? std::string() : fmt::format("the start of a path, such as /api/, of at most {} bytes", kMaxTextBytes);
}

void read_windows(const OptionReading& reading) {
  if (reading.node.kind == YamlNode::Kind::kNothing || reading.node.items.empty()) {
    return add_value_fault(reading.faults, reading.row.path, reading.node, reading.row.kind->expected(reading.row));
  }
  const auto items = items_of(reading, kMaxWindows);
  if (!items) return;
  std::vector<TimeMs> windows;
  for (const YamlNode& item : *items) {
    const auto length_ms = item.kind == YamlNode::Kind::kText ? parse_duration(item.text) : std::nullopt;
    const bool in_bounds = length_ms && *length_ms >= reading.row.minimum && *length_ms <= reading.row.maximum;
    if (!in_bounds || *length_ms % kWindowUnitMs != 0) {
      add_value_fault(reading.faults, reading.row.path, item,
                      fmt::format("a duration from {} to {} in whole multiples of {}, so that its {} steps are whole "
                                  "seconds",
                                  format_duration(reading.row.minimum), format_duration(reading.row.maximum),
                                  format_duration(kWindowUnitMs), kPanesPerWindow));
    } else if (std::find(windows.begin(), windows.end(), *length_ms) != windows.end()) {
      add_value_fault(reading.faults, reading.row.path, item,
                      fmt::format("each window only once ({} is there already)", format_duration(*length_ms)));
    } else {
      windows.push_back(*length_ms);
    }
  }
  *std::get<std::vector<TimeMs>*>(reading.slot) = std::move(windows);
}

void read_split_on(const OptionReading& reading) {
  const auto items = items_of(reading, static_cast<std::size_t>(reading.row.maximum));
  if (!items) return;
  SessionOptions& sessions = *std::get<SessionOptions*>(reading.slot);
  sessions.split_on_campaign = false;
  sessions.split_on_midnight = false;
  for (const YamlNode& item : *items) {
    bool* reason = nullptr;
    if (item.kind == YamlNode::Kind::kText && item.text == kCampaign) reason = &sessions.split_on_campaign;
    if (item.kind == YamlNode::Kind::kText && item.text == kMidnight) reason = &sessions.split_on_midnight;
    if (reason == nullptr) {
      add_value_fault(reading.faults, reading.row.path, item, "campaign or midnight");
    } else if (*reason) {
      add_value_fault(reading.faults, reading.row.path, item, "each only once");
    } else {
      *reason = true;
    }
  }
}

}  // namespace

std::optional<std::span<const YamlNode>> items_of(ConfigFaults& faults, std::string_view key, const YamlNode& node,
                                                  std::size_t most, std::string_view expected) {
  const bool is_list = node.kind == YamlNode::Kind::kList || node.kind == YamlNode::Kind::kNothing;
  if (!is_list) {
    add_value_fault(faults, key, node, expected);
    return std::nullopt;
  }
  const std::span<const YamlNode> items = node.items;
  if (items.size() <= most) return items;
  faults.add(items[most].position, key, fmt::format("found a list of {}; expected at most {}", items.size(), most));
  return items.first(most);
}

std::optional<std::span<const YamlNode>> items_of(const OptionReading& reading, std::size_t most) {
  return items_of(reading.faults, reading.row.path, reading.node, most, reading.row.kind->expected(reading.row));
}

/// "*", or scheme and host with an optional port and nothing behind it, as browsers send it.
std::string problem_of_origin(std::string_view origin) {
  if (origin == "*") return {};
  constexpr std::string_view kExpected = "\"*\" or an origin such as https://shop.example, without a path";
  std::string_view host = origin;
  if (host.starts_with("https://")) {
    host.remove_prefix(8);
  } else if (host.starts_with("http://")) {
    host.remove_prefix(7);
  } else {
    return std::string(kExpected);
  }
  const bool plain = !host.empty() && host.find_first_of("/?#@* ") == std::string_view::npos;
  return plain && is_clean_label(origin, kMaxTextBytes) ? std::string() : std::string(kExpected);
}

std::string problem_of_brand_term(std::string_view term) {
  const bool usable = BrandTerms::is_usable(term) && is_clean_label(term, kMaxTextBytes);
  return usable ? std::string() : fmt::format("a word or words of at most {} bytes, such as acme", kMaxTextBytes);
}

std::vector<std::string> read_text_list(ConfigFaults& faults, std::string_view key, const YamlNode& node,
                                        std::size_t most, std::string_view expected, TextProblem problem) {
  std::vector<std::string> texts;
  const auto items = items_of(faults, key, node, most, expected);
  if (!items) return texts;
  for (const YamlNode& item : *items) {
    const std::string wanted = item.kind == YamlNode::Kind::kText ? problem(item.text) : "a text";
    if (!wanted.empty()) {
      add_value_fault(faults, key, item, wanted);
    } else if (std::find(texts.begin(), texts.end(), item.text) != texts.end()) {
      add_value_fault(faults, key, item, "each only once");
    } else {
      texts.push_back(item.text);
    }
  }
  return texts;
}

std::string list_text(const std::vector<std::string>& texts) {
  std::vector<std::string> items;
  for (const std::string& text : texts) items.push_back(yaml_quoted(text));
  return "[" + join_words(items) + "]";
}

const OptionKind kOriginsKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_origin); },
    .text = text_of_texts,
    .expected = [](const OptionRow&) -> std::string { return "a list such as [\"https://shop.example\"]"; },
};

const OptionKind kNetworksKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_network); },
    .text = text_of_texts,
    .expected = [](const OptionRow&) -> std::string { return "a list such as [127.0.0.1, \"10.0.0.0/8\"]"; },
};

const OptionKind kBrandTermsKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_brand_term); },
    .text = text_of_texts,
    .expected =
        [](const OptionRow& row) { return fmt::format("a list of at most {} terms such as [acme]", row.maximum); },
};

const OptionKind kPageRulesKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_page_rule); },
    .text = text_of_texts,
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a list of at most {} patterns such as [/product/:id]", row.maximum);
        },
};

const OptionKind kMethodsKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_method); },
    .text = text_of_texts,
    .expected = [](const OptionRow&) -> std::string { return "a list of methods such as [GET]"; },
};

const OptionKind kStatusesKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_status); },
    .text = text_of_texts,
    .expected = [](const OptionRow&) -> std::string { return "a list of statuses such as [2xx, 304]"; },
};

const OptionKind kExtensionsKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_extension); },
    .text = text_of_texts,
    .expected = [](const OptionRow&) -> std::string { return "a list of extensions such as [css, js]"; },
};

const OptionKind kPathPrefixesKind{
    .read = [](const OptionReading& reading) { read_texts(reading, problem_of_path_prefix); },
    .text = text_of_texts,
    .expected = [](const OptionRow&) -> std::string { return "a list of paths such as [/api/]"; },
};

const OptionKind kWindowsKind{
    .read = read_windows,
    .text =
        [](const OptionSlot& slot) {
          std::vector<std::string> lengths;
          for (const TimeMs length_ms : *std::get<std::vector<TimeMs>*>(slot)) {
            lengths.push_back(format_duration(length_ms));
          }
          return "[" + join_words(lengths) + "]";
        },
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a list of 1 to {} durations from {} to {} in whole minutes, such as [5m, 1h]",
                             kMaxWindows, format_duration(row.minimum), format_duration(row.maximum));
        },
};

const OptionKind kSplitOnKind{
    .read = read_split_on,
    .text =
        [](const OptionSlot& slot) {
          const SessionOptions& sessions = *std::get<SessionOptions*>(slot);
          std::vector<std::string> reasons;
          if (sessions.split_on_campaign) reasons.emplace_back(kCampaign);
          if (sessions.split_on_midnight) reasons.emplace_back(kMidnight);
          return "[" + join_words(reasons) + "]";
        },
    .expected = [](const OptionRow&) -> std::string { return "a list of campaign and midnight, such as [midnight]"; },
};

}  // namespace weir
