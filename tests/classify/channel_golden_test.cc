// Channels from what a browser sends: the query of the landing page and the referrer, over a table of rows in the order
// of the channels.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "support/golden.h"
#include "weir/classify/channel.h"
#include "weir/classify/url.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::string_view kBetween = " | ";

std::string channel_of_visit(std::string_view query, std::string_view referrer) {
  const std::string url = "https://www.shop.example/landing" + std::string(query);
  const UrlParts parts = split_url(url).value();
  const CampaignParameters utm = campaign_parameters(parts.query);
  const std::string source = decode_query_value(utm.source);
  const std::string medium = decode_query_value(utm.medium);
  const std::string campaign = decode_query_value(utm.campaign);
  TrafficSource traffic;
  traffic.source = source;
  traffic.medium = medium;
  traffic.campaign = campaign;
  traffic.referrer_host = referrer_host(referrer);
  traffic.own_host = parts.host;
  traffic.paid_click = utm.paid_click;
  return std::string(channel_of(traffic));
}

TEST(ChannelTable, two_hundred_visits_have_the_channels_the_table_says_in_the_order_of_the_rules) {
  std::ifstream file(support::golden_folder("classify") / "channels.txt");
  ASSERT_TRUE(file);
  std::vector<std::string> channels;
  std::size_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t first = line.find(kBetween);
    const std::size_t second = line.find(kBetween, first + 1);
    ASSERT_NE(second, std::string::npos) << line;
    const std::string channel = line.substr(0, first);
    const std::string query = line.substr(first + kBetween.size(), second - std::min(second, first + kBetween.size()));
    const std::string referrer = line.substr(second + kBetween.size());
    EXPECT_EQ(channel_of_visit(query, referrer), channel) << line;
    if (channels.empty() || channels.back() != channel) channels.push_back(channel);
    ++rows;
  }
  EXPECT_GE(rows, 200U);
  EXPECT_EQ(channels, std::vector<std::string>(channel_names().begin(), channel_names().end()));
}

}  // namespace
}  // namespace weir
