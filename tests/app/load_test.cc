// weir load without a network: its schedule, its percentiles, what it reads from the command line and from answers,
// the way of a ramp, and the comparison of reports.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "../../src/app/latency_histogram.h"
#include "../../src/app/load_counts.h"
#include "../../src/app/load_feed.h"
#include "../../src/app/load_options.h"
#include "../../src/app/load_ramp.h"
#include "../../src/app/load_report.h"
#include "../../src/app/load_run.h"
#include "../../src/app/load_verify.h"
#include "support/seed.h"

namespace weir {
namespace {

using nlohmann::json;

TEST(LatencyHistogram, percentiles_are_those_of_sorted_samples_within_the_stated_error) {
  std::mt19937_64 random(support::test_seed());
  std::lognormal_distribution<double> latency(13, 3);  // from below a microsecond to minutes
  for (const std::size_t count : {1U, 2U, 99U, 1000U, 50'000U}) {
    LatencyHistogram histogram;
    std::vector<std::int64_t> samples;
    for (std::size_t i = 0; i < count; ++i) {
      samples.push_back(std::min<std::int64_t>(static_cast<std::int64_t>(latency(random)), 3'000'000'000'000));
      histogram.add(samples.back());
    }
    std::ranges::sort(samples);
    for (const double percent : {0.1, 50.0, 90.0, 99.0, 99.9, 100.0}) {
      const auto rank =
          static_cast<std::size_t>(std::max(1.0, std::ceil(percent / 100 * static_cast<double>(count) - 1e-6)));
      const auto exact = static_cast<double>(samples[rank - 1]);
      EXPECT_NEAR(static_cast<double>(histogram.percentile_ns(percent)), exact,
                  exact * LatencyHistogram::kRelativeError + 1)
          << percent << "% of " << count;
    }
    EXPECT_EQ(histogram.max_ns(), samples.back());
    EXPECT_EQ(histogram.count(), count);
  }
}

TEST(LatencyHistogram, extremes_are_counted_and_sums_are_those_of_all) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile_ns(99), 0);
  histogram.add(-5);
  histogram.add(10'000'000'000'000);
  EXPECT_EQ(histogram.percentile_ns(50), 0);
  EXPECT_EQ(histogram.percentile_ns(100), 10'000'000'000'000);
  LatencyHistogram other;
  other.add(7);
  other.add(histogram);
  EXPECT_EQ(other.count(), 3U);
  EXPECT_EQ(other.percentile_ns(50), 7);
  other.clear();
  EXPECT_EQ(other.count(), 0U);
  EXPECT_EQ(other.max_ns(), 0);
}

TEST(LoadSchedule, requests_are_due_at_the_rate_however_late_it_is) {
  const LoadSchedule schedule{1'000'000, 4000};
  EXPECT_EQ(schedule.due_ns(0), 1'000'000);
  EXPECT_EQ(schedule.due_ns(1), 1'250'000);
  EXPECT_EQ(schedule.due_ns(4'000'000'000), 1'000'000 + 1'000'000'000'000'000);  // eleven days on, not a tick off
  EXPECT_EQ(schedule.due_count(999'999), 0U);
  EXPECT_EQ(schedule.due_count(1'000'000), 1U);
  EXPECT_EQ(schedule.due_count(1'249'999), 1U);
  EXPECT_EQ(schedule.due_count(1'250'000), 2U);
}

TEST(LoadOptions, rates_are_numbers_with_k_or_m) {
  EXPECT_EQ(parse_rate("250"), 250);
  EXPECT_EQ(parse_rate("0.5"), 0.5);
  EXPECT_EQ(parse_rate("10k"), 10'000);
  EXPECT_EQ(parse_rate("1.5M"), 1'500'000);
  for (const char* text : {"", "k", "-1", "1e3", "10 k", "10K", "nan", "inf", "1,000"}) {
    EXPECT_EQ(parse_rate(text), std::nullopt) << text;
  }
}

TEST(LoadOptions, targets_are_http_or_tcp) {
  EXPECT_EQ(to_string(*parse_load_target("http://127.0.0.1:8080/v1/events?a=b")),
            "http://127.0.0.1:8080/v1/events?a=b");
  EXPECT_EQ(to_string(*parse_load_target("http://localhost:8080/")), "http://127.0.0.1:8080/v1/events");
  EXPECT_EQ(to_string(*parse_load_target("http://:8080")), "http://127.0.0.1:8080/v1/events");
  EXPECT_EQ(to_string(*parse_load_target("tcp://[::1]:9000")), "tcp://[::1]:9000");
  for (const char* url : {"", "127.0.0.1:8080", "https://127.0.0.1:8080/", "http://127.0.0.1/", "http://127.0.0.1:0/",
                          "http://example.com:80/", "tcp://127.0.0.1:9000/path", "http://127.0.0.1:80/a b",
                          "http://127.0.0.1:80/a\r\nX: y"}) {
    EXPECT_FALSE(parse_load_target(url)) << url;
  }
}

TEST(LoadOptions, what_cannot_be_asked_for_is_named) {
  const auto problem = [](auto change) {
    LoadCommand command;
    change(command);
    return problem_of(command);
  };
  EXPECT_EQ(problem([](LoadCommand&) {}), "");
  const auto expect_named = [&](std::string_view option, auto change) {
    EXPECT_TRUE(problem(change).starts_with(option)) << option << " got: " << problem(change);
  };
  expect_named("--target", [](LoadCommand& c) { c.target = "ftp://x"; });
  expect_named("--target", [](LoadCommand& c) { c.target = "http://192.0.2.1:80/"; });
  EXPECT_EQ(problem([](LoadCommand& c) {
              c.target = "http://192.0.2.1:80/";
              c.allow_remote = true;
            }),
            "");
  expect_named("--rate", [](LoadCommand& c) { c.rate = 0; });
  expect_named("--rate", [](LoadCommand& c) { c.rate = 2e7; });
  expect_named("--connections", [](LoadCommand& c) { c.connections = 0; });
  expect_named("--connections", [](LoadCommand& c) { c.connections = 4097; });
  expect_named("--batch", [](LoadCommand& c) { c.batch = 2001; });
  expect_named("--threads", [](LoadCommand& c) { c.threads = 17; });
  expect_named("--timeout", [](LoadCommand& c) { c.timeout_ms = 10 * 60'000 + 1; });
  expect_named("--for", [](LoadCommand& c) { c.for_ms = 25 * 3'600'000; });
  expect_named("--pipeline", [](LoadCommand& c) {
    c.connections = 4096;
    c.pipeline = 17;
  });
  expect_named("--pipeline", [](LoadCommand& c) {
    c.target = "tcp://127.0.0.1:9000";
    c.pipeline = 2;
  });
  expect_named("--verify", [](LoadCommand& c) { c.verify = "nowhere"; });
  expect_named("--verify", [](LoadCommand& c) {
    c.verify = "http://127.0.0.1:9464";
    c.ramp = true;
  });
  expect_named("--verify", [](LoadCommand& c) {  // one request in two seconds
    c.verify = ":9464";
    c.rate = 50;
    c.batch = 100;
  });
}

TEST(LoadCounts, an_answer_ends_its_request_in_one_way) {
  const auto outcome = [](unsigned status, std::string_view body) {
    HttpAnswer answer;
    answer.status = status;
    answer.body = body;
    return outcome_of(answer, 10);
  };
  using Kind = LoadOutcome::Kind;
  EXPECT_EQ(outcome(204, "").kind, Kind::kAccepted);
  EXPECT_EQ(outcome(202, R"({"accepted":7,"rejected":3,"errors":[]})").rejected_events, 3U);
  EXPECT_EQ(outcome(202, R"({"accepted":7,"rejected":3,"errors":[]})").kind, Kind::kAccepted);
  EXPECT_EQ(outcome(202, R"({"accepted":0,"rejected":10,"errors":[]})").kind, Kind::kRejected);
  EXPECT_EQ(outcome(202, R"({"rejected":99999999999999999999})").rejected_events, 0U);
  EXPECT_EQ(outcome(202, R"({"rejected":99})").rejected_events, 10U) << "never more than were sent";
  EXPECT_EQ(outcome(400, "").kind, Kind::kRejected);
  EXPECT_EQ(outcome(429, "").kind, Kind::kRefused);
  EXPECT_EQ(outcome(503, "").kind, Kind::kRefused);
  EXPECT_EQ(outcome(500, "").kind, Kind::kFailed);
  EXPECT_EQ(outcome(302, "").kind, Kind::kFailed);
}

TEST(LoadCounts, kinds_of_errors_are_bounded) {
  LoadCounts counts;
  for (int i = 0; i < 100; ++i) counts.count_error("error " + std::to_string(i), 2);
  EXPECT_EQ(counts.errors.size(), LoadCounts::kMostErrors + 1);
  EXPECT_EQ(counts.errors["others"], 2 * (100 - LoadCounts::kMostErrors));
}

/// All requests of a feed, sender by sender.
std::vector<std::vector<std::string>> all_requests(LoadFeed& feed, std::size_t senders) {
  std::vector<std::vector<std::string>> requests(senders);
  LoadBlock block;
  for (std::size_t sender = 0; sender < senders; ++sender) {
    while (true) {
      const LoadFeed::State state = feed.take(sender, block);
      if (state == LoadFeed::State::kEnded) break;
      if (state == LoadFeed::State::kNotYet) continue;
      std::size_t at = 0;
      for (const LoadBlock::Request& request : block.requests) {
        requests[sender].push_back(block.bytes.substr(at, request.size));
        at += request.size;
      }
      EXPECT_EQ(at, block.bytes.size());
    }
  }
  return requests;
}

TEST(LoadFeed, senders_get_requests_in_turn_and_the_truth_covers_whole_visits) {
  LoadFeedOptions options;
  options.visits.sessions = 200;
  options.batch = 7;
  options.senders = 2;
  options.requests_per_block = 5;
  std::string expected;
  Generator generator(options.visits);
  for (std::string line; generator.next(line);) expected += line + "\n";

  LoadFeed feed(options);
  const auto requests = all_requests(feed, 2);
  std::string sent;
  for (std::size_t i = 0; i < requests[0].size() + requests[1].size(); ++i) sent += requests[i % 2][i / 2];
  EXPECT_EQ(sent, expected);
  feed.stop();
  EXPECT_EQ(feed.truth_json(), render_truth_json(generator.truth()));
}

TEST(LoadFeed, a_number_of_events_is_exact_and_has_no_truth) {
  LoadFeedOptions options;
  options.visits.sessions = 1'000'000;
  options.visits.keep_truth = false;
  options.head = "POST / HTTP/1.1\r\nContent-Length: ";
  options.batch = 4;
  options.events = 10;
  LoadFeed feed(options);
  const auto requests = all_requests(feed, 1);
  ASSERT_EQ(requests[0].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string& request = requests[0][i];
    const std::size_t body = request.find("\r\n\r\n") + 4;
    EXPECT_TRUE(request.starts_with(options.head + std::to_string(request.size() - body) + "\r\n\r\n")) << request;
    EXPECT_EQ(std::ranges::count(request.substr(body), '\n'), i < 2 ? 4 : 2);
  }
  feed.stop();
  EXPECT_EQ(feed.truth_json(), "");
}

TEST(LoadFeed, a_sender_that_stands_still_keeps_no_other_waiting_and_loses_nothing) {
  LoadFeedOptions options;
  options.visits.sessions = 1'000'000;
  options.visits.keep_truth = false;
  options.batch = 1000;
  options.events = 200'500;
  options.senders = 2;
  LoadFeed feed(options);
  std::vector<std::uint64_t> events(2);
  std::size_t bytes = 0;
  LoadBlock block;
  for (const std::size_t sender : {0U, 1U}) {  // the other one takes nothing at all meanwhile
    while (true) {
      const LoadFeed::State state = feed.take(sender, block);
      if (state == LoadFeed::State::kEnded) break;
      if (state == LoadFeed::State::kNotYet) continue;
      bytes += block.bytes.size();
      for (const LoadBlock::Request& request : block.requests) events[sender] += request.events;
    }
  }
  EXPECT_GT(bytes, 2 * LoadFeed::kAheadBytes) << "all of it fits ahead: nothing was tested";
  EXPECT_EQ(events, (std::vector<std::uint64_t>{100'500, 100'000}));
}

TEST(LoadFeed, runs_have_visitors_of_their_own) {
  LoadCommand command;
  command.seed = 7;
  const ManualClock clock(1'900'000'000'000);
  const LoadVisits first = visits_of(command, clock);
  const LoadVisits second = visits_of(command, clock);
  EXPECT_EQ(first.options.seed, 7U);
  EXPECT_NE(first.options.visitor_prefix, second.options.visitor_prefix);
  Generator generator(first.options);
  std::string line;
  ASSERT_TRUE(generator.next(line));
  EXPECT_NE(line.find(first.options.visitor_prefix), std::string::npos) << line;
}

TEST(LoadFeed, event_times_run_with_the_schedule) {
  const ManualClock clock(1'900'000'000'000);
  for (const double rate : {20.0, 500.0, 5000.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      LoadCommand command;
      command.verify = "http://127.0.0.1:9464";
      command.seed = seed;
      command.rate = rate;
      const LoadVisits visits = visits_of(command, clock);
      EXPECT_EQ(problem_of(visits.options), "");
      Generator generator(visits.options);
      std::string line;
      std::size_t lines = 0;
      TimeMs newest_ms = -1'000'000;
      TimeMs oldest_ms = -1'000'000;
      for (; generator.next(line); ++lines) {
        const TimeMs due_ms = clock.now_ms() + static_cast<TimeMs>(static_cast<double>(lines) * 1000 / rate);
        newest_ms = std::max(newest_ms, generator.time_ms() - due_ms);
        oldest_ms = std::max(oldest_ms, due_ms - generator.time_ms());
      }
      SCOPED_TRACE(fmt::format("rate {}, seed {}", rate, seed));
      EXPECT_NEAR(static_cast<double>(lines), rate * 10, rate * 2);
      EXPECT_LT(newest_ms, 2000) << "requests wait until their events have happened";
      EXPECT_LT(oldest_ms, 10'000);
    }
  }
}

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
  result.seconds = 1;
  for (int i = 0; i < 100; ++i) {
    result.counts.sent.add(1);
    result.counts.accepted.add(1);
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
  result.seconds = 1.05;
  EXPECT_EQ(reason_of_strain(result, 10), "");
  result.seconds = 1.06;
  EXPECT_EQ(reason_of_strain(result, 10), "94.3% of the rate achieved");
}

TEST(LoadRamp, events_made_late_are_the_limit_of_this_machine) {
  LoadResult result = good_result();
  result.counts.fed_late = 1;
  EXPECT_FALSE(is_own_limit(result)) << "1 % may be late";
  EXPECT_EQ(reason_of_strain(result, 10), "");
  result.counts.fed_late = 2;
  EXPECT_TRUE(is_own_limit(result));
  EXPECT_EQ(reason_of_strain(result, 0), "2.0% made late: this machine's limit") << "and not a slow target";
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
  std::size_t from = 0;
  for (std::size_t end; (end = table.find('\n', from)) != std::string::npos; from = end + 1) {
    EXPECT_LE(end - from, 80U) << table.substr(from, end - from);
  }
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
