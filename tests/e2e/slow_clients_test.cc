// Slow headers, slow bodies and slow readers by slowhttptest: they are closed by the deadlines, one address gets no
// more connections than it may have, and others are answered all the while. 500 connections; with WEIR_LONG 2,000, the
// default deadlines, and latencies of the others beside those while the slow clients are at another server: what they
// take of the machine itself is no server's doing.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>

#include "running_server.h"
#include "support/exposition.h"
#include "support/long_run.h"
#include "support/sanitized.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::ChildProcess;

constexpr const char* kAdmin = "admin: {listen: \"127.0.0.1:0\"}\n";
constexpr double kNoiseMs = 2;
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
// A reader takes five bytes a second of the tracker, for which it asks ten times at once.
const Attack kAttacks[] = {
    {"headers", {"-H"}, "/v1/events"},
    {"bodies", {"-B", "-s", "8192"}, "/v1/events"},
    {"readers", {"-X", "-k", "10", "-w", "256", "-y", "512", "-n", "1", "-z", "5"}, "/weir.js"},
};

/// slowhttptest with so many connections at once. It ends by itself when it sees that none is left.
std::unique_ptr<ChildProcess> start(const Attack& attack, std::uint16_t port) {
  const std::string count = std::to_string(slow_connections());
  std::vector<std::string> command{"slowhttptest"};
  command.insert(command.end(), attack.words.begin(), attack.words.end());
  for (const std::string& word :
       {std::string("-c"), count, std::string("-r"), count, std::string("-i"), std::string("1"), std::string("-l"),
        std::string("60"), std::string("-u"), fmt::format("http://127.0.0.1:{}{}", port, attack.path)}) {
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
std::unique_ptr<ChildProcess> attack(const Attack& attack, RunningServer& server) {
  auto clients = start(attack, server.http_port());
  EXPECT_TRUE(server.process().wait_until(
      [&] { return server.metric("weir_connections_accepted_total") >= slow_connections(); }));
  return clients;
}

class SlowClients : public testing::TestWithParam<Attack> {};

TEST_P(SlowClients, are_closed_by_the_deadlines_while_others_are_answered) {
  const std::string config = config_of(", client_connections: off");
  RunningServer server(config);
  const bool measures = support::repetitions(0, 1) == 1;
  const auto p99_of_others = [&]() -> double {
    return finished_well(*start_good_load(server.http_port(), measures ? "8s" : "2s"))["latency_ms"]["p99"];
  };
  double idle_p99 = 0;
  double p99_elsewhere = 0;
  if (measures) {
    idle_p99 = p99_of_others();
    RunningServer other(config);
    const auto clients = attack(GetParam(), other);
    p99_elsewhere = p99_of_others();
  }
  const auto clients = attack(GetParam(), server);
  const double p99 = p99_of_others();
  EXPECT_TRUE(server.process().wait_until([&] { return server.metric("weir_connections_open") == 0; }));
  EXPECT_EQ(server.metric("weir_connections_refused_total{reason=\"limit\"}"), 0);
  if (std::string_view(GetParam().name) != "readers") {  // who read for hours still what the kernel has
    EXPECT_EQ(clients->wait_for_exit(), 0) << clients->log();
    EXPECT_NE(clients->output().find("No open connections left"), std::string::npos) << clients->output();
    EXPECT_GE(server.metric("weir_http_requests_total{code=\"4xx\"}"), slow_connections()) << "each has its 408";
  }
  if (measures) {
    std::cout << fmt::format(
        "{} slow {}: p99 of the others {:.2f} ms, {:.2f} ms while they are elsewhere, {:.2f} ms "
        "without any\n",
        slow_connections(), GetParam().name, p99, p99_elsewhere, idle_p99);
    if (!support::kSanitized) {
      EXPECT_LT(p99, 2 * p99_elsewhere + kNoiseMs);
    }
  }
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
