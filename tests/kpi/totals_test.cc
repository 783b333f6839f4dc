// Totals and THE KPI table: sums that can be taken back and merged in any order, and ratios of them.
#include "weir/kpi/totals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "support/seed.h"
#include "weir/kpi/kpi_table.h"
#include "weir/kpi/report.h"

namespace weir {
namespace {

FunnelSet two_funnels() {
  using Kind = FunnelStep::Kind;
  return FunnelSet({{"checkout", {{"a", Kind::kPage, "/a"}, {"b", Kind::kPage, "/b"}, {"c", Kind::kPage, "/c"}}},
                    {"reading", {{"a", Kind::kPage, "/a"}, {"b", Kind::kPage, "/b"}}}},
                   3000);
}

/// A session with the money it holds.
struct Session {
  SessionFacts facts;
  std::vector<Money> money;

  const SessionFacts& with_revenue() {
    facts.revenue = money;
    return facts;
  }
};

Session random_session(std::mt19937_64& random, std::uint64_t currencies) {
  Session session;
  const auto coin = [&] { return random() % 2 == 0; };
  session.facts.page_views = static_cast<std::uint32_t>(random() % 5);
  session.facts.orders = static_cast<std::uint32_t>(random() % 3);
  session.facts.landed = coin();
  session.facts.bounced = coin();
  session.facts.engaged = coin();
  session.facts.converted = coin();
  session.facts.dwell_known = coin();
  session.facts.dwell_ms = static_cast<std::uint32_t>(random() % 4'000'000);
  session.facts.funnels[0] = {static_cast<std::uint8_t>(random() % 4),
                              static_cast<LeakCause>(random() % kLeakCauseCount)};
  session.facts.funnels[1] = {static_cast<std::uint8_t>(random() % 3),
                              static_cast<LeakCause>(random() % kLeakCauseCount)};
  for (std::uint64_t c = 0; c < currencies; ++c) {
    if (coin())
      session.money.push_back({static_cast<Currency>(c), to_nanos(static_cast<double>(random() % 10'000) / 100.0)});
  }
  return session;
}

std::map<Currency, Nanos> money_without_zeros(const Totals& totals) {
  std::map<Currency, Nanos> money;
  for (const Money& one : totals.revenue()) {
    EXPECT_FALSE(money.contains(one.currency));
    if (one.nanos != 0) money[one.currency] = one.nanos;
  }
  return money;
}

void expect_same(const Totals& one, const Totals& other, const FunnelSet& funnels) {
  for (std::size_t part = 0; part < kPartCount; ++part) {
    EXPECT_EQ(one[static_cast<Part>(part)], other[static_cast<Part>(part)]) << "part " << part;
  }
  EXPECT_TRUE(money_without_zeros(one) == money_without_zeros(other));
  EXPECT_EQ(one.dwell().count(), other.dwell().count());
  for (const double q : {0.1, 0.5, 0.95, 1.0}) EXPECT_EQ(one.dwell().quantile_ms(q), other.dwell().quantile_ms(q));
  for (std::size_t funnel = 0; funnel < funnels.size(); ++funnel) {
    for (std::size_t step = 1; step <= funnels.funnels()[funnel].steps.size(); ++step) {
      EXPECT_EQ(one.funnel_reached(funnels, funnel, step), other.funnel_reached(funnels, funnel, step));
      for (std::size_t cause = 0; cause < kLeakCauseCount; ++cause) {
        EXPECT_EQ(one.funnel_leaked(funnels, funnel, step, static_cast<LeakCause>(cause)),
                  other.funnel_leaked(funnels, funnel, step, static_cast<LeakCause>(cause)));
      }
    }
  }
}

TEST(Totals, one_session_adds_to_every_part_it_touches) {
  const FunnelSet funnels = two_funnels();
  Session session;
  session.facts.landed = session.facts.engaged = session.facts.converted = session.facts.dwell_known = true;
  session.facts.page_views = 4;
  session.facts.orders = 2;
  session.facts.dwell_ms = 61'000;
  session.money = {{kDollar, to_nanos(19.99)}, {pack_currency("EUR"), to_nanos(5)}};
  Totals totals;
  EXPECT_TRUE(totals.empty());
  totals.add(session.with_revenue(), funnels, +1);
  EXPECT_FALSE(totals.empty());
  const std::map<Part, std::int64_t> expected{{Part::kSessions, 1},
                                              {Part::kLandedSessions, 1},
                                              {Part::kBouncedSessions, 0},
                                              {Part::kEngagedSessions, 1},
                                              {Part::kConvertedSessions, 1},
                                              {Part::kPageViews, 4},
                                              {Part::kVisitors, 0},
                                              {Part::kDwellKnownSessions, 1},
                                              {Part::kDwellUnknownSessions, 0},
                                              {Part::kDwellMs, 61'000},
                                              {Part::kOrders, 2}};
  ASSERT_EQ(expected.size(), kPartCount);
  for (const auto& [part, value] : expected) EXPECT_EQ(totals[part], value) << static_cast<int>(part);
  EXPECT_TRUE(money_without_zeros(totals) ==
              (std::map<Currency, Nanos>{{kDollar, 19'990'000'000}, {pack_currency("EUR"), 5'000'000'000}}));
}

TEST(Totals, unknown_dwell_is_counted_beside_and_never_as_zero) {
  Session session;
  session.facts.dwell_ms = 500;
  Totals totals;
  totals.add(session.with_revenue(), FunnelSet(), +1);
  EXPECT_EQ(totals[Part::kDwellUnknownSessions], 1);
  EXPECT_EQ(totals[Part::kDwellKnownSessions], 0);
  EXPECT_EQ(totals[Part::kDwellMs], 0);
  EXPECT_EQ(totals.dwell().count(), 0);
}

TEST(Totals, taking_back_everything_in_any_order_leaves_nothing) {
  std::mt19937_64 random(support::test_seed());
  const FunnelSet funnels = two_funnels();
  std::vector<Session> sessions;
  for (int i = 0; i < 500; ++i) sessions.push_back(random_session(random, 12));
  Totals totals;
  for (Session& session : sessions) totals.add(session.with_revenue(), funnels, +1);
  EXPECT_EQ(totals[Part::kSessions], 500);
  std::shuffle(sessions.begin(), sessions.end(), random);
  for (Session& session : sessions) totals.add(session.with_revenue(), funnels, -1);
  EXPECT_TRUE(totals.empty());
  expect_same(totals, Totals(), funnels);
}

TEST(Totals, merging_parts_equals_adding_their_sessions_in_any_order) {
  std::mt19937_64 random(support::test_seed());
  const FunnelSet funnels = two_funnels();
  Totals all;
  std::vector<Totals> parts(5);
  for (int i = 0; i < 1000; ++i) {
    Session session = random_session(random, kMaxCurrencies);
    all.add(session.with_revenue(), funnels, +1);
    parts[random() % parts.size()].add(session.with_revenue(), funnels, +1);
  }
  for (int round = 0; round < 5; ++round) {
    std::shuffle(parts.begin(), parts.end(), random);
    Totals merged;
    merged.merge(Totals());
    for (const Totals& part : parts) merged.merge(part);
    expect_same(merged, all, funnels);
  }
}

TEST(Totals, a_correction_equals_having_known_it_from_the_start) {
  std::mt19937_64 random(support::test_seed());
  const FunnelSet funnels = two_funnels();
  Totals corrected;
  Totals known;
  for (int i = 0; i < 300; ++i) {
    Session first = random_session(random, 4);
    Session last = random_session(random, 4);
    corrected.add(first.with_revenue(), funnels, +1);
    corrected.add(first.with_revenue(), funnels, -1);
    corrected.add(last.with_revenue(), funnels, +1);
    known.add(last.with_revenue(), funnels, +1);
  }
  expect_same(corrected, known, funnels);
}

TEST(Totals, cleared_totals_are_as_new) {
  std::mt19937_64 random(support::test_seed());
  const FunnelSet funnels = two_funnels();
  Totals totals;
  Session session = random_session(random, 3);
  totals.add(session.with_revenue(), funnels, +1);
  totals.clear();
  EXPECT_TRUE(totals.empty());
  EXPECT_TRUE(totals.revenue().empty());
  expect_same(totals, Totals(), funnels);
}

TEST(Totals, currencies_beyond_the_limit_are_summed_as_no_currency) {
  Session session;
  for (Currency currency = 1; currency <= kMaxCurrencies + 4; ++currency)
    session.money.push_back({currency, to_nanos(currency)});
  Totals totals;
  totals.add(session.with_revenue(), FunnelSet(), +1);
  EXPECT_EQ(totals.revenue().size(), kMaxCurrencies + 1);
  std::map<Currency, Nanos> money = money_without_zeros(totals);
  for (Currency currency = 1; currency <= kMaxCurrencies; ++currency)
    EXPECT_TRUE(money[currency] == to_nanos(currency));
  EXPECT_TRUE(money[kNoCurrency] == to_nanos(4 * kMaxCurrencies + 1 + 2 + 3 + 4));
  totals.add(session.with_revenue(), FunnelSet(), -1);
  EXPECT_TRUE(money_without_zeros(totals).empty());
}

TEST(Totals, the_total_of_all_money_is_exact_whatever_is_folded) {
  std::mt19937_64 random(support::test_seed());
  Totals merged;
  Nanos expected = 0;
  for (int part = 0; part < 10; ++part) {
    Totals totals;
    for (int i = 0; i < 50; ++i) {
      Session session = random_session(random, 20);
      for (const Money& money : session.money) expected += money.nanos;
      totals.add(session.with_revenue(), FunnelSet(), +1);
    }
    merged.merge(totals);
  }
  Nanos sum = 0;
  for (const Money& money : merged.revenue()) sum += money.nanos;
  EXPECT_TRUE(sum == expected);
  EXPECT_LE(merged.revenue().size(), kMaxCurrencies + 1);
}

TEST(Funnels, reached_counts_all_who_got_that_far_and_leaked_those_who_stopped) {
  const FunnelSet funnels = two_funnels();
  Totals totals;
  const auto add = [&](std::uint8_t reached, LeakCause cause, int sessions) {
    Session session;
    session.facts.funnels[0] = {reached, cause};
    for (int i = 0; i < sessions; ++i) totals.add(session.with_revenue(), funnels, +1);
  };
  add(0, LeakCause::kLeft, 7);
  add(1, LeakCause::kLeft, 5);
  add(1, LeakCause::kError, 3);
  add(2, LeakCause::kSlow, 2);
  add(3, LeakCause::kWandered, 6);
  EXPECT_EQ(totals.funnel_reached(funnels, 0, 1), 16);
  EXPECT_EQ(totals.funnel_reached(funnels, 0, 2), 8);
  EXPECT_EQ(totals.funnel_reached(funnels, 0, 3), 6);
  EXPECT_EQ(totals.funnel_reached(funnels, 1, 1), 0);
  EXPECT_EQ(totals.funnel_leaked(funnels, 0, 1, LeakCause::kLeft), 5);
  EXPECT_EQ(totals.funnel_leaked(funnels, 0, 1, LeakCause::kError), 3);
  EXPECT_EQ(totals.funnel_leaked(funnels, 0, 1, LeakCause::kSlow), 0);
  EXPECT_EQ(totals.funnel_leaked(funnels, 0, 2, LeakCause::kSlow), 2);
  EXPECT_EQ(totals.funnel_leaked(funnels, 0, 3, LeakCause::kWandered), 0) << "who reached the last step did not leak";
  EXPECT_EQ(leakage_ratio(totals, funnels, 0, 1), 0.5);
  EXPECT_EQ(leakage_ratio(totals, funnels, 0, 2), 0.25);
  EXPECT_EQ(leakage_ratio(totals, funnels, 0, 3), std::nullopt);
  EXPECT_EQ(leakage_ratio(totals, funnels, 1, 1), std::nullopt);
}

TEST(Funnels, what_leaks_at_a_step_is_what_does_not_reach_the_next) {
  std::mt19937_64 random(support::test_seed());
  const FunnelSet funnels = two_funnels();
  Totals totals;
  for (int i = 0; i < 1000; ++i) {
    Session session = random_session(random, 0);
    totals.add(session.with_revenue(), funnels, +1);
  }
  for (std::size_t funnel = 0; funnel < funnels.size(); ++funnel) {
    for (std::size_t step = 1; step < funnels.funnels()[funnel].steps.size(); ++step) {
      std::int64_t leaked = 0;
      for (std::size_t cause = 0; cause < kLeakCauseCount; ++cause)
        leaked += totals.funnel_leaked(funnels, funnel, step, static_cast<LeakCause>(cause));
      EXPECT_GT(leaked, 0);
      EXPECT_EQ(leaked,
                totals.funnel_reached(funnels, funnel, step) - totals.funnel_reached(funnels, funnel, step + 1));
    }
  }
}

TEST(Ratios, have_no_value_when_their_denominator_is_zero) {
  const FunnelSet funnels = two_funnels();
  const Totals empty;
  for (const RatioRow& row : ratio_table()) EXPECT_EQ(row.formula(empty), std::nullopt) << row.name;
  EXPECT_EQ(average_order_value(empty, {kDollar, to_nanos(3)}), std::nullopt);
  EXPECT_EQ(leakage_ratio(empty, funnels, 0, 1), std::nullopt);
}

TEST(Ratios, are_their_parts_divided) {
  Totals totals;
  totals[Part::kSessions] = 10;
  totals[Part::kLandedSessions] = 8;
  totals[Part::kBouncedSessions] = 2;
  totals[Part::kPageViews] = 20;
  totals[Part::kConvertedSessions] = 1;
  totals[Part::kDwellKnownSessions] = 4;
  totals[Part::kDwellMs] = 6000;
  totals[Part::kOrders] = 3;
  EXPECT_EQ(bounce_ratio(totals), 0.25);
  EXPECT_EQ(pages_per_session(totals), 2.5);
  EXPECT_EQ(conversion_ratio(totals), 0.1);
  EXPECT_EQ(dwell_mean_seconds(totals), 1.5);
  EXPECT_EQ(average_order_value(totals, {kDollar, to_nanos(0.75)}), 0.25);
  EXPECT_EQ(dwell_quantile_seconds(totals, 0.5), std::nullopt);
}

TEST(Ratios, dwell_quantiles_are_in_seconds) {
  Totals totals;
  Session session;
  session.facts.dwell_known = true;
  session.facts.dwell_ms = 32;
  totals.add(session.with_revenue(), FunnelSet(), +1);
  EXPECT_EQ(dwell_quantile_seconds(totals, 0.5), 0.032);
}

TEST(KpiTable, rows_follow_the_enumeration_and_names_are_valid_and_unique) {
  const std::regex form("[a-z][a-z0-9]*(_[a-z0-9]+)*");
  std::set<std::string_view> names;
  ASSERT_EQ(part_table().size(), kPartCount);
  for (std::size_t i = 0; i < kPartCount; ++i) {
    const PartRow& row = part_table()[i];
    EXPECT_EQ(row.part, static_cast<Part>(i)) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(std::regex_match(std::string(row.name), form)) << row.name;
    EXPECT_TRUE(row.help.ends_with('.')) << row.name;
    EXPECT_TRUE(row.counter || row.gauge || row.part == Part::kDwellKnownSessions) << row.name;
    EXPECT_GT(row.scale, 0) << row.name;
  }
  for (const RatioRow& row : ratio_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(std::regex_match(std::string(row.name), form)) << row.name;
    EXPECT_TRUE(row.help.ends_with('.')) << row.name;
  }
}

TEST(Counters, a_dwell_falls_into_the_first_bucket_whose_bound_it_does_not_exceed) {
  Counters counters;
  Session session;
  session.facts.dwell_known = true;
  for (const std::uint32_t dwell_ms : {0U, 3000U, 3001U, 6000U, 3'600'000U, 3'600'001U, 4'000'000'000U}) {
    session.facts.dwell_ms = dwell_ms;
    counters.add(session.with_revenue(), FunnelSet());
  }
  session.facts.dwell_known = false;
  counters.add(session.with_revenue(), FunnelSet());
  const std::array<std::int64_t, kDwellBucketBounds.size() + 1> expected{2, 2, 0, 0, 0, 0, 0, 0, 0,
                                                                         0, 0, 0, 0, 0, 0, 0, 1, 2};
  EXPECT_EQ(counters.dwell_buckets, expected);
  EXPECT_EQ(counters.totals[Part::kSessions], 8);
  Counters twice = counters;
  twice.merge(counters);
  EXPECT_EQ(twice.dwell_buckets[0], 4);
  EXPECT_EQ(twice.totals[Part::kSessions], 16);
}

}  // namespace
}  // namespace weir
