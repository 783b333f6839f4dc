// HttpServer's streams: answers that go on until one side has enough. A client that does not read, talks or goes away
// costs no more than its connection.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "http_server_fixture.h"

namespace weir {
namespace {

using support::http_request;
using support::HttpReply;
using support::request_text;

class HttpStreamTest : public HttpServerTest {
 protected:
  /// Answers "/stream" with a stream that begins with "hello\n", and everything else with an echo.
  void start_streaming(HttpServerOptions options = {}) {
    start(std::move(options), [this](const HttpRequest& request) -> HttpResponse {
      if (request.path != "/stream") return echo(request);
      HttpResponse response{.status = 200, .content_type = "text/event-stream", .body = "hello\n", .headers = {}};
      response.on_stream = [this](std::weak_ptr<HttpStream> stream) { stream_ = std::move(stream); };
      return response;
    });
  }

  /// Sends on the io thread; false when there is no stream any more.
  bool send(std::string_view piece) {
    return thread_.run([this, piece] {
      const std::shared_ptr<HttpStream> stream = stream_.lock();
      return stream && stream->try_send(piece);
    });
  }
  bool is_open() {
    return thread_.run([this] {
      const std::shared_ptr<HttpStream> stream = stream_.lock();
      return stream && stream->is_open();
    });
  }

  static std::string ask(std::string_view method = "GET") { return request_text(method, "/stream", {}, ""); }

  std::weak_ptr<HttpStream> stream_;  // used on the io thread
};

TEST_F(HttpStreamTest, begins_with_the_answer_and_goes_on_piece_by_piece) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
  EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos) << "nobody knows its length";
  EXPECT_EQ(client.read_until("\n"), "hello\n");
  for (int i = 0; i < 100; ++i) {
    const std::string piece = "piece " + std::to_string(i) + "\n";
    ASSERT_TRUE(send(piece));
    ASSERT_EQ(client.read_until("\n"), piece);
  }
  EXPECT_EQ(stat(Stat::kHttpRequests2xx), 1);
}

TEST_F(HttpStreamTest, outlives_the_deadlines_of_requests) {
  HttpServerOptions options;
  options.request_timeout_ms = 20;
  options.idle_timeout_ms = 20;
  start_streaming(options);
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  ASSERT_EQ(client.read_until("hello\n").empty(), false);
  // Later connections run into their deadline, one after the other, while this one stays.
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Client(port()).closed_by_peer());
  ASSERT_TRUE(send("still\n"));
  EXPECT_EQ(client.read_until("\n"), "still\n");
}

TEST_F(HttpStreamTest, ends_when_the_client_goes) {
  start_streaming();
  {
    Client client(port());
    ASSERT_TRUE(client.send(ask()));
    ASSERT_FALSE(client.read_until("hello\n").empty());
    ASSERT_TRUE(is_open());
  }
  while (is_open()) settle();
  EXPECT_FALSE(send("nobody hears this"));
  while (stat(Stat::kConnectionsOpen) > 0) settle();
}

TEST_F(HttpStreamTest, ends_when_the_client_talks_instead_of_listening) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  ASSERT_FALSE(client.read_until("hello\n").empty());
  ASSERT_TRUE(client.send(request_text("GET", "/next", {}, "")));
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(stat(Stat::kHttpRequests2xx), 1);
}

TEST_F(HttpStreamTest, a_request_behind_its_own_is_never_answered) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask() + request_text("GET", "/next", {}, "")));
  ASSERT_FALSE(client.read_until("hello\n").empty());
  ASSERT_TRUE(send("more\n"));
  EXPECT_EQ(client.read_until("\n"), "more\n");
}

TEST_F(HttpStreamTest, a_reader_that_does_not_read_is_not_buffered_for) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  ASSERT_FALSE(client.read_until("hello\n").empty());
  const std::string piece(64 * 1024, 'x');
  std::size_t taken = 0;
  while (send(piece)) ++taken;
  EXPECT_GT(taken, 0U);
  EXPECT_LT(taken * piece.size(), 64U * 1024 * 1024) << "what the two kernels hold, and no more";
  EXPECT_TRUE(is_open());
  // Nothing of it is lost once it reads on.
  std::size_t read = 0;
  while (read < taken) read += client.read_until(piece).empty() ? taken + 1 : 1;
  EXPECT_EQ(read, taken);
  while (!send("fresh\n")) ASSERT_TRUE(is_open());
  EXPECT_EQ(client.read_until("\n"), "fresh\n");
}

TEST_F(HttpStreamTest, the_first_piece_is_under_the_limits_of_the_kernel_too) {
  const std::string piece(16 * 1024 * 1024, 'x');
  start({}, [&](const HttpRequest&) {
    HttpResponse response{.status = 200, .content_type = "text/event-stream", .body = piece, .headers = {}};
    response.on_stream = [this](std::weak_ptr<HttpStream> stream) { stream_ = std::move(stream); };
    return response;
  });
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  while (stat(Stat::kHttpRequests2xx) == 0) settle();
  EXPECT_FALSE(send("more")) << "the first piece is under way";
  thread_.run([this] { stream_.lock()->close(); });
  // What the kernels had taken by then still comes.
  const std::optional<std::string> taken = client.read_to_end();
  ASSERT_TRUE(taken);
  EXPECT_GT(taken->size(), 64U * 1024);
  EXPECT_LT(taken->size(), 1024U * 1024);
}

TEST_F(HttpStreamTest, can_be_closed_by_its_sender_even_while_it_is_blocked) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  ASSERT_FALSE(client.read_until("hello\n").empty());
  const std::string piece(64 * 1024, 'x');
  while (send(piece)) continue;
  thread_.run([this] { stream_.lock()->close(); });
  EXPECT_FALSE(is_open());
  EXPECT_TRUE(client.read_to_end().has_value());
}

TEST_F(HttpStreamTest, head_gets_the_header_alone) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask("HEAD") + request_text("GET", "/next", {}, "")));
  EXPECT_EQ(client.read_reply(Client::Expect::kHead).header("content-type"), "text/event-stream");
  EXPECT_EQ(client.read_reply().body, echoed("GET /next|")) << "the connection is kept";
  EXPECT_FALSE(is_open());
}

TEST_F(HttpStreamTest, stop_ends_streams_at_once) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  ASSERT_FALSE(client.read_until("hello\n").empty());
  ASSERT_TRUE(send("last\n"));
  thread_.run([this] { server_->stop(); });
  EXPECT_EQ(client.read_to_end(), "last\n");
  EXPECT_FALSE(is_open());
}

TEST_F(HttpStreamTest, destroying_the_server_ends_streams) {
  start_streaming();
  Client client(port());
  ASSERT_TRUE(client.send(ask()));
  ASSERT_FALSE(client.read_until("hello\n").empty());
  thread_.run([this] { server_.reset(); });
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_FALSE(send("nobody"));
}

}  // namespace
}  // namespace weir
