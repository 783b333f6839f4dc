// Tests of the tools of the property tests: the comparison of reports finds differences, random streams are
// repeatable and really reach the rules they are meant to stress.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "support/naive_model.h"
#include "support/random_stream.h"
#include "support/report_compare.h"
#include "support/seed.h"

namespace weir::support {
namespace {

using nlohmann::json;

json small_report() {
  return json::parse(R"({"events":{"received":3,"counted":2,"rejected":{"malformed":1},"late":0,"duplicate":0},
    "rollups":{"landing":[
      {"site":"s","landing_page":"/","sessions":2,"bounce_ratio":0.5,"dwell_seconds":{"sum":1.5,"p50":1.0},
       "funnels":{"f":[{"step":"a","reached":1,"causes":{"left":1}}]}},
      {"site":"s","landing_page":"/b","sessions":1,"bounce_ratio":null,"dwell_seconds":{"sum":0,"p50":null},
       "funnels":{"f":[{"step":"a","reached":0,"causes":{}}]}}]}})");
}

struct Change {
  const char* pointer;
  json value;
  bool differs;
};

TEST(ReportCompare, finds_what_differs_and_bears_what_may_differ) {
  const std::vector<Change> changes{
      {"/events/counted", 3, true},
      {"/events/rejected", {{"bad_url", 1}}, false},
      {"/events/rejected", {{"bad_url", 2}}, true},
      {"/events/shed", 0, false},
      {"/first_event", "2026-01-01T00:00:00.000Z", false},
      {"/windows", json::array(), false},
      {"/windows", json::array({1}), true},
      {"/rollups/landing/0/sessions", 3, true},
      {"/rollups/landing/0/landing_page", "/x", true},
      {"/rollups/landing/0/bounce_ratio", 0.5 + 1e-12, false},
      {"/rollups/landing/0/bounce_ratio", 0.5 + 1e-6, true},
      {"/rollups/landing/0/bounce_ratio", nullptr, true},
      {"/rollups/landing/1/bounce_ratio", 0.0, true},
      {"/rollups/landing/1/dwell_seconds/sum", 0.0, false},
      {"/rollups/landing/0/dwell_seconds/p50", 1.015, false},
      {"/rollups/landing/0/dwell_seconds/p50", 1.03, true},
      {"/rollups/landing/0/unheard_of", 0, true},
      {"/rollups/landing/0/funnels/f/0/causes/slow", 0, false},
      {"/rollups/landing/0/funnels/f/0/causes/slow", 1, true},
      {"/rollups/landing/2", {{"site", "s"}, {"landing_page", "/c"}, {"sessions", 0}}, true},
  };
  for (const Change& change : changes) {
    json changed = small_report();
    changed[json::json_pointer(change.pointer)] = change.value;
    const std::string found = difference(small_report(), changed);
    EXPECT_EQ(!found.empty(), change.differs) << change.pointer << " " << change.value << ": " << found;
    EXPECT_EQ(!difference(changed, small_report()).empty(), change.differs) << change.pointer;
  }
  EXPECT_EQ(difference(small_report(), small_report()), "");
}

TEST(ReportCompare, order_of_rows_counts_only_in_whole_comparisons) {
  json swapped = small_report();
  std::swap(swapped["rollups"]["landing"][0], swapped["rollups"]["landing"][1]);
  EXPECT_NE(difference(small_report(), swapped), "");
  EXPECT_EQ(difference(small_report(), swapped, Comparison::kExpectedOnly), "");
}

TEST(ReportCompare, published_reports_are_understood) {
  json published = small_report();
  published["events"].erase("rejected");
  published["events"]["malformed"] = 0;
  published["events"]["invalid"] = 1;
  published["total_sessions"] = 3;
  json ours = small_report();
  ours["rollups"]["landing"][0]["landed_sessions"] = 2;
  EXPECT_EQ(difference(published, ours, Comparison::kExpectedOnly), "");
  published["total_sessions"] = 4;
  EXPECT_NE(difference(published, ours, Comparison::kExpectedOnly), "");
  published["total_sessions"] = 3;
  published["events"]["invalid"] = 2;
  EXPECT_NE(difference(published, ours, Comparison::kExpectedOnly), "");
  ours["rollups"]["landing"].erase(1);
  EXPECT_NE(difference(small_report(), ours, Comparison::kExpectedOnly), "");
}

TEST(RandomStream, same_seed_makes_the_same_stream) {
  EXPECT_EQ(lines_of(make_random_stream(7)), lines_of(make_random_stream(7)));
  EXPECT_NE(lines_of(make_random_stream(7)), lines_of(make_random_stream(8)));
}

TEST(RandomStream, reordering_within_the_lateness_changes_no_result) {
  const std::uint64_t first = test_seed();
  int moved = 0;
  for (int i = 0; i < streams_to_try(300); ++i) {
    RandomStream stream = make_random_stream(first + static_cast<std::uint64_t>(i));
    if (!stream.reorderable) continue;
    const std::vector<std::string> lines = lines_of(stream);
    const json report = run_naive_model(lines, stream.options).report;
    EXPECT_EQ(report["events"]["late"], 0) << "WEIR_SEED=" << stream.seed;
    const std::vector<std::string> reordered = reordered_lines_of(stream, stream.seed + 1);
    if (reordered != lines) ++moved;
    EXPECT_EQ(difference(report, run_naive_model(reordered, stream.options).report), "") << "WEIR_SEED=" << stream.seed;
  }
  if (streams_to_try(300) > 1) {
    EXPECT_GT(moved, 0);
  }
}

TEST(RandomStream, streams_reach_every_rule) {
  std::map<std::string, int> reached;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    RandomStream stream = make_random_stream(seed);
    if (seed % 2 == 0) stream.options.rollups = {{"channel", {"channel"}}};
    const NaiveResult result = run_naive_model(lines_of(stream), stream.options);
    const json& events = result.report["events"];
    reached["late"] += events["late"] > 0;
    reached["duplicate"] += events["duplicate"] > 0;
    for (const auto& [reason, count] : events["rejected"].items()) reached[reason] += count > 0;
    reached["windows"] += result.report.contains("windows") && !result.report["windows"].empty();
    reached["many_sessions"] += result.sessions.size() > 10;
    for (const auto& session : result.sessions) {
      reached["session_id"] += !session.session_id.empty();
      reached["longest"] += session.end_ms - session.start_ms == stream.options.max_duration_ms;
    }
    for (const json& row : result.report["rollups"].value("channel", json::array())) {
      reached[row["channel"]] += 1;
      reached["repeated_order"] += row["orders"] > 0 && row["converted_sessions"] > 0;
      reached["unknown_currency"] += row["revenue"].contains("XXX");
      for (const json& steps : row["funnels"]) {
        for (const json& step : steps) {
          for (const auto& [cause, count] : step["causes"].items()) reached[cause] += count > 0;
        }
        reached["funnel_done"] += steps.back()["reached"] > 0;
      }
    }
  }
  for (const char* const rule : {"late",        "duplicate", "malformed",      "missing_field",    "bad_url",
                                 "bad_time",    "too_long",  "windows",        "many_sessions",    "session_id",
                                 "longest",     "Direct",    "Organic Search", "Organic Social",   "Referral",
                                 "Paid Search", "Email",     "repeated_order", "unknown_currency", "error",
                                 "slow",        "wandered",  "left",           "funnel_done"}) {
    EXPECT_GE(reached[rule], 5) << rule;
  }
}

}  // namespace
}  // namespace weir::support
