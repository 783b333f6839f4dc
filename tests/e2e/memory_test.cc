// limits.memory with real memory: a server near its limit refuses before it grows, says so, and goes on by itself.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <deque>
#include <string>

#include "running_server.h"
#include "support/exposition.h"
#include "support/sanitized.h"

namespace weir::e2e {
namespace {

using support::HttpReply;

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::map<std::string, double> scraped(const RunningServer& server) {
  return support::parse_exposition(server.scrape());
}

std::size_t resident(const std::map<std::string, double>& scrape) {
  return static_cast<std::size_t>(scrape.at("process_resident_memory_bytes"));
}

/// `more` goes into the configuration. Ticks often, so that the test is short.
std::string limited_config(const std::string& memory, const std::string& more) {
  return listeners_config() +
         fmt::format("pipeline: {{shards: 1, publish_interval: 20ms}}\nlimits: {{memory: {}}}\n", memory) + more;
}

/// What a server holds before its first event.
std::size_t memory_at_rest() {
  RunningServer server(limited_config("off", ""));
  const std::map<std::string, double> scrape = scraped(server);
  EXPECT_EQ(scrape.at("weir_memory_limit_bytes"), 0);
  return resident(scrape);
}

std::string views(std::size_t first_visitor, std::size_t count) {
  std::string lines;
  for (std::size_t i = first_visitor; i < first_visitor + count; ++i) {
    lines += fmt::format("{{\"type\":\"page_view\",\"url\":\"/\",\"visitor\":\"v{}\"}}\n", i);
  }
  return lines;
}

bool is_ready(const RunningServer& server) { return server.get("/-/ready").status == 200; }

TEST(Memory, full_events_are_refused_until_there_is_room_again) {
  if (support::kSanitized) GTEST_SKIP() << "sanitizers keep what is freed";
  constexpr std::size_t kBodyBytes = kMiB;
  constexpr std::size_t kRoomBodies = 48;
  const std::size_t limit = memory_at_rest() + kRoomBodies * kBodyBytes;
  RunningServer server(
      on_free_ports(fmt::format("sources: {{http: {{request_timeout: 2m}}}}\npipeline: {{publish_interval: 20ms}}\n"
                                "limits: {{memory: {}}}\n",
                                limit)));
  ASSERT_EQ(server.post(views(0, 1)).status, 202);

  // Bodies that do not come to their end hold their memory.
  std::deque<support::SocketClient> holders;
  const std::string head = fmt::format("POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", kBodyBytes);
  for (std::size_t i = 0; i < kRoomBodies + 4; ++i) {
    holders.emplace_back(server.http_port());
    ASSERT_TRUE(holders.back().send(head + std::string(kBodyBytes - 1, ' ')));
  }
  ASSERT_TRUE(server.process().wait_until([&] { return scraped(server).at("weir_memory_grade") == 3; }));
  const HttpReply refused = server.post(views(1, 3));
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.header("retry-after"), "");
  ASSERT_TRUE(server.process().wait_until([&] { return !is_ready(server) && scraped(server).at("weir_ready") == 0; }));
  std::map<std::string, double> scrape = scraped(server);
  EXPECT_EQ(scrape.at("weir_memory_limit_bytes"), static_cast<double>(limit));
  EXPECT_TRUE(events_add_up(scrape));

  holders.clear();
  ASSERT_TRUE(server.process().wait_until([&] { return is_ready(server) && server.post(views(1, 3)).status == 202; }));
  ASSERT_TRUE(server.process().wait_until([&] { return scraped(server).at("weir_memory_grade") == 0; }));
  scrape = scraped(server);
  EXPECT_TRUE(events_add_up(scrape));
  EXPECT_GE(scrape.at("weir_events_shed_total{reason=\"memory\"}"), 3);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().counted, 4);
  const std::string& log = server.process().log();
  for (const char* words : {"memory is full: events are refused", "events are refused because they cannot be kept: ",
                            "events can be kept again", "memory is ample again"}) {
    EXPECT_NE(log.find(words), std::string::npos) << words << "\n" << log;
  }
}

TEST(Memory, a_flood_of_visitors_stays_within_the_limit_and_loses_nothing_acknowledged) {
  if (support::kSanitized) GTEST_SKIP() << "sanitizers keep what is freed";
  constexpr std::size_t kVisitors = 600'000;  // without a limit they hold some 90 MiB
  constexpr std::size_t kBodyVisitors = 5000;
  const std::size_t limit = memory_at_rest() + 48 * kMiB;
  RunningServer server(limited_config(std::to_string(limit), "sessions: {lateness: 0s}\n"));
  std::size_t most = 0;
  for (std::size_t sent = 0; sent < kVisitors; sent += kBodyVisitors) {
    const std::string body = views(sent, kBodyVisitors);
    ASSERT_TRUE(server.process().wait_until([&] { return server.post(body).status == 202; }));
    const std::map<std::string, double> scrape = scraped(server);
    most = std::max(most, resident(scrape));
    ASSERT_TRUE(events_add_up(scrape));
  }
  EXPECT_LE(most, limit * 11 / 10) << "a little comes in between two readings";
  EXPECT_GT(most, limit * 8 / 10);
  const std::map<std::string, double> scrape = scraped(server);
  EXPECT_GT(scrape.at("weir_sessions_closed_early_total{reason=\"memory\"}"), 0);
  EXPECT_EQ(scrape.at("weir_sessions_closed_early_total{reason=\"limit\"}"), 0);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().counted, static_cast<std::int64_t>(kVisitors));
}

}  // namespace
}  // namespace weir::e2e
