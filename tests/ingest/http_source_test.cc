// The http source: POST /v1/events as the contract tells it: statuses, bodies, CORS, compression.
#include <gtest/gtest.h>

#include "gzip_text.h"
#include "source_fixture.h"
#include "support/http_client.h"

namespace weir {
namespace {

using support::gzip;
using support::http_request;
using support::HttpHeaders;
using support::HttpReply;

class HttpSourceTest : public SourceTest {
 protected:
  HttpReply post(const HttpHeaders& headers, std::string_view body) {
    return http_request(source_->port(), "POST", "/v1/events", headers, body);
  }
};

TEST_F(HttpSourceTest, a_body_is_taken_with_its_origin_and_answered_with_counts) {
  start_http();
  intake_.result = {.accepted = 3, .rejected = 2, .any_json = true, .errors = {{1, "malformed"}, {4, "bad_time"}}};
  const HttpReply reply = post({{"User-Agent", "browser"}, {"Content-Type", "text/plain"}}, "lines");
  EXPECT_EQ(reply.status, 202);
  EXPECT_EQ(reply.header("content-type"), "application/json");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  EXPECT_EQ(reply.body,
            "{\"accepted\":3,\"rejected\":2,\"errors\":[{\"line\":1,\"reason\":\"malformed\"},"
            "{\"line\":4,\"reason\":\"bad_time\"}]}\n");
  ASSERT_EQ(intake_.bodies().size(), 1U);
  EXPECT_EQ(intake_.bodies()[0].body, "lines");
  EXPECT_EQ(intake_.bodies()[0].address, "127.0.0.1");
  EXPECT_EQ(intake_.bodies()[0].user_agent, "browser");
  EXPECT_EQ(source_->description(), "http://127.0.0.1:" + std::to_string(source_->port()) + "/v1/events");
  EXPECT_EQ(stats_.read()[Stat::kHttpRequests2xx], 1);
}

TEST_F(HttpSourceTest, an_answer_that_waits_until_its_body_is_kept_goes_when_it_is) {
  start_http();
  intake_.result.durable_at = 7;
  EXPECT_EQ(post({}, "{}").status, 202);
  EXPECT_EQ(http_request(source_->port(), "GET", "/weir.gif?url=/", {}, "").status, 200);
}

TEST_F(HttpSourceTest, any_content_type_is_taken) {
  start_http();
  for (const char* type : {"application/json", "text/plain;charset=UTF-8", "application/x-ndjson", "image/gif", ""}) {
    EXPECT_EQ(post({{"Content-Type", type}}, "{}").status, 202) << type;
  }
}

struct AnswerCase {
  const char* what;
  BodyResult result;
  HttpHeaders headers;
  int status;
};

TEST_F(HttpSourceTest, the_status_tells_what_became_of_the_body) {
  start_http();
  const BodyResult single{.accepted = 1, .rejected = 0, .any_json = true, .errors = {}};
  const AnswerCase cases[] = {
      {"single event from a server", single, {}, 202},
      {"single event with Origin", single, {{"Origin", "https://shop.example"}}, 204},
      {"single event with Sec-Fetch-Mode", single, {{"Sec-Fetch-Mode", "no-cors"}}, 204},
      {"two events from a browser", {2, 0, true, {}}, {{"Origin", "https://shop.example"}}, 202},
      {"one good, one bad, from a browser", {1, 1, true, {{2, "malformed"}}}, {{"Origin", "https://a"}}, 202},
      {"one rejected event", {0, 1, true, {{1, "missing_field"}}}, {}, 202},
      {"nothing was JSON", {0, 1, false, {{1, "malformed"}}}, {}, 400},
      {"nothing was JSON, from a browser", {0, 1, false, {{1, "malformed"}}}, {{"Origin", "https://a"}}, 400},
      {"nothing at all", {0, 0, false, {}}, {}, 400},
  };
  for (const AnswerCase& answer : cases) {
    SCOPED_TRACE(answer.what);
    intake_.result = answer.result;
    const HttpReply reply = post(answer.headers, "x");
    EXPECT_EQ(reply.status, answer.status);
    EXPECT_EQ(reply.body.empty(), answer.status == 204);
  }
}

TEST_F(HttpSourceTest, other_methods_and_paths_are_told_where_to_go) {
  start_http();
  for (const char* method : {"GET", "PUT", "DELETE", "PATCH", "HEAD"}) {
    const HttpReply reply = http_request(source_->port(), method, "/v1/events");
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.header("allow"), "POST, OPTIONS") << method;
  }
  for (const char* path : {"/", "/v1/events/", "/v1", "/v1/eventsx", "//v1/events", "/metrics"}) {
    const HttpReply reply = http_request(source_->port(), "POST", path, {}, "{}");
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(reply.header("content-type"), "application/json");
  }
  EXPECT_EQ(http_request(source_->port(), "POST", "/v1/events?from=beacon", {}, "{}").status, 202);
  EXPECT_EQ(intake_.bodies().size(), 1U);
}

TEST_F(HttpSourceTest, full_queues_refuse_before_the_body_is_looked_at) {
  start_http();
  intake_.room = false;
  for (int i = 0; i < 20; ++i) {
    const HttpReply reply = post({{"Content-Encoding", "gzip"}}, "not gzip");
    EXPECT_EQ(reply.status, 503);
    const int seconds = std::atoi(reply.header("retry-after").c_str());
    EXPECT_GE(seconds, 1);
    EXPECT_LE(seconds, 5);
  }
  EXPECT_TRUE(intake_.bodies().empty());
  intake_.room = true;
  EXPECT_EQ(post({}, "{}").status, 202);
}

TEST_F(HttpSourceTest, what_is_refused_unread_counts_by_its_lines) {
  start_http();
  intake_.room = false;
  EXPECT_EQ(post({}, "{}").status, 503);
  EXPECT_EQ(post({}, "{}\n\n  \r\n{}\n").status, 503);
  EXPECT_EQ(post({}, "").status, 503);
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, gzip("a\nb\nc")).status, 503);
  EXPECT_EQ(http_request(source_->port(), "GET", "/weir.gif").status, 503);
  EXPECT_EQ(intake_.refused(Stat::kShedOverload), 6U);
  EXPECT_EQ(intake_.refused(Stat::kShedClientRate), 0U);
}

TEST_F(HttpSourceTest, what_is_refused_for_want_of_memory_is_counted_as_that) {
  start_http();
  intake_.why_refused = Stat::kShedMemory;
  intake_.room = false;
  intake_.scarce = true;
  const HttpReply reply = post({}, "{}\n{}");
  EXPECT_EQ(reply.status, 503);
  EXPECT_NE(reply.header("retry-after"), "");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_EQ(intake_.refused(Stat::kShedMemory), 2U);
  EXPECT_EQ(intake_.refused(Stat::kShedOverload), 0U);
}

TEST_F(HttpSourceTest, heartbeats_without_room_are_not_acknowledged) {
  start_http();
  intake_.result = {.accepted = 2, .rejected = 1, .any_json = true, .errors = {}, .shed = 3};
  const HttpReply mixed = post({}, "{}");
  EXPECT_EQ(mixed.status, 202);
  EXPECT_EQ(mixed.body, "{\"accepted\":2,\"rejected\":1,\"shed\":3,\"errors\":[]}\n");
  intake_.result = {.accepted = 0, .rejected = 0, .any_json = true, .errors = {}, .shed = 1};
  for (const char* path : {"/v1/events", "/v1/batch", "/api/event"}) {
    const HttpReply none = http_request(source_->port(), "POST", path, {}, "{}");
    EXPECT_EQ(none.status, 503) << path;
    EXPECT_NE(none.header("retry-after"), "") << path;
  }
}

TEST_F(HttpSourceTest, a_client_that_sends_too_often_is_told_so_and_no_other) {
  SourceOptions options;
  options.http_client_requests = 1;
  start_http_with(options);
  const auto from = [&](const char* client) {
    const HttpReply reply = post({{"X-Forwarded-For", client}}, "{}\n{}");
    EXPECT_EQ(reply.header("retry-after"), reply.status == 429 ? "1" : "");
    return reply.status;
  };
  for (int i = 0; i < 3; ++i) EXPECT_EQ(from("192.0.2.1"), 202);
  EXPECT_EQ(from("192.0.2.1"), 429);
  EXPECT_EQ(from("192.0.2.2"), 202);
  EXPECT_EQ(intake_.refused(Stat::kShedClientRate), 2U);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(post({}, "{}").status, 202) << "a proxy that tells no client stands for many";
}

TEST_F(HttpSourceTest, a_gzip_body_is_inflated) {
  start_http();
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "{\"n\":" + std::to_string(i * 7919 % 100'003) + "}\n";
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, gzip(text)).status, 202);
  EXPECT_EQ(post({{"Content-Encoding", "GZIP"}}, gzip("one") + gzip("two")).status, 202);
  EXPECT_EQ(post({{"Content-Encoding", "x-gzip"}}, gzip("")).status, 202);
  EXPECT_EQ(post({{"Content-Encoding", "identity"}}, "plain").status, 202);
  const auto bodies = intake_.bodies();
  ASSERT_EQ(bodies.size(), 4U);
  EXPECT_EQ(bodies[0].body, text);
  EXPECT_EQ(bodies[1].body, "onetwo");
  EXPECT_EQ(bodies[2].body, "");
  EXPECT_EQ(bodies[3].body, "plain");
}

TEST_F(HttpSourceTest, broken_gzip_is_a_400_and_reaches_nobody) {
  start_http();
  const std::string good = gzip(std::string(1000, 'a') + "b");
  std::string flipped = good;
  flipped[good.size() - 6] = static_cast<char>(flipped[good.size() - 6] ^ 1);  // within the checksum
  for (const std::string& bad : {std::string(), std::string("{}"), good.substr(0, good.size() - 1), good.substr(0, 5),
                                 flipped, good + "trailing"}) {
    const HttpReply reply = post({{"Content-Encoding", "gzip"}}, bad);
    EXPECT_EQ(reply.status, 400);
    EXPECT_NE(reply.body.find("\"error\""), std::string::npos);
  }
  EXPECT_TRUE(intake_.bodies().empty());
}

TEST_F(HttpSourceTest, gzip_bombs_are_refused) {
  start_http();
  // A high ratio is fine as long as the result is small.
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, gzip(std::string(64 * 1024, ' '))).status, 202);
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, gzip(std::string(64 * 1024 + 1, ' '))).status, 413);
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, gzip(std::string(50'000'000, ' '))).status, 413);
  // Over 8 MiB at a ratio under 20: noise from 16 letters, half of it repeated zeros.
  std::string large;
  std::uint64_t state = 88172645463325252ULL;
  while (large.size() <= 8 * 1024 * 1024) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    large += "0123456789abcdef"[state & 15];
    if ((state >> 8) % 4 == 0) large.append(40, ' ');
  }
  const std::string compressed = gzip(large);
  ASSERT_LT(compressed.size(), 1024U * 1024U);
  ASSERT_GT(compressed.size() * 20, large.size());
  EXPECT_EQ(post({{"Content-Encoding", "gzip"}}, compressed).status, 413);
  const std::size_t taken = intake_.bodies().size();
  EXPECT_EQ(taken, 1U);
}

TEST_F(HttpSourceTest, other_encodings_are_415) {
  start_http();
  for (const char* encoding : {"br", "deflate", "zstd", "gzip, gzip", "compress"}) {
    EXPECT_EQ(post({{"Content-Encoding", encoding}}, "{}").status, 415) << encoding;
  }
  EXPECT_TRUE(intake_.bodies().empty());
}

TEST_F(HttpSourceTest, with_sites_their_pages_may_send_and_no_others) {
  SourceOptions options;
  options.http.listen = {"127.0.0.1", 0};
  options.sites = {{.name = "shop", .hosts = {"shop.example"}, .origins = {"https://pay.example"}, .brand_terms = {}}};
  start("http", options);
  for (const char* allowed : {"https://shop.example", "http://www.shop.example:8080", "https://pay.example"}) {
    const HttpReply reply = post({{"Origin", allowed}}, "{}");
    EXPECT_EQ(reply.status, 204) << allowed;
    EXPECT_EQ(reply.header("access-control-allow-origin"), allowed);
    EXPECT_EQ(reply.header("vary"), "Origin");
  }
  EXPECT_EQ(post({{"Origin", "https://else.example"}}, "{}").status, 403);
  EXPECT_EQ(intake_.bodies().size(), 3U);
  EXPECT_EQ(post({}, "{}").status, 202) << "programs send no origin";
}

TEST_F(HttpSourceTest, the_client_behind_a_proxy_on_this_machine_is_the_sender) {
  start_http();
  EXPECT_EQ(post({{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.7"}}, "{}").status, 202);
  ASSERT_EQ(intake_.bodies().size(), 1U);
  EXPECT_EQ(intake_.bodies()[0].address, "192.0.2.7");
}

TEST_F(HttpSourceTest, listed_origins_are_named_and_others_refused_before_parsing) {
  start_http({"https://shop.example", "https://blog.example"});
  const HttpReply listed = post({{"Origin", "https://blog.example"}}, "{}");
  EXPECT_EQ(listed.status, 204);
  EXPECT_EQ(listed.header("access-control-allow-origin"), "https://blog.example");
  EXPECT_EQ(listed.header("vary"), "Origin");
  for (const char* origin : {"https://evil.example", "http://shop.example", "https://shop.example.evil", "null"}) {
    const HttpReply reply = post({{"Origin", origin}}, "{}");
    EXPECT_EQ(reply.status, 403) << origin;
    EXPECT_EQ(reply.header("access-control-allow-origin"), "") << origin;
    EXPECT_EQ(reply.header("vary"), "Origin");
  }
  EXPECT_EQ(http_request(source_->port(), "OPTIONS", "/v1/events", {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(post({}, "{}").status, 202);  // servers send no Origin
  EXPECT_EQ(intake_.bodies().size(), 2U);
}

TEST_F(HttpSourceTest, any_origin_may_be_allowed) {
  start_http();
  const HttpReply reply = post({{"Origin", "https://anywhere.example"}}, "{}");
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  EXPECT_EQ(reply.header("vary"), "");
  EXPECT_EQ(post({}, "{}").header("access-control-allow-origin"), "");
}

TEST_F(HttpSourceTest, a_preflight_is_answered) {
  start_http({"https://shop.example"});
  const HttpReply reply = http_request(source_->port(), "OPTIONS", "/v1/events",
                                       {{"Origin", "https://shop.example"},
                                        {"Access-Control-Request-Method", "POST"},
                                        {"Access-Control-Request-Headers", "content-type"}});
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "https://shop.example");
  EXPECT_EQ(reply.header("access-control-allow-methods"), "POST, OPTIONS");
  EXPECT_EQ(reply.header("access-control-allow-headers"), "Content-Type");
  EXPECT_EQ(reply.header("access-control-max-age"), "86400");
  EXPECT_TRUE(intake_.bodies().empty());
}

TEST_F(HttpSourceTest, stop_refuses_new_connections) {
  start_http();
  const std::uint16_t port = source_->port();
  EXPECT_EQ(post({}, "{}").status, 202);
  thread_.run([this] { source_->stop(); });
  EXPECT_EQ(http_request(port, "POST", "/v1/events", {}, "{}").status, 0);
  thread_.finish();
  source_.reset();
}

}  // namespace
}  // namespace weir
