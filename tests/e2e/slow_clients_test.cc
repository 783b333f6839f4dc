// Slow headers, slow bodies and slow readers by slowhttptest: they are closed by the deadlines, one address gets no
// more connections than it may have, and others are answered all the while. 500 connections; with WEIR_LONG 2,000, the
// default deadlines, and the latencies of others beside those of a server that has no slow clients.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "running_server.h"
#include "support/exposition.h"
#include "support/long_run.h"
#include "support/sanitized.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::ChildProcess;

constexpr const char* kAdmin = "admin: {listen: \"127.0.0.1:0\"}\n";
constexpr int kClientConnections = 100;  // of one address, where that is limited

int slow_connections() { return support::repetitions(500, 2000); }

/// Deadlines short enough not to wait for, or under WEIR_LONG those everybody has.
std::string config_of(const std::string& more) {
  const char* const timeouts = support::repetitions(0, 1) == 0 ? ", request_timeout: 1s, idle_timeout: 1s" : "";
  return fmt::format("sources: {{http: {{listen: \"127.0.0.1:0\"{}{}}}}}\n", timeouts, more) + kAdmin;
}

struct Attack {
  const char* name;
  std::vector<std::string> words;
  const char* path;
};
// A reader takes five bytes at a time of the tracker, for which it asks ten times at once.
const Attack kAttacks[] = {
    {"headers", {"-H"}, "/v1/events"},
    {"bodies", {"-B", "-s", "8192"}, "/v1/events"},
    {"readers", {"-X", "-k", "10", "-w", "256", "-y", "512", "-z", "5"}, "/weir.js"},
};

/// How slow clients go about it.
struct Manner {
  const char* trickle_seconds;        // each sends, or reads, a little so often
  std::vector<std::string> launcher;  // what runs slowhttptest
};
const Manner kEager{"1", {}};
/// While others are measured: what slowhttptest takes of the machine is no server's doing, so it gives way to
/// everybody.
const Manner kModest{"5", {"chrt", "--idle", "0"}};

/// slowhttptest with so many connections at once. It ends by itself when it sees that none is left. Its own probe waits
/// for as long as it runs: once that has given up (-p, 5 s), it spins.
std::unique_ptr<ChildProcess> start(const Attack& attack, std::uint16_t port, const Manner& manner = kEager) {
  const std::string count = std::to_string(slow_connections());
  std::vector<std::string> command = manner.launcher;
  command.emplace_back("slowhttptest");
  command.insert(command.end(), attack.words.begin(), attack.words.end());
  for (const std::string& word : std::vector<std::string>{"-c", count, "-r", count, "-i", manner.trickle_seconds, "-n",
                                                          manner.trickle_seconds, "-l", "60", "-p", "60", "-u",
                                                          fmt::format("http://127.0.0.1:{}{}", port, attack.path)}) {
    command.push_back(word);
  }
  return std::make_unique<ChildProcess>(command);
}

std::unique_ptr<ChildProcess> start_good_load(std::uint16_t port, const std::string& span) {
  return std::make_unique<ChildProcess>(std::vector<std::string>{
      kProgram, "load", "--json", "--quiet", "--target", fmt::format("http://127.0.0.1:{}/v1/events", port), "--rate",
      support::kSanitized ? "50" : "500", "--for", span, "--timeout", "1m"});
}

/// What a load says of itself; every event of it was accepted.
json finished_well(ChildProcess& load) {
  EXPECT_EQ(load.wait_for_exit(), 0) << load.log();
  json result = json::parse(load.output(), nullptr, false);
  EXPECT_TRUE(result.is_object()) << load.output();
  EXPECT_GT(result["sent"]["requests"], 0);
  EXPECT_EQ(result["accepted"], result["sent"]) << result["statuses"] << result["errors"];
  return result;
}

/// Slow clients of a server, once all are there.
std::unique_ptr<ChildProcess> attack(const Attack& attack, RunningServer& server, const Manner& manner = kEager) {
  const double before = server.metric("weir_connections_accepted_total");
  auto clients = start(attack, server.http_port(), manner);
  EXPECT_TRUE(server.process().wait_until(
      [&] { return server.metric("weir_connections_accepted_total") >= before + slow_connections(); }));
  return clients;
}

void wait_for_no_connection(RunningServer& server) {
  EXPECT_TRUE(server.process().wait_until([&] { return server.metric("weir_connections_open") == 0; }));
}

/// The lower quartile: what else happens on a machine comes and goes, and only ever adds.
double quiet(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 4];
}

class SlowClients : public testing::TestWithParam<Attack> {};

TEST_P(SlowClients, are_closed_by_the_deadlines_while_others_are_answered) {
  RunningServer server(config_of(", client_connections: off"));
  const auto clients = attack(GetParam(), server);
  static_cast<void>(finished_well(*start_good_load(server.http_port(), "2s")));
  wait_for_no_connection(server);
  EXPECT_EQ(server.metric("weir_connections_refused_total{reason=\"limit\"}"), 0);
  if (std::string_view(GetParam().name) != "readers") {  // who read for hours still what the kernel has
    EXPECT_EQ(clients->wait_for_exit(), 0) << clients->log();
    EXPECT_NE(clients->output().find("No open connections left"), std::string::npos) << clients->output();
    EXPECT_GE(server.metric("weir_http_requests_total{code=\"4xx\"}"), slow_connections()) << "each has its 408";
  }
  EXPECT_EQ(server.stop(), 0);
}

/// Spans with slow clients and without in turn. Each slow client sends or reads twice before its deadline, all of them
/// at once, and at least once in each span.
TEST_P(SlowClients, leave_the_p99_of_others_below_twice_that_of_an_idle_server) {
  if (support::repetitions(0, 1) == 0) GTEST_SKIP() << "measures: scripts/test --long -R SlowClients";
  if (support::kSanitized) GTEST_SKIP() << "sanitizers take most of the time";
  constexpr int kRounds = 8;
  RunningServer server(config_of(", client_connections: off"));
  const auto p99_of_others = [&]() -> double {
    return finished_well(*start_good_load(server.http_port(), "6s"))["latency_ms"]["p99"];  // the deadline is at 10 s
  };
  std::vector<double> idle, attacked;
  for (int round = 0; round < kRounds; ++round) {
    idle.push_back(p99_of_others());
    {
      const auto clients = attack(GetParam(), server, kModest);
      attacked.push_back(p99_of_others());
      EXPECT_GE(server.metric("weir_connections_open"), slow_connections() * 9 / 10) << "the attack was over before";
    }
    wait_for_no_connection(server);
  }
  std::cout << fmt::format("{} slow {}: p99 of the others {:.2f} ms ({:.2f}), without any {:.2f} ms ({:.2f})\n",
                           slow_connections(), GetParam().name, quiet(attacked), fmt::join(attacked, ", "), quiet(idle),
                           fmt::join(idle, ", "));
  EXPECT_LT(quiet(attacked), 2 * quiet(idle));
  EXPECT_EQ(server.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Slowhttptest, SlowClients, testing::ValuesIn(kAttacks),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST(SlowClientsOfOneAddress, get_no_more_connections_than_it_may_have) {
  RunningServer server(
      fmt::format("sources: {{http: {{listen: \"127.0.0.1:0\", client_connections: {}, trusted_proxies: []}}}}\n{}",
                  kClientConnections, kAdmin));
  // Of the same address, but there before.
  const auto load = start_good_load(server.http_port(), "3s");
  ASSERT_TRUE(server.process().wait_until([&] { return server.metric("weir_connections_open") == 16; }));
  const auto attack = start(kAttacks[0], server.http_port());
  const int fewest = slow_connections() / 2;  // the slower the machine, the more places are free again meanwhile
  EXPECT_TRUE(server.process().wait_until(
      [&] { return server.metric("weir_connections_refused_total{reason=\"client\"}") >= fewest; }));
  EXPECT_LE(server.metric("weir_connections_open"), kClientConnections);
  static_cast<void>(finished_well(*load));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
