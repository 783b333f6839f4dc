// SIGTERM: what was acknowledged is counted, nothing waits longer than it may, and a second signal waits for
// nobody.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "running_server.h"
#include "support/long_run.h"
#include "weir/net/descriptor.h"

namespace weir::e2e {
namespace {

using support::HttpReply;
using support::SocketClient;

constexpr const char* kDrainConfig = "sources: {http: {listen: \"127.0.0.1:0\"}}\nadmin: {listen: \"127.0.0.1:0\"}\n";
constexpr const char* kEvent = R"({"type":"page_view","url":"/","visitor":"v"})";

/// Clients that post batches until the server has gone.
class Posters {
 public:
  static constexpr int kBatch = 20;

  Posters(std::uint16_t port, int count) {
    for (int i = 0; i < kBatch; ++i) body_ += std::string(kEvent) + "\n";
    for (int i = 0; i < count; ++i) threads_.emplace_back([this, port] { post_until_refused(port); });
  }
  ~Posters() { join(); }
  Posters(const Posters&) = delete;
  Posters& operator=(const Posters&) = delete;

  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  std::int64_t acknowledged() const { return acknowledged_; }
  /// Events of requests that were sent and got no answer.
  std::int64_t in_doubt() const { return in_doubt_; }

 private:
  void post_until_refused(std::uint16_t port) {
    const std::string request = support::request_text("POST", "/v1/events", {}, body_);
    while (true) {
      SocketClient client(port);
      if (!client.connected()) return;
      bool open = true;
      while (open) {
        if (!client.send(request)) return;
        const HttpReply reply = client.read_reply();
        if (reply.status == 202) acknowledged_ += kBatch;
        if (reply.status == 0) in_doubt_ += kBatch;
        if (reply.status == 0) return;
        open = reply.header("connection") != "close";
      }
    }
  }

  std::string body_;
  std::vector<std::thread> threads_;
  std::atomic<std::int64_t> acknowledged_ = 0;
  std::atomic<std::int64_t> in_doubt_ = 0;
};

TEST(Drain, under_load_loses_nothing_that_was_acknowledged) {
  const int runs = support::repetitions(3, 100);
  for (int run = 0; run < runs; ++run) {
    RunningServer server(kDrainConfig);
    Posters posters(server.http_port(), 3);
    ASSERT_TRUE(server.process().wait_until([&] { return posters.acknowledged() > 1000 + run * 37; }));
    EXPECT_EQ(server.stop(), 0) << server.process().log();
    posters.join();
    const std::int64_t received = server.stopped_counts().received;
    EXPECT_GE(received, posters.acknowledged());
    EXPECT_LE(received, posters.acknowledged() + posters.in_doubt());
    EXPECT_EQ(server.stopped_counts().counted, received);
  }
}

/// A client whose request never gets whole.
std::unique_ptr<SocketClient> half_a_request(std::uint16_t port) {
  auto client = std::make_unique<SocketClient>(port);
  EXPECT_TRUE(client->send("POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"));
  return client;
}

bool wait_for_connection(RunningServer& server) {
  return server.process().wait_until(
      [&] { return server.scrape().find("weir_connections_open 1") != std::string::npos; });
}

TEST(Drain, cuts_what_does_not_finish_in_time_and_says_so) {
  RunningServer server(std::string(kDrainConfig) + "shutdown: {timeout: 200ms}\n");
  ASSERT_EQ(server.post(kEvent).status, 202);
  const auto client = half_a_request(server.http_port());
  ASSERT_TRUE(wait_for_connection(server));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_NE(server.process().log().find("1 connections did not finish within shutdown.timeout (200ms)"),
            std::string::npos)
      << server.process().log();
  EXPECT_EQ(server.stopped_counts().counted, 1);
}

TEST(Drain, a_second_signal_cuts_connections_and_leaves_a_snapshot) {
  const support::TemporaryFolder folder;
  const std::string config =
      kDrainConfig + fmt::format("state: {{directory: {}}}\nsessions: {{lateness: 100ms}}\n", folder.path("state"));
  {
    RunningServer server(config + "shutdown: {timeout: 10m}\n");
    ASSERT_EQ(server.post(kEvent).status, 202);
    const auto client = half_a_request(server.http_port());
    ASSERT_TRUE(wait_for_connection(server));
    server.process().signal(SIGTERM);
    ASSERT_NE(server.process().wait_for_log_line("SIGTERM: draining"), "");
    ASSERT_TRUE(server.process().wait_until([&] { return server.get("/-/ready").status == 503; }))
        << "the admin listener stays until the sources are done";
    server.process().signal(SIGTERM);
    EXPECT_EQ(server.process().wait_for_exit(), 1);
    EXPECT_NE(server.process().log().find("SIGTERM: 1 connections are cut"), std::string::npos)
        << server.process().log();
    EXPECT_EQ(server.stopped_counts().counted, 1);
  }
  RunningServer server(config);
  EXPECT_NE(server.process().log().find("0 events in 0 records of the journal behind the snapshot"), std::string::npos)
      << server.process().log();
  EXPECT_TRUE(server.process().wait_until([&] { return server.metric("weir_active_sessions") == 1; }));
  EXPECT_EQ(server.stop(), 0);
}

TEST(Drain, a_third_signal_ends_it_whatever_it_waits_for) {
  const support::TemporaryFolder folder;
  const std::string letters = folder.path("letters");
  ASSERT_EQ(::mkfifo(letters.c_str(), 0600), 0);
  const Descriptor reader(::open(letters.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // which never reads
  ASSERT_TRUE(reader.open());
  RunningServer server(
      "sources: {http: {listen: \"127.0.0.1:0\"}, tcp: {listen: \"127.0.0.1:0\"}}\n"
      "admin: {listen: \"127.0.0.1:0\"}\nshutdown: {timeout: 10m}\n" +
      fmt::format("dead_letter: {{path: {}}}\n", letters));
  SocketClient client(server.tcp_port());
  // Each byte becomes six of a letter that is larger than what a pipe holds: whoever writes it waits for the reader.
  ASSERT_TRUE(client.send(std::string(15'000, '\x01') + "\n"));
  pollfd letter{reader.get(), POLLIN, 0};
  ASSERT_TRUE(server.process().wait_until([&] { return ::poll(&letter, 1, 0) > 0; }));
  server.process().signal(SIGTERM);
  ASSERT_NE(server.process().wait_for_log_line("SIGTERM: draining"), "");
  server.process().signal(SIGTERM);
  ASSERT_NE(server.process().wait_for_log_line("are cut; once more to end at once"), "");
  EXPECT_EQ(server.get("/-/healthy").status, 200) << "it waits, but it is there";
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait_for_exit(), 1);
  EXPECT_EQ(server.stopped_counts().received, -1) << "nothing was counted any more";
}

TEST(Drain, with_a_delay_still_takes_events_while_it_is_not_ready) {
  RunningServer server(std::string(kDrainConfig) + "shutdown: {delay: 10m}\n");
  ASSERT_EQ(server.get("/-/ready").status, 200);
  server.process().signal(SIGTERM);
  ASSERT_TRUE(server.process().wait_until([&] { return server.get("/-/ready").status == 503; }));
  EXPECT_EQ(server.get("/-/healthy").status, 200);
  EXPECT_EQ(server.post(kEvent).status, 202);
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait_for_exit(), 1);
}

}  // namespace
}  // namespace weir::e2e
