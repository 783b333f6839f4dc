// See dashboard_scene.h.
#include "dashboard_scene.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "support/files.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::PrometheusServer;

constexpr TimeMs kMinuteMs = 60'000;
constexpr TimeMs kSceneHourMs = 60 * kMinuteMs;
constexpr TimeMs kTimeoutMs = 2 * kSceneHourMs;
/// Without events time moves by the clock: a pause of a busy machine between two batches must stay well below this.
constexpr TimeMs kSceneLatenessMs = 10 * kMinuteMs;
constexpr std::int64_t kWeekSeconds = 7 * 24 * 3600;

/// A cell must be scraped before the first of its sessions ends, or Prometheus cannot know that it began at 0. So what
/// arrives between two scrapes spans less than a timeout, with what the reorder buffer holds back.
constexpr TimeMs kBatchSpanMs = kTimeoutMs - kSceneLatenessMs - 10 * kMinuteMs;

std::string scene_config() {
  return listeners_config() + truth_config() +
         "  brand: {dimensions: [brand], limit: 10}\n"
         "brand_terms: [weir]\n"
         "pipeline: {publish_interval: 200ms, shards: 2}\n"
         "windows: [1h, 24h]\n"
         "sessions: {timeout: 2h, lateness: 10m}\n";
}

/// Visits that are over within a day, with all returns.
struct Sample {
  std::uint64_t seed;
  std::uint64_t sessions;
};
constexpr Sample kFirst{11, 800};
constexpr Sample kSecond{13, 300};
constexpr Sample kPast{17, 500};

GeneratorOptions shop_options(Sample sample, TimeMs start_ms) {
  GeneratorOptions options;
  options.seed = sample.seed;
  options.sessions = sample.sessions;
  options.start_ms = start_ms;
  options.sessions_per_second = 2;
  options.landing_pages = 6;  // few cells: a scrape must not take long, on a busy machine either
  options.timeout_ms = kTimeoutMs;
  options.lateness_ms = kSceneLatenessMs;
  options.disorder_ms = 2000;
  options.duplicate_ratio = 0.03;
  options.malformed_ratio = 0.02;
  options.late_ratio = 0.02;
  return options;
}

/// Adds the dwell times that quantiles are made of to each row.
void add_dwell_times(const Truth& truth, json& report) {
  for (const auto& [rollup, rows] : report["rollups"].items()) {
    const std::vector<std::vector<std::uint32_t>> dwells = truth_dwell_ms(truth, rollup);
    ASSERT_EQ(dwells.size(), rows.size());
    for (std::size_t i = 0; i < dwells.size(); ++i) {
      json& values = rows[i]["dwell_seconds"]["values"] = json::array();
      for (const std::uint32_t dwell_ms : dwells[i]) values.push_back(dwell_ms / 1000.0);
    }
  }
}

Visits generate_from(Sample sample, TimeMs start_ms) {
  Visits visits;
  Generator generator(shop_options(sample, start_ms));
  std::string line;
  while (generator.next(line)) {
    const TimeMs at_ms = generator.time_ms();
    if (visits.batches.empty() || at_ms - visits.batches.back().first_ms > kBatchSpanMs) {
      visits.batches.push_back({.first_ms = at_ms, .text = {}});
    }
    Batch& batch = visits.batches.back();
    batch.last_ms = at_ms;
    ++batch.lines;
    (batch.text += line) += '\n';
  }
  visits.truth = json::parse(render_truth_json(generator.truth()));
  add_dwell_times(generator.truth(), visits.truth);
  return visits;
}

Visits ended_visits(Sample sample, TimeMs now_ms) {
  const TimeMs any_ms = now_ms - 24 * kSceneHourMs;
  const TimeMs span_ms = generate_from(sample, any_ms).batches.back().last_ms - any_ms;
  const TimeMs ended_ms = now_ms - kTimeoutMs - kSceneLatenessMs - 10 * kMinuteMs;
  EXPECT_LT(now_ms - (ended_ms - span_ms), 23 * kSceneHourMs) << "the visits must fit into the longest window";
  return generate_from(sample, ended_ms - span_ms);
}

/// Visits under way, on sites of their own: the shorter windows hold nothing else.
Batch live_visits(TimeMs now_ms) {
  Batch batch;
  for (const char* term : {"weir mug", "gauge"}) {
    batch.text += fmt::format(
        R"({{"type":"page_view","ts":{},"visitor":"{}","url":"https://{}/","source":"google","medium":"cpc","term":"{}"}})"
        "\n",
        now_ms - kSceneLatenessMs - 5 * kMinuteMs, term, kBrandSite, term);
    ++batch.lines;
  }
  GeneratorOptions options;
  options.seed = 12;
  options.start_ms = now_ms - kSceneLatenessMs - 5 * kMinuteMs;
  options.sessions_per_second = 2;
  options.landing_pages = 6;
  options.keep_truth = false;
  Generator generator(options);
  std::string line;
  while (generator.next(line) && generator.time_ms() < now_ms - 1000) {
    (batch.text += support::replaced(line, kShop, "live.example.com")) += '\n';
    ++batch.lines;
  }
  return batch;
}

std::string ended_sessions() { return fmt::format("weir_site_sessions_total{{site=\"{}\"}}", kShop); }

double sessions_of(const json& truth) { return truth["rollups"]["site"][0]["sessions"].get<double>(); }

void post(RunningServer& server, const Batch& batch) {
  const support::HttpReply reply = server.post(batch.text, {{"Content-Type", "application/x-ndjson"}});
  ASSERT_EQ(reply.status, 202) << reply.body;
}

/// What a server says of itself when these visits have ended.
std::string scrape_of_the_past(const Visits& visits, TimeMs now_ms) {
  RunningServer server(scene_config());
  for (const Batch& batch : visits.batches) post(server, batch);
  post(server, live_visits(now_ms));
  const std::string ended = fmt::format("\n{} {}\n", ended_sessions(), sessions_of(visits.truth));
  std::string scrape;
  EXPECT_TRUE(server.process().wait_until([&] {
    scrape = server.scrape();
    return scrape.find(ended) != std::string::npos;
  }));
  EXPECT_EQ(server.stop(), 0);
  return scrape;
}

}  // namespace

DashboardScene::DashboardScene()
    : now_ms_(SystemClock().now_ms()),
      queries_(support::dashboard_queries()),
      visits_(ended_visits(kFirst, now_ms_)),
      past_visits_(ended_visits(kPast, now_ms_)),
      second_visits_(ended_visits(kSecond, now_ms_)),
      server_(scene_config()),
      second_server_(scene_config()) {
  std::vector<std::string> rules;
  for (const auto& file : support::files_in(support::source_folder() / "grafana" / "prometheus" / "rules")) {
    rules.push_back(file.string());
  }
  prometheus_ = std::make_unique<PrometheusServer>(
      server_.admin_port(),
      support::PrometheusOptions{.further_targets = {second_server_.admin_port(), support::kDeadPort},
                                 .interval_seconds = 2,
                                 .rule_files = rules,
                                 .history = history_for(rules),
                                 .other_programs = true});
  EXPECT_FALSE(prometheus_->wait_for_value("sum(up{job=\"other\"})", 1).empty());
  send_all();
}

std::string DashboardScene::instance_of(const RunningServer& server) {
  return fmt::format("127.0.0.1:{}", server.admin_port());
}

std::string DashboardScene::history_for(const std::vector<std::string>& rule_files) {
  std::string promql;
  for (const std::string& file : rule_files) promql += support::read_whole_file(file);
  for (const support::DashboardQuery& query : queries_) promql += query.promql + "\n";
  return support::history_of(scrape_of_the_past(past_visits_, now_ms_), support::metrics_a_week_ago(promql),
                             server_.admin_port(),
                             {.first_seconds = now_ms_ / 1000 - kWeekSeconds - 1500, .count = 180});
}

void DashboardScene::deliver(RunningServer& server, const Batch& batch, std::int64_t& sent) {
  ASSERT_NO_FATAL_FAILURE(post(server, batch));
  sent += batch.lines;
  const std::string received = fmt::format("sum(weir_events_received_total{{instance=\"{}\"}})", instance_of(server));
  ASSERT_FALSE(prometheus_->wait_for_value(received, static_cast<double>(sent)).empty());
}

void DashboardScene::send_all() {
  for (const auto& [server, visits] : {std::pair{&second_server_, &second_visits_}, std::pair{&server_, &visits_}}) {
    std::int64_t sent = 0;
    for (const Batch& batch : visits->batches) ASSERT_NO_FATAL_FAILURE(deliver(*server, batch, sent));
    ASSERT_NO_FATAL_FAILURE(deliver(*server, live_visits(SystemClock().now_ms()), sent));
    const std::string ended =
        fmt::format("{} and on (instance) weir_build_info{{instance=\"{}\"}}", ended_sessions(), instance_of(*server));
    ASSERT_FALSE(prometheus_->wait_for_value(ended, sessions_of(visits->truth)).empty());
  }
  const std::vector<support::QuerySample> scraped =
      prometheus_->query(fmt::format("timestamp(weir_ready{{instance=\"{}\"}})", instance()));
  ASSERT_EQ(scraped.size(), 1U);
  at_ = fmt::format("{:.3f}", scraped[0].value);
}

}  // namespace weir::e2e
