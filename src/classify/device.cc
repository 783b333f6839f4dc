// User agent -> device class. All rules are tried in one pass: for each byte only those that start with it,
// and the rule that stands first in the table wins. Must never allocate.
#include "weir/classify/device.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::string_view kBot = "bot";
constexpr std::string_view kTv = "tv";
constexpr std::string_view kTablet = "tablet";
constexpr std::string_view kMobile = "mobile";
constexpr std::string_view kDesktop = "desktop";

/// A rule: a lower-case text and the device it shows. An empty device hides the text from the other rules.
struct Rule {
  std::string_view text;
  std::string_view device;
};

constexpr std::array kRules = std::to_array<Rule>({
    {"cubot", ""},      // a maker of phones
    {"tablet pc", ""},  // Windows desktops announce "Tablet PC 2.0"
    // Crawlers, monitors and programs. Many name themselves only by the address of their owner's page.
    {"bot", kBot},
    {"crawl", kBot},
    {"spider", kBot},
    {"slurp", kBot},
    {"+http", kBot},
    {"headless", kBot},
    {"lighthouse", kBot},
    {"facebookexternalhit", kBot},
    {"mediapartners-google", kBot},
    {"google-inspectiontool", kBot},
    {"bingpreview", kBot},
    {"feedfetcher", kBot},
    {"monitor", kBot},
    {"pingdom", kBot},
    {"uptime", kBot},
    {"scrapy", kBot},
    {"phantomjs", kBot},
    {"curl/", kBot},
    {"wget", kBot},
    {"python-", kBot},
    {"libwww", kBot},
    {"httpclient", kBot},
    {"go-http-", kBot},
    {"java/", kBot},
    // Television sets, sticks and consoles. They call themselves Android or Windows as well.
    {"smart-tv", kTv},
    {"smarttv", kTv},
    {"googletv", kTv},
    {"android tv", kTv},
    {"apple tv", kTv},
    {"appletv", kTv},
    {"hbbtv", kTv},
    {"web0s", kTv},
    {"webos.tv", kTv},
    {"bravia", kTv},
    {"crkey", kTv},
    {"roku", kTv},
    {"; aft", kTv},  // Fire TV models: AFTB, AFTMM, ...
    {"playstation", kTv},
    {"xbox", kTv},
    {"nintendo", kTv},
    // Android without "Mobile" is a tablet, so "mobi" stands between the tablets' own names and "android".
    {"ipad", kTablet},
    {"tablet", kTablet},
    {"kindle", kTablet},
    {"silk/", kTablet},
    {"playbook", kTablet},
    {"mobi", kMobile},
    {"iphone", kMobile},
    {"ipod", kMobile},
    {"dalvik", kMobile},  // Android and iOS applications without a browser
    {"okhttp", kMobile},
    {"cfnetwork", kMobile},
    {"blackberry", kMobile},
    {"bb10", kMobile},
    {"opera mini", kMobile},
    {"windows phone", kMobile},
    {"symbian", kMobile},
    {"nokia", kMobile},
    {"kaios", kMobile},
    {"android", kTablet},
});
static_assert(kRules.size() <= 64, "one bit per rule");

/// For each byte, the rules whose text starts with it.
constexpr std::array<std::uint64_t, 256> rules_by_first_byte() {
  std::array<std::uint64_t, 256> rules{};
  for (std::size_t i = 0; i < kRules.size(); ++i) {
    rules[static_cast<unsigned char>(kRules[i].text[0])] |= std::uint64_t{1} << i;
  }
  return rules;
}
constexpr std::array<std::uint64_t, 256> kRulesByFirstByte = rules_by_first_byte();

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_case) {
  return text.size() >= lower_case.size() && std::equal(lower_case.begin(), lower_case.end(), text.begin(),
                                                        [](char wanted, char c) { return wanted == lower(c); });
}

}  // namespace

std::string_view device_of(std::string_view user_agent) {
  constexpr std::size_t kLongestBytes = 512;
  if (user_agent.empty()) return "(none)";
  std::string_view rest = user_agent.substr(0, kLongestBytes);
  std::size_t best = kRules.size();
  while (!rest.empty()) {
    std::size_t step = 1;
    for (std::uint64_t rules = kRulesByFirstByte[static_cast<unsigned char>(lower(rest[0]))]; rules != 0;
         rules &= rules - 1) {
      const auto rule = static_cast<std::size_t>(std::countr_zero(rules));
      if (rule >= best && !kRules[rule].device.empty()) break;
      if (!starts_with_ignoring_case(rest, kRules[rule].text)) continue;
      if (kRules[rule].device.empty()) {
        step = kRules[rule].text.size();
      } else {
        best = rule;
      }
      break;
    }
    rest.remove_prefix(step);
  }
  return best == kRules.size() ? kDesktop : kRules[best].device;
}

}  // namespace weir
