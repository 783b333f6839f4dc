// Tests of how fields become an event: site, page, labels, ids and times.
#include "weir/pipeline/event_maker.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr TimeMs kMakerNowMs = 1'700'000'000'000;
constexpr Origin kOrigin{.address = "192.0.2.1", .user_agent = "Mozilla/5.0 (Windows NT 10.0) Firefox/120.0"};

ReaderOptions small_options() {
  ReaderOptions options;
  options.label_bytes = 32;
  options.page_rules = {"/product/:id"};
  return options;
}

struct Maker {
  explicit Maker(TimeSource time_source = TimeSource::kLive, const ReaderOptions& options = small_options())
      : symbols(Hasher(1), 1000),
        funnels({{.name = "f",
                  .steps = {{.name = "p", .kind = FunnelStep::Kind::kPage, .pattern = "/product/:id"},
                            {.name = "c", .kind = FunnelStep::Kind::kConversion, .pattern = "buy"},
                            {.name = "e", .kind = FunnelStep::Kind::kEvent, .pattern = "signup"}}}},
                3000),
        special{symbols.symbol_of(kNoneLabel), symbols.symbol_of(kOtherLabel)},
        maker(options, default_rollups(), funnels, symbols, special, Hasher(1), time_source) {}

  Event make(const RawEvent& raw, const Origin& origin = kOrigin) {
    Event event;
    EXPECT_EQ(maker.make(raw, origin, kMakerNowMs, event), std::nullopt);
    return event;
  }
  std::optional<Rejection> refusal(const RawEvent& raw, const Origin& origin = kOrigin) {
    Event event;
    return maker.make(raw, origin, kMakerNowMs, event);
  }
  std::string label(const Event& event, Dimension dimension) {
    const Symbol symbol = event.dimensions[static_cast<std::size_t>(dimension)];
    return symbol == special.none ? std::string(kNoneLabel) : symbols.text(symbol).value_or("?");
  }

  SymbolTable symbols;
  FunnelSet funnels;
  SpecialSymbols special;
  EventMaker maker;
};

RawEvent view_of(std::string_view url) {
  RawEvent raw;
  raw.type = "page_view";
  raw.visitor = "v";
  raw.url = url;
  return raw;
}

TEST(EventMaker, the_site_is_given_or_the_host_in_lower_case_or_default) {
  Maker maker;
  EXPECT_EQ(maker.label(maker.make(view_of("https://Shop.EXAMPLE/a")), Dimension::kSite), "shop.example");
  EXPECT_EQ(maker.label(maker.make(view_of("/a")), Dimension::kSite), "default");
  RawEvent raw = view_of("https://shop.example/a");
  raw.site = "My Shop";
  EXPECT_EQ(maker.label(maker.make(raw), Dimension::kSite), "My Shop");
  EXPECT_EQ(maker.make(view_of("https://A.example/")).visitor, maker.make(view_of("https://a.example/")).visitor);
}

TEST(EventMaker, an_address_in_the_event_comes_before_that_of_the_connection) {
  Maker maker;
  RawEvent raw = view_of("/a");
  raw.visitor = {};
  raw.user_agent = "agent";
  raw.address = "198.51.100.7";
  const Origin same{.address = "198.51.100.7", .user_agent = "proxy"};
  const Origin other{.address = "203.0.113.9", .user_agent = "proxy"};
  EXPECT_EQ(maker.make(raw, same).visitor, maker.make(raw, other).visitor);
  EXPECT_EQ(maker.make(raw, Origin{}).visitor, maker.make(raw, other).visitor);
  RawEvent neighbour = raw;
  neighbour.address = "198.51.101.7";  // in another network: the last byte is cut off
  EXPECT_NE(maker.make(raw, same).visitor, maker.make(neighbour, same).visitor);
  neighbour.address = {};
  EXPECT_EQ(maker.make(raw, other).visitor, maker.make(raw, same).visitor);
  EXPECT_NE(maker.make(neighbour, other).visitor, maker.make(raw, other).visitor);
  EXPECT_EQ(maker.refusal(neighbour, Origin{}), Rejection::kMissingField);
  raw.visitor = "v";
  EXPECT_EQ(maker.make(raw, same).visitor, maker.make(view_of("/b"), other).visitor) << "a visitor id comes first";
}

struct PageCase {
  const char* url;
  const char* page;
};

TEST(EventMaker, pages_are_canonical_and_named_by_rules) {
  const PageCase cases[] = {{"https://s/pricing/?x=1#y", "/pricing"},
                            {"https://s", "/"},
                            {"/product/17", "/product/:id"},
                            {"/product/17/more", "/product/17/more"},
                            {"/Product/17", "/Product/17"}};
  Maker maker;
  for (const PageCase& page : cases) {
    for (int repeat = 0; repeat < 2; ++repeat) {  // looked up, then remembered
      EXPECT_EQ(maker.label(maker.make(view_of(page.url)), Dimension::kLandingPage), page.page) << page.url;
    }
  }
  EXPECT_EQ(maker.make(view_of("/product/17")).steps, 1U);
  EXPECT_EQ(maker.make(view_of("/elsewhere")).steps, 0U);
}

TEST(EventMaker, labels_are_cut_and_cleaned) {
  Maker maker;
  const std::string cut = maker.label(maker.make(view_of("/" + std::string(100, 'a'))), Dimension::kLandingPage);
  EXPECT_EQ(cut, "/" + std::string(28, 'a') + "\xE2\x80\xA6");
  EXPECT_EQ(maker.maker.stats()[Stat::kLabelsCut], 1);
  EXPECT_EQ(maker.label(maker.make(view_of("/a\x01"
                                           "b")),
                        Dimension::kLandingPage),
            "/a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(maker.label(maker.make(view_of("/?utm_campaign=%00%FFx")), Dimension::kCampaign),
            "\xEF\xBF\xBD\xEF\xBF\xBDx");
  EXPECT_EQ(maker.maker.stats()[Stat::kLabelsCut], 1);
}

TEST(EventMaker, campaigns_of_the_url_are_decoded_and_given_ones_are_not) {
  Maker maker;
  const Event of_url = maker.make(view_of("/?utm_campaign=spring%20sale+now&utm_source=news&utm_medium=email"));
  EXPECT_EQ(maker.label(of_url, Dimension::kCampaign), "spring sale now");
  EXPECT_EQ(maker.label(of_url, Dimension::kChannel), "Email");
  RawEvent raw = view_of("/?utm_campaign=other");
  raw.campaign = "a%20b+c";
  EXPECT_EQ(maker.label(maker.make(raw), Dimension::kCampaign), "a%20b+c");
  EXPECT_EQ(maker.label(maker.make(view_of("/")), Dimension::kCampaign), kNoneLabel);
}

TEST(EventMaker, types_and_names_decide_funnel_steps) {
  Maker maker;
  RawEvent raw = view_of("");
  raw.type = "conversion";
  raw.name = "buy";
  EXPECT_EQ(maker.make(raw).steps, 2U);
  raw.name = "signup";
  EXPECT_EQ(maker.make(raw).steps, 0U);
  raw.type = "anything";
  EXPECT_EQ(maker.make(raw).steps, 4U);
  EXPECT_EQ(maker.make(raw).type, EventType::kCustom);
  raw.type = "signup";
  raw.name = "";
  EXPECT_EQ(maker.make(raw).steps, 4U);
}

TEST(EventMaker, failures_and_slowness_are_marked_at_their_limits) {
  Maker maker;
  RawEvent raw = view_of("/");
  raw.status = 499;
  raw.duration_ms = 3000;
  EXPECT_FALSE(maker.make(raw).failed);
  EXPECT_FALSE(maker.make(raw).slow);
  raw.status = 500;
  raw.duration_ms = 3001;
  EXPECT_TRUE(maker.make(raw).failed);
  EXPECT_TRUE(maker.make(raw).slow);
  raw = view_of("");
  raw.type = "error";
  EXPECT_TRUE(maker.make(raw).failed);
}

TEST(EventMaker, visitors_are_derived_from_site_address_and_agent) {
  Maker maker;
  const auto visitor = [&](std::string_view site, std::string_view address, std::string_view agent) {
    RawEvent raw = view_of("/");
    raw.visitor = "";
    raw.site = site;
    return maker.make(raw, Origin{.address = address, .user_agent = agent}).visitor;
  };
  EXPECT_EQ(visitor("a", "192.0.2.1", "x"), visitor("a", "192.0.2.1", "x"));
  EXPECT_NE(visitor("a", "192.0.2.1", "x"), visitor("b", "192.0.2.1", "x"));
  EXPECT_EQ(visitor("a", "192.0.2.1", "x"), visitor("a", "192.0.2.2", "x"));
  EXPECT_NE(visitor("a", "192.0.2.1", "x"), visitor("a", "192.0.3.1", "x"));
  EXPECT_NE(visitor("a", "192.0.2.1", "x"), visitor("a", "192.0.2.1", "y"));
  RawEvent raw = view_of("/");
  raw.visitor = "";
  EXPECT_EQ(maker.refusal(raw, Origin{}), Rejection::kMissingField);
  raw.visitor_given = true;
  EXPECT_EQ(maker.refusal(raw), Rejection::kMissingField);
}

TEST(EventMaker, ids_belong_to_their_visitor) {
  Maker maker;
  RawEvent raw = view_of("/");
  raw.id = "1";
  raw.session = "s";
  const Event one = maker.make(raw);
  raw.visitor = "w";
  const Event two = maker.make(raw);
  EXPECT_NE(one.delivery, two.delivery);
  EXPECT_NE(one.session, two.session);
  EXPECT_NE(one.session, one.visitor);
  EXPECT_EQ(maker.make(view_of("/")).session, maker.make(view_of("/")).visitor);
  EXPECT_EQ(maker.make(view_of("/")).delivery, 0U);
}

TEST(EventMaker, visitors_longer_than_the_limit_are_refused) {
  Maker maker;
  const std::string longest(128, 'v');
  RawEvent raw = view_of("/");
  raw.visitor = longest;
  EXPECT_EQ(maker.refusal(raw), std::nullopt);
  const std::string too_long = longest + "v";
  raw.visitor = too_long;
  EXPECT_EQ(maker.refusal(raw), Rejection::kTooLong);
}

TEST(EventMaker, urls_that_are_none_are_refused) {
  Maker maker;
  EXPECT_EQ(maker.refusal(view_of("javascript:alert(1)")), Rejection::kBadUrl);
  EXPECT_EQ(maker.refusal(view_of("https:///x")), Rejection::kBadUrl);
}

struct TimeCase {
  const char* name;
  std::optional<TimeMs> ts_ms;
  std::optional<TimeMs> sent_at_ms;
  TimeMs live_ms;
  TimeMs replay_ms;
  std::int64_t clamped;
};

TEST(EventMaker, live_times_are_corrected_and_replayed_ones_taken_as_they_are) {
  const TimeCase cases[] = {
      {"none", std::nullopt, std::nullopt, kMakerNowMs, kMakerNowMs, 0},
      {"past", kMakerNowMs - 5000, std::nullopt, kMakerNowMs - 5000, kMakerNowMs - 5000, 0},
      {"as far ahead as clocks differ", kMakerNowMs + 60'000, std::nullopt, kMakerNowMs, kMakerNowMs + 60'000, 0},
      {"further ahead", kMakerNowMs + 60'001, std::nullopt, kMakerNowMs, kMakerNowMs + 60'001, 1},
      {"a clock an hour ahead", kMakerNowMs + 3'600'000, kMakerNowMs + 3'602'000, kMakerNowMs - 2000,
       kMakerNowMs + 3'600'000, 0},
      {"a clock an hour behind", kMakerNowMs - 3'600'000, kMakerNowMs - 3'598'000, kMakerNowMs - 2000,
       kMakerNowMs - 3'600'000, 0},
  };
  for (const TimeCase& time : cases) {
    RawEvent raw = view_of("/");
    raw.ts_ms = time.ts_ms;
    raw.sent_at_ms = time.sent_at_ms;
    Maker live;
    EXPECT_EQ(live.make(raw).time_ms, time.live_ms) << time.name;
    EXPECT_EQ(live.maker.stats()[Stat::kClockClamped], time.clamped) << time.name;
    Maker replay(TimeSource::kEvents);
    EXPECT_EQ(replay.make(raw).time_ms, time.replay_ms) << time.name;
  }
  RawEvent raw = view_of("/");
  raw.ts_ms = -1;
  EXPECT_EQ(Maker().refusal(raw), Rejection::kBadTime);
}

}  // namespace
}  // namespace weir
