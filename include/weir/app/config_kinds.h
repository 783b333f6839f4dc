// The kinds of option values. Each knows one type of value: how to read it, print it and say what is allowed. A kind
// never knows which option it reads.
#pragma once

#include <string>
#include <string_view>

#include "weir/app/config_options.h"

namespace weir {

extern const OptionKind kBooleanKind;        // bool
extern const OptionKind kIntegerKind;        // std::size_t
extern const OptionKind kIntegerOrAutoKind;  // std::size_t; "auto" is 0
extern const OptionKind kSizeKind;           // std::size_t, bytes
extern const OptionKind kDurationKind;       // TimeMs
extern const OptionKind kMillisecondsKind;   // TimeMs, written as a bare number
extern const OptionKind kPathOrOffKind;      // std::string; "off" is empty
extern const OptionKind kNameKind;           // std::string
extern const OptionKind kFormatKind;         // std::string, a row of THE format table
extern const OptionKind kLogLevelKind;       // std::string
extern const OptionKind kListenKind;         // ListenAddress
extern const OptionKind kListenOrOffKind;    // std::string that parse_listen_address reads; "off" is empty
extern const OptionKind kOriginsKind;        // std::vector<std::string>
extern const OptionKind kPageRulesKind;      // std::vector<std::string>
extern const OptionKind kWindowsKind;        // std::vector<TimeMs>
extern const OptionKind kSplitOnKind;        // SessionOptions
extern const OptionKind kFunnelsKind;        // std::vector<Funnel>; the node is a map of the funnels alone
extern const OptionKind kRollupsKind;        // std::vector<Rollup>; the node is a map of the rollups alone

/// `found "30x"`, `found a list`, `found nothing`.
std::string found_text(const YamlNode& node);

/// Adds "KEY: found ...; expected EXPECTED", unless a fault was already recorded for the node.
void add_value_fault(ConfigFaults& faults, std::string_view key, const YamlNode& node, std::string_view expected);

/// True for [a-z][a-z0-9_]* of at most kMaxNameBytes bytes: a text that can be part of a metric's name.
bool is_metric_name(std::string_view name);
inline constexpr std::size_t kMaxNameBytes = 48;

/// A text as YAML: in double quotes.
std::string quoted(std::string_view text);

}  // namespace weir
