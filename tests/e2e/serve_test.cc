// From bytes on sockets to PromQL: the real server, fed over HTTP and TCP, is read back through a real Prometheus and
// must give the numbers the generator says it must.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <optional>
#include <set>

#include "running_server.h"
#include "support/exposition.h"
#include "support/prometheus_server.h"
#include "support/report_compare.h"
#include "support/sanitized.h"
#include "support/seed.h"
#include "support/text.h"
#include "weir/core/time_text.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::HttpReply;
using support::PrometheusServer;
using support::QuerySample;

constexpr TimeMs kStartMs = 1'704'067'200'000;  // 2024-01-01, safely in the past
constexpr TimeMs kHourMs = 3'600'000;

/// Without events live time goes on by the clock, so pauses of a busy machine between two batches must stay well
/// below this, or events on time would become late; and the end of the test has to wait for as long.
constexpr TimeMs kLatenessMs = support::kSanitized ? 60'000 : 8000;

GeneratorOptions noisy_visits() {
  GeneratorOptions options;
  options.seed = support::test_seed();
  options.sessions = 3000;
  options.start_ms = kStartMs;
  options.sessions_per_second = 500;
  options.disorder_ms = 2000;
  options.duplicate_ratio = 0.03;
  options.malformed_ratio = 0.02;
  options.late_ratio = 0.02;
  options.lateness_ms = kLatenessMs;
  return options;
}

std::string serve_config() {
  return listeners_config() +
         fmt::format("pipeline: {{publish_interval: 200ms, shards: 2}}\nsessions: {{lateness: {}ms}}\n", kLatenessMs) +
         truth_config();
}

/// Sends the lines in batches, in turn as HTTP bodies and over one TCP connection, each after the one before it was
/// taken in, so that the order of arrival is that of the lines.
void send_in_turn(RunningServer& server, const std::vector<std::string>& lines) {
  constexpr std::size_t kBatchLines = 2000;
  support::SocketClient tcp(server.tcp_port());
  ASSERT_TRUE(tcp.connected());
  std::int64_t sent_by_tcp = 0;
  for (std::size_t from = 0, batch = 0; from < lines.size(); from += kBatchLines, ++batch) {
    const std::size_t to = std::min(lines.size(), from + kBatchLines);
    std::string text;
    for (std::size_t i = from; i < to; ++i) (text += lines[i]) += '\n';
    if (batch % 2 == 0) {
      const HttpReply reply = server.post(text, {{"Content-Type", "application/x-ndjson"}});
      ASSERT_EQ(reply.status, 202) << reply.body;
      const json counts = json::parse(reply.body);
      ASSERT_EQ(counts["accepted"].get<std::size_t>() + counts["rejected"].get<std::size_t>(), to - from);
      continue;
    }
    ASSERT_TRUE(tcp.send(text));
    sent_by_tcp += static_cast<std::int64_t>(to - from);
    ASSERT_TRUE(server.process().wait_until([&] {
      return sum_of(support::read_exposition(server.scrape()).values, "weir_events_received_total{source=\"tcp\"}") ==
             sent_by_tcp;
    }));
  }
}

/// Series by their labels `names`, joined by spaces.
std::map<std::string, double> by_labels(const std::vector<QuerySample>& samples,
                                        const std::vector<std::string>& names) {
  std::map<std::string, double> values;
  for (const QuerySample& sample : samples) {
    std::string key;
    for (const std::string& name : names) key += sample.labels.at(name) + " ";
    EXPECT_TRUE(values.emplace(key, sample.value).second) << "two series for " << key;
  }
  return values;
}

/// Null in the truth is no series, or 0 / 0.
void expect_value(const json& truth, const std::map<std::string, double>& values, const std::string& key,
                  double relative_error, const std::string& query) {
  const auto found = values.find(key);
  if (truth.is_null()) {
    EXPECT_TRUE(found == values.end() || std::isnan(found->second)) << query << " of " << key << found->second;
    return;
  }
  ASSERT_NE(found, values.end()) << query << " has nothing for " << key;
  const double wanted = truth.get<double>();
  EXPECT_NEAR(found->second, wanted, relative_error * std::abs(wanted)) << query << " of " << key;
}

struct PageQuery {
  const char* promql;
  const char* field;  // of a row of the truth
  double relative_error;
};

constexpr const char* kShop = "site=\"shop.example.com\"";

/// Every figure of every landing page. SITE and WINDOW stand for selectors, BY for the labels of a page.
void expect_truth_per_landing_page(PrometheusServer& prometheus, const std::string& at, const json& truth) {
  const std::vector<PageQuery> queries{
      {"weir_landing_window_sessions{WINDOW}", "/sessions", 0},
      {"weir_landing_window_visitors{WINDOW}", "/visitors", 0},
      {"BY (weir_landing_window_bounced_sessions{WINDOW}) / BY (weir_landing_window_landed_sessions{WINDOW})",
       "/bounce_ratio", 1e-9},
      {"weir_landing_window_bounce_ratio{WINDOW}", "/bounce_ratio", 1e-9},
      {"BY (weir_landing_window_page_views{WINDOW}) / BY (weir_landing_window_landed_sessions{WINDOW})",
       "/pages_per_session", 1e-9},
      {"weir_landing_window_dwell_mean_seconds{WINDOW}", "/dwell_seconds/mean", 1e-9},
      {"weir_landing_window_dwell_p50_seconds{WINDOW}", "/dwell_seconds/p50", 0.02},
      {"weir_landing_window_conversion_ratio{WINDOW}", "/conversion_ratio", 1e-9},
      {"weir_landing_sessions_total{SITE}", "/sessions", 0},
      {"weir_landing_bounced_sessions_total{SITE}", "/bounced_sessions", 0},
      {"weir_landing_page_views_total{SITE}", "/page_views", 0},
      {"weir_landing_orders_total{SITE}", "/orders", 0},
      {"weir_landing_dwell_seconds_count{SITE}", "/dwell_seconds/known", 0},
      {"weir_landing_dwell_seconds_sum{SITE} / weir_landing_dwell_seconds_count{SITE}", "/dwell_seconds/mean", 1e-9},
  };
  const auto filled_in = [](std::string promql) {
    promql = support::replaced(std::move(promql), "BY", "sum by (landing_page)");
    promql = support::replaced(std::move(promql), "SITE", kShop);
    return support::replaced(std::move(promql), "WINDOW", std::string(kShop) + ",window=\"24h\"");
  };
  for (const PageQuery& query : queries) {
    const std::string promql = filled_in(query.promql);
    const auto values = by_labels(prometheus.query(promql, at), {"landing_page"});
    for (const json& row : truth["rollups"]["landing"]) {
      expect_value(row[json::json_pointer(query.field)], values, row["landing_page"].get<std::string>() + " ",
                   query.relative_error, promql);
    }
  }
}

void expect_truth_per_funnel_step(PrometheusServer& prometheus, const std::string& at, const json& truth) {
  const std::string selector = fmt::format("{{{},window=\"24h\"}}", kShop);
  const std::string leakage = "weir_landing_window_funnel_leakage_ratio" + selector;
  const std::string reached = "weir_landing_window_funnel_sessions" + selector;
  const std::string leaked = "weir_landing_window_funnel_leaked_sessions" + selector;
  const std::vector<std::string> step_labels{"landing_page", "funnel", "step"};
  const auto leakages = by_labels(prometheus.query(leakage, at), step_labels);
  const auto sessions = by_labels(prometheus.query(reached, at), step_labels);
  const auto causes = by_labels(prometheus.query(leaked, at), {"landing_page", "funnel", "step", "cause"});
  for (const json& row : truth["rollups"]["landing"]) {
    for (const auto& [funnel, steps] : row["funnels"].items()) {
      for (const json& step : steps) {
        const std::string key =
            fmt::format("{} {} {} ", row["landing_page"].get<std::string>(), funnel, step["step"].get<std::string>());
        expect_value(step["leakage_ratio"], leakages, key, 1e-9, leakage);
        expect_value(step["reached"], sessions, key, 0, reached);
        for (const auto& [cause, count] : step["causes"].items()) {
          expect_value(count, causes, key + cause + " ", 0, leaked);
        }
      }
    }
  }
}

TEST(Serve, end_to_end) {
  Generated generated = generate(noisy_visits());
  json& truth = generated.truth;
  RunningServer server(serve_config());
  PrometheusServer prometheus(server.admin_port());
  ASSERT_NO_FATAL_FAILURE(send_in_turn(server, generated.lines));

  // One visit to another site, hours later, ends all sessions by event time. Then live time passes it by the clock.
  const TimeMs closer_ms = *parse_rfc3339(truth["last_event"].get<std::string>()) + 3 * kHourMs;
  const HttpReply reply = server.post(
      fmt::format(R"({{"type":"page_view","ts":{},"visitor":"last","site":"closer","url":"/"}})", closer_ms));
  ASSERT_EQ(reply.status, 202) << reply.body;
  for (const char* count : {"received", "counted"}) truth["events"][count] = truth["events"][count].get<int>() + 1;
  ASSERT_TRUE(server.process().wait_until([&] {
    const std::map<std::string, double> scrape = support::read_exposition(server.scrape()).values;
    return sum_of(scrape, "weir_events_received_total") == truth["events"]["received"].get<std::int64_t>() &&
           sum_of(scrape, "weir_events_queued") == 0;
  })) << server.report()["events"];

  json report = server.report();
  for (json& rows : report["rollups"]) {
    json kept = json::array();
    for (json& row : rows) {
      if (row["site"] != "closer") kept.push_back(std::move(row));
    }
    rows = std::move(kept);
  }
  EXPECT_EQ(report["last_event"], format_rfc3339(closer_ms));
  truth.erase("last_event");
  EXPECT_EQ(support::difference(truth, report, support::Comparison::kExpectedOnly), "");

  const std::string at =
      prometheus.wait_for_value("sum(weir_events_counted_total) and on() (sum(weir_events_queued) == 0)",
                                truth["events"]["counted"].get<double>());
  ASSERT_FALSE(at.empty());
  EXPECT_FALSE(prometheus.wait_for_value("up", 1).empty());
  expect_truth_per_landing_page(prometheus, at, truth);
  expect_truth_per_funnel_step(prometheus, at, truth);
  const std::string scrape = server.scrape();
  EXPECT_EQ(support::promtool_check_metrics(scrape), "");
  EXPECT_TRUE(events_add_up(support::parse_exposition(scrape)));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().received, truth["events"]["received"].get<std::int64_t>());
}

TEST(Serve, http_front_answers_as_the_contract_says) {
  RunningServer server(serve_config());
  const std::string event = R"({"type":"page_view","url":"https://shop.example.com/","visitor":"v1"})";
  EXPECT_EQ(server.post(event, {{"Origin", "https://shop.example.com"}}).status, 204);
  const HttpReply reply = server.post(event + "\nnot json\n" + event);
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(json::parse(reply.body),
            json::parse(R"({"accepted":2,"rejected":1,"errors":[{"line":2,"reason":"malformed"}]})"));
  EXPECT_EQ(server.post("not json").status, 400);
  EXPECT_EQ(server.post(event, {{"Content-Encoding", "br"}}).status, 415);
  EXPECT_EQ(server.post(std::string(1024 * 1024 + 1, ' ')).status, 413);
  EXPECT_EQ(support::http_request(server.http_port(), "POST", "/nowhere", {}, event).status, 404);

  EXPECT_EQ(server.get("/-/healthy").status, 200);
  EXPECT_EQ(server.get("/-/ready").status, 200);
  EXPECT_TRUE(
      server.process().wait_until([&] { return support::read_exposition(server.scrape()).values["weir_ready"] == 1; }));
  EXPECT_EQ(server.get("/").status, 200);
  EXPECT_EQ(server.get("/nowhere").status, 404);
  EXPECT_EQ(server.get("/metrics").header("content-type").substr(0, 25), "text/plain; version=0.0.4");
  ASSERT_TRUE(server.wait_for_count("counted", 3)) << server.report();
  const json report = server.report();
  std::set<std::string> windows;
  for (const json& row : report["windows"]) windows.insert(row["window"].get<std::string>());
  EXPECT_EQ(windows, (std::set<std::string>{"5m", "1h", "24h"}));
  EXPECT_EQ(server.stop(), 0);
}

TEST(Serve, a_pipe_on_standard_input_is_a_source) {
  RunningServer server("sources: {http: {enabled: false}, stdin: {enabled: true}}\nadmin: {listen: \"127.0.0.1:0\"}\n",
                       support::ChildStreams::Input::kPipe);
  const std::string event = R"({"type":"page_view","url":"/","visitor":"v1"})";
  ASSERT_TRUE(server.process().feed(event + "\nbroken\n" + event));
  ASSERT_TRUE(server.wait_for_count("received", 2)) << "whole lines count before the end of the input";
  server.process().end_input();
  ASSERT_TRUE(server.wait_for_count("received", 3)) << "and the last one needs no newline";
  EXPECT_EQ(sum_of(support::parse_exposition(server.scrape()), "weir_events_received_total{source=\"stdin\"}"), 3);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().counted, 2);
}

}  // namespace
}  // namespace weir::e2e
