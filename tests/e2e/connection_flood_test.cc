// Floods of connections that say nothing, and a lack of descriptors: the server does not spin, those it knows are
// served on, operators get in, and afterwards all is as before. 1,000 connections; with WEIR_LONG 10,000.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "running_server.h"
#include "support/long_run.h"
#include "support/sanitized.h"
#include "weir/core/clock.h"
#include "weir/net/descriptor_limit.h"

namespace weir::e2e {
namespace {

using support::SocketClient;
using support::TemporaryFolder;

constexpr const char* kFloodEvent = R"({"type":"page_view","url":"/","visitor":"v"})";
constexpr const char* kOpen = "weir_connections_open";
constexpr const char* kResident = "process_resident_memory_bytes";
constexpr double kSpinningShare = 0.2;  // of a core; who spins takes nearly all of it

/// The share of a core the server used from its making on.
class CpuShare {
 public:
  explicit CpuShare(RunningServer& server)
      : server_(server), began_ms_(clock_.steady_ms()), began_seconds_(server.process().cpu_seconds()) {}
  double share() const {
    const auto passed_ms = static_cast<double>(clock_.steady_ms() - began_ms_);
    return (server_.process().cpu_seconds() - began_seconds_) * 1000 / passed_ms;
  }
  /// Goes on measuring for so long.
  void measure_for(TimeMs span_ms) {
    const TimeMs until_ms = clock_.steady_ms() + span_ms;
    EXPECT_TRUE(server_.process().wait_until([&] { return clock_.steady_ms() >= until_ms; }));
  }

 private:
  SystemClock clock_;
  RunningServer& server_;
  TimeMs began_ms_;
  double began_seconds_;
};

void expect_no_spin(const CpuShare& cpu) {
  if (!support::kSanitized) {
    EXPECT_LT(cpu.share(), kSpinningShare);
  }
}

/// Opens so many connections, which say nothing; as many as the kernel takes.
void open_idle(std::deque<SocketClient>& clients, std::uint16_t port, int count) {
  for (int i = 0; i < count; ++i) clients.emplace_back(port);
}

TEST(ConnectionFlood, of_connections_that_say_nothing_costs_little_and_ends) {
  raise_descriptor_limit();
  const int count = support::repetitions(1000, 10'000);
  RunningServer server(
      fmt::format("sources: {{http: {{listen: \"127.0.0.1:0\", connections: 20000, idle_timeout: {}s}}}}\n"
                  "admin: {{listen: \"127.0.0.1:0\"}}\n",
                  support::repetitions(2, 10)));
  ASSERT_EQ(server.post(kFloodEvent).status, 202);
  const double before = server.metric(kResident);
  std::deque<SocketClient> clients;
  open_idle(clients, server.http_port(), count);
  ASSERT_TRUE(server.process().wait_until([&] { return server.metric(kOpen) == count; }));
  const double during = server.metric(kResident);
  const CpuShare cpu(server);
  EXPECT_EQ(server.post(kFloodEvent).status, 202);
  EXPECT_TRUE(clients.back().closed_by_peer()) << "after idle_timeout";
  expect_no_spin(cpu);
  ASSERT_TRUE(server.process().wait_until([&] { return server.metric(kOpen) == 0; }));
  EXPECT_EQ(server.post(kFloodEvent).status, 202);
  const double after = server.metric(kResident);
  std::cout << fmt::format("{} idle connections: {:.1f} % of a core, {:.1f} MiB more, {:.1f} MiB when they were gone\n",
                           count, 100 * cpu.share(), (during - before) / kMebibyte, (after - before) / kMebibyte);
  if (!support::kSanitized) {
    EXPECT_LT((after - before) / kMebibyte, 32);
  }
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().counted, 3);
}

TEST(ConnectionFlood, leaves_descriptors_for_the_journal_and_for_operators) {
  const TemporaryFolder folder;
  RunningServer server({"prlimit", "--nofile=256:256"},
                       fmt::format("sources: {{http: {{listen: \"127.0.0.1:0\", idle_timeout: 1h}}, "
                                   "tcp: {{listen: \"127.0.0.1:0\"}}}}\n"
                                   "admin: {{listen: \"127.0.0.1:0\"}}\n"
                                   "state: {{directory: \"{}\", snapshot_interval: 1s}}\n",
                                   folder.path("state")));
  SocketClient known(server.http_port());
  const auto post = [&] {
    return known.send(support::request_text("POST", "/v1/events", {}, kFloodEvent)) && known.read_reply().status == 202;
  };
  ASSERT_TRUE(post());
  std::deque<SocketClient> clients;
  open_idle(clients, server.http_port(), 300);
  open_idle(clients, server.tcp_port(), 10);
  ASSERT_TRUE(server.process().wait_until([&] {
    return server.metric("weir_connections_refused_total{reason=\"descriptors\"}") +
               server.metric("weir_connections_accepted_total") ==
           311;
  }));
  EXPECT_GE(server.metric("weir_connections_refused_total{reason=\"descriptors\"}"), 311 - (256 - kSpareDescriptors));
  const CpuShare cpu(server);
  const double snapshots = server.metric("weir_snapshots_total{result=\"success\"}");
  ASSERT_TRUE(server.process().wait_until([&] {
    return post() && server.metric("weir_snapshots_total{result=\"success\"}") >= snapshots + 2;
  })) << server.process().log();
  EXPECT_EQ(server.metric("weir_journal_writable"), 1);
  EXPECT_EQ(server.metric("weir_journal_errors_total"), 0);
  clients.clear();
  ASSERT_TRUE(server.process().wait_until([&] { return server.metric(kOpen) == 1; }));
  EXPECT_EQ(server.post(kFloodEvent).status, 202);
  EXPECT_EQ(server.stop(), 0);
}

TEST(ConnectionFlood, without_any_descriptor_left_it_waits_and_goes_on_afterwards) {
  RunningServer server({"prlimit", "--nofile=128:128"},
                       "sources: {http: {listen: \"127.0.0.1:0\", idle_timeout: 1h}}\n"
                       "admin: {listen: \"127.0.0.1:0\", idle_timeout: 1h}\n");
  SocketClient known(server.http_port());
  const std::string request = support::request_text("POST", "/v1/events", {}, kFloodEvent);
  const auto post = [&] { return known.send(request) && known.read_reply().status == 202; };
  ASSERT_TRUE(post());
  std::deque<SocketClient> clients;
  open_idle(clients, server.admin_port(), 300);  // these may have all that is left
  SocketClient late(server.http_port());
  ASSERT_TRUE(late.send(request));
  CpuShare cpu(server);
  cpu.measure_for(support::repetitions(1000, 10'000));
  EXPECT_TRUE(post());
  expect_no_spin(cpu);
  std::cout << fmt::format("without descriptors: {:.1f} % of a core\n", 100 * cpu.share());
  clients.clear();
  EXPECT_EQ(late.read_reply().status, 202) << "it waited in the kernel's queue";
  EXPECT_EQ(server.get("/-/healthy").status, 200);
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
