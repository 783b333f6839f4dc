// The routes of other tools' clients over real HTTP: what reaches the intake, and what each client is answered.

#include "weir/ingest/routes.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "gzip_text.h"
#include "source_fixture.h"
#include "support/http_client.h"

namespace weir {
namespace {

using support::gzip;
using support::http_request;
using support::HttpHeaders;
using support::HttpReply;

const BodyResult kTaken{.accepted = 1, .rejected = 0, .any_json = true, .errors = {}};
const BodyResult kRefused{.accepted = 0, .rejected = 1, .any_json = true, .errors = {{1, "missing_field"}}};
const BodyResult kNoJson{.accepted = 0, .rejected = 1, .any_json = false, .errors = {{1, "malformed"}}};
const BodyResult kNothing{.accepted = 0, .rejected = 0, .any_json = false, .errors = {}};
const BodyResult kMixed{.accepted = 3, .rejected = 2, .any_json = true, .errors = {{2, "bad_url"}, {5, "too_long"}}};

class RoutesTest : public SourceTest {
 protected:
  void SetUp() override { start_http(); }
  HttpReply send(const char* method, const std::string& target, const BodyResult& result, std::string_view body = "{}",
                 const HttpHeaders& headers = {}) {
    intake_.result = result;
    return http_request(source_->port(), method, target, headers, body);
  }
};

TEST_F(RoutesTest, every_path_stands_for_its_format_and_call) {
  struct Case {
    const char* path;
    const char* format;
    const char* call;
  };
  const Case cases[] = {
      {"/v1/events", "native", ""},        {"/v1/page", "segment", "page"},
      {"/v1/track", "segment", "track"},   {"/v1/identify", "segment", "identify"},
      {"/v1/screen", "segment", "screen"}, {"/v1/group", "segment", "group"},
      {"/v1/alias", "segment", "alias"},   {"/v1/batch", "segment", "batch"},
      {"/v1/import", "segment", "batch"},  {"/v1/p", "segment", "page"},
      {"/v1/t", "segment", "track"},       {"/v1/i", "segment", "identify"},
      {"/v1/s", "segment", "screen"},      {"/v1/g", "segment", "group"},
      {"/v1/a", "segment", "alias"},       {"/v1/b", "segment", "batch"},
      {"/api/event", "plausible", ""},     {"/api/send", "umami", ""},
      {"/api/batch", "umami", ""},         {"/g/collect", "ga4", ""},
      {"/mp/collect", "ga4_mp", ""},       {"/matomo.php", "matomo", ""},
      {"/piwik.php", "matomo", ""},
  };
  std::set<std::string_view> paths;
  for (const Case& one : cases) {
    paths.insert(one.path);
    send("POST", std::string(one.path) + "?site=a&b=%20", kTaken, "body", {{"User-Agent", "agent"}});
    const support::TakenBody body = intake_.bodies().back();
    EXPECT_EQ(body.format, one.format) << one.path;
    EXPECT_EQ(body.call, one.call) << one.path;
    EXPECT_EQ(body.query, "site=a&b=%20") << one.path;
    EXPECT_EQ(body.body, "body") << one.path;
    EXPECT_EQ(body.address, "127.0.0.1") << one.path;
    EXPECT_EQ(body.user_agent, "agent") << one.path;
  }
  for (const Route& route : route_table()) EXPECT_EQ(paths.count(route.path), 1U) << route.path << " is not tested";
  EXPECT_EQ(route_table().size(), paths.size()) << "a path has two rows";
}

TEST_F(RoutesTest, every_path_answers_preflights_refusals_and_odd_requests) {
  for (const Route& route : route_table()) {
    const std::string path(route.path);
    SCOPED_TRACE(path);
    const std::size_t taken = intake_.bodies().size();
    const bool get = path == "/g/collect" || path == "/matomo.php" || path == "/piwik.php";
    const std::string allow = get ? "GET, POST, OPTIONS" : "POST, OPTIONS";
    const HttpReply preflight = send("OPTIONS", path, kTaken, "", {{"Origin", "https://shop.example"}});
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.header("access-control-allow-origin"), "*");
    EXPECT_EQ(preflight.header("access-control-allow-methods"), allow);
    EXPECT_TRUE(preflight.header("access-control-allow-headers").starts_with("Content-Type"));
    for (const char* method : {"PUT", "DELETE", "HEAD"}) {
      const HttpReply reply = send(method, path, kTaken, "");
      EXPECT_EQ(reply.status, 405) << method;
      EXPECT_EQ(reply.header("allow"), allow) << method;
    }
    EXPECT_EQ(send("POST", path, kTaken, "x", {{"Content-Encoding", "br"}}).status, 415);
    EXPECT_EQ(send("POST", path, kTaken, "x", {{"Content-Encoding", "gzip"}}).status, 400);
    EXPECT_EQ(send("POST", path + "/", kTaken).status, 404);
    intake_.room = false;
    const HttpReply full = send("POST", path, kTaken);
    EXPECT_EQ(full.status, 503);
    EXPECT_NE(full.header("retry-after"), "");
    intake_.room = true;
    EXPECT_EQ(intake_.bodies().size(), taken) << "none of these is an event";
    const HttpReply compressed =
        send("POST", path, kTaken, gzip("text"), {{"Content-Encoding", "gzip"}, {"Content-Type", "text/plain"}});
    EXPECT_LT(compressed.status, 300);
    EXPECT_EQ(intake_.bodies().back().body, "text");
    EXPECT_EQ(send("GET", path, kTaken, "").status < 300, get);
  }
}

TEST_F(RoutesTest, segment_is_told_success_unless_it_sent_no_json) {
  for (const BodyResult& result : {kTaken, kRefused, kMixed, kNothing}) {
    const HttpReply reply = send("POST", "/v1/batch", result, "{}", {{"Authorization", "Basic a2V5Og=="}});
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-type"), "application/json");
    EXPECT_EQ(reply.body, "{\"success\":true}\n");
  }
  EXPECT_EQ(send("POST", "/v1/track", kNoJson).status, 400);
  EXPECT_EQ(send("OPTIONS", "/v1/t", kTaken, "").header("access-control-allow-headers"), "Content-Type, Authorization");
}

TEST_F(RoutesTest, plausible_is_told_ok_and_what_was_dropped) {
  const HttpReply taken = send("POST", "/api/event", kTaken, "{}", {{"Content-Type", "text/plain"}});
  EXPECT_EQ(taken.status, 202);
  EXPECT_EQ(taken.body, "ok");
  EXPECT_EQ(taken.header("x-plausible-dropped"), "");
  const HttpReply refused = send("POST", "/api/event", kRefused);
  EXPECT_EQ(refused.status, 202);
  EXPECT_EQ(refused.header("x-plausible-dropped"), "1");
  EXPECT_EQ(send("POST", "/api/event", kNoJson).status, 400);
  EXPECT_EQ(send("POST", "/api/event", kNothing).status, 400);
}

TEST_F(RoutesTest, umami_gets_texts_it_can_send_back) {
  const auto value = [](const HttpReply& reply, const std::string& key) {
    const std::size_t at = reply.body.find("\"" + key + "\":\"");
    if (at == std::string::npos) return std::string();
    const std::size_t from = at + key.size() + 4;
    return reply.body.substr(from, reply.body.find('"', from) - from);
  };
  const HttpReply first = send("POST", "/api/send", kTaken);
  EXPECT_EQ(first.status, 200);
  const std::string cache = value(first, "cache");
  EXPECT_EQ(cache.size(), 64U);
  EXPECT_EQ(value(first, "sessionId").size(), 36U);
  EXPECT_EQ(value(first, "visitId").size(), 36U);
  EXPECT_EQ(send("POST", "/api/send", kTaken, "{}", {{"x-umami-cache", cache}}).body, first.body);
  EXPECT_NE(value(send("POST", "/api/send", kTaken), "cache"), cache) << "another tracker gets other texts";
  for (const std::string& odd : {std::string(64, '"'), cache + "0", cache.substr(1), std::string("x\\\",\"y\":1")}) {
    const HttpReply reply = send("POST", "/api/send", kTaken, "{}", {{"x-umami-cache", odd}});
    EXPECT_EQ(value(reply, "cache").size(), 64U);
    EXPECT_EQ(reply.body.find(odd), std::string::npos) << "what no tracker was given is not given back";
  }
  EXPECT_EQ(send("OPTIONS", "/api/send", kTaken, "").header("access-control-allow-headers"),
            "Content-Type, x-umami-cache");
}

TEST_F(RoutesTest, umami_is_told_what_was_refused) {
  EXPECT_EQ(send("POST", "/api/send", kRefused).status, 400);
  EXPECT_EQ(send("POST", "/api/send", kNoJson).status, 400);
  EXPECT_EQ(send("POST", "/api/batch", kNoJson).status, 400);
  const HttpReply batch = send("POST", "/api/batch", kMixed);
  EXPECT_EQ(batch.status, 200);
  EXPECT_EQ(batch.body,
            "{\"size\":5,\"processed\":3,\"errors\":2,\"details\":[{\"line\":2,\"reason\":\"bad_url\"},"
            "{\"line\":5,\"reason\":\"too_long\"}]}\n");
  EXPECT_EQ(send("POST", "/api/batch", kNothing, "[]").status, 200);
}

TEST_F(RoutesTest, google_analytics_is_told_nothing) {
  for (const BodyResult& result : {kTaken, kRefused, kMixed, kNoJson, kNothing}) {
    EXPECT_EQ(send("POST", "/mp/collect?measurement_id=G-1&api_secret=s", result).status, 204);
    EXPECT_EQ(send("POST", "/g/collect?v=2", result).status, 204);
    EXPECT_EQ(send("GET", "/g/collect?v=2&en=page_view", result, "").status, 204);
  }
  EXPECT_EQ(intake_.bodies().back().query, "v=2&en=page_view");
  EXPECT_EQ(intake_.bodies().back().body, "");
}

TEST_F(RoutesTest, matomo_gets_a_pixel_or_nothing_or_counts) {
  for (const std::string path : {"/matomo.php", "/piwik.php"}) {
    const HttpReply get = send("GET", path + "?idsite=1&rec=1", kTaken, "");
    EXPECT_EQ(get.status, 200);
    EXPECT_EQ(get.header("content-type"), "image/gif");
    ASSERT_EQ(get.body.size(), 43U);
    EXPECT_EQ(get.body.substr(0, 10), std::string("GIF89a\x01\x00\x01\x00", 10));
    EXPECT_EQ(get.body.back(), ';');
    EXPECT_EQ(send("POST", path, kTaken, "idsite=1&rec=1").body, get.body);
    EXPECT_EQ(send("GET", path + "?idsite=1&send_image=0", kTaken, "").status, 204);
    EXPECT_EQ(send("POST", path, kTaken, "send_image=0&idsite=1").status, 204);
    EXPECT_EQ(send("GET", path + "?send_image=01", kTaken, "").status, 200);
    const HttpReply bulk = send("POST", path, kMixed, " \n{\"requests\":[]}");
    EXPECT_EQ(bulk.status, 200);
    EXPECT_EQ(bulk.body, "{\"status\":\"success\",\"tracked\":3,\"invalid\":2}\n");
  }
}

}  // namespace
}  // namespace weir
