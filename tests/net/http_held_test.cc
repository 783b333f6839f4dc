// Answers that are held until what they acknowledge is kept.
#include <gtest/gtest.h>

#include <atomic>
#include <charconv>
#include <deque>
#include <string>

#include "http_server_fixture.h"

namespace weir {
namespace {

using support::http_request;
using support::request_text;

/// "/N" is answered once N is released; "/0" at once.
HttpResponse hold(const HttpRequest& request) {
  HttpResponse response{.status = 200, .content_type = "text/plain", .body = std::string(request.path), .headers = {}};
  const std::string_view number = request.path.substr(1);
  std::from_chars(number.data(), number.data() + number.size(), response.held_until);
  return response;
}

class HttpHeldTest : public HttpServerTest {
 protected:
  /// `kept` is what the server is told at the end of a turn.
  void start_holding(HttpServerOptions options = {}) {
    options.keep_held = [this] {
      ++turns_;
      return kept_.load();
    };
    start(std::move(options), hold);
  }
  static std::string ask(std::uint64_t number) { return request_text("GET", "/" + std::to_string(number), {}, ""); }

  std::atomic<std::uint64_t> kept_{0};
  std::atomic<int> turns_{0};
};

TEST_F(HttpHeldTest, go_at_the_end_of_the_turn_once_for_all_requests_of_it) {
  start_holding();
  kept_ = 100;
  Client client(port());
  ASSERT_TRUE(client.send(ask(0) + ask(1) + ask(2) + ask(3)));
  for (const char* const answer : {"/0", "/1", "/2", "/3"}) EXPECT_EQ(client.read_reply().body, answer);
  EXPECT_EQ(turns_, 1);
  ASSERT_TRUE(client.send(ask(100)));
  EXPECT_EQ(client.read_reply().body, "/100") << "released already";
  EXPECT_EQ(turns_, 1);
}

TEST_F(HttpHeldTest, wait_for_release_without_asking_again_and_again) {
  start_holding();
  std::deque<Client> clients;
  for (std::uint64_t number = 1; number <= 3; ++number) {
    clients.emplace_back(port());
    ASSERT_TRUE(clients.back().send(ask(number)));
    while (turns_ < static_cast<int>(number)) settle();
  }
  for (int i = 0; i < 100; ++i) settle();
  EXPECT_EQ(turns_, 3);
  server_->release(2);
  EXPECT_EQ(clients[0].read_reply().body, "/1");
  EXPECT_EQ(clients[1].read_reply().body, "/2");
  // The connection is free again, and the one behind it is still held.
  ASSERT_TRUE(clients[0].send(ask(0)));
  EXPECT_EQ(clients[0].read_reply().body, "/0");
  for (int i = 0; i < 100; ++i) settle();
  EXPECT_EQ(turns_, 3);
  server_->release(3);
  EXPECT_EQ(clients[2].read_reply().body, "/3");
}

TEST_F(HttpHeldTest, keep_back_what_was_sent_behind_them) {
  start_holding();
  Client client(port());
  ASSERT_TRUE(client.send(ask(1)));
  while (turns_ == 0) settle();
  ASSERT_TRUE(client.send(ask(0) + ask(2)));
  for (int i = 0; i < 100; ++i) settle();
  EXPECT_EQ(turns_, 1) << "nothing is read meanwhile";
  kept_ = 2;
  server_->release(1);
  for (const char* const answer : {"/1", "/0", "/2"}) EXPECT_EQ(client.read_reply().body, answer);
}

TEST_F(HttpHeldTest, end_with_their_connection_when_they_are_held_for_too_long) {
  start_holding({.request_timeout_ms = 20});
  Client client(port());
  ASSERT_TRUE(client.send(ask(1)));
  EXPECT_EQ(client.read_to_end(), "");
  while (stat(Stat::kConnectionsOpen) != 0) settle();
  server_->release(1);
  EXPECT_EQ(http_request(port(), "GET", "/0").status, 200);
}

TEST_F(HttpHeldTest, end_their_connection_when_the_server_stops_meanwhile) {
  start_holding({.idle_timeout_ms = 3'600'000});
  Client client(port());
  ASSERT_TRUE(client.send(ask(1)));
  while (turns_ == 0) settle();
  thread_.run([this] { server_->stop(); });
  server_->release(1);
  EXPECT_EQ(client.read_reply().body, "/1");
  EXPECT_TRUE(client.closed_by_peer()) << "nothing more is expected of it";
  thread_.finish();  // returns only when the server has left nothing on the io_context
  server_.reset();
}

}  // namespace
}  // namespace weir
