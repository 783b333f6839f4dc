// Channel rules: what each rule catches, which of two rules wins, and the published list of sites.
#include "weir/classify/channel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/files.h"
#include "support/seed.h"
#include "weir/classify/source_category.h"

namespace weir {
namespace {

struct ChannelCase {
  std::string_view channel, source, medium, campaign, referrer_host;
  bool paid_click = false;
};

constexpr ChannelCase kChannelRows[] = {
    {"Direct", "", "", "", ""},
    {"Direct", "(direct)", "(none)", "", ""},
    {"Direct", "(direct)", "(not set)", "(not set)", "www.google.com"},
    {"Direct", "", "", "", "shop.example"},
    {"Direct", "", "", "", "www.shop.example"},
    {"Direct", "", "", "", "SHOP.example."},
    {"Cross-network", "google", "cpc", "spring cross-network 7", ""},
    {"Cross-network", "", "", "Cross-Network", "facebook.com"},
    {"Paid Shopping", "amazon", "cpc", "", ""},
    {"Paid Shopping", "google", "cpc", "shopping_spring", ""},
    {"Paid Shopping", "google", "ppc", "eshop", ""},
    {"Paid Shopping", "facebook", "paid-social", "my-shop", ""},
    {"Paid Shopping", "ebay.co.uk", "retargeting", "", ""},
    {"Paid Search", "google", "cpc", "", ""},
    {"Paid Search", "Google", "CPC", "brand", ""},
    {"Paid Search", "google", "cpc", "workshop", ""},
    {"Paid Search", "bing", "ppc", "", ""},
    {"Paid Search", "google", "cpm", "", ""},
    {"Paid Search", "", "cpc", "", "www.google.co.uk"},
    {"Paid Search", "google", "", "", "", true},
    {"Paid Search", "", "", "", "www.bing.com", true},
    {"Paid Search", "", "", "", "", true},
    {"Paid Search", "adwords", "", "", ""},
    {"Paid Search", "GoogleAds", "", "", ""},
    {"Paid Search", "google_ads", "", "", ""},
    {"Paid Social", "facebook", "cpc", "", ""},
    {"Paid Social", "fb", "paid", "", ""},
    {"Paid Social", "ig", "paid_story", "", ""},
    {"Paid Social", "fb-ads", "", "", ""},
    {"Paid Social", "", "", "", "www.tiktok.com", true},
    {"Paid Social", "linkedin", "cpm", "", ""},
    {"Paid Video", "youtube", "cpv-cpc", "", ""},
    {"Paid Video", "youtube.com", "paidvideo", "", ""},
    {"Display", "partner.example", "display", "", ""},
    {"Display", "google-ad", "display", "", ""},
    {"Display", "criteo", "cpm", "", ""},
    {"Display", "facebook", "Banner", "", ""},
    {"Display", "", "interstitial", "", ""},
    {"Display", "x.example", "expandable", "", ""},
    {"Paid Other", "partner", "cpc", "", ""},
    {"Paid Other", "", "ppc", "", ""},
    {"Paid Other", "newsletter", "cpc", "", ""},
    {"Paid Other", "partner", "", "", "", true},
    {"Paid Other", "", "", "", "partner.example", true},
    {"Organic Shopping", "", "", "", "www.amazon.co.uk"},
    {"Organic Shopping", "newsletter", "email", "shop", ""},
    {"Organic Shopping", "", "", "", "shopping.yahoo.com"},
    {"Organic Social", "facebook", "", "", ""},
    {"Organic Social", "facebook", "email", "", ""},
    {"Organic Social", "", "", "", "l.facebook.com"},
    {"Organic Social", "", "", "", "t.co"},
    {"Organic Social", "", "", "", "out.reddit.com"},
    {"Organic Social", "", "", "", "pinterest.com.mx"},
    {"Organic Social", "partner", "Social-Media", "", ""},
    {"Organic Social", "youtube", "social", "", ""},
    {"Organic Social", "", "", "", "plus.google.com"},
    {"Organic Video", "", "", "", "m.youtube.com"},
    {"Organic Video", "", "", "", "youtu.be"},
    {"Organic Video", "partner", "my-video-ad", "", ""},
    {"AI Assistants", "chatgpt.com", "", "", ""},
    {"AI Assistants", "chatgpt.com", "referral", "", ""},
    {"AI Assistants", "claude", "organic", "", ""},
    {"AI Assistants", "", "", "", "gemini.google.com"},
    {"AI Assistants", "", "", "", "www.perplexity.ai"},
    {"AI Assistants", "", "", "", "copilot.microsoft.com"},
    {"AI Assistants", "", "", "", "chat.deepseek.com"},
    {"Organic Search", "", "", "", "www.google.com"},
    {"Organic Search", "", "", "", "google.com.br"},
    {"Organic Search", "", "", "", "www.google.co.in."},
    {"Organic Search", "", "", "", "r.duckduckgo.com"},
    {"Organic Search", "", "", "", "uk.search.yahoo.com"},
    {"Organic Search", "partner", "organic", "", ""},
    {"Organic Search", "google", "email", "", ""},
    {"Email", "newsletter", "", "", ""},
    {"Email", "weekly-newsletter-7", "", "", ""},
    {"Email", "partner", "e-mail", "", ""},
    {"Email", "partner", "E_Mail", "", ""},
    {"Email", "email", "affiliate", "", ""},
    {"Email", "", "email", "", ""},
    {"Email", "", "", "", "mail.google.com"},
    {"Email", "", "", "", "outlook.live.com"},
    {"Affiliates", "partner", "affiliate", "", ""},
    {"Affiliates", "sms", "affiliate", "", ""},
    {"Audio", "podcast", "audio", "", ""},
    {"SMS", "sms", "", "", ""},
    {"SMS", "firebase", "sms", "", ""},
    {"Mobile Push Notifications", "app", "web-push", "", ""},
    {"Mobile Push Notifications", "app", "mobile", "", ""},
    {"Mobile Push Notifications", "app", "in_app_notification", "", ""},
    {"Mobile Push Notifications", "firebase", "", "", ""},
    {"Referral", "", "", "", "blog.example"},
    {"Referral", "", "", "", "news.shop.example"},
    {"Referral", "partner", "", "", ""},
    {"Referral", "partner", "leaflet", "", ""},
    {"Referral", "", "referral", "", ""},
    {"Referral", "", "link", "", ""},
    {"Referral", "", "", "", "docs.google.com"},
    {"Referral", "", "", "", "emailmarketing.example"},
    {"Referral", "", "", "", "notgoogle.com"},
    {"Referral", "", "", "", "google.evil.example"},
    {"Referral", "", "", "", "google.com.evil.example"},
    {"Referral", "", "", "", "myfacebook.com"},
    {"Referral", "", "", "", "203.0.113.7"},
    {"Referral", "", "", "", "[::1]"},
    {"Unassigned", "", "leaflet", "", ""},
    {"Unassigned", "", "", "spring", ""},
    {"Unassigned", "(direct)", "leaflet", "", ""},
};

std::string_view channel_of_row(const ChannelCase& row) {
  return channel_of({row.source, row.medium, row.campaign, row.referrer_host, "www.shop.example", row.paid_click});
}

TEST(ChannelOf, the_first_rule_that_matches_wins) {
  for (const ChannelCase& row : kChannelRows) {
    EXPECT_EQ(channel_of_row(row), row.channel)
        << "source=" << row.source << " medium=" << row.medium << " campaign=" << row.campaign
        << " referrer=" << row.referrer_host << " paid_click=" << row.paid_click;
  }
}

TEST(ChannelOf, the_table_above_shows_every_channel_there_is) {
  std::set<std::string_view> shown;
  for (const ChannelCase& row : kChannelRows) shown.insert(row.channel);
  const std::set<std::string_view> names(channel_names().begin(), channel_names().end());
  EXPECT_EQ(names.size(), channel_names().size());
  EXPECT_EQ(shown, names);
}

TEST(ChannelOf, a_given_source_outweighs_the_referrer) {
  EXPECT_EQ(channel_of({"newsletter", "", "", "www.google.com", "shop.example"}), "Email");
  EXPECT_EQ(channel_of({"partner", "", "", "www.google.com", "shop.example"}), "Referral");
}

TEST(ChannelOf, a_referral_from_the_site_itself_is_none_and_from_its_subdomain_is_one) {
  EXPECT_EQ(channel_of({"", "", "", "www.google.com", "google.com"}), "Direct");
  EXPECT_EQ(channel_of({"", "", "", "google.com", "WWW.google.com"}), "Direct");
  EXPECT_EQ(channel_of({"", "", "", "mail.google.com", "google.com"}), "Email");
  EXPECT_EQ(channel_of({"", "", "", "blog.example", ""}), "Referral");
}

TEST(ChannelOf, hostile_hosts_are_referrals) {
  for (const std::string& host :
       {std::string(300, 'a') + ".google.com", std::string(10'000, '.'), std::string("..google.com.."),
        std::string("google..com"), std::string(".com"), std::string("\xFF\xFE.com"), std::string("www.")}) {
    EXPECT_EQ(channel_of({"", "", "", host, "shop.example"}), "Referral") << host.substr(0, 40);
  }
  EXPECT_EQ(channel_of({"", "", "", "a.b.c.d.e.f.g.h.i.google.com", "shop.example"}), "Organic Search");
}

TEST(ChannelOf, random_texts_give_known_names) {
  constexpr std::string_view kWords[] = {"google", "fb",   "ads",  "-",        "_",    ".", "com",   "co",
                                         "uk",     "www.", "cp",   "paid",     "shop", "e", "email", "social",
                                         "video",  "push", "\xFF", "(direct)", "sms",  "T", "x",     "affiliate"};
  std::mt19937_64 random(support::test_seed());
  const auto text = [&] {
    std::string words;
    for (std::uint64_t left = random() % 5; left > 0; --left) words += kWords[random() % std::size(kWords)];
    return words;
  };
  std::set<std::string_view> seen;
  for (int i = 0; i < 50'000; ++i) {
    const std::string source = text(), medium = text(), campaign = text(), referrer = text(), own = text();
    const std::string_view channel = channel_of({source, medium, campaign, referrer, own, random() % 8 == 0});
    ASSERT_NE(std::find(channel_names().begin(), channel_names().end(), channel), channel_names().end());
    seen.insert(channel);
  }
  EXPECT_GT(seen.size(), 8U);
}

TEST(SourceCategory, sites_are_known_by_name_by_domain_and_by_any_ending) {
  for (const char* google : {"google", "Google", "google.com", "www.google.de", "GOOGLE.CO.UK", "google.com.au",
                             "a.google.fr", "news.google.com."}) {
    EXPECT_EQ(source_category(google), SourceCategory::kSearch) << google;
  }
  for (const char* unknown : {"", ".", "www.", "googl", "google.example", "xgoogle.com", "google.co.uk.x", "co.uk",
                              "com", "t.co.uk", "claude.de"}) {
    EXPECT_EQ(source_category(unknown), SourceCategory::kUnknown) << unknown;
  }
  EXPECT_EQ(source_category("docs.google.com"), SourceCategory::kOther);
}

TEST(SourceCategory, agrees_with_the_published_list_wherever_both_know_a_site) {
  const std::filesystem::path list = support::data_folder() / "web" / "ga4_source_categories.csv";
  std::ifstream file(list);
  if (!file) GTEST_SKIP() << "the published list of sources is not here: " << list;
  const std::map<std::string, SourceCategory> categories{{"SOURCE_CATEGORY_SEARCH", SourceCategory::kSearch},
                                                         {"SOURCE_CATEGORY_SOCIAL", SourceCategory::kSocial},
                                                         {"SOURCE_CATEGORY_VIDEO", SourceCategory::kVideo},
                                                         {"SOURCE_CATEGORY_SHOPPING", SourceCategory::kShopping}};
  int known = 0;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    const std::size_t comma = line.rfind(',');
    ASSERT_NE(comma, std::string::npos) << line;
    const auto expected = categories.find(line.substr(comma + 1));
    ASSERT_NE(expected, categories.end()) << line;
    const SourceCategory ours = source_category(line.substr(0, comma));
    if (ours == SourceCategory::kUnknown) continue;
    ++known;
    EXPECT_EQ(ours, expected->second) << line;
  }
  RecordProperty("known", known);
  EXPECT_GE(known, 300);
}

}  // namespace
}  // namespace weir
