// The kinds of option values. Each knows one type of value: how to read it, print it and say what is allowed. A kind
// never knows which option it reads.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/app/config_options.h"

namespace weir {

extern const OptionKind kBooleanKind;        // bool
extern const OptionKind kIntegerKind;        // std::size_t
extern const OptionKind kIntegerOrAutoKind;  // std::size_t; "auto" is 0
extern const OptionKind kIntegerOrOffKind;   // std::size_t; "off" is 0
extern const OptionKind kSizeKind;           // std::size_t, bytes
extern const OptionKind kMemoryKind;         // std::size_t, bytes; "auto" is kAutoMemory, "off" is kNoMemoryLimit
extern const OptionKind kDurationKind;       // TimeMs
extern const OptionKind kMillisecondsKind;   // TimeMs, written as a bare number
extern const OptionKind kPathOrOffKind;      // std::string; "off" is empty
extern const OptionKind kNameKind;           // std::string
extern const OptionKind kFormatKind;         // std::string, a row of THE format table
extern const OptionKind kSourceFormatKind;   // the same; "default" is empty
extern const OptionKind kTailKind;           // std::vector<TailOptions>
extern const OptionKind kLogLevelKind;       // std::string
extern const OptionKind kListenKind;         // ListenAddress
extern const OptionKind kListenOrOffKind;    // std::string that parse_listen_address reads; "off" is empty
extern const OptionKind kBotsKind;           // std::string
extern const OptionKind kDurabilityKind;     // std::string
extern const OptionKind kHonorGpcKind;       // std::string
extern const OptionKind kHeaderOrOffKind;    // std::string, the name of an HTTP header; "off" is empty
extern const OptionKind kOriginsKind;        // std::vector<std::string>
extern const OptionKind kNetworksKind;       // std::vector<std::string> that parse_ip_network reads
extern const OptionKind kBrandTermsKind;     // std::vector<std::string>
extern const OptionKind kPageRulesKind;      // std::vector<std::string>
extern const OptionKind kMethodsKind;        // std::vector<std::string>
extern const OptionKind kStatusesKind;       // std::vector<std::string>
extern const OptionKind kExtensionsKind;     // std::vector<std::string>
extern const OptionKind kPathPrefixesKind;   // std::vector<std::string>
extern const OptionKind kHostOrOffKind;      // std::string; "off" is empty
extern const OptionKind kWindowsKind;        // std::vector<TimeMs>
extern const OptionKind kSplitOnKind;        // SessionOptions
extern const OptionKind kFunnelsKind;        // std::vector<Funnel>; the node is a map of the funnels alone
extern const OptionKind kRollupsKind;        // std::vector<Rollup>; the node is a map of the rollups alone
extern const OptionKind kChannelsKind;       // std::vector<ChannelRule>
extern const OptionKind kSitesKind;          // std::vector<Site>; the node is a map of the sites alone

/// `found "30x"`, `found a list`, `found nothing`.
std::string found_text(const YamlNode& node);

/// Adds "KEY: found ...; expected EXPECTED", unless a fault was already recorded for the node.
void add_value_fault(ConfigFaults& faults, std::string_view key, const YamlNode& node, std::string_view expected);

/// What is wrong with a text: what was expected instead; empty when nothing is.
using TextProblem = std::string (*)(std::string_view text);
std::string problem_of_origin(std::string_view origin);
std::string problem_of_brand_term(std::string_view term);

/// The items of a list, at most `most` of them (a fault when there are more), or nullopt after adding the fault that it
/// is no list. Nothing at all is an empty list.
std::optional<std::span<const YamlNode>> items_of(ConfigFaults& faults, std::string_view key, const YamlNode& node,
                                                  std::size_t most, std::string_view expected);
std::optional<std::span<const YamlNode>> items_of(const OptionReading& reading, std::size_t most);

/// The good items of a list of at most `most` different texts; a fault for each other one. `expected` is what the list
/// should have been.
std::vector<std::string> read_text_list(ConfigFaults& faults, std::string_view key, const YamlNode& node,
                                        std::size_t most, std::string_view expected, TextProblem problem);

/// ["a", "b"], as YAML.
std::string list_text(const std::vector<std::string>& texts);

/// Names of THE format table, and "default", which a source's format is when it is empty.
std::vector<std::string> source_format_names();
inline constexpr std::string_view kDefaultFormat = "default";

/// What was expected instead of a word that is not in the list, with the nearest one; empty when it is.
std::string expected_instead_of(const YamlNode& node, const std::vector<std::string>& known);

/// True for [a-z][a-z0-9_]* of at most kMaxNameBytes bytes: a text that can be part of a metric's name.
bool is_metric_name(std::string_view name);
inline constexpr std::size_t kMaxNameBytes = 48;

/// A text as YAML: in double quotes.
std::string yaml_quoted(std::string_view text);

}  // namespace weir
