// What weir load makes of its runs: the way of a ramp, the comparison of reports, and what it says in the end.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../../src/app/load_counts.h"
#include "../../src/app/load_options.h"
#include "../../src/app/load_ramp.h"
#include "../../src/app/load_report.h"
#include "../../src/app/load_run.h"
#include "../../src/app/load_verify.h"
#include "weir/sink/display.h"

namespace weir {
namespace {

using nlohmann::json;

/// Tries the rates of a ramp against a target that takes up to `knee`.
LoadRamp climb(double first_rate, double knee) {
  LoadRamp ramp(first_rate);
  while (const std::optional<double> rate = ramp.rate()) *rate <= knee ? ramp.took_it() : ramp.strained();
  return ramp;
}

TEST(LoadRamp, finds_the_knee_from_below_and_from_above) {
  for (const double knee : {1234.0, 1000.0, 75'000.0, 20.0}) {
    const LoadRamp ramp = climb(1000, knee);
    ASSERT_TRUE(ramp.last_good() && ramp.first_bad()) << knee;
    EXPECT_LE(*ramp.last_good(), knee);
    EXPECT_GT(*ramp.first_bad(), knee);
    EXPECT_LE(*ramp.first_bad() / *ramp.last_good(), LoadRamp::kPrecision);
  }
  EXPECT_FALSE(climb(1000, 0).last_good());
  EXPECT_EQ(climb(1000, 1e9).last_good(), 10e6) << "the highest rate there is";
}

LoadResult good_result() {
  LoadResult result;
  result.asked_rate = 100;
  result.sending_seconds = 1;
  for (int i = 0; i < 100; ++i) {
    result.counts.sent.add(1);
    result.counts.accepted.add(1);
    result.counts.sending_until(1'000'000'000);
    result.counts.latency.add(1'000'000);
  }
  return result;
}

TEST(LoadRamp, strain_is_refusals_failures_slow_answers_and_missed_rates) {
  EXPECT_EQ(reason_of_strain(good_result(), 10), "");
  EXPECT_NE(reason_of_strain(good_result(), 0), "");
  LoadResult result = good_result();
  result.counts.refused.add(1);
  EXPECT_EQ(reason_of_strain(result, 10), "1 events refused");
  result = good_result();
  result.counts.failed.add(3);
  EXPECT_EQ(reason_of_strain(result, 10), "3 events failed");
  result = good_result();
  result.sending_seconds = 1.05;
  EXPECT_EQ(reason_of_strain(result, 10), "");
  result.sending_seconds = 1.06;
  EXPECT_EQ(reason_of_strain(result, 10), "94.3% of the rate sent");
}

TEST(LoadRamp, answers_that_take_long_are_no_strain_and_answers_that_fall_behind_are) {
  constexpr TimeMs kHourMs = 3'600'000;
  LoadResult result = good_result();  // 100 events in a second, all accepted
  result.counts.latency.clear();
  result.counts.accepted_meanwhile = 60;  // the others are under way for as long as all were
  for (int i = 0; i < 100; ++i) result.counts.latency.add(400'000'000);
  EXPECT_EQ(reason_of_strain(result, kHourMs), "");
  result.counts.latency.add(0);  // so quick it can be
  result.counts.latency.add(0);
  EXPECT_EQ(reason_of_strain(result, kHourMs), "60.0% of the rate accepted");
}

TEST(LoadRamp, a_rate_is_too_much_when_it_is_twice) {
  LoadRamp ramp(1000);
  ramp.strained();
  EXPECT_EQ(ramp.rate(), 1000);
  EXPECT_TRUE(ramp.repeats());
  EXPECT_FALSE(ramp.first_bad());
  ramp.took_it();
  EXPECT_EQ(ramp.last_good(), 1000);
  EXPECT_EQ(ramp.rate(), 2000);
  EXPECT_FALSE(ramp.repeats());
  ramp.strained();
  ramp.strained();
  EXPECT_EQ(ramp.first_bad(), 2000);
  EXPECT_LT(*ramp.rate(), 2000);
  EXPECT_FALSE(ramp.repeats()) << "each rate has its own second try";
}

TEST(LoadRamp, the_report_says_what_was_repeated) {
  LoadCommand command;
  command.ramp = true;
  LoadStory story;
  story.steps = {{good_result(), "p99 230.0ms is over 100ms"}, {good_result(), "", true}, {good_result(), "x", true}};
  const std::string table = render_load_table(command, story);
  EXPECT_NE(table.find("\n     again "), std::string::npos) << table;
  EXPECT_NE(table.find("\n2 steps repeated, 1 taken then\n"), std::string::npos) << table;
  const json parsed = json::parse(render_load_json(command, story));
  EXPECT_FALSE(parsed["steps"][0]["repeated"]);
  EXPECT_TRUE(parsed["steps"][1]["repeated"]);
}

TEST(LoadRamp, events_made_late_are_the_limit_of_this_machine) {
  LoadResult result = good_result();
  result.counts.fed_late = 1;
  EXPECT_FALSE(is_own_limit(result)) << "1 % may be late";
  EXPECT_EQ(reason_of_strain(result, 10), "");
  result.counts.fed_late = 2;
  EXPECT_TRUE(is_own_limit(result));
  EXPECT_EQ(reason_of_strain(result, 0), "2.0% made late: own limit") << "and not a slow target";
  result.counts.refused.add(1);
  EXPECT_FALSE(is_own_limit(result)) << "the target has said so itself";
  EXPECT_EQ(reason_of_strain(result, 0), "1 events refused");

  LoadCommand command;
  command.ramp = true;
  LoadStory story;
  story.steps.push_back({result, "strain"});
  EXPECT_EQ(render_load_table(command, story).find("limit of this machine"), std::string::npos);
  story.is_own_limit = true;
  EXPECT_NE(render_load_table(command, story).find("limit of this machine"), std::string::npos);
  EXPECT_TRUE(json::parse(render_load_json(command, story))["own_limit"]);
}

json report_of(std::int64_t received, std::int64_t sessions) {
  json row{{"site", "shop"}, {"sessions", sessions}, {"page_views", 3 * sessions}};
  row["revenue"] = {{"USD", 1.5 * static_cast<double>(sessions)}};
  json report;
  report["events"] = {{"received", received}, {"counted", received}, {"rejected", {{"malformed", 0}}}, {"late", 0},
                      {"duplicate", 0},       {"queued", 0}};
  report["rollups"]["site"] = json::array({row});
  return report;
}

TEST(LoadVerdict, numbers_that_no_server_counts_are_the_nearest_it_could) {
  json report = report_of(0, 1);
  report["events"]["received"] = 1e300;
  EXPECT_EQ(received_in({report.dump()}), 9'000'000'000'000'000);
  report["events"]["received"] = -1e300;
  report["events"]["rejected"] = {{"malformed", 1e308}, {"too_long", 1e308}};
  EXPECT_EQ(received_in({report.dump()}), 0);
  EXPECT_FALSE(verify_load({report_of(0, 1).dump()}, {report.dump()}, LoadResult()).is_verified());
}

TEST(LoadVerdict, only_what_has_the_shape_of_a_report_is_one) {
  EXPECT_TRUE(is_report(report_of(1, 1).dump()));
  for (const char* text : {"", "[]", "{}", R"({"events":{}})", R"({"events":[],"rollups":{}})", "{\"events\":"}) {
    EXPECT_FALSE(is_report(text)) << text;
  }
}

LoadResult verified_result() {
  LoadResult result = good_result();
  result.truth_json = report_of(100, 20).dump();
  return result;
}

TEST(LoadVerify, what_was_added_between_two_reports_is_compared) {
  const LoadVerdict verdict = verify_load({report_of(50, 9).dump()}, {report_of(150, 29).dump()}, verified_result());
  EXPECT_EQ(verdict.differences, std::vector<std::string>{});
  EXPECT_EQ(verdict.notes, std::vector<std::string>{});
  EXPECT_GT(verdict.compared, 10U);
  EXPECT_TRUE(verdict.sessions_compared);
}

TEST(LoadVerify, what_was_not_compared_is_not_called_verified) {
  LoadCommand command;
  LoadStory story;
  LoadResult result = verified_result();
  story.steps.push_back({result, ""});
  const auto told = [&] {
    story.verdict = verify_load({report_of(50, 9).dump()}, {report_of(150, 29).dump()}, result);
    return render_load_table(command, story);
  };
  EXPECT_NE(told().find("\nverified: "), std::string::npos);
  result.truth_json.clear();
  EXPECT_NE(told().find("\nevents verified; sessions not compared (6 figures)\n"), std::string::npos) << told();
  EXPECT_FALSE(json::parse(render_load_json(command, story))["verification"]["sessions_compared"]);
  result.truth_json = R"({"rollups":{}})";
  EXPECT_NE(told().find("\nevents verified; sessions not compared (6 figures)\n"), std::string::npos) << told();
  story.verdict = verify_load({report_of(50, 9).dump()}, {report_of(50, 9).dump()}, LoadResult());
  EXPECT_NE(render_load_table(command, story).find("NOT verified"), std::string::npos);
}

TEST(LoadVerify, the_newest_event_of_a_report_is_known) {
  json report = report_of(1, 1);
  EXPECT_EQ(last_event_in({report.dump()}), 0);
  report["last_event"] = nullptr;
  EXPECT_EQ(last_event_in({report.dump()}), 0);
  report["last_event"] = "2026-01-01T00:00:00.001Z";
  EXPECT_EQ(last_event_in({report.dump()}), 1'767'225'600'001);
}

TEST(LoadVerify, every_figure_that_differs_is_named) {
  json after = report_of(150, 29);
  after["events"]["counted"] = 148;
  after["events"]["late"] = 2;
  after["rollups"]["site"][0]["sessions"] = 30;
  const LoadVerdict verdict = verify_load({report_of(50, 9).dump()}, {after.dump()}, verified_result());
  EXPECT_EQ(verdict.differences,
            (std::vector<std::string>{"events counted: 100 sent, 98 counted", "events late: 0 sent, 2 counted",
                                      "site: site=shop: sessions: 20 sent, 21 counted"}));
}

TEST(LoadVerify, folded_cells_are_compared_by_their_sums) {
  json after = report_of(150, 29);
  after["rollups"]["site"][0]["site"] = "__other__";
  json before = report_of(50, 9);
  before["rollups"]["site"][0]["site"] = "__other__";
  LoadVerdict verdict = verify_load({before.dump()}, {after.dump()}, verified_result());
  EXPECT_EQ(verdict.differences, std::vector<std::string>{});
  EXPECT_EQ(verdict.notes.size(), 1U);
  after["rollups"]["site"][0]["page_views"] = 1;
  verdict = verify_load({before.dump()}, {after.dump()}, verified_result());
  EXPECT_EQ(verdict.differences.size(), 1U);
}

TEST(LoadVerify, unanswered_events_may_have_been_taken_and_leave_the_visits_alone) {
  LoadResult result = verified_result();
  result.counts.sent.add(10);
  result.counts.failed.add(10);
  result.counts.unanswered_events = 10;
  for (const std::int64_t received : {150, 155, 160}) {
    EXPECT_EQ(verify_load({report_of(50, 9).dump()}, {report_of(received, 1).dump()}, result).differences,
              std::vector<std::string>{});
  }
  for (const std::int64_t received : {149, 161}) {
    EXPECT_EQ(verify_load({report_of(50, 9).dump()}, {report_of(received, 1).dump()}, result).differences.size(), 1U);
  }
}

void expect_80_columns(const std::string& table) {
  std::size_t from = 0;
  for (std::size_t end; (end = table.find('\n', from)) != std::string::npos; from = end + 1) {
    EXPECT_LE(display_width(table.substr(from, end - from)), 80U) << table.substr(from, end - from);
  }
  EXPECT_EQ(from, table.size()) << "the last line has no end";
}

TEST(LoadReport, long_words_and_large_figures_fit_80_columns) {
  LoadCommand command;
  command.connections = 4096;
  command.pipeline = 1024;
  command.batch = 2000;
  LoadStory story;
  story.target = *parse_load_target("http://127.0.0.1:8080/" + std::string(500, 'p'));
  LoadResult result = good_result();
  result.asked_rate = 1e7;
  result.counts.fed_late = 10'000'000'000;
  result.counts.accepted_meanwhile = 0;
  result.counts.answered_meanwhile = 0;
  result.counts.retry_after_seconds = 4'000'000'000;
  for (unsigned status = 200; status < 600; ++status) result.counts.statuses[status] = 1'000'000;
  result.counts.errors[std::string(300, 'x') + " \x1b[2J " + std::string(300, 'y')] = 1;
  std::string words;
  for (int i = 0; i < 60; ++i) words += "of many words ";
  result.counts.errors[words] = 1;
  for (const char* strain : {"", "10,000,000,000,000,000 events refused, and many more than that"}) {
    story.steps.push_back({result, strain});
  }
  story.verdict.emplace();
  story.verdict->differences = {words, "a difference"};
  story.verdict->notes = {words};
  expect_80_columns(render_load_table(command, story));
  story.verdict->undecided = words;
  expect_80_columns(render_load_table(command, story));
  command.ramp = true;
  story.last_good_rate = story.first_bad_rate = 1e7;
  story.is_own_limit = true;
  expect_80_columns(render_load_table(command, story));
}

TEST(LoadReport, fits_80_columns_and_says_what_happened) {
  LoadCommand command;
  LoadStory story;
  story.target = *parse_load_target(command.target);
  LoadResult result = good_result();
  for (int i = 0; i < 7; ++i) {
    result.counts.sent.requests += 1'000'000'000;
    result.counts.failed.requests += 1'000'000'000;
  }
  result.counts.latency.add(9'000'000'000'000);
  result.counts.retry_after_seconds = 2;
  result.counts.fed_late = 1;
  result.counts.reconnects = 12;
  result.counts.statuses = {{202, 100}, {503, 5}};
  result.counts.errors["Connection refused"] = 7;
  story.steps.push_back({result, ""});
  const std::string table = render_load_table(command, story);
  expect_80_columns(table);
  for (const char* words : {"Connection refused", "5 x 503", "12 times", "p99.9", "this machine is the limit"}) {
    EXPECT_NE(table.find(words), std::string::npos) << words << " is missing in\n" << table;
  }
  const json parsed = json::parse(render_load_json(command, story));
  EXPECT_EQ(parsed["accepted"]["events"], 100);
  EXPECT_EQ(parsed["statuses"]["503"], 5);
  EXPECT_EQ(parsed["latency_ms"]["max"], 9'000'000);
  EXPECT_EQ(format_latency(213'000), "0.213ms");
  EXPECT_EQ(format_latency(12'350'000), "12.3ms");
  EXPECT_EQ(format_latency(1'500'000'000), "1.50s");
  const LoadProgress progress{1'000'000'000'000, 99'999'999'999, 9'999'999'999, 3'599'000'000'000};
  EXPECT_LT(render_load_progress(command, progress, 86'400, 9'999'999).size(), 80U);
}

}  // namespace
}  // namespace weir
