// Tests of the user's own channels: which visits they take, and that the built-in rules get the rest.
#include "weir/classify/channel_rules.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TrafficSource visit(std::string_view source, std::string_view medium, std::string_view referrer = "") {
  TrafficSource traffic;
  traffic.source = source;
  traffic.medium = medium;
  traffic.referrer_host = referrer;
  traffic.own_host = "shop.example";
  return traffic;
}

ChannelRule rule(std::string channel) {
  return {.channel = std::move(channel), .source = {}, .medium = {}, .campaign = {}, .referrer = {}};
}

TEST(ChannelRules, the_first_rule_whose_patterns_all_match_wins) {
  ChannelRule both = rule("Partners");
  both.source = "Partner-*";
  both.medium = "cpc";
  ChannelRule source = rule("Friends");
  source.source = "partner-?";
  const ChannelRules rules({both, source});
  EXPECT_EQ(rules.channel_of(visit("PARTNER-7", "CPC")), "Partners");
  EXPECT_EQ(rules.channel_of(visit("partner-7", "email")), "Friends");
  EXPECT_EQ(rules.channel_of(visit("partner-77", "email")), "Email");
  EXPECT_EQ(rules.channel_of(visit("google", "cpc")), "Paid Search");
}

TEST(ChannelRules, a_referrer_is_a_host_without_www_and_never_ones_own) {
  ChannelRule intranet = rule("Intranet");
  intranet.referrer = "*.corp.example";
  ChannelRule any = rule("Any site");
  any.referrer = "*";
  const ChannelRules rules({intranet, any});
  EXPECT_EQ(rules.channel_of(visit("", "", "wiki.CORP.example")), "Intranet");
  EXPECT_EQ(rules.channel_of(visit("", "", "www.google.com")), "Any site");
  EXPECT_EQ(rules.channel_of(visit("", "", "www.shop.example")), "Direct");
  EXPECT_EQ(rules.channel_of(visit("", "")), "Direct");
}

TEST(ChannelRules, a_campaign_alone_decides_too) {
  ChannelRule spring = rule("Spring");
  spring.campaign = "spring*";
  TrafficSource traffic = visit("google", "cpc");
  traffic.campaign = "Spring Sale";
  EXPECT_EQ(ChannelRules({spring}).channel_of(traffic), "Spring");
  EXPECT_EQ(ChannelRules().channel_of(traffic), "Paid Search");
}

}  // namespace
}  // namespace weir
