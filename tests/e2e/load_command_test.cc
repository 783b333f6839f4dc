// weir load against a real server, which must have counted all it sent, and against servers made to be slow, to refuse
// and to lie, which it must notice.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <future>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "running_server.h"
#include "support/io_thread.h"
#include "support/sanitized.h"
#include "weir/net/http_server.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::ProcessResult;

ProcessResult load(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {kProgram, "load"});
  return support::run_process(arguments);
}

/// What an ended load says with --json; fails the test when it does not end with `exit_code`.
json result_of(std::vector<std::string> arguments, int exit_code) {
  arguments.emplace_back("--json");
  const ProcessResult result = load(std::move(arguments));
  EXPECT_EQ(result.exit_code, exit_code) << result.output << result.log;
  return json::parse(result.output, nullptr, false);
}

void expect_sums(const json& result) {
  for (const char* unit : {"requests", "events"}) {
    const auto count = [&](const char* name) { return result[name][unit].get<std::int64_t>(); };
    EXPECT_EQ(count("sent"), count("accepted") + count("rejected") + count("refused") + count("failed")) << result;
  }
}

/// A listener in this process with a handler of the test's.
class SmallServer {
 public:
  explicit SmallServer(HttpHandler handler) {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    auto server =
        thread_.run([&] { return HttpServer::listen(thread_.io(), options, std::move(handler), nullptr, true); });
    if (server) {
      server_ = std::move(*server);
    } else {
      ADD_FAILURE() << server.error().message;
    }
  }
  ~SmallServer() {
    thread_.run([this] { server_.reset(); });
  }
  SmallServer(const SmallServer&) = delete;
  SmallServer& operator=(const SmallServer&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}", server_->port()); }

 private:
  support::IoThread thread_;
  std::unique_ptr<HttpServer> server_;
};

HttpResponse answer(unsigned status, std::string body = {}) {
  return {.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}};
}

TEST(LoadCommand, a_server_counts_what_was_sent_by_every_way) {
  // Room for pauses of a busy machine: a connection that stands still for longer makes its events late.
  const std::string lateness = support::kSanitized ? "30s" : "10s";
  RunningServer server(listeners_config() + "pipeline: {publish_interval: 100ms, shards: 2}\n" +
                       "sessions: {lateness: " + lateness + "}\n" + truth_config());
  const std::string http = fmt::format("http://127.0.0.1:{}/v1/events", server.http_port());
  const std::string tcp = fmt::format("tcp://127.0.0.1:{}", server.tcp_port());
  const std::string admin = fmt::format("http://127.0.0.1:{}", server.admin_port());
  const std::vector<std::vector<std::string>> ways{
      {"--target", http, "--connections", "2"},
      {"--target", http, "--connections", "2", "--pipeline", "8", "--threads", "2"},
      {"--target", http, "--connections", "2", "--batch", "50"},
      {"--target", tcp, "--connections", "2", "--batch", "10"},
  };
  for (std::vector<std::string> way : ways) {
    way.insert(way.end(), {"--rate", "400", "--for", "1s", "--verify", admin});
    const json result = result_of(way, 0);
    ASSERT_TRUE(result.is_object()) << testing::PrintToString(way);
    expect_sums(result);
    EXPECT_EQ(result["accepted"], result["sent"]);
    EXPECT_TRUE(result["verification"]["verified"]) << result["verification"];
    EXPECT_EQ(result["verification"]["notes"], json::array()) << "all cells were to be compared";
    EXPECT_GT(result["verification"]["compared"], 200);
    EXPECT_EQ(result["latency_ms"]["count"], result["sent"]["requests"]);
  }
}

TEST(LoadCommand, latency_counts_from_the_schedule_while_a_server_stands_still) {
  constexpr std::int64_t kHeldMs = 600;
  std::promise<void> first_came;
  std::promise<void> release;
  std::future<void> released = release.get_future();
  std::atomic<bool> held{false};
  SmallServer server([&](const HttpRequest&) {
    if (!held.exchange(true)) {
      first_came.set_value();
      released.wait();
    }
    return answer(204);
  });
  support::ChildProcess process({kProgram, "load", "--json", "--target", server.url(), "--connections", "1", "--rate",
                                 "200", "--for", "1s", "--timeout", "100s"});
  first_came.get_future().wait();
  const SystemClock clock;
  const TimeMs came_ms = clock.steady_ms();
  EXPECT_TRUE(process.wait_until([&] { return clock.steady_ms() >= came_ms + kHeldMs; }));
  release.set_value();
  EXPECT_EQ(process.wait_for_exit(), 0) << process.log();
  const json result = json::parse(process.output());
  expect_sums(result);
  EXPECT_EQ(result["sent"]["requests"].get<int>() + result["not_sent"]["requests"].get<int>(), 200);
  // The first request was held; the 60 that were due in the first 300 ms of it have waited for 300 ms or longer, though
  // a look from sending to the answer sees one slow request only.
  EXPECT_GE(result["latency_ms"]["p90"], (kHeldMs / 2) * 0.99);
  EXPECT_GE(result["latency_ms"]["max"], kHeldMs);
  EXPECT_GE(result["service_ms"]["max"], kHeldMs);
}

TEST(LoadCommand, refusals_rejections_and_failures_are_counted_apart) {
  std::atomic<int> count{0};
  SmallServer server([&](const HttpRequest&) {
    switch (count++ % 5) {
      case 0: {
        HttpResponse refusal = answer(503);
        refusal.headers.emplace_back("Retry-After", "3");
        return refusal;
      }
      case 1:
        return answer(429);
      case 2:
        return answer(400, R"({"accepted":0,"rejected":2,"errors":[]})");
      case 3:
        return answer(500);
      default:
        return answer(202, R"({"accepted":1,"rejected":1,"errors":[]})");
    }
  });
  const json result = result_of({"--target", server.url(), "--batch", "2", "--rate", "1000", "--for", "1s"}, 0);
  expect_sums(result);
  // However many a busy machine sent in time, the server answered them in turn.
  const int sent = count;
  const auto times = [sent](int turn) { return (sent - turn + 4) / 5; };
  const auto tally = [](int requests, int events) { return json{{"requests", requests}, {"events", events}}; };
  ASSERT_GE(sent, 5);
  const int refused = times(0) + times(1);
  EXPECT_EQ(result["sent"], tally(sent, 2 * sent));
  EXPECT_EQ(result["refused"], tally(refused, 2 * refused));
  EXPECT_EQ(result["failed"], tally(times(3), 2 * times(3)));
  EXPECT_EQ(result["accepted"], tally(times(4), times(4)));
  EXPECT_EQ(result["rejected"], tally(times(2), 2 * times(2) + times(4)));
  EXPECT_EQ(result["statuses"],
            (json{{"503", times(0)}, {"429", times(1)}, {"400", times(2)}, {"500", times(3)}, {"202", times(4)}}));
  EXPECT_EQ(result["retry_after_seconds"], 3);
  EXPECT_EQ(result["service_ms"]["count"], sent - refused) << "a quick refusal must not make the rest look fast";
}

TEST(LoadCommand, lost_connections_are_opened_again_and_their_requests_are_failed) {
  std::atomic<int> count{0};
  SmallServer server([&](const HttpRequest&) {
    HttpResponse response = answer(204);
    if (count++ % 50 == 49) response.headers.emplace_back("Connection", "close");
    return response;
  });
  const json result = result_of({"--target", server.url(), "--connections", "2", "--rate", "500", "--for", "1s"}, 0);
  expect_sums(result);
  EXPECT_GT(result["reconnects"], 0);
  EXPECT_GT(result["accepted"]["events"], 50);
}

TEST(LoadCommand, an_interrupted_load_shows_what_there_is) {
  std::atomic<int> count{0};
  SmallServer server([&](const HttpRequest&) {
    ++count;
    return answer(204);
  });
  support::ChildProcess process({kProgram, "load", "--json", "--target", server.url(), "--rate", "500", "--for", "1h"});
  ASSERT_TRUE(process.wait_until([&] { return count >= 20; }));
  process.signal(SIGINT);
  EXPECT_EQ(process.wait_for_exit(), 0) << process.log();
  const json result = json::parse(process.output());
  expect_sums(result);
  EXPECT_TRUE(result["interrupted"]);
  EXPECT_EQ(result["accepted"]["requests"], count.load());
}

TEST(LoadCommand, who_interrupts_twice_waits_for_no_answer) {
  std::promise<void> first_came;
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<bool> came{false};
  SmallServer server([&](const HttpRequest&) {
    if (!came.exchange(true)) first_came.set_value();
    released.wait();
    return answer(204);
  });
  support::ChildProcess process({kProgram, "load", "--target", server.url(), "--for", "1h", "--timeout", "10m"});
  first_came.get_future().wait();
  // One of two signals may be lost when they come together: it asks until it is heard.
  EXPECT_FALSE(process.wait_until([&] {
    process.signal(SIGINT);
    return false;
  }));
  EXPECT_EQ(process.wait_for_exit(), 128 + SIGINT) << process.log();
  release.set_value();
}

TEST(LoadCommand, a_ramp_ends_where_a_server_refuses) {
  SmallServer server([](const HttpRequest&) { return answer(503); });
  const json result =
      result_of({"--target", server.url(), "--ramp", "--rate", "4", "--for", "100ms", "--p99", "1h"}, 1);
  EXPECT_TRUE(result["knee"].is_null());
  EXPECT_EQ(result["too_much"], 1);
  ASSERT_EQ(result["steps"].size(), 6U) << "4, 2 and 1 events per second, twice each";
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(result["steps"][i]["repeated"], i % 2 == 1);
  EXPECT_NE(result["steps"][0]["strain"].get<std::string>().find("refused"), std::string::npos);
}

TEST(LoadCommand, a_ramp_shows_its_steps_when_the_server_goes_away) {
  std::atomic<int> count{0};
  auto server = std::make_unique<SmallServer>([&](const HttpRequest&) {
    ++count;
    return answer(204);
  });
  support::ChildProcess process({kProgram, "load", "--json", "--target", server->url(), "--ramp", "--rate", "100",
                                 "--for", "100ms", "--p99", "1h"});
  ASSERT_TRUE(process.wait_until([&] { return count > 10; })) << "the second step";
  server.reset();
  EXPECT_EQ(process.wait_for_exit(), 1) << process.output();
  EXPECT_NE(process.log().find("cannot connect"), std::string::npos) << process.log();
  const json result = json::parse(process.output(), nullptr, false);
  ASSERT_TRUE(result.is_object()) << process.output();
  ASSERT_GE(result["steps"].size(), 1U);
  expect_sums(result["steps"][0]);
}

TEST(LoadCommand, a_result_is_shown_when_the_second_report_cannot_be_read) {
  std::atomic<bool> loaded{false};
  SmallServer server([&](const HttpRequest& request) {
    if (request.method == "POST") {
      loaded = true;
      return answer(204);
    }
    if (loaded) return answer(500);
    return answer(200, R"({"events":{"received":0,"counted":0,"queued":0},"rollups":{}})");
  });
  const ProcessResult result =
      load({"--json", "--target", server.url(), "--rate", "100", "--for", "1s", "--verify", server.url()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.log.find("no report, but an answer of status 500"), std::string::npos) << result.log;
  const json told = json::parse(result.output, nullptr, false);
  ASSERT_TRUE(told.is_object()) << result.output;
  EXPECT_GT(told["accepted"]["events"], 0);
  EXPECT_FALSE(told.contains("verification"));
}

TEST(LoadCommand, a_server_that_loses_an_event_is_found_out) {
  std::atomic<std::int64_t> received{0};
  SmallServer server([&](const HttpRequest& request) {
    if (request.method == "POST") {
      ++received;
      return answer(202, R"({"accepted":1,"rejected":0,"errors":[]})");
    }
    const std::int64_t counted = std::max<std::int64_t>(0, received - 1);
    return answer(200, fmt::format(R"({{"events":{{"received":{},"counted":{},"queued":0}},"rollups":{{}}}})",
                                   received.load(), counted));
  });
  const ProcessResult result =
      load({"--target", server.url(), "--rate", "100", "--for", "1s", "--verify", server.url()});
  EXPECT_EQ(result.exit_code, 1) << result.output;
  EXPECT_NE(result.output.find(fmt::format("events counted: {} sent, {} counted", received.load(), received - 1)),
            std::string::npos)
      << result.output;
}

/// A report that has received so many events.
std::string report_of(std::int64_t received, std::string_view last_event = "null") {
  return fmt::format(R"({{"events":{{"received":{0},"counted":{0},"queued":0}},"last_event":{1},"rollups":{{}}}})",
                     received, last_event);
}

TEST(LoadCommand, other_traffic_leaves_a_verification_undecided) {
  std::atomic<std::int64_t> received{0};
  std::atomic<bool> loaded{false};
  SmallServer server([&](const HttpRequest& request) {
    if (request.method == "POST") {
      loaded = true;
      ++received;
      return answer(204);
    }
    if (loaded) ++received;  // someone else's, between two looks
    return answer(200, report_of(received));
  });
  std::vector<std::string> arguments{"--target", server.url(), "--rate",   "100",
                                     "--for",    "1s",         "--verify", server.url()};
  const json result = result_of(arguments, 75);
  EXPECT_GT(result["accepted"]["events"], 0) << "the load itself is told";
  EXPECT_FALSE(result["verification"]["verified"]);
  EXPECT_NE(result["verification"]["undecided"].get<std::string>().find("other traffic"), std::string::npos) << result;

  const ProcessResult refused = load(std::move(arguments));
  EXPECT_EQ(refused.exit_code, 75) << "before the load, too";
  EXPECT_NE(refused.log.find("other traffic reaches the server"), std::string::npos) << refused.log;
  EXPECT_EQ(refused.output, "") << "nothing was sent";
}

TEST(LoadCommand, a_server_ahead_of_the_clock_is_not_waited_for) {
  SmallServer server([](const HttpRequest&) { return answer(200, report_of(1, "\"2199-01-01T00:00:00Z\"")); });
  const ProcessResult result = load({"--target", server.url(), "--for", "1s", "--verify", server.url()});
  EXPECT_EQ(result.exit_code, 75);
  EXPECT_NE(result.log.find("ahead of this machine's clock"), std::string::npos) << result.log;
}

TEST(LoadCommand, an_interrupted_wait_for_the_report_shows_the_load) {
  std::atomic<bool> loaded{false};
  std::atomic<int> looks{0};
  SmallServer server([&](const HttpRequest& request) {
    if (request.method == "POST") {
      loaded = true;
      return answer(204);
    }
    looks += loaded;
    return answer(200, report_of(0));  // what was sent never arrives
  });
  support::ChildProcess process({kProgram, "load", "--json", "--target", server.url(), "--rate", "100", "--for",
                                 "100ms", "--verify", server.url()});
  ASSERT_TRUE(process.wait_until([&] { return looks > 1; })) << process.log();
  process.signal(SIGINT);
  EXPECT_EQ(process.wait_for_exit(), 75) << process.log();
  const json result = json::parse(process.output(), nullptr, false);
  ASSERT_TRUE(result.is_object()) << process.output() << process.log();
  EXPECT_GT(result["accepted"]["events"], 0);
}

TEST(LoadCommand, one_late_answer_moves_no_rate) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  std::atomic<int> count{0};
  SmallServer server([&](const HttpRequest&) {
    if (++count == 20) released.wait();
    return answer(204);
  });
  support::ChildProcess process({kProgram, "load", "--json", "--target", server.url(), "--connections", "1", "--rate",
                                 "20", "--for", "1s", "--timeout", "100s"});
  ASSERT_TRUE(process.wait_until([&] { return count == 20; }));
  const SystemClock clock;
  const TimeMs came_ms = clock.steady_ms();
  EXPECT_TRUE(process.wait_until([&] { return clock.steady_ms() >= came_ms + 1000; }));
  release.set_value();
  EXPECT_EQ(process.wait_for_exit(), 0) << process.log();
  const json result = json::parse(process.output());
  EXPECT_EQ(result["sent"]["events"], 20);
  EXPECT_EQ(result["answered_later_events"], 1);
  const double sending_seconds = result["sending_seconds"];
  EXPECT_NEAR(result["sent_rate"].get<double>() * sending_seconds, 20, 1e-6);
  EXPECT_NEAR(result["answered_rate"].get<double>() * sending_seconds, 19, 1e-6);
  EXPECT_NEAR(result["accepted_rate"].get<double>() * sending_seconds, 19, 1e-6);
  EXPECT_GE(result["answering_seconds"].get<double>() - sending_seconds, 0.5);
}

TEST(LoadCommand, errors_name_their_cure) {
  std::string gone;
  {
    gone = SmallServer([](const HttpRequest&) { return answer(204); }).url();
  }
  const ProcessResult refused = load({"--target", gone, "--for", "1s"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.log.find("is `weir serve` running there?"), std::string::npos) << refused.log;
  SmallServer server([](const HttpRequest&) { return answer(404, "{}"); });
  const ProcessResult no_admin = load({"--target", server.url(), "--for", "1s", "--verify", server.url()});
  EXPECT_EQ(no_admin.exit_code, 1);
  EXPECT_NE(no_admin.log.find("--verify names the admin listener"), std::string::npos) << no_admin.log;
  const ProcessResult nothing_taken = load({"--target", server.url(), "--for", "100ms"});
  EXPECT_EQ(nothing_taken.exit_code, 1);
  EXPECT_NE(nothing_taken.log.find("no event was accepted"), std::string::npos) << nothing_taken.log;
}

}  // namespace
}  // namespace weir::e2e
