// Tests of the rules of sessions, as a table: events in, closed sessions out.
#include "weir/session/sessionizer.h"

#include <gtest/gtest.h>

#include "recording_observer.h"

namespace weir {
namespace {

using testing_session::KeptFacts;
using testing_session::RecordingObserver;

constexpr TimeMs kMinuteMs = 60'000;
constexpr TimeMs kTimeoutMs = 30 * kMinuteMs;
constexpr TimeMs kSessionDayMs = 24 * 60 * kMinuteMs;
constexpr Symbol kNoPage = 999;
constexpr auto kLanding = static_cast<std::size_t>(Dimension::kLandingPage);
constexpr auto kCampaign = static_cast<std::size_t>(Dimension::kCampaign);

Event at(TimeMs time_ms, EventType type) {
  Event event;
  event.time_ms = time_ms;
  event.visitor = event.session = 1;
  event.type = type;
  event.dimensions.fill(kNoPage);
  event.failed = type == EventType::kError;
  return event;
}

Event view(TimeMs time_ms, Symbol page = 10, Symbol campaign = kNoPage) {
  Event event = at(time_ms, EventType::kPageView);
  event.dimensions[kLanding] = page;
  event.dimensions[kCampaign] = campaign;
  return event;
}

Event custom(TimeMs time_ms) { return at(time_ms, EventType::kCustom); }
Event failure(TimeMs time_ms) { return at(time_ms, EventType::kError); }

Event engagement(TimeMs time_ms, double engaged_ms) {
  Event event = at(time_ms, EventType::kEngagement);
  event.amount = engaged_ms;
  return event;
}

Event conversion(TimeMs time_ms, double value = 0, std::uint64_t order = 0, std::string_view currency = "USD") {
  Event event = at(time_ms, EventType::kConversion);
  event.amount = value;
  event.order = order;
  event.currency = pack_currency(currency);
  return event;
}

/// What a closed session must say. Revenue is in whole units.
struct Expected {
  TimeMs start_ms = 0;
  std::uint32_t page_views = 0;
  std::uint32_t dwell_ms = 0;
  bool dwell_known = false;
  bool bounced = false;
  bool engaged = false;
  bool converted = false;
  std::uint32_t orders = 0;
  std::map<std::string, std::int64_t> revenue = {};
};

struct Case {
  const char* name;
  std::vector<Event> events;
  std::vector<Expected> expected;
  bool split_on_midnight = false;
  bool split_on_campaign = false;
};

std::vector<KeptFacts> run(const std::vector<Event>& events, const SessionOptions& options, Contributions contributions,
                           const FunnelSet& funnels = {}) {
  RecordingObserver observer;
  Sessionizer sessionizer(options, funnels, contributions, kNoPage, observer);
  for (const Event& event : events) {
    sessionizer.apply(event);
    sessionizer.publish();
  }
  sessionizer.close_all();
  EXPECT_EQ(sessionizer.open_sessions(), 0U);
  return observer.sessions;
}

void expect_sessions(const std::vector<KeptFacts>& actual, const std::vector<Expected>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const SessionFacts& facts = actual[i].facts;
    SCOPED_TRACE("session " + std::to_string(i));
    EXPECT_EQ(facts.start_ms, expected[i].start_ms);
    EXPECT_EQ(facts.page_views, expected[i].page_views);
    EXPECT_EQ(facts.landed, expected[i].page_views > 0);
    EXPECT_EQ(facts.dwell_ms, expected[i].dwell_ms);
    EXPECT_EQ(facts.dwell_known, expected[i].dwell_known);
    EXPECT_EQ(facts.bounced, expected[i].bounced);
    EXPECT_EQ(facts.engaged, expected[i].engaged);
    EXPECT_EQ(facts.converted, expected[i].converted);
    EXPECT_EQ(facts.orders, expected[i].orders);
    std::map<std::string, std::int64_t> revenue;
    for (const auto& [currency, nanos] : actual[i].revenue) {
      revenue[currency_code(currency)] = static_cast<std::int64_t>(nanos / 1'000'000'000);
    }
    EXPECT_EQ(revenue, expected[i].revenue);
  }
}

void run_cases(const std::vector<Case>& cases) {
  for (const Case& rule : cases) {
    for (const Contributions contributions : {Contributions::kFinal, Contributions::kProvisional}) {
      SCOPED_TRACE(rule.name);
      SessionOptions options;
      options.split_on_midnight = rule.split_on_midnight;
      options.split_on_campaign = rule.split_on_campaign;
      expect_sessions(run(rule.events, options, contributions), rule.expected);
    }
  }
}

TEST(Sessionizer, sessions_end_where_the_contract_says) {
  const Expected lone{.page_views = 1, .bounced = true};
  const auto lone_at = [&](TimeMs start_ms) {
    Expected expected = lone;
    expected.start_ms = start_ms;
    return expected;
  };
  std::vector<Event> whole_day;
  for (TimeMs time_ms = 0; time_ms <= kSessionDayMs; time_ms += kTimeoutMs) whole_day.push_back(view(time_ms));
  std::vector<Event> more_than_a_day = whole_day;
  more_than_a_day.push_back(view(kSessionDayMs + 1));
  const Expected day{.page_views = 49, .dwell_ms = 86'400'000, .dwell_known = true, .engaged = true};
  const Expected half_hour{.page_views = 2, .dwell_ms = 1'800'000, .dwell_known = true, .engaged = true};
  const Expected minute{
      .start_ms = kSessionDayMs - 1, .page_views = 2, .dwell_ms = 1, .dwell_known = true, .engaged = true};
  run_cases({
      {"a gap of exactly the timeout continues", {view(0), view(kTimeoutMs)}, {half_hour}},
      {"a longer gap starts a new session", {view(0), view(kTimeoutMs + 1)}, {lone, lone_at(kTimeoutMs + 1)}},
      {"exactly the longest duration continues", whole_day, {day}},
      {"a millisecond more does not", more_than_a_day, {day, lone_at(kSessionDayMs + 1)}},
      {"midnight means nothing by default", {view(kSessionDayMs - 1), view(kSessionDayMs)}, {minute}},
      {"midnight splits when asked to",
       {view(kSessionDayMs - 1), view(kSessionDayMs)},
       {lone_at(kSessionDayMs - 1), lone_at(kSessionDayMs)},
       true},
      {"a new campaign splits when asked to", {view(0, 10, 5), view(1, 10, 6)}, {lone, lone_at(1)}, false, true},
      {"no campaign and the same campaign do not split",
       {view(0, 10, 5), view(1, 10, kNoPage), view(2, 10, 5)},
       {{.page_views = 3, .dwell_ms = 2, .dwell_known = true, .engaged = true}},
       false,
       true},
      {"campaigns mean nothing by default",
       {view(0, 10, 5), view(1, 10, 6)},
       {{.page_views = 2, .dwell_ms = 1, .dwell_known = true, .engaged = true}}},
  });
}

TEST(Sessionizer, bounce_dwell_and_engagement_follow_the_contract) {
  run_cases({
      {"the dwell of one lone event is unknown", {view(5)}, {{.start_ms = 5, .page_views = 1, .bounced = true}}},
      {"two events of one time dwell 0, which is known",
       {view(5), engagement(5, 1)},
       {{.start_ms = 5, .page_views = 1, .dwell_known = true, .bounced = true}}},
      {"a custom event rescues from bouncing",
       {view(0), custom(10)},
       {{.page_views = 1, .dwell_ms = 10, .dwell_known = true}}},
      {"a conversion rescues and engages",
       {view(0), conversion(10)},
       {{.page_views = 1, .dwell_ms = 10, .dwell_known = true, .engaged = true, .converted = true}}},
      {"an error rescues nobody",
       {view(0), failure(10)},
       {{.page_views = 1, .dwell_ms = 10, .dwell_known = true, .bounced = true}}},
      {"short engagement rescues nobody",
       {view(0), engagement(10, 9999)},
       {{.page_views = 1, .dwell_ms = 10, .dwell_known = true, .bounced = true}}},
      {"ten seconds engaged engage, and still bounce",
       {view(0), engagement(1, 4000), engagement(2, 6000)},
       {{.page_views = 1, .dwell_ms = 2, .dwell_known = true, .bounced = true, .engaged = true}}},
      {"so do ten seconds of dwell",
       {view(0), failure(10'000)},
       {{.page_views = 1, .dwell_ms = 10'000, .dwell_known = true, .bounced = true, .engaged = true}}},
      {"a millisecond less does not",
       {view(0), failure(9999)},
       {{.page_views = 1, .dwell_ms = 9999, .dwell_known = true, .bounced = true}}},
      {"two page views engage", {view(0), view(0)}, {{.page_views = 2, .dwell_known = true, .engaged = true}}},
      {"without page view nothing bounces", {failure(0)}, {{}}},
      {"engaged time beyond counting saturates",
       {view(0), engagement(1, 1e19)},
       {{.page_views = 1, .dwell_ms = 1, .dwell_known = true, .bounced = true, .engaged = true}}},
  });
}

TEST(Sessionizer, orders_and_revenue_follow_the_contract) {
  const Expected lone{.engaged = true, .converted = true};
  const auto lone_at = [&](TimeMs start_ms, std::uint32_t orders, std::map<std::string, std::int64_t> revenue) {
    Expected expected = lone;
    expected.start_ms = start_ms;
    expected.orders = orders;
    expected.revenue = std::move(revenue);
    return expected;
  };
  const auto pair = [&](std::uint32_t orders, std::map<std::string, std::int64_t> revenue) {
    Expected expected = lone_at(0, orders, std::move(revenue));
    expected.dwell_ms = 1;
    expected.dwell_known = true;
    return expected;
  };
  run_cases({
      {"without order id and value there is no order", {conversion(0)}, {lone_at(0, 0, {})}},
      {"a value without order id is an order", {conversion(0, 5)}, {lone_at(0, 1, {{"USD", 5}})}},
      {"an order id without value is an order", {conversion(0, 0, 7)}, {lone_at(0, 1, {})}},
      {"an order id counts once, with its first value",
       {conversion(0, 5, 7), conversion(1, 9, 7)},
       {pair(1, {{"USD", 5}})}},
      {"also when the first had no value", {conversion(0, 0, 7), conversion(1, 9, 7)}, {pair(1, {})}},
      {"values without order id all count", {conversion(0, 5), conversion(1, 5)}, {pair(2, {{"USD", 10}})}},
      {"currencies are kept apart",
       {conversion(0, 5, 0, "USD"), conversion(1, 7, 0, "eur")},
       {pair(2, {{"USD", 5}, {"EUR", 7}})}},
      {"an order id counts once over all sessions of its visitor",
       {conversion(0, 5, 7), conversion(kSessionDayMs, 5, 7)},
       {lone_at(0, 1, {{"USD", 5}}), lone_at(kSessionDayMs, 0, {})}},
      {"revenue stays with its session",
       {conversion(0, 5), conversion(kSessionDayMs, 6)},
       {lone_at(0, 1, {{"USD", 5}}), lone_at(kSessionDayMs, 1, {{"USD", 6}})}},
  });
}

TEST(Sessionizer, revenue_in_very_many_currencies_is_kept_in_bounds_and_in_full) {
  std::vector<Event> events;
  for (char letter = 'A'; letter <= 'Z'; ++letter) events.push_back(conversion(0, 1, 0, std::string("AA") + letter));
  const std::vector<KeptFacts> sessions = run(events, SessionOptions{}, Contributions::kProvisional);
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_LE(sessions[0].revenue.size(), 9U);
  EXPECT_EQ(sessions[0].revenue.at(kNoCurrency), to_nanos(26 - 8));
}

TEST(Sessionizer, a_session_lands_on_its_first_page_view) {
  const std::vector<Event> events{failure(0), view(1, 20), view(2, 30)};
  const std::vector<KeptFacts> sessions = run(events, SessionOptions{}, Contributions::kProvisional);
  ASSERT_EQ(sessions.size(), 1U);
  EXPECT_EQ(sessions[0].facts.dimensions[kLanding], 20U);
  EXPECT_EQ(run({failure(0)}, SessionOptions{}, Contributions::kFinal)[0].facts.dimensions[kLanding], kNoPage);
}

TEST(Sessionizer, a_session_closes_once_time_is_past_its_last_event_plus_timeout) {
  RecordingObserver observer;
  const FunnelSet funnels;
  Sessionizer sessionizer(SessionOptions{}, funnels, Contributions::kFinal, kNoPage, observer);
  sessionizer.apply(view(0));
  sessionizer.expire(kTimeoutMs);
  EXPECT_EQ(sessionizer.open_sessions(), 1U);
  sessionizer.expire(kTimeoutMs + kMinuteMs);  // the calendar looks every 1/64 of the timeout
  EXPECT_EQ(sessionizer.open_sessions(), 0U);
  EXPECT_EQ(observer.sessions.size(), 1U);
}

TEST(Sessionizer, at_its_limit_the_session_that_would_end_first_closes_early_and_is_counted) {
  RecordingObserver observer;
  const FunnelSet funnels;
  SessionOptions options;
  options.sessions = 2;
  Sessionizer sessionizer(options, funnels, Contributions::kFinal, kNoPage, observer);
  const auto visit = [&](TimeMs time_ms, std::uint64_t visitor) {
    Event event = view(time_ms);
    event.visitor = event.session = visitor;
    sessionizer.apply(event);
  };
  visit(0, 1);
  visit(5 * kMinuteMs, 2);
  visit(20 * kMinuteMs, 1);  // goes on, so visitor 2 is now the one longest idle
  EXPECT_EQ(sessionizer.closed_early(), 0);
  visit(21 * kMinuteMs, 3);
  EXPECT_EQ(sessionizer.closed_early(), 1);
  EXPECT_EQ(sessionizer.open_sessions(), 2U);
  ASSERT_EQ(observer.sessions.size(), 1U);
  EXPECT_EQ(observer.sessions[0].facts.visitor, 2U);
}

TEST(Sessionizer, state_of_more_sessions_than_it_may_hold_closes_the_first_with_what_they_bought) {
  RecordingObserver observer;
  const FunnelSet funnels;
  SessionOptions options;
  options.sessions = 513;
  Sessionizer larger(options, funnels, Contributions::kFinal, kNoPage, observer);
  for (std::uint64_t visitor = 1; visitor <= options.sessions; ++visitor) {
    Event event = conversion(static_cast<TimeMs>(visitor) * 1000, 5);
    event.visitor = event.session = visitor;
    larger.apply(event);
  }
  larger.publish();
  ByteWriter writer;
  larger.save(writer);
  options.sessions = 512;  // as many purchases fill whole pages
  Sessionizer smaller(options, funnels, Contributions::kFinal, kNoPage, observer);
  ByteReader reader(writer.bytes());
  ASSERT_TRUE(smaller.load(reader) && reader.done());
  EXPECT_EQ(smaller.open_sessions(), 512U);
  EXPECT_EQ(observer.sessions.size(), 1U);
  smaller.close_all();
  ASSERT_EQ(observer.sessions.size(), 513U);
  for (const KeptFacts& kept : observer.sessions) {
    EXPECT_EQ(kept.facts.orders, 1U);
    EXPECT_EQ(kept.revenue, (std::map<Currency, Nanos>{{pack_currency("USD"), to_nanos(5)}}));
  }
}

TEST(Sessionizer, when_memory_is_short_those_that_would_end_first_close_and_the_others_go_on) {
  for (const Contributions contributions : {Contributions::kFinal, Contributions::kProvisional}) {
    RecordingObserver observer;
    const FunnelSet funnels;
    Sessionizer sessionizer(SessionOptions{}, funnels, contributions, kNoPage, observer);
    const auto visit = [&](TimeMs time_ms, std::uint64_t visitor) {
      Event event = view(time_ms);
      event.visitor = event.session = visitor;
      sessionizer.apply(event);
    };
    constexpr std::uint64_t kSessions = 640;
    for (std::uint64_t i = 1; i <= kSessions; ++i) visit(static_cast<TimeMs>(i) * 1000, i);
    sessionizer.relieve(kSessions * sizeof(SessionRecord));
    EXPECT_EQ(sessionizer.closed_for_memory(), 0) << "they hold no more than is spared";
    for (int i = 0; i < 40; ++i) sessionizer.relieve(0);
    const auto closed = static_cast<std::uint64_t>(sessionizer.closed_for_memory());
    EXPECT_GT(closed, kSessions / 4);
    EXPECT_LT(closed, kSessions / 2);
    EXPECT_EQ(sessionizer.closed_early(), 0);
    EXPECT_EQ(sessionizer.open_sessions(), kSessions - closed);
    ASSERT_EQ(observer.sessions.size(), closed);
    for (std::uint64_t i = kSessions; i > kSessions / 2; --i) visit((kSessions + 1) * 1000, i);
    EXPECT_EQ(sessionizer.open_sessions(), kSessions - closed) << "those that are newest are all still there";
    sessionizer.publish();
    sessionizer.close_all();
    ASSERT_EQ(observer.sessions.size(), kSessions);
    std::uint64_t page_views = 0;
    for (const KeptFacts& kept : observer.sessions) page_views += kept.facts.page_views;
    EXPECT_EQ(page_views, kSessions + kSessions / 2);
  }
}

}  // namespace
}  // namespace weir
