// Under load nothing is lost and nothing is counted twice: not at any scrape, and not when the server is stopped.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

#include "running_server.h"
#include "support/exposition.h"
#include "support/sanitized.h"
#include "support/seed.h"

namespace weir::e2e {
namespace {

using support::HttpReply;

/// Windows cost time to render; these tests are about events.
std::string loaded_config() {
  return listeners_config() +
         "pipeline: {publish_interval: 10ms, shards: 2}\n"
         "windows: [1h]\n"
         "rollups:\n"
         "  landing: {dimensions: [landing_page], limit: 20}\n"
         "  landing_channel: {dimensions: [landing_page, channel], limit: 30}\n";
}

/// What a client knows about its lines.
struct Deliveries {
  std::int64_t acknowledged = 0;  // lines in bodies that were answered by 202 or 400
  std::int64_t accepted = 0;      // as those answers say
  std::int64_t rejected = 0;
  std::int64_t unanswered = 0;  // lines in the body that was under way when the connection ended
};

/// Posts generated lines on one connection until told to stop, out of lines, or cut off.
class Client {
 public:
  Client(std::uint16_t port, const GeneratorOptions& options, std::size_t batch_lines)
      : thread_([this, port, options, batch_lines] { run(port, options, batch_lines); }) {}
  ~Client() {
    if (thread_.joinable()) finish();
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Deliveries finish() {
    stop_ = true;
    thread_.join();
    return deliveries_;
  }
  /// Ends by itself when the server closes the connection.
  Deliveries wait() {
    thread_.join();
    return deliveries_;
  }
  std::int64_t answers() const { return answers_; }

 private:
  void run(std::uint16_t port, const GeneratorOptions& options, std::size_t batch_lines) {
    support::SocketClient connection(port);
    Generator generator(options);
    std::string line;
    bool more = connection.connected();
    while (more && !stop_) {
      std::string body;
      std::int64_t lines = 0;
      while (lines < static_cast<std::int64_t>(batch_lines) && (more = generator.next(line))) {
        (body += line) += '\n';
        ++lines;
      }
      if (lines > 0 && !deliver(connection, body, lines)) return;
    }
  }

  /// False when the connection ended.
  bool deliver(support::SocketClient& connection, const std::string& body, std::int64_t lines) {
    const std::string request = support::request_text("POST", "/v1/events", {}, body);
    while (true) {
      const HttpReply reply = connection.send(request) ? connection.read_reply() : HttpReply{};
      if (reply.status == 0) {
        deliveries_.unanswered = lines;
        return false;
      }
      if (reply.status == 503 && reply.header("connection") == "close") return false;
      if (reply.status == 503) continue;  // refused as a whole: send it again
      EXPECT_TRUE(reply.status == 202 || reply.status == 400) << reply.status << reply.body;
      const nlohmann::json counts = nlohmann::json::parse(reply.body);
      deliveries_.acknowledged += lines - counts.value("shed", std::int64_t{0});
      deliveries_.accepted += counts["accepted"].get<std::int64_t>();
      deliveries_.rejected += counts["rejected"].get<std::int64_t>();
      ++answers_;
      return reply.header("connection") != "close";
    }
  }

  std::atomic<bool> stop_{false};
  std::atomic<std::int64_t> answers_{0};
  Deliveries deliveries_;  // the thread's until it is joined
  std::thread thread_;     // last: it uses the rest
};

GeneratorOptions endless_visits(std::uint64_t seed) {
  GeneratorOptions options;
  options.seed = seed;
  options.sessions = 1'000'000'000;
  options.start_ms = 1'704'067'200'000;  // 2024-01-01, safely in the past
  options.sessions_per_second = 200;
  options.disorder_ms = 3000;
  options.keep_truth = false;
  return options;
}

GeneratorOptions noisy_visits(std::uint64_t seed) {
  GeneratorOptions options = endless_visits(seed);
  options.duplicate_ratio = 0.05;
  options.malformed_ratio = 0.05;
  options.late_ratio = 0.05;
  return options;
}

/// Every series of a counter or histogram that both scrapes hold has grown or stayed.
void expect_no_counter_fell(const support::Exposition& before, const support::Exposition& after) {
  for (const auto& [series, value] : after.values) {
    const std::string name = series.substr(0, series.find('{'));
    const auto type = after.types.find(name);
    if (type != after.types.end() && type->second != "counter") continue;  // a histogram's parts have no type
    const auto earlier = before.values.find(series);
    if (earlier == before.values.end()) continue;
    EXPECT_GE(value, earlier->second) << series;
  }
}

TEST(Load, conservation_holds_at_every_scrape) {
  constexpr std::size_t kScrapes = support::kSanitized ? 50 : 200;
  const std::uint64_t seed = support::test_seed();
  RunningServer server(loaded_config());
  Client first(server.http_port(), noisy_visits(seed), 200);
  Client second(server.http_port(), noisy_visits(seed + 1), 150);
  support::Exposition before;
  std::set<std::int64_t> seen;
  // A scrape shows what was published last, so scrapes that differ are what counts.
  const auto enough = [&] { return seen.size() >= kScrapes || testing::Test::HasFailure(); };
  const bool scraped = server.process().wait_until([&] {
    support::Exposition scrape = support::read_exposition(server.scrape());
    EXPECT_EQ(scrape.errors, std::vector<std::string>{});
    EXPECT_TRUE(events_add_up(scrape.values));
    expect_no_counter_fell(before, scrape);
    seen.insert(sum_of(scrape.values, "weir_events_received_total"));
    before = std::move(scrape);
    return enough();
  });
  EXPECT_TRUE(scraped) << seen.size() << " different scrapes";
  const Deliveries a = first.finish();
  const Deliveries b = second.finish();
  for (const char* name : {"weir_events_late_total", "weir_events_duplicate_total", "weir_events_rejected_total",
                           "weir_events_counted_total"}) {
    EXPECT_GT(sum_of(before.values, name), 0) << name << " was not put to the test";
  }

  EXPECT_EQ(server.stop(), 0);
  const StoppedCounts counts = server.stopped_counts();
  EXPECT_EQ(a.unanswered + b.unanswered, 0);
  EXPECT_EQ(counts.received - counts.shed, a.acknowledged + b.acknowledged) << counts.shed << " shed";
  EXPECT_EQ(counts.rejected, a.rejected + b.rejected);
  EXPECT_EQ(counts.counted + counts.late + counts.duplicate, a.accepted + b.accepted);
}

TEST(Load, sigterm_drains_and_exits_0) {
  const std::uint64_t seed = support::test_seed();
  RunningServer server(loaded_config());
  // Bodies of different sizes tell which of the unanswered ones were taken in.
  Client first(server.http_port(), endless_visits(seed), 301);
  Client second(server.http_port(), endless_visits(seed + 1), 187);
  ASSERT_TRUE(server.process().wait_until([&] { return first.answers() >= 20 && second.answers() >= 20; }));
  EXPECT_EQ(server.stop(), 0) << server.process().log();
  const Deliveries a = first.wait();
  const Deliveries b = second.wait();
  const StoppedCounts counts = server.stopped_counts();
  const std::set<std::int64_t> possible{0, a.unanswered, b.unanswered, a.unanswered + b.unanswered};
  const std::int64_t beyond_acknowledged = counts.received - counts.shed - a.acknowledged - b.acknowledged;
  EXPECT_TRUE(possible.contains(beyond_acknowledged))
      << counts.received << " received, " << a.acknowledged << " + " << b.acknowledged << " acknowledged, "
      << a.unanswered << " and " << b.unanswered << " in bodies without answer";
  EXPECT_EQ(counts.rejected, 0);
  EXPECT_EQ(counts.received, counts.counted + counts.late + counts.duplicate);
}

TEST(Load, a_second_signal_stops_at_once) {
  RunningServer server(loaded_config());
  support::SocketClient slow(server.http_port());
  ASSERT_TRUE(slow.connected());
  ASSERT_TRUE(slow.send("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"));
  const std::string open = "weir_connections_open";
  ASSERT_TRUE(server.process().wait_until([&] { return support::read_exposition(server.scrape()).values[open] >= 1; }));
  server.process().signal(SIGTERM);
  ASSERT_NE(server.process().wait_for_log_line("draining"), "");
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait_for_exit(), 1);
}

}  // namespace
}  // namespace weir::e2e
