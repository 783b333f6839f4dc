// More events than the server can take, on one core and with a small queue: all that was sent is accepted or refused,
// and nothing waits without bound. A few seconds; with WEIR_LONG the highest rate it takes is looked for, twice of it
// sent for a minute and five times of it in a burst, and memory, latencies and the time to be normal again are
// measured.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "running_server.h"
#include "support/exposition.h"
#include "support/long_run.h"
#include "support/sanitized.h"
#include "weir/core/clock.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::ChildProcess;

// Of the time accepted requests wait for their answer: the queue and the requests under way are half a second of work
// at 8,000 events per second, and a busy machine takes its share.
constexpr double kBoundMs = 3000;

constexpr std::chrono::minutes kLongestWindow(6);  // what windows hold is all there when it has passed once

/// Work for a shard that takes a few times as long as reading an event, so that queues are what fills.
std::string heavy_config() {
  return "sources: {http: {listen: \"127.0.0.1:0\"}}\nadmin: {listen: \"127.0.0.1:0\"}\n"
         "pipeline: {shards: 1, queue_events: 2048, batch_events: 64}\n"
         "sessions: {lateness: 100ms}\n"
         "limits: {sessions: 20000, reorder_events: 100000, delivery_ids: 20000, orders: 20000, visitors: 50000}\n"
         "windows: [1m, 2m, 3m, 4m, 5m, 6m]\n"
         "funnels:\n"
         "  checkout: [{page: /product/*}, {event: add_to_cart}, {conversion: purchase}]\n"
         "  signup: [{page: /}, {page: /pricing}, {conversion: signup}]\n"
         "rollups:\n"
         "  landing: {dimensions: [landing_page], limit: 50}\n"
         "  page_channel: {dimensions: [landing_page, channel], limit: 50}\n"
         "  page_campaign: {dimensions: [landing_page, campaign], limit: 50}\n"
         "  page_device: {dimensions: [landing_page, device], limit: 50}\n"
         "  campaign_channel: {dimensions: [campaign, channel], limit: 50}\n"
         "  campaign_device: {dimensions: [campaign, device], limit: 50}\n";
}

/// An open-loop load on a server, at a rate in events per second or as the words behind it say.
std::unique_ptr<ChildProcess> start_load(const RunningServer& server, double rate, const std::string& span,
                                         const std::vector<std::string>& more = {}) {
  std::vector<std::string> command{kProgram,    "load",
                                   "--json",    "--quiet",
                                   "--target",  fmt::format("http://127.0.0.1:{}/v1/events", server.http_port()),
                                   "--rate",    fmt::format("{:.0f}", rate),
                                   "--for",     span,
                                   "--batch",   "100",
                                   "--timeout", "1m"};
  command.insert(command.end(), more.begin(), more.end());
  return std::make_unique<ChildProcess>(command);
}

json finished(ChildProcess& load, std::chrono::milliseconds within = support::kWaitLimit) {
  const std::optional<int> code = load.wait_for_exit(within);
  EXPECT_TRUE(code == 0) << load.log();
  json result = json::parse(load.output(), nullptr, false);
  EXPECT_TRUE(result.is_object()) << load.output();
  return result;
}

std::int64_t events(const json& result, const char* fate) { return result[fate]["events"].get<std::int64_t>(); }

/// Every event sent was accepted or refused, and every refusal says when to come again.
void expect_conserved(const json& result) {
  EXPECT_EQ(events(result, "sent"), events(result, "accepted") + events(result, "refused")) << result;
  for (const auto& [status, count] : result["statuses"].items())
    EXPECT_TRUE(status == "202" || status == "503") << status;
  EXPECT_EQ(result["errors"], json::object());
  if (events(result, "refused") > 0) {
    EXPECT_GT(result["retry_after_seconds"], 0);
  }
}

/// The server agrees with what clients were told, and nothing it accepted is missing when it has stopped.
void expect_same_counts(RunningServer& server, std::int64_t sent, std::int64_t refused) {
  std::map<std::string, double> scrape;
  EXPECT_TRUE(server.process().wait_until([&] {  // what it publishes may be some time behind
    scrape = support::read_exposition(server.scrape()).values;
    return sum_of(scrape, "weir_events_received_total") == sent;
  })) << sum_of(scrape, "weir_events_received_total")
      << " of " << sent;
  EXPECT_EQ(sum_of(scrape, "weir_events_shed_total{reason=\"overload\"}"), refused);
  EXPECT_TRUE(events_add_up(scrape));
  EXPECT_EQ(server.stop(), 0);
  const StoppedCounts counts = server.stopped_counts();
  EXPECT_EQ(counts.received, sent);
  EXPECT_EQ(counts.received, counts.counted + counts.rejected + counts.late + counts.duplicate + counts.shed);
  EXPECT_EQ(counts.rejected, 0);
}

TEST(Overload, what_was_sent_was_accepted_or_refused) {
  RunningServer server({"taskset", "--cpu-list", "0"}, heavy_config());
  std::int64_t sent = 0;
  std::int64_t refused = 0;
  for (int i = 0; i < 20 && (i < 2 || refused == 0); ++i) {  // the first events only fill the reorder buffer
    const json result = finished(*start_load(server, support::kSanitized ? 100'000 : 500'000, "1s"));
    expect_conserved(result);
    EXPECT_GT(events(result, "accepted"), 0);
    sent += events(result, "sent");
    refused += events(result, "refused");
  }
  EXPECT_GT(refused, 0) << "no overload";
  std::cout << fmt::format("{} events sent, {} refused\n", sent, refused);
  expect_same_counts(server, sent, refused);
}

/// What a server is seen to do under a load that lasts.
struct Watched {
  json result;
  double first_mebibytes = 0;  // a quarter of the time from the beginning
  double last_mebibytes = 0;
};

Watched watch(RunningServer& server, double rate, int seconds) {
  const SystemClock clock;
  const TimeMs began_ms = clock.steady_ms();
  Watched watched;
  const auto load = start_load(server, rate, fmt::format("{}s", seconds));
  for (int second = 0; second < seconds; ++second) {
    server.process().wait_until([&] { return clock.steady_ms() >= began_ms + 1000 * second; });
    watched.last_mebibytes = server.metric("process_resident_memory_bytes") / kMebibyte;
    if (second <= seconds / 4) watched.first_mebibytes = std::max(watched.first_mebibytes, watched.last_mebibytes);
  }
  watched.result = finished(*load);
  expect_conserved(watched.result);
  return watched;
}

void tell(const char* what, double knee, const Watched& watched) {
  const json& result = watched.result;
  std::cout << fmt::format(
      "{}: {:.1f} times the knee sent, {:.2f} accepted; accepted requests p99 {:.0f} ms since sent; {:.0f} MiB, "
      "{:.0f} at the end\n",
      what, result["sent_rate"].get<double>() / knee, result["accepted_rate"].get<double>() / knee,
      result["service_ms"]["p99"].get<double>(), watched.first_mebibytes, watched.last_mebibytes);
}

TEST(Overload, of_a_minute_and_a_burst_is_over_when_it_ends) {
  if (support::repetitions(0, 1) == 0) GTEST_SKIP() << "takes minutes: scripts/test --long";
  RunningServer server({"taskset", "--cpu-list", "0"}, heavy_config());
  const std::string warm_up = fmt::format("{}m", kLongestWindow.count());  // tables, caches and windows fill
  static_cast<void>(finished(*start_load(server, 10'000, warm_up), 2 * kLongestWindow));
  const json found = finished(*start_load(server, 4000, "5s", {"--ramp", "--p99", "500ms"}));
  ASSERT_TRUE(found["knee"].is_number()) << found;
  const double knee = found["knee"];
  std::cout << fmt::format("knee: {:.0f} events per second\n", knee);

  const Watched overload = watch(server, 2 * knee, 60);
  tell("60 s", knee, overload);
  EXPECT_GT(events(overload.result, "refused"), 0);
  EXPECT_GT(overload.result["accepted_rate"].get<double>(), 0.5 * knee) << "it does not do less for being asked more";
  const Watched burst = watch(server, 5 * knee, 10);
  tell("burst", knee, burst);
  if (!support::kSanitized) {
    EXPECT_LT(overload.result["service_ms"]["p99"], kBoundMs);
    EXPECT_LT(burst.result["service_ms"]["p99"], kBoundMs);
    EXPECT_LT(overload.last_mebibytes, 1.05 * overload.first_mebibytes + 8);
    EXPECT_LT(burst.last_mebibytes, 1.05 * overload.first_mebibytes + 8);
  }
  const SystemClock clock;
  const TimeMs over_ms = clock.steady_ms();
  bool normal = false;
  TimeMs needed_ms = 0;
  while (!normal && needed_ms < 10'000) {
    const json after = finished(*start_load(server, knee / 2, "1s"));
    expect_conserved(after);
    normal = events(after, "refused") == 0 && after["service_ms"]["p99"] < kBoundMs / 2;
    needed_ms = clock.steady_ms() - over_ms;
  }
  std::cout << fmt::format("normal {} ms after the burst, a look of a second included\n", needed_ms);
  EXPECT_TRUE(normal);
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
