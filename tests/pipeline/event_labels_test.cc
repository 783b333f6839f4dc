// Tests of what the reader makes of a sender: bots, country, search terms, channels of one's own, listed sites, and
// visitors who opted out.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/country_file.h"
#include "weir/pipeline/event_maker.h"

namespace weir {
namespace {

constexpr TimeMs kLabelsNowMs = 1'700'000'000'000;
constexpr std::string_view kBrowser = "Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0";
constexpr std::string_view kCrawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

std::vector<Rollup> rollups_of(std::vector<Dimension> dimensions) {
  return {{.name = "all", .dimensions = std::move(dimensions)}};
}

struct LabelMaker {
  explicit LabelMaker(const ReaderOptions& options = {}, TimeSource time_source = TimeSource::kLive,
                      Dimension more = Dimension::kTerm)
      : symbols(Hasher(1), 1000),
        funnels({}, 3000),
        special{symbols.symbol_of(kNoneLabel), symbols.symbol_of(kOtherLabel)},
        maker(options,
              rollups_of({Dimension::kChannel, Dimension::kCountry, Dimension::kBrand, Dimension::kTerm, more}),
              funnels, symbols, special, Hasher(1), time_source, parts_of(options)) {}

  static MakerParts parts_of(const ReaderOptions& options) {
    auto parts = EventMaker::open_parts(options, 1'800'000, TimeSource::kLive);
    EXPECT_TRUE(parts) << parts.error().message;
    return std::move(*parts);
  }
  Event make(const RawEvent& raw, const Origin& origin = {}) {
    Event event;
    EXPECT_EQ(maker.make(raw, origin, kLabelsNowMs, event), std::nullopt);
    return event;
  }
  std::optional<Rejection> refusal(const RawEvent& raw, const Origin& origin = {}) {
    Event event;
    return maker.make(raw, origin, kLabelsNowMs, event);
  }
  std::string label(const RawEvent& raw, Dimension dimension, const Origin& origin = {}) {
    const Symbol symbol = make(raw, origin).dimensions[static_cast<std::size_t>(dimension)];
    return symbol == special.none ? std::string(kNoneLabel) : symbols.text(symbol).value_or("?");
  }

  SymbolTable symbols;
  FunnelSet funnels;
  SpecialSymbols special;
  EventMaker maker;
};

RawEvent view(std::string_view url = "/") {
  RawEvent raw;
  raw.type = "page_view";
  raw.visitor = "v";
  raw.url = url;
  return raw;
}

TEST(EventLabels, bots_are_set_apart_by_their_own_user_agent) {
  LabelMaker maker;
  RawEvent raw = view();
  raw.user_agent = kCrawler;
  for (int repeat = 0; repeat < 2; ++repeat) EXPECT_EQ(maker.maker.set_apart(raw, {}), Stat::kCountedBot);
  raw.user_agent = kBrowser;
  for (int repeat = 0; repeat < 2; ++repeat) EXPECT_EQ(maker.maker.set_apart(raw, {}), std::nullopt);
}

TEST(EventLabels, bots_count_in_a_replay_and_where_they_are_included) {
  const auto set_apart = [](const std::string& bots, TimeSource time_source, std::int64_t included) {
    ReaderOptions options;
    options.bots = bots;
    LabelMaker maker(options, time_source);
    RawEvent raw = view();
    raw.user_agent = kCrawler;
    const std::optional<Stat> stat = maker.maker.set_apart(raw, {});
    EXPECT_EQ(maker.maker.stats()[Stat::kBotsIncluded], included) << bots;
    return stat;
  };
  EXPECT_EQ(set_apart("auto", TimeSource::kLive, 0), Stat::kCountedBot);
  EXPECT_EQ(set_apart("auto", TimeSource::kEvents, 1), std::nullopt);
  EXPECT_EQ(set_apart("exclude", TimeSource::kEvents, 0), Stat::kCountedBot);
  EXPECT_EQ(set_apart("include", TimeSource::kLive, 0), std::nullopt);
  EXPECT_EQ(set_apart("include", TimeSource::kEvents, 0), std::nullopt);
}

TEST(EventLabels, the_agent_of_who_hands_events_on_is_not_the_visitors) {
  LabelMaker maker;
  const Origin program{.address = "192.0.2.1", .user_agent = "curl/8.0"};
  EXPECT_EQ(maker.maker.set_apart(view(), program), std::nullopt) << "it names the visitor";
  RawEvent anonymous = view();
  anonymous.visitor = "";
  EXPECT_EQ(maker.maker.set_apart(anonymous, program), Stat::kCountedBot);
  const Origin headless{.user_agent = "HeadlessChrome/126", .from_browser = true};
  EXPECT_EQ(maker.maker.set_apart(view(), headless), Stat::kCountedBot);
}

TEST(EventLabels, no_text_of_a_client_is_the_label_of_folded_cells) {
  for (const TimeSource time_source : {TimeSource::kLive, TimeSource::kEvents}) {
    ReaderOptions options;
    options.label_bytes = 32;  // the least
    options.channels = {{.channel = "__other__", .source = "", .medium = "own", .campaign = "", .referrer = ""}};
    LabelMaker maker(options, time_source, Dimension::kDevice);
    RawEvent raw = view("http://__other__/__other__?utm_term=__other__&utm_campaign=%5F_other__&utm_medium=own");
    const auto expect_told_apart = [&](const std::vector<Dimension>& dimensions) {
      const Event event = maker.make(raw);
      for (const Symbol symbol : event.dimensions) EXPECT_NE(symbol, maker.special.other);
      for (const Dimension dimension : dimensions) {
        EXPECT_EQ(maker.label(raw, dimension), "__other__ (sent)") << label_of(dimension);
      }
    };
    using enum Dimension;
    expect_told_apart({kSite, kTerm, kCampaign, kChannel});
    EXPECT_EQ(maker.label(raw, kLandingPage), "/__other__");
    raw.url = "/";
    raw.site = raw.device = raw.term = raw.campaign = raw.country = "__other__";
    raw.medium = "own";
    for (int again = 0; again < 2; ++again) expect_told_apart({kSite, kDevice, kTerm, kCampaign, kChannel});
    EXPECT_EQ(maker.label(raw, kCountry), "(none)");
    EXPECT_EQ(maker.label(raw, kBrand), "(none)");
    for (const char* near : {"__other_", "__other___", "__OTHER__", " __other__", "__other__ (sent)"}) {
      raw.campaign = near;
      EXPECT_EQ(maker.label(raw, kCampaign), near);
    }
  }
}

TEST(EventLabels, brand_terms_of_a_site_called_like_folded_cells_are_found) {
  ReaderOptions options;
  options.sites = {{.name = "__other__", .hosts = {}, .origins = {}, .brand_terms = {"acme"}}};
  LabelMaker maker(options);
  RawEvent raw = view();
  raw.site = "__other__";
  raw.term = "acme mug";
  EXPECT_EQ(maker.label(raw, Dimension::kBrand), "brand");
  EXPECT_EQ(maker.label(raw, Dimension::kSite), "__other__ (sent)");
}

TEST(EventLabels, a_program_that_hands_events_on_gives_no_device) {
  LabelMaker maker({}, TimeSource::kLive, Dimension::kDevice);
  EXPECT_EQ(maker.label(view(), Dimension::kDevice, {.user_agent = "python-requests/2.31"}), "(none)");
  EXPECT_EQ(maker.label(view(), Dimension::kDevice, {.user_agent = "axios/1.6.2"}), "(none)");
  EXPECT_EQ(maker.label(view(), Dimension::kDevice, {.user_agent = "Shop/2.1 (iPhone; iOS 17.1)"}), "mobile");
  EXPECT_EQ(maker.label(view(), Dimension::kDevice, {.user_agent = kBrowser}), "desktop");
  RawEvent raw = view();
  raw.user_agent = kBrowser;
  EXPECT_EQ(maker.label(raw, Dimension::kDevice, {.user_agent = "axios/1.6.2"}), "desktop");
}

TEST(EventLabels, a_country_is_said_by_the_event_or_a_proxy_or_found_by_address) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "weir_labels.mmdb";
  support::CountryFile({{"192.0.2.0/24", "country", "DE"}}, "GeoLite2-Country").write(path);
  ReaderOptions options;
  options.country_database = path.string();
  LabelMaker maker(options);
  std::filesystem::remove(path);
  RawEvent raw = view();
  const Origin here{.address = "192.0.2.1"};
  EXPECT_EQ(maker.label(raw, Dimension::kCountry, here), "DE");
  EXPECT_EQ(maker.label(raw, Dimension::kCountry, {.address = "192.0.2.1", .country = "fr"}), "FR");
  EXPECT_EQ(maker.label(raw, Dimension::kCountry, {.address = "192.0.2.1", .country = "XX"}), "DE");
  EXPECT_EQ(maker.label(raw, Dimension::kCountry, {.address = "203.0.113.1"}), "(none)");
  raw.address = "192.0.2.7";
  EXPECT_EQ(maker.label(raw, Dimension::kCountry, {.address = "203.0.113.1"}), "DE") << "the format's own address wins";
  raw.country = "jp";
  EXPECT_EQ(maker.label(raw, Dimension::kCountry, here), "JP");
  raw.country = "Germany";
  EXPECT_EQ(LabelMaker().label(raw, Dimension::kCountry), "(none)");
}

TEST(EventLabels, a_database_that_is_missing_is_named_with_its_key) {
  ReaderOptions options;
  options.country_database = "/nowhere/countries.mmdb";
  const auto parts = EventMaker::open_parts(options, 1'800'000, TimeSource::kLive);
  ASSERT_FALSE(parts);
  EXPECT_NE(parts.error().message.find("geoip.database"), std::string::npos);
  EXPECT_NE(parts.error().message.find("/nowhere/countries.mmdb"), std::string::npos);
}

TEST(EventLabels, search_terms_tell_brand_from_non_brand_by_site) {
  ReaderOptions options;
  options.brand_terms = {"acme"};
  options.sites = {{.name = "shop", .hosts = {"shop.example"}, .origins = {}, .brand_terms = {"weir mug"}},
                   {.name = "blog", .hosts = {"blog.example"}, .origins = {}, .brand_terms = {}}};
  LabelMaker maker(options);
  for (int repeat = 0; repeat < 2; ++repeat) {
    const RawEvent blog = view("https://blog.example/?utm_term=ACME+shoes");
    EXPECT_EQ(maker.label(blog, Dimension::kBrand), "brand");
    EXPECT_EQ(maker.label(blog, Dimension::kTerm), "ACME shoes");
    EXPECT_EQ(maker.label(view("https://shop.example/?utm_term=acme"), Dimension::kBrand), "non_brand");
    EXPECT_EQ(maker.label(view("https://shop.example/?utm_term=a%20weir+mug"), Dimension::kBrand), "brand");
    EXPECT_EQ(maker.label(view("https://shop.example/"), Dimension::kBrand), "(none)");
    EXPECT_EQ(maker.label(view("https://shop.example/"), Dimension::kTerm), "(none)");
    RawEvent given = view("https://blog.example/?utm_term=other");
    given.term = "Acme";
    EXPECT_EQ(maker.label(given, Dimension::kBrand), "brand");
    EXPECT_EQ(maker.label(given, Dimension::kTerm), "Acme");
  }
}

TEST(EventLabels, channels_of_ones_own_come_first) {
  ReaderOptions options;
  options.channels = {{.channel = "Partners", .source = "partner-*", .medium = {}, .campaign = {}, .referrer = {}}};
  LabelMaker maker(options);
  EXPECT_EQ(maker.label(view("/?utm_source=Partner-7&utm_medium=email"), Dimension::kChannel), "Partners");
  EXPECT_EQ(maker.label(view("/?utm_source=news&utm_medium=email"), Dimension::kChannel), "Email");
}

TEST(EventLabels, a_list_of_sites_names_its_own_and_refuses_the_rest) {
  ReaderOptions options;
  options.sites = {{.name = "shop", .hosts = {"shop.example"}, .origins = {}, .brand_terms = {}}};
  LabelMaker maker(options);
  RawEvent named = view();
  named.site = "shop";
  for (int repeat = 0; repeat < 2; ++repeat) {
    EXPECT_EQ(maker.label(view("https://www.shop.example/"), Dimension::kSite), "shop");
    EXPECT_EQ(maker.label(named, Dimension::kSite), "shop");
    EXPECT_EQ(maker.refusal(view("https://else.example/")), Rejection::kUnknownSite);
    EXPECT_EQ(maker.refusal(view("/")), Rejection::kUnknownSite);
    EXPECT_EQ(maker.refusal(view("https://shop.example/"), {.web_origin = "https://else.example"}),
              Rejection::kUnknownSite);
    EXPECT_EQ(maker.refusal(named, {.web_origin = "https://shop.example"}), std::nullopt);
  }
  named.site = "shop2";
  EXPECT_EQ(maker.refusal(named), Rejection::kUnknownSite);
  options.sites.push_back({.name = "default", .hosts = {}, .origins = {}, .brand_terms = {}});
  EXPECT_EQ(LabelMaker(options).label(view("/"), Dimension::kSite), "default");
}

TEST(EventLabels, an_opted_out_visitors_events_have_nothing_in_common) {
  LabelMaker maker;
  const Origin origin{.address = "192.0.2.1", .user_agent = kBrowser, .opted_out = true};
  RawEvent raw = view();
  raw.session = "s";
  const Event first = maker.make(raw, origin);
  const Event second = maker.make(raw, origin);
  EXPECT_NE(first.visitor, second.visitor);
  EXPECT_NE(first.session, second.session);
  EXPECT_NE(first.visitor, maker.make(raw).visitor);
  raw.id = "delivery-1";
  EXPECT_EQ(maker.make(raw, origin).delivery, maker.make(raw, origin).delivery) << "a repeated delivery is known again";
  const std::uint64_t visitor = maker.make(raw, origin).visitor;
  raw.id = "delivery-2";
  EXPECT_NE(maker.make(raw, origin).visitor, visitor);
  raw.visitor = "";
  EXPECT_EQ(maker.refusal(raw, {.opted_out = true}), std::nullopt);
  EXPECT_EQ(maker.maker.set_apart(raw, origin), std::nullopt);
}

TEST(EventLabels, opting_out_can_drop_events_or_mean_nothing) {
  const Origin origin{.address = "192.0.2.1", .user_agent = kBrowser, .opted_out = true};
  ReaderOptions options;
  options.honor_gpc = "drop";
  EXPECT_EQ(LabelMaker(options).maker.set_apart(view(), origin), Stat::kCountedOptedOut);
  EXPECT_EQ(LabelMaker(options).maker.set_apart(view(), {}), std::nullopt);
  options.honor_gpc = "ignore";
  LabelMaker maker(options);
  EXPECT_EQ(maker.maker.set_apart(view(), origin), std::nullopt);
  EXPECT_EQ(maker.make(view(), origin).visitor, maker.make(view()).visitor);
}

}  // namespace
}  // namespace weir
