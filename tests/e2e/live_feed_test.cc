// The live feed and the files of the live page of a real server, read with plain sockets.
#include <gtest/gtest.h>

#include "running_server.h"
#include "support/exposition.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::HttpReply;
using support::SocketClient;

constexpr const char* kFeedEvent = R"({"type":"page_view","url":"/a","visitor":"v1","site":"s"})";

/// A reader of the feed, connected until it goes.
class Reader {
 public:
  explicit Reader(std::uint16_t port, const std::string& query = "") : client_(port) {
    EXPECT_TRUE(client_.send(support::request_text("GET", "/api/v1/live" + query, {}, "")));
    head_ = client_.read_until("\r\n\r\n");
  }

  const std::string& head() const { return head_; }
  /// The next event's data; discarded when there is none.
  json next() {
    constexpr std::string_view kStart = "data: ";
    std::string block = client_.read_until("\n\n");
    while (!block.empty() && !block.starts_with(kStart)) block = client_.read_until("\n\n");
    return json::parse(block.substr(std::min(block.size(), kStart.size())), nullptr, false);
  }
  SocketClient& client() { return client_; }

 private:
  SocketClient client_;
  std::string head_;
};

TEST(LiveFeedOfServer, tells_what_came_in_and_ends_with_the_server) {
  RunningServer server(listeners_config() + "sessions: {lateness: 0s}\n");
  Reader first(server.admin_port());
  EXPECT_TRUE(first.head().starts_with("HTTP/1.1 200 ")) << first.head();
  EXPECT_NE(first.head().find("Content-Type: text/event-stream\r\n"), std::string::npos) << first.head();
  EXPECT_EQ(first.next()["events"]["received"], 0);
  EXPECT_EQ(server.post(kFeedEvent).status, 202);
  json live;
  do {
    live = first.next();
    ASSERT_FALSE(live.is_discarded());
  } while (live["windows"].empty());
  EXPECT_EQ(live["events"]["received"], 1);
  const json report = server.report();
  EXPECT_EQ(live["windows"].size(), report["rollups"].size()) << "one row of each rollup, of the first window";
  Reader second(server.admin_port(), "?window=1h&rollup=landing&site=s");
  const json narrowed = second.next();
  ASSERT_EQ(narrowed["windows"].size(), 1U) << narrowed;
  EXPECT_EQ(narrowed["windows"][0]["landing_page"], "/a");
  const auto open = [&] { return support::parse_exposition(server.scrape())["weir_live_streams_open"]; };
  EXPECT_TRUE(server.process().wait_until([&] { return open() == 2; }));
  EXPECT_EQ(server.stop(), 0);
  EXPECT_TRUE(first.client().read_to_end().has_value());
  EXPECT_TRUE(second.client().read_to_end().has_value());
}

TEST(LiveFeedOfServer, refuses_what_it_does_not_have_and_more_than_it_may) {
  RunningServer server(
      "sources: {http: {listen: \"127.0.0.1:0\"}}\n"
      "admin: {listen: \"127.0.0.1:0\", live_streams: 1}\n");
  const HttpReply unknown = server.get("/api/v1/live?window=7m");
  EXPECT_EQ(unknown.status, 400);
  EXPECT_EQ(json::parse(unknown.body)["error"], "no window \"7m\"; there are 5m, 1h, 24h");
  Reader reader(server.admin_port());
  ASSERT_FALSE(reader.next().is_discarded());
  const HttpReply refused = server.get("/api/v1/live");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "5");
  EXPECT_EQ(support::http_request(server.admin_port(), "POST", "/api/v1/live").status, 405);
  const auto refusals = [&] { return support::parse_exposition(server.scrape())["weir_live_streams_refused_total"]; };
  EXPECT_TRUE(server.process().wait_until([&] { return refusals() == 1; }));
}

TEST(LivePageFiles, are_served_under_a_strict_policy_or_the_cure_is_named) {
  RunningServer server(listeners_config());
  const HttpReply page = server.get("/");
  EXPECT_EQ(page.status, 200);
  if (page.header("content-type") != "text/html; charset=utf-8") {  // built without npm
    EXPECT_NE(page.body.find("install Node.js 18 or newer with npm"), std::string::npos) << page.body;
    EXPECT_EQ(server.get("/live.js").status, 404);
    return;
  }
  EXPECT_TRUE(page.body.starts_with("<!doctype html>"));
  for (const char* path : {"/", "/live.js", "/live.css"}) {
    SCOPED_TRACE(path);
    const HttpReply file = server.get(path);
    const std::string policy = file.header("content-security-policy");
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'; ")) << policy;
    EXPECT_EQ(policy.find("unsafe"), std::string::npos) << policy;
    EXPECT_EQ(file.header("cache-control"), "no-cache");
    EXPECT_EQ(file.header("access-control-allow-origin"), "");
    const auto get = [&](const support::HttpHeaders& headers) {
      return support::http_request(server.admin_port(), "GET", path, headers);
    };
    EXPECT_EQ(get({{"If-None-Match", file.header("etag")}}).status, 304);
    const HttpReply compressed = get({{"Accept-Encoding", "gzip"}});
    EXPECT_EQ(compressed.header("content-encoding"), "gzip");
    EXPECT_LT(compressed.body.size(), file.body.size());
  }
}

}  // namespace
}  // namespace weir::e2e
