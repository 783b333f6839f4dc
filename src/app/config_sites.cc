// The kinds of channels (a list of rules) and sites (a map of names to what belongs to them). What could never match,
// or could match twice, is a fault here.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "weir/app/config_kinds.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kMaxPatternBytes = 256;
constexpr std::size_t kMaxSiteNameBytes = 64;
constexpr std::size_t kMaxHostBytes = 253;
constexpr std::size_t kMaxListItems = 100;  // hosts, origins or brand terms of one site

struct RuleKeyRow {
  std::string_view key;
  std::string ChannelRule::*field;
};
constexpr std::array<RuleKeyRow, 5> kRuleKeys{{{"channel", &ChannelRule::channel},
                                               {"source", &ChannelRule::source},
                                               {"medium", &ChannelRule::medium},
                                               {"campaign", &ChannelRule::campaign},
                                               {"referrer", &ChannelRule::referrer}}};

template <class Rows>
std::vector<std::string> keys_of(const Rows& rows) {
  std::vector<std::string> keys;
  for (const auto& row : rows) keys.emplace_back(row.key);
  return keys;
}

/// The row of a key, or nullptr after adding the fault that it is unknown.
template <class Rows>
auto find_key(ConfigFaults& faults, std::string_view path, const YamlKey& key, const Rows& rows) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& one) { return one.key == key.text; });
  if (row == rows.end()) faults.add(key.position, path, "unknown key" + cure_of_unknown(key.text, keys_of(rows)));
  return row == rows.end() ? nullptr : &*row;
}

std::optional<ChannelRule> read_rule(ConfigFaults& faults, const std::string& path, const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kMap) {
    add_value_fault(faults, path, node, "a rule such as {channel: Partners, source: partner-*}");
    return std::nullopt;
  }
  ChannelRule rule;
  const std::size_t faults_before = faults.count();
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string key_path = fmt::format("{}, {}", path, node.keys[i].text);
    const RuleKeyRow* const row = find_key(faults, key_path, node.keys[i], kRuleKeys);
    if (row == nullptr) continue;
    const std::string& text = node.items[i].text;
    if (node.items[i].kind != YamlNode::Kind::kText || text.empty() || !is_clean_label(text, kMaxPatternBytes)) {
      add_value_fault(faults, key_path, node.items[i], fmt::format("a text of 1 to {} bytes", kMaxPatternBytes));
    } else {
      rule.*row->field = text;
    }
  }
  if (faults.count() != faults_before) return std::nullopt;
  const bool matches_all = rule.source.empty() && rule.medium.empty() && rule.campaign.empty() && rule.referrer.empty();
  if (!rule.channel.empty() && !matches_all) return rule;
  faults.add(node.position, path,
             rule.channel.empty() ? "found no channel; expected the name of the channel the rule gives"
                                  : "found no pattern; expected at least one of source, medium, campaign, referrer");
  return std::nullopt;
}

void read_channels(const OptionReading& reading) {
  const auto items = items_of(reading, static_cast<std::size_t>(reading.row.maximum));
  if (!items) return;
  std::vector<ChannelRule> rules;
  for (std::size_t i = 0; i < items->size(); ++i) {
    auto rule = read_rule(reading.faults, fmt::format("channels, rule {}", i + 1), (*items)[i]);
    if (rule) rules.push_back(std::move(*rule));
  }
  *std::get<std::vector<ChannelRule>*>(reading.slot) = std::move(rules);
}

std::string text_of_channels(const OptionSlot& slot) {
  std::vector<std::string> rules;
  for (const ChannelRule& rule : *std::get<std::vector<ChannelRule>*>(slot)) {
    std::vector<std::string> parts;
    for (const RuleKeyRow& row : kRuleKeys) {
      const std::string& text = rule.*row.field;
      if (!text.empty()) parts.push_back(fmt::format("{}: {}", row.key, yaml_quoted(text)));
    }
    rules.push_back("{" + join_words(parts) + "}");
  }
  return "[" + join_words(rules) + "]";
}

/// "shop.example", "*.shop.example", "localhost", "[::1]": lower case, as pages are asked for, without a port.
std::string problem_of_host(std::string_view host) {
  constexpr std::string_view kExpected =
      "a host in lower case such as shop.example or \"*.shop.example\", without scheme, port and path";
  std::string_view rest = host;
  if (rest.starts_with("*.")) rest.remove_prefix(2);
  const bool is_v6 = rest.size() > 2 && rest.front() == '[' && rest.back() == ']';
  const bool upper = std::any_of(rest.begin(), rest.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  const bool plain = !rest.empty() && rest.find_first_of(is_v6 ? "/?#@* " : ":/?#@* ") == std::string_view::npos;
  const bool good = plain && !upper && is_clean_label(host, kMaxHostBytes);
  return good ? std::string() : std::string(kExpected);
}

struct SiteKeyRow {
  std::string_view key;
  std::vector<std::string> Site::*field;
  std::string_view expected;
  TextProblem problem;
};
constexpr std::array<SiteKeyRow, 3> kSiteKeys{
    {{"hosts", &Site::hosts, "a list such as [shop.example]", problem_of_host},
     {"origins", &Site::origins, "a list such as [\"https://shop.example\"]", problem_of_origin},
     {"brand_terms", &Site::brand_terms, "a list such as [acme]", problem_of_brand_term}}};

Site read_site(const OptionReading& reading, const YamlKey& name, const YamlNode& node) {
  Site site{.name = name.text, .hosts = {}, .origins = {}, .brand_terms = {}};
  const std::string path = "sites." + name.text;
  if (name.text.empty() || !is_clean_label(name.text, kMaxSiteNameBytes)) {
    reading.faults.add(name.position, path, fmt::format("expected a name of 1 to {} bytes", kMaxSiteNameBytes));
  }
  if (node.kind != YamlNode::Kind::kMap && node.kind != YamlNode::Kind::kNothing) {
    add_value_fault(reading.faults, path, node, reading.row.kind->expected(reading.row));
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string key_path = fmt::format("{}.{}", path, node.keys[i].text);
    const SiteKeyRow* const row = find_key(reading.faults, key_path, node.keys[i], kSiteKeys);
    if (row == nullptr) continue;
    site.*row->field =
        read_text_list(reading.faults, key_path, node.items[i], kMaxListItems, row->expected, row->problem);
  }
  // A site that is called like a host is that host.
  const bool given =
      std::any_of(node.keys.begin(), node.keys.end(), [](const YamlKey& key) { return key.text == "hosts"; });
  const bool like_host = name.text.find('.') != std::string::npos && problem_of_host(name.text).empty();
  if (!given && like_host) site.hosts.push_back(name.text);
  return site;
}

void read_sites(const OptionReading& reading) {
  const YamlNode& node = reading.node;
  const auto most = static_cast<std::size_t>(reading.row.maximum);
  if (node.keys.size() > most) {
    reading.faults.add(node.keys[most].position, "sites",
                       fmt::format("found {} sites; expected at most {}", node.keys.size(), most));
  }
  std::vector<Site> sites;
  for (std::size_t i = 0; i < std::min(node.keys.size(), most); ++i) {
    Site site = read_site(reading, node.keys[i], node.items[i]);
    for (const Site& other : sites) {
      for (const std::string& host : site.hosts) {
        if (std::find(other.hosts.begin(), other.hosts.end(), host) == other.hosts.end()) continue;
        reading.faults.add(node.keys[i].position, "sites." + site.name,
                           fmt::format("found the host {} of site {} again; expected each host once",
                                       clean_label(host, kMaxHostBytes), clean_label(other.name, kMaxSiteNameBytes)));
      }
    }
    sites.push_back(std::move(site));
  }
  *std::get<std::vector<Site>*>(reading.slot) = std::move(sites);
}

std::string text_of_sites(const OptionSlot& slot) {
  std::vector<std::string> sites;
  for (const Site& site : *std::get<std::vector<Site>*>(slot)) {
    std::vector<std::string> parts;
    for (const SiteKeyRow& row : kSiteKeys) parts.push_back(fmt::format("{}: {}", row.key, list_text(site.*row.field)));
    sites.push_back(fmt::format("{}: {{{}}}", yaml_quoted(site.name), join_words(parts)));
  }
  return "{" + join_words(sites) + "}";
}

}  // namespace

const OptionKind kChannelsKind{
    .read = read_channels,
    .text = text_of_channels,
    .expected =
        [](const OptionRow& row) {
          return fmt::format("a list of at most {} rules such as {{channel: Partners, source: partner-*}}",
                             row.maximum);
        },
};

const OptionKind kSitesKind{
    .read = read_sites,
    .text = text_of_sites,
    .expected = [](const OptionRow&) -> std::string { return "hosts, origins and brand_terms, or nothing"; },
};

}  // namespace weir
