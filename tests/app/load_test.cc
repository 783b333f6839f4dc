// weir load without a network: its schedule, its percentiles, what it reads from the command line and from answers.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "../../src/app/latency_histogram.h"
#include "../../src/app/load_counts.h"
#include "../../src/app/load_options.h"
#include "../../src/app/load_run.h"
#include "support/seed.h"

namespace weir {
namespace {

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
  expect_named("--batch", [](LoadCommand& c) {  // a gigabyte and a half under way
    c.connections = 4096;
    c.batch = 2000;
  });
  EXPECT_EQ(problem([](LoadCommand& c) {
              c.connections = 500;
              c.batch = 2000;
            }),
            "");
  expect_named("--verify", [](LoadCommand& c) { c.verify = "nowhere"; });
  expect_named("--verify", [](LoadCommand& c) {  // visits of a gigabyte
    c.verify = ":9464";
    c.rate = 20'000;
    c.for_ms = 3'600'000;
  });
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

TEST(LoadCounts, the_last_answer_moves_no_rate) {
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  LoadCounts counts;
  for (int i = 0; i < 10; ++i) {
    counts.sent.add(10);
    counts.sending_until((i + 1) * kSecondNs);
    if (i >= 8) continue;
    counts.accepted.add(10);
    counts.answered((i + 1) * kSecondNs);
  }
  counts.refused.add(10);  // the ninth, in time by a hair
  counts.answered(10 * kSecondNs);
  counts.accepted.add(10);  // the last one takes a minute
  counts.answered(70 * kSecondNs);
  LoadResult result;
  result.counts = counts;
  result.sending_seconds = 10;
  EXPECT_EQ(counts.sending_ended_ns, 10 * kSecondNs);
  EXPECT_EQ(result.sent_rate(), 10);
  EXPECT_EQ(result.answered_rate(), 9);
  EXPECT_EQ(result.accepted_rate(), 8);
  EXPECT_EQ(result.answered_later(), 10U);
  result.counts.failed.add(10);  // an end without an answer is none
  result.counts.unanswered_events += 10;
  EXPECT_EQ(result.answered_later(), 10U);
}

TEST(LoadCounts, kinds_of_errors_are_bounded) {
  LoadCounts counts;
  for (int i = 0; i < 100; ++i) counts.count_error("error " + std::to_string(i), 2);
  EXPECT_EQ(counts.errors.size(), LoadCounts::kMostErrors + 1);
  EXPECT_EQ(counts.errors["others"], 2 * (100 - LoadCounts::kMostErrors));
}

}  // namespace
}  // namespace weir
