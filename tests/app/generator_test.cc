// The generator keeps what it promises: same seed, same bytes; lines obey the contract's field table; disorder stays in
// its bound; the truth equals what a naive recomputation makes of the lines.
#include "weir/app/generator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "generator_oracle.h"
#include "weir/core/time_text.h"

namespace weir {
namespace {

using nlohmann::json;
using test::OracleOptions;
using test::OracleResult;
using test::ReadEvent;
using test::ReadSession;

struct Generated {
  std::vector<std::string> lines;
  std::vector<TimeMs> times_ms;
  json truth;
};

Generated generate(const GeneratorOptions& options) {
  Generated generated;
  Generator generator(options);
  std::string line;
  while (generator.next(line)) {
    generated.lines.push_back(line);
    generated.times_ms.push_back(generator.time_ms());
  }
  EXPECT_TRUE(line.empty());
  EXPECT_FALSE(generator.next(line)) << "the end stays the end";
  generated.truth = json::parse(render_truth_json(generator.truth()));
  return generated;
}

/// A new seed for each run of the tests, or that of the environment variable WEIR_SEED.
std::uint64_t fresh_seed() {
  const char* fixed = std::getenv("WEIR_SEED");
  const std::uint64_t seed = fixed != nullptr ? std::strtoull(fixed, nullptr, 10) : std::random_device{}();
  std::cout << "WEIR_SEED=" << seed << "\n";
  return seed;
}

GeneratorOptions noisy(std::uint64_t seed, std::uint64_t sessions) {
  GeneratorOptions options;
  options.seed = seed;
  options.sessions = sessions;
  options.disorder_ms = 5000;
  options.duplicate_ratio = 0.03;
  options.malformed_ratio = 0.02;
  options.late_ratio = 0.02;
  return options;
}

/// Both documents hold the same keys and values; numbers may differ by rounding.
void expect_same(const json& actual, const json& expected) {
  const json a = actual.flatten();
  const json b = expected.flatten();
  for (const auto& [path, value] : b.items()) {
    ASSERT_TRUE(a.contains(path)) << path << " is missing, expected " << value;
    if (value.is_number()) {
      ASSERT_TRUE(a[path].is_number()) << path << ": " << a[path] << " instead of " << value;
      ASSERT_NEAR(a[path].get<double>(), value.get<double>(), 1e-12 + 1e-12 * std::abs(value.get<double>())) << path;
    } else {
      ASSERT_EQ(a[path], value) << path;
    }
  }
  ASSERT_EQ(a.size(), b.size());
}

void expect_truth_of_lines(const GeneratorOptions& options) {
  SCOPED_TRACE("WEIR_SEED=" + std::to_string(options.seed));
  const Generated generated = generate(options);
  OracleOptions oracle;
  oracle.timeout_ms = options.timeout_ms;
  oracle.lateness_ms = options.lateness_ms;
  oracle.slow_ms = options.slow_ms;
  oracle.funnels = options.funnels;
  const OracleResult expected = test::recompute(generated.lines, oracle);
  EXPECT_EQ(expected.sessions.size(), options.sessions);
  expect_same(generated.truth, expected.report);
}

TEST(Generator, truth_equals_a_recomputation_from_the_lines) {
  const std::uint64_t seed = fresh_seed();
  for (std::uint64_t i = 0; i < 4; ++i) expect_truth_of_lines(noisy(seed + i, 2000));
}

TEST(Generator, truth_equals_a_recomputation_for_other_options) {
  const std::uint64_t seed = fresh_seed();
  GeneratorOptions several_sites = noisy(seed, 1500);
  several_sites.sites = 3;
  several_sites.slow_ms = 500;
  expect_truth_of_lines(several_sites);

  GeneratorOptions hurried = noisy(seed, 1500);
  hurried.speed = 20;
  hurried.timeout_ms = 60'000;
  hurried.lateness_ms = 60'000;
  hurried.disorder_ms = 30'000;
  hurried.sessions_per_second = 500;
  expect_truth_of_lines(hurried);

  GeneratorOptions other_funnels = noisy(seed, 1500);
  other_funnels.landing_pages = 5;
  using Kind = FunnelStep::Kind;
  other_funnels.funnels = {
      {"twice", {{"one", Kind::kPage, "/product/*"}, {"two", Kind::kPage, "/product/*"}, {"any", Kind::kPage, "*"}}},
      {"generic \"type\"", {{"custom", Kind::kEvent, "custom"}, {"video", Kind::kEvent, "vid*"}}},
      {"money", {{"any conversion", Kind::kConversion, "*"}, {"purchase", Kind::kConversion, "purchase"}}}};
  expect_truth_of_lines(other_funnels);
}

TEST(Generator, equal_options_write_equal_bytes_and_other_seeds_do_not) {
  const Generated first = generate(noisy(7, 300));
  const Generated again = generate(noisy(7, 300));
  const Generated other = generate(noisy(8, 300));
  EXPECT_EQ(first.lines, again.lines);
  EXPECT_EQ(first.truth, again.truth);
  EXPECT_NE(first.lines, other.lines);
}

TEST(Generator, noise_changes_the_counts_but_no_sum) {
  GeneratorOptions quiet;
  quiet.sessions = 1000;
  const json calm = generate(quiet).truth;
  const json loud = generate(noisy(quiet.seed, quiet.sessions)).truth;
  EXPECT_EQ(calm["rollups"], loud["rollups"]);
  EXPECT_EQ(calm["events"]["counted"], loud["events"]["counted"]);
  EXPECT_EQ(calm["events"]["received"], calm["events"]["counted"]);
  EXPECT_GT(loud["events"]["duplicate"], 0);
  EXPECT_GT(loud["events"]["late"], 0);
  EXPECT_GT(loud["events"]["rejected"]["malformed"], 0);
}

TEST(Generator, no_counted_line_is_more_out_of_order_than_asked_and_late_ones_are_late) {
  for (const TimeMs disorder_ms : {0, 1, 750, 5000}) {
    GeneratorOptions options = noisy(11, 800);
    options.disorder_ms = disorder_ms;
    const Generated generated = generate(options);
    TimeMs newest_ms = options.start_ms;
    TimeMs widest_ms = 0;
    std::int64_t late = 0;
    for (const std::string& line : generated.lines) {
      const auto event = test::read_event(line);
      if (!event) continue;
      if (event->id.starts_with("late-")) {
        ++late;
        EXPECT_LT(event->time_ms, newest_ms - options.lateness_ms - 1000);
        continue;
      }
      EXPECT_GE(event->time_ms, options.start_ms);
      widest_ms = std::max(widest_ms, newest_ms - event->time_ms);
      newest_ms = std::max(newest_ms, event->time_ms);
    }
    EXPECT_LE(widest_ms, disorder_ms);
    EXPECT_GE(widest_ms, disorder_ms / 2) << "the bound is made use of";
    EXPECT_EQ(generated.truth["events"]["late"], late);
  }
}

TEST(Generator, time_of_arrival_never_steps_back_and_is_near_the_events_time) {
  const GeneratorOptions options = noisy(3, 500);
  const Generated generated = generate(options);
  TimeMs previous_ms = options.start_ms;
  for (std::size_t i = 0; i < generated.lines.size(); ++i) {
    EXPECT_GE(generated.times_ms[i], previous_ms);
    previous_ms = generated.times_ms[i];
    const auto event = test::read_event(generated.lines[i]);
    if (!event || event->id.starts_with("late-")) continue;
    EXPECT_GE(generated.times_ms[i], event->time_ms);
    EXPECT_LE(generated.times_ms[i], event->time_ms + options.disorder_ms);
  }
}

TEST(Generator, every_line_is_an_event_by_the_field_table_or_counted_as_malformed) {
  const std::set<std::string> texts{"type",  "visitor", "session", "site",     "url",    "referrer", "id",   "name",
                                    "order", "source",  "medium",  "campaign", "device", "currency", "title"};
  const std::set<std::string> counts{"engaged_ms", "status", "duration_ms"};
  const Generated generated = generate(noisy(5, 1500));
  std::int64_t malformed = 0;
  for (const std::string& line : generated.lines) {
    ASSERT_EQ(line.find('\n'), std::string::npos);
    ASSERT_LT(line.size(), 1024U);
    const json event = json::parse(line, nullptr, false);
    if (!event.is_object()) {
      ++malformed;
      continue;
    }
    for (const auto& [key, value] : event.items()) {
      if (texts.contains(key)) {
        EXPECT_TRUE(value.is_string() && !value.get<std::string>().empty()) << line;
      } else if (counts.contains(key)) {
        EXPECT_TRUE(value.is_number_unsigned()) << line;
      } else if (key == "value") {
        EXPECT_TRUE(value.is_number() && value.get<double>() > 0) << line;
      } else {
        EXPECT_EQ(key, "ts") << line;
      }
    }
    ASSERT_TRUE(event.contains("type") && event.contains("ts") && event.contains("visitor")) << line;
    EXPECT_TRUE(event["type"] != "page_view" || event.contains("url")) << line;
    const json& ts = event["ts"];
    EXPECT_TRUE(ts.is_number_unsigned() || (ts.is_number_float() && ts < 1e11) ||
                (ts.is_string() && parse_rfc3339(ts.get<std::string>())))
        << line;
  }
  EXPECT_EQ(generated.truth["events"]["rejected"]["malformed"], malformed);
  EXPECT_EQ(generated.truth["events"]["received"], generated.lines.size());
}

TEST(Generator, truth_adds_up_across_rollups) {
  const json truth = generate(noisy(21, 3000)).truth;
  const json& site = truth["rollups"]["site"][0];
  EXPECT_EQ(site["sessions"], 3000);
  for (const char* rollup : {"landing", "channel", "campaign", "device", "landing_channel"}) {
    for (const char* part : {"sessions", "landed_sessions", "bounced_sessions", "engaged_sessions", "page_views",
                             "converted_sessions", "orders"}) {
      std::int64_t sum = 0;
      for (const json& row : truth["rollups"][rollup]) sum += row[part].get<std::int64_t>();
      EXPECT_EQ(site[part], sum) << rollup << " " << part;
    }
    double dollars = 0;
    for (const json& row : truth["rollups"][rollup]) dollars += row["revenue"].value("USD", 0.0);
    EXPECT_NEAR(site["revenue"]["USD"].get<double>(), dollars, 1e-6) << rollup;
  }
  for (const json& row : truth["rollups"]["landing"]) {
    const bool landed = row["landing_page"] != "(none)";
    EXPECT_EQ(row["landed_sessions"], landed ? row["sessions"] : json(0));
    EXPECT_EQ(row["bounce_ratio"].is_null(), !landed);
  }
}

TEST(Generator, dwell_times_give_the_figures_of_the_truth) {
  Generator generator(noisy(21, 400));
  std::string line;
  while (generator.next(line)) {
  }
  const json truth = json::parse(render_truth_json(generator.truth()));
  for (const auto& [rollup, rows] : truth["rollups"].items()) {
    const std::vector<std::vector<std::uint32_t>> dwells = truth_dwell_ms(generator.truth(), rollup);
    ASSERT_EQ(dwells.size(), rows.size());
    for (std::size_t i = 0; i < dwells.size(); ++i) {
      const json& dwell = rows[i]["dwell_seconds"];
      EXPECT_EQ(dwells[i].size(), dwell["known"].get<std::size_t>()) << rollup << rows[i];
      EXPECT_TRUE(std::is_sorted(dwells[i].begin(), dwells[i].end()));
      double sum_ms = 0;
      for (const std::uint32_t dwell_ms : dwells[i]) sum_ms += dwell_ms;
      EXPECT_NEAR(sum_ms / 1000, dwell["sum"].get<double>(), 1e-6) << rollup << rows[i];
    }
  }
  EXPECT_TRUE(truth_dwell_ms(generator.truth(), "unknown").empty());
}

TEST(Generator, visits_lie_on_the_borders_of_the_rules) {
  const Generated generated = generate(noisy(2, 6000));
  OracleOptions options;
  const OracleResult result = test::recompute(generated.lines, options);
  std::map<std::string, int> found;
  std::map<std::string, std::set<std::string>> landings;
  std::map<std::string, std::vector<const ReadSession*>> by_visitor;
  for (const ReadSession& session : result.sessions) {
    by_visitor[session.front().visitor + "/" + session.front().session].push_back(&session);
    bool page_view = false;
    for (std::size_t i = 0; i < session.size(); ++i) {
      page_view |= session[i].type == "page_view";
      found[session[i].currency]++;
      found["status 500"] += session[i].status == 500;
      found["slow"] += session[i].duration_ms > options.slow_ms;
      found["just not slow"] += session[i].duration_ms == options.slow_ms;
      found["value without order"] += session[i].cents > 0 && session[i].order.empty();
      found["no delivery id"] += session[i].id.empty();
      if (i == 0) continue;
      const std::int64_t gap_ms = session[i].time_ms - session[i - 1].time_ms;
      found["gap of the timeout"] += gap_ms == options.timeout_ms;
      found["no gap"] += gap_ms == 0;
    }
    const std::int64_t dwell_ms = session.back().time_ms - session.front().time_ms;
    found["dwell at the border"] += dwell_ms == 10'000;
    found["dwell below the border"] += dwell_ms == 9'999;
    found["heartbeats only"] += !page_view && session.front().type == "engagement";
    found["conversion only"] += !page_view && session.front().type == "conversion";
    found["explicit session"] += !session.front().session.empty();
  }
  for (const auto& [key, sessions] : by_visitor) {
    for (std::size_t i = 1; i < sessions.size(); ++i) {
      const std::int64_t gap_ms = sessions[i]->front().time_ms - sessions[i - 1]->back().time_ms;
      found["gap just over the timeout"] += gap_ms == options.timeout_ms + 1;
      found["back hours later"] += gap_ms > 2 * options.timeout_ms;
      found["another landing page"] += sessions[i]->front().page != sessions[i - 1]->front().page;
      found["same landing page"] += sessions[i]->front().page == sessions[i - 1]->front().page;
    }
  }
  for (const char* what :
       {"USD", "EUR", "GBP", "status 500", "slow", "just not slow", "value without order", "no delivery id",
        "gap of the timeout", "no gap", "dwell at the border", "dwell below the border", "heartbeats only",
        "conversion only", "explicit session", "gap just over the timeout", "back hours later", "another landing page",
        "same landing page"}) {
    EXPECT_GT(found[what], 0) << what;
  }
  EXPECT_EQ(generated.truth["rollups"]["landing"].size(), 41U);  // 40 pages and (none)
  EXPECT_EQ(generated.truth["rollups"]["channel"].size(), 7U);
}

TEST(Generator, repeated_orders_count_once) {
  const Generated generated = generate(noisy(2, 6000));
  std::map<std::string, int> uses;
  for (const ReadSession& session : test::recompute(generated.lines, {}).sessions) {
    for (const ReadEvent& event : session) {
      if (!event.order.empty()) ++uses[event.visitor + " " + event.order];
      if (!event.order.empty()) ++uses[event.order];
    }
  }
  std::map<std::string, int> visitors_of_order;
  int repeated = 0;
  for (const auto& [key, count] : uses) {
    const std::size_t space = key.find(' ');
    if (space == std::string::npos) continue;
    repeated += count > 1;
    ++visitors_of_order[key.substr(space + 1)];
  }
  EXPECT_GT(repeated, 0);
  EXPECT_GT(visitors_of_order["A1001"], 1) << "an order id means something per visitor only";
}

TEST(Generator, speed_shortens_visits_and_without_truth_only_counts_are_kept) {
  GeneratorOptions options;
  options.sessions = 1000;
  const json normal = generate(options).truth["rollups"]["site"][0];
  options.speed = 20;
  const json hurried = generate(options).truth["rollups"]["site"][0];
  EXPECT_EQ(normal["sessions"], hurried["sessions"]);
  EXPECT_LT(hurried["dwell_seconds"]["p50"].get<double>(), normal["dwell_seconds"]["p50"].get<double>() / 5);
  options.keep_truth = false;
  const Generated uncounted = generate(options);
  EXPECT_EQ(uncounted.truth["events"]["counted"], uncounted.lines.size());
  EXPECT_TRUE(uncounted.truth["rollups"]["site"].empty());
}

TEST(Generator, unusable_options_are_named) {
  struct Case {
    const char* word;
    void (*spoil)(GeneratorOptions&);
  };
  const std::vector<Case> cases{
      {"sessions", [](GeneratorOptions& o) { o.sessions = 0; }},
      {"disorder", [](GeneratorOptions& o) { o.disorder_ms = o.lateness_ms + 1; }},
      {"disorder", [](GeneratorOptions& o) { o.disorder_ms = -1; }},
      {"duplicates", [](GeneratorOptions& o) { o.duplicate_ratio = 1.01; }},
      {"malformed", [](GeneratorOptions& o) { o.malformed_ratio = -0.1; }},
      {"late", [](GeneratorOptions& o) { o.late_ratio = std::numeric_limits<double>::quiet_NaN(); }},
      {"start", [](GeneratorOptions& o) { o.start_ms = 0; }},
      {"per second", [](GeneratorOptions& o) { o.sessions_per_second = 0; }},
      {"speed", [](GeneratorOptions& o) { o.speed = 0; }},
      {"timeout", [](GeneratorOptions& o) { o.timeout_ms = 10; }},
      {"lateness", [](GeneratorOptions& o) { o.lateness_ms = -5; }},
      {"slow", [](GeneratorOptions& o) { o.slow_ms = 0; }},
      {"sites", [](GeneratorOptions& o) { o.sites = 0; }},
      {"landing pages", [](GeneratorOptions& o) { o.landing_pages = 41; }},
      {"returning", [](GeneratorOptions& o) { o.return_ratio = 1.5; }},
      {"prefix", [](GeneratorOptions& o) { o.visitor_prefix = "a\"b"; }},
      {"prefix", [](GeneratorOptions& o) { o.visitor_prefix.assign(65, 'a'); }},
      {"funnel", [](GeneratorOptions& o) { o.funnels[0].steps.clear(); }},
  };
  EXPECT_EQ(problem_of(GeneratorOptions{}), "");
  for (const Case& bad : cases) {
    GeneratorOptions options;
    bad.spoil(options);
    EXPECT_NE(problem_of(options).find(bad.word), std::string::npos) << bad.word << ": " << problem_of(options);
  }
}

}  // namespace
}  // namespace weir
