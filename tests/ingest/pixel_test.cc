// The pixel at /weir.gif: which event a query stands for, and what the client gets.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "source_fixture.h"
#include "support/http_client.h"

namespace weir {
namespace {

using nlohmann::json;
using support::http_request;
using support::HttpHeaders;
using support::HttpReply;

class PixelTest : public SourceTest {
 protected:
  HttpReply get(const std::string& query, const HttpHeaders& headers = {}) {
    return http_request(source_->port(), "GET", "/weir.gif" + query, headers);
  }
  /// The event of the last request.
  json last_event() const {
    const auto bodies = intake_.bodies();
    return bodies.empty() ? json() : json::parse(bodies.back().body, nullptr, false);
  }
};

TEST_F(PixelTest, answers_an_image_that_no_cache_keeps) {
  start_http();
  const HttpReply reply = get("?url=https%3A%2F%2Fshop.example%2Fpricing", {{"User-Agent", "mail client"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "image/gif");
  EXPECT_EQ(reply.header("cache-control"), "no-store");
  EXPECT_EQ(reply.header("cross-origin-resource-policy"), "cross-origin");
  ASSERT_EQ(reply.body.size(), 43U);
  EXPECT_EQ(reply.body.substr(0, 10), std::string("GIF89a\x01\0\x01\0", 10));
  EXPECT_EQ(reply.body.back(), ';');
  ASSERT_EQ(intake_.bodies().size(), 1U);
  EXPECT_EQ(intake_.bodies()[0].address, "127.0.0.1");
  EXPECT_EQ(intake_.bodies()[0].user_agent, "mail client");
}

struct QueryCase {
  const char* query;
  json event;
};

TEST_F(PixelTest, a_query_stands_for_an_event) {
  start_http();
  const QueryCase cases[] = {
      {"?u=https%3A%2F%2Fa.example%2Fx%3Futm_source%3Dnews%26b%3D1",
       {{"type", "page_view"}, {"url", "https://a.example/x?utm_source=news&b=1"}}},
      {"?url=/x&r=https://b.example/&s=shop",
       {{"type", "page_view"}, {"url", "/x"}, {"referrer", "https://b.example/"}, {"site", "shop"}}},
      {"?type=open&name=spring+mail&site=shop&visitor=v1&id=d1&campaign=spring&medium=email&source=letter",
       {{"type", "open"},
        {"name", "spring mail"},
        {"site", "shop"},
        {"visitor", "v1"},
        {"id", "d1"},
        {"campaign", "spring"},
        {"medium", "email"},
        {"source", "letter"}}},
      {"?t=conversion&n=purchase&value=49.50&currency=EUR&order=1001",
       {{"type", "conversion"}, {"name", "purchase"}, {"value", 49.5}, {"currency", "EUR"}, {"order", "1001"}}},
      {"?url=/x&value=0", {{"type", "page_view"}, {"url", "/x"}, {"value", 0}}},
      {"?url=/x&value=007", {{"type", "page_view"}, {"url", "/x"}, {"value", "007"}}},
      {"?url=/x&value=1,%22type%22:%22error%22",
       {{"type", "page_view"}, {"url", "/x"}, {"value", "1,\"type\":\"error\""}}},
      {"?url=&url=/first&url=/second&unknown=1&&=&x", {{"type", "page_view"}, {"url", "/first"}}},
      {"?url=/a%22%2C%22type%22%3A%22error%5C", {{"type", "page_view"}, {"url", "/a\",\"type\":\"error\\"}}},
      {"?url=/%00%0A%1f%7f%C3%A4%zz%4",
       {{"type", "page_view"}, {"url", std::string("/\0\n\x1f\x7f\xC3\xA4%zz%4", 12)}}},
      {"", {{"type", "page_view"}}},
  };
  for (const QueryCase& wanted : cases) {
    EXPECT_EQ(get(wanted.query).status, 200) << wanted.query;
    EXPECT_EQ(last_event(), wanted.event) << wanted.query;
  }
}

TEST_F(PixelTest, the_page_that_shows_it_is_the_url_unless_the_query_names_one) {
  start_http();
  const HttpHeaders shown{{"Referer", "https://shop.example/a\"b"}};
  get("", shown);
  EXPECT_EQ(last_event(), (json{{"type", "page_view"}, {"url", "https://shop.example/a\"b"}}));
  get("?u=/named", shown);
  EXPECT_EQ(last_event()["url"], "/named");
}

TEST_F(PixelTest, bytes_that_are_no_text_are_left_to_the_parser) {
  start_http();
  get("?url=/%ff%fe");
  EXPECT_EQ(intake_.bodies().back().body, "{\"type\":\"page_view\",\"url\":\"/\xff\xfe\"}");
}

TEST_F(PixelTest, a_refused_event_is_no_broken_image) {
  start_http();
  intake_.result = {.accepted = 0, .rejected = 1, .any_json = true, .errors = {{1, "missing_field"}}};
  const HttpReply reply = get("?site=shop");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "image/gif");
}

TEST_F(PixelTest, full_queues_and_unlisted_origins_refuse) {
  start_http({"https://shop.example"});
  EXPECT_EQ(get("?url=/", {{"Origin", "https://evil.example"}}).status, 403);
  EXPECT_EQ(get("?url=/", {{"Origin", "https://shop.example"}}).header("access-control-allow-origin"),
            "https://shop.example");
  EXPECT_EQ(get("?url=/").status, 200);  // images are fetched without Origin
  intake_.room = false;
  const HttpReply reply = get("?url=/");
  EXPECT_EQ(reply.status, 503);
  EXPECT_FALSE(reply.header("retry-after").empty());
  EXPECT_EQ(intake_.bodies().size(), 2U);
}

TEST_F(PixelTest, only_get_counts) {
  start_http();
  support::SocketClient client(source_->port());
  ASSERT_TRUE(client.send(support::request_text("HEAD", "/weir.gif?url=/", {}, "")));
  const HttpReply head = client.read_reply(support::SocketClient::Expect::kHead);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "43");
  const HttpReply posted = http_request(source_->port(), "POST", "/weir.gif?url=/", {}, "{}");
  EXPECT_EQ(posted.status, 405);
  EXPECT_EQ(posted.header("allow"), "GET, HEAD");
  EXPECT_TRUE(intake_.bodies().empty());
  EXPECT_EQ(get("?url=/").status, 200);
  EXPECT_EQ(intake_.bodies().size(), 1U);
}

}  // namespace
}  // namespace weir
