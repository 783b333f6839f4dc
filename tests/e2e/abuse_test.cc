// Everything hostile, broken and careless at once, over every source, with reloads and scrapes: visits of others are
// counted, no sum is off at any scrape, and the server ends as it should. Three seconds; with WEIR_LONG an hour, or as
// long as WEIR_ABUSE_SECONDS says. `scripts/test --sanitize --long` looks for what only a sanitizer sees.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <vector>

#include "hostile_clients.h"
#include "running_server.h"
#include "support/files.h"
#include "support/long_run.h"
#include "support/sanitized.h"
#include "support/seed.h"
#include "weir/core/clock.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::ChildProcess;
using support::TemporaryFolder;

constexpr TimeMs kReloadMs = 200;  // at least, from one to the next
constexpr std::chrono::minutes kEndLimit{15};
constexpr int kDeadlineSeconds = support::kSanitized ? 60 : 5;  // which good clients keep, slow as they are themselves

int seconds_of_abuse() {
  const char* const given = std::getenv("WEIR_ABUSE_SECONDS");
  return given != nullptr ? std::atoi(given) : support::repetitions(3, 3600);
}

/// Every source, state that is kept, and limits that are reached soon; but for those of connections, as all come from
/// one address, and who is refused one cannot be told from who got no answer.
std::string config_of(const TemporaryFolder& folder) {
  return fmt::format(
             "sources:\n"
             "  http: {{listen: \"127.0.0.1:0\", request_timeout: {5}s, idle_timeout: {5}s, client_connections: off}}\n"
             "  tcp: {{listen: \"127.0.0.1:0\"}}\n"
             "  unix: {{path: {0}}}\n"
             "  stdin: {{enabled: true}}\n"
             "  syslog: {{path: {1}}}\n"
             "  tail: [{{path: {2}, from: start}}]\n"
             "admin: {{listen: \"127.0.0.1:0\", request_timeout: {5}s, idle_timeout: {5}s, connections: 4096}}\n"
             "state: {{directory: {3}, snapshot_interval: 1s, journal_bytes: 16MiB}}\n"
             "dead_letter: {{path: {4}, bytes: 1MiB}}\n",
             folder.path("lines"), folder.path("syslog"), folder.path("tailed.log"), folder.path("state"),
             folder.path("dead.ndjson"), kDeadlineSeconds) +
         "pipeline: {shards: 2, queue_events: 4096, publish_interval: 50ms}\n"
         "sessions: {lateness: 500ms}\n"
         "shutdown: {timeout: 10m}\n"  // for what the kernel holds of streams, which a sanitizer takes long to read
         "limits: {sessions: 5000, reorder_events: 20000, delivery_ids: 5000, orders: 1000, visitors: 20000, "
         "cells: 1000, symbols: 10000}\n";
}

/// Has the server read good and broken configurations, and garbage on its standard input, until the time is over.
/// Returns what memory it took now and then.
std::vector<double> annoy(RunningServer& server, const std::string& config, TimeMs until_ms) {
  const SystemClock clock;
  std::vector<double> resident;
  for (int i = 0; clock.steady_ms() < until_ms; ++i) {
    const bool broken = i % 3 == 2;
    server.rewrite_config(config + (broken ? "bots: maybe\n" : fmt::format("brand_terms: [brand{}]\n", i % 7)));
    const std::size_t logged = server.process().log().size();
    server.process().signal(SIGHUP);
    EXPECT_TRUE(server.process().wait_until(
        [&] { return server.process().log().find("SIGHUP: ", logged) != std::string::npos; }));
    EXPECT_TRUE(
        server.process().feed(i % 2 == 0 ? "{\"type\":\"page_view\",\"url\":\"/stdin\"}\n{\"no end" : "\xff\n\n{}\n"));
    const TimeMs next_ms = std::min(clock.steady_ms() + kReloadMs, until_ms);
    EXPECT_TRUE(server.process().wait_until([&] { return clock.steady_ms() >= next_ms; })) << server.process().log();
    if (i % 10 == 0) resident.push_back(server.metric("process_resident_memory_bytes") / kMebibyte);
    if (testing::Test::HasFailure()) break;
  }
  return resident;
}

/// Visits that nobody may get in the way of.
std::unique_ptr<ChildProcess> start_visits(std::uint16_t port, int seconds) {
  return std::make_unique<ChildProcess>(std::vector<std::string>{
      kProgram, "load", "--json", "--quiet", "--target", fmt::format("http://127.0.0.1:{}/v1/events", port), "--rate",
      "100", "--connections", "8", "--for", fmt::format("{}s", seconds), "--timeout", "10m"});
}

/// All of them were answered. Returns how many events were accepted.
std::int64_t accepted_by(ChildProcess& visits) {
  EXPECT_EQ(visits.wait_for_exit(kEndLimit), 0) << visits.log();
  const json result = json::parse(visits.output(), nullptr, false);
  if (!result.is_object()) {
    ADD_FAILURE() << visits.output();
    return 0;
  }
  EXPECT_EQ(result["failed"]["events"], 0) << result["errors"] << result["statuses"];
  const std::int64_t accepted = result["accepted"]["events"];
  EXPECT_EQ(accepted + result["refused"]["events"].get<std::int64_t>(), result["sent"]["events"]) << result;
  return accepted;
}

void expect_nothing_found(const std::string& log) {
  for (const char* words : {"Sanitizer", "runtime error:", "CHECK", "terminate called"}) {
    EXPECT_EQ(log.find(words), std::string::npos) << log;
  }
}

TEST(Abuse, of_every_kind_at_once_costs_nothing_but_time) {
  const TemporaryFolder folder;
  const std::string config = config_of(folder);
  const SystemClock clock;
  const int seconds = seconds_of_abuse();
  const std::uint64_t seed = support::test_seed();
  RunningServer server(config, support::ChildStreams::Input::kPipe);
  ASSERT_NE(server.tcp_port(), 0) << server.process().log();
  HostileClients hostile({.http_port = server.http_port(),
                          .tcp_port = server.tcp_port(),
                          .admin_port = server.admin_port(),
                          .unix_path = folder.path("lines"),
                          .syslog_path = folder.path("syslog"),
                          .tailed_path = folder.path("tailed.log")},
                         seed);
  const auto visits = start_visits(server.http_port(), seconds);
  const std::vector<double> resident = annoy(server, config, clock.steady_ms() + 1000 * TimeMs{seconds});
  const std::int64_t accepted = accepted_by(*visits);
  hostile.stop();

  EXPECT_EQ(hostile.problems(), "");
  EXPECT_EQ(hostile.rounds().size(), abuse_kinds().size());
  EXPECT_EQ(server.get("/-/ready").status, 200);
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait_for_exit(kEndLimit), 0) << server.process().log();
  expect_nothing_found(server.process().log() + visits->log());
  const StoppedCounts counts = server.stopped_counts();
  EXPECT_GE(counts.received, accepted);
  EXPECT_EQ(counts.received, counts.counted + counts.rejected + counts.late + counts.duplicate + counts.shed);
  for (const auto& [kind, rounds] : hostile.rounds()) std::cout << fmt::format("{:>9} rounds of {}\n", rounds, kind);
  std::cout << fmt::format("{} s: {} events received, {} of them visits that were accepted, {} rejected, {} late\n",
                           seconds, counts.received, accepted, counts.rejected, counts.late);
  if (resident.size() >= 8) {
    const double early = *std::max_element(resident.begin(), resident.begin() + static_cast<long>(resident.size() / 4));
    std::cout << fmt::format("memory: {:.0f} MiB at most in the first quarter, {:.0f} at the end\n", early,
                             resident.back());
    if (!support::kSanitized && seconds >= 60) {
      EXPECT_LT(resident.back(), 1.1 * early + 32);
    }
  }
}

}  // namespace
}  // namespace weir::e2e
