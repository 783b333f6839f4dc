// What the public listener serves to pages: the tracker at /weir.js, for any origin and any cache.
#include <gtest/gtest.h>

#include <string>

#include "gzip_text.h"
#include "source_fixture.h"
#include "support/http_client.h"

namespace weir {
namespace {

using support::http_request;
using support::HttpHeaders;
using support::HttpReply;

constexpr std::size_t kGzipBytes = 2048;  // what the tracker may take on the wire

class TrackerTest : public SourceTest {
 protected:
  HttpReply get(const HttpHeaders& headers = {}) { return http_request(source_->port(), "GET", "/weir.js", headers); }
};

TEST_F(TrackerTest, is_a_script_that_caches_keep_and_any_page_may_load) {
  start_http();
  const HttpReply reply = get();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "application/javascript; charset=utf-8");
  EXPECT_EQ(reply.header("cache-control"), "public, max-age=3600, stale-while-revalidate=86400");
  EXPECT_EQ(reply.header("vary"), "Accept-Encoding");
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
  EXPECT_EQ(reply.header("cross-origin-resource-policy"), "cross-origin");
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.header("content-encoding"), "");
  EXPECT_NE(reply.body.find("sendBeacon"), std::string::npos);
  EXPECT_EQ(get().body, reply.body);
  EXPECT_TRUE(intake_.bodies().empty());
}

TEST_F(TrackerTest, is_compressed_for_whoever_accepts_it_and_small) {
  start_http();
  const HttpReply plain = get();
  for (const char* accepted : {"gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8", "deflate , gzip", "x-gzip"}) {
    const HttpReply reply = get({{"Accept-Encoding", accepted}});
    EXPECT_EQ(reply.header("content-encoding"), "gzip") << accepted;
    EXPECT_EQ(reply.body, support::gzip(plain.body)) << accepted;
    EXPECT_NE(reply.header("etag"), plain.header("etag")) << "two bodies need two tags";
    EXPECT_LE(reply.body.size(), kGzipBytes);
  }
  for (const char* accepted : {"", "br", "gzip;q=0", "gzip;q=0.00", "gzipped", "deflate, gzip; q=0"}) {
    const HttpReply reply = get({{"Accept-Encoding", accepted}});
    EXPECT_EQ(reply.header("content-encoding"), "") << accepted;
    EXPECT_EQ(reply.body, plain.body) << accepted;
  }
}

TEST_F(TrackerTest, is_not_sent_again_to_whoever_has_it) {
  start_http();
  const std::string plain = get().header("etag");
  const std::string compressed = get({{"Accept-Encoding", "gzip"}}).header("etag");
  ASSERT_EQ(plain.front(), '"');
  ASSERT_EQ(plain.back(), '"');
  for (const std::string& known : {plain, "W/" + plain, "\"other\", " + plain, std::string("*")}) {
    const HttpReply reply = get({{"If-None-Match", known}});
    EXPECT_EQ(reply.status, 304) << known;
    EXPECT_EQ(reply.body, "") << known;
    EXPECT_EQ(reply.header("etag"), plain) << known;
    EXPECT_EQ(reply.header("cache-control"), "public, max-age=3600, stale-while-revalidate=86400") << known;
  }
  EXPECT_EQ(get({{"If-None-Match", compressed}, {"Accept-Encoding", "gzip"}}).status, 304);
  for (const std::string& known : {compressed, std::string("\"other\""), std::string(",,"), std::string("\"")}) {
    EXPECT_EQ(get({{"If-None-Match", known}}).status, 200) << known;
  }
}

TEST_F(TrackerTest, head_tells_the_size_and_other_methods_are_refused) {
  start_http();
  support::SocketClient client(source_->port());
  ASSERT_TRUE(client.send(support::request_text("HEAD", "/weir.js", {}, "")));
  const HttpReply head = client.read_reply(support::SocketClient::Expect::kHead);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), std::to_string(get().body.size()));
  for (const char* method : {"POST", "OPTIONS", "PUT"}) {
    const HttpReply reply = http_request(source_->port(), method, "/weir.js");
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(reply.header("allow"), "GET, HEAD") << method;
  }
  EXPECT_TRUE(intake_.bodies().empty());
}

TEST_F(TrackerTest, is_there_for_all_origins_and_while_queues_are_full) {
  start_http({"https://shop.example"});
  intake_.room = false;
  const HttpReply reply = get({{"Origin", "https://elsewhere.example"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("access-control-allow-origin"), "*");
}

}  // namespace
}  // namespace weir
