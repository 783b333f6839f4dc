#include "weir/classify/channel_rules.h"

#include <algorithm>

#include "weir/classify/source_category.h"
#include "weir/core/ascii.h"
#include "weir/core/text.h"

namespace weir {
namespace {

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool matches(const std::string& pattern, const std::string& text) {
  return pattern.empty() || (!text.empty() && glob_match(pattern, text));
}

}  // namespace

ChannelRules::ChannelRules(std::vector<ChannelRule> rules) : rules_(std::move(rules)) {
  for (ChannelRule& rule : rules_) {
    for (std::string* pattern : {&rule.source, &rule.medium, &rule.campaign, &rule.referrer}) {
      *pattern = lower_case(*pattern);
    }
  }
}

std::string_view ChannelRules::channel_of(const TrafficSource& traffic) const {
  if (rules_.empty()) return weir::channel_of(traffic);
  const std::string source = lower_case(traffic.source);
  const std::string medium = lower_case(traffic.medium);
  const std::string campaign = lower_case(traffic.campaign);
  std::string referrer = lower_case(bare_host(traffic.referrer_host));
  if (referrer == lower_case(bare_host(traffic.own_host))) referrer.clear();  // a referral from oneself is none
  const auto rule = std::find_if(rules_.begin(), rules_.end(), [&](const ChannelRule& one) {
    return matches(one.source, source) && matches(one.medium, medium) && matches(one.campaign, campaign) &&
           matches(one.referrer, referrer);
  });
  return rule == rules_.end() ? weir::channel_of(traffic) : std::string_view(rule->channel);
}

}  // namespace weir
