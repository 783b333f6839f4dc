// HttpServer in good weather: requests, bodies, kept connections, stopping.
#include "weir/net/http_server.h"

#include <gtest/gtest.h>

#include "http_server_fixture.h"

namespace weir {
namespace {

using support::http_request;
using support::HttpReply;
using support::request_text;

TEST_F(HttpServerTest, a_request_reaches_the_handler_with_all_its_parts) {
  start();
  const HttpReply reply = http_request(port(), "POST", "/a/b?c=d&e", {{"User-Agent", "browser"}}, "body");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, echoed("POST /a/b|c=d&e", "body"));
  EXPECT_EQ(reply.header("x-agent"), "browser");
  EXPECT_EQ(reply.header("server"), "weir");
  EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(reply.header("content-type"), "text/plain");
  EXPECT_EQ(reply.header("connection"), "");
  EXPECT_EQ(stat(Stat::kHttpRequests2xx), 1);
}

TEST_F(HttpServerTest, a_target_in_absolute_form_is_reduced_to_its_path) {
  start();
  EXPECT_EQ(http_request(port(), "GET", "http://host:80/p?q").body, echoed("GET /p|q"));
  EXPECT_EQ(http_request(port(), "GET", "http://host").body, echoed("GET /|"));
  EXPECT_EQ(http_request(port(), "OPTIONS", "*").body, echoed("OPTIONS *|"));
}

TEST_F(HttpServerTest, a_connection_is_kept_for_further_requests) {
  start();
  Client client(port());
  for (int i = 0; i < 5; ++i) {
    const std::string body = std::to_string(i);
    ASSERT_TRUE(client.send(request_text("POST", "/", {}, body)));
    EXPECT_EQ(client.read_reply().body, echoed("POST /|", body));
  }
  settle();
  EXPECT_EQ(stat(Stat::kConnectionsAccepted), 1);
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 1);
}

TEST_F(HttpServerTest, pipelined_requests_are_answered_in_order) {
  start();
  Client client(port());
  constexpr int kRequests = 3000;  // answers beyond one flush, requests beyond one buffer
  std::string text;
  for (int i = 0; i < kRequests; ++i)
    text += request_text("POST", "/" + std::to_string(i), {}, std::string(static_cast<std::size_t>(i % 50), 'b'));
  std::thread sender([&] { EXPECT_TRUE(client.send(text)); });
  for (int i = 0; i < kRequests; ++i) {
    const HttpReply reply = client.read_reply();
    ASSERT_EQ(reply.body,
              echoed("POST /" + std::to_string(i) + "|", std::string(static_cast<std::size_t>(i % 50), 'b')));
  }
  sender.join();
}

TEST_F(HttpServerTest, bodies_of_every_size_arrive_whole_however_they_are_cut) {
  start();
  for (const std::size_t size : {0UL, 1UL, 100UL, 16'000UL, 24'000UL, 24'600UL, 100'000UL, 1024UL * 1024UL}) {
    SCOPED_TRACE(size);
    std::string body(size, 'a');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>('a' + i % 26);
    const HttpReply reply = http_request(port(), "POST", "/", {}, body);
    EXPECT_EQ(reply.body, echoed("POST /|", body));
  }
  // Cut within the header, between header and body, and within the body; the second request follows at once.
  const std::string both = request_text("POST", "/1", {}, "first") + request_text("POST", "/2", {}, "second");
  for (std::size_t cut = 1; cut < both.size(); ++cut) {
    Client client(port());
    ASSERT_TRUE(client.send(std::string_view(both).substr(0, cut)));
    settle();
    ASSERT_TRUE(client.send(std::string_view(both).substr(cut)));
    ASSERT_EQ(client.read_reply().body, echoed("POST /1|", "first")) << "cut at " << cut;
    ASSERT_EQ(client.read_reply().body, echoed("POST /2|", "second")) << "cut at " << cut;
  }
}

std::string chunked(const std::string& body, std::size_t chunk_bytes) {
  std::string text;
  for (std::size_t i = 0; i < body.size(); i += chunk_bytes) {
    const std::string chunk = body.substr(i, chunk_bytes);
    char size[20];
    std::snprintf(size, sizeof(size), "%zx\r\n", chunk.size());
    text += size + chunk + "\r\n";
  }
  return text + "0\r\n\r\n";
}

TEST_F(HttpServerTest, chunked_bodies_are_joined) {
  start();
  std::string body(200'000, 'a');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 26);
  for (const std::size_t chunk_bytes : {7UL, 4096UL, 150'000UL}) {
    Client client(port());
    const std::string text = request_text("POST", "/", {{"Transfer-Encoding", "chunked"}}, chunked(body, chunk_bytes));
    ASSERT_TRUE(client.send(text + request_text("GET", "/next", {}, "")));
    EXPECT_EQ(client.read_reply().body, echoed("POST /|", body));
    EXPECT_EQ(client.read_reply().body, echoed("GET /next|"));
  }
}

TEST_F(HttpServerTest, a_chunked_body_may_be_cut_anywhere) {
  start();
  const std::string text = request_text("GET", "/before", {}, "") +
                           request_text("POST", "/", {{"Transfer-Encoding", "chunked"}}, chunked("some body", 4)) +
                           request_text("POST", "/empty-body", {{"Transfer-Encoding", "chunked"}}, chunked("", 4));
  for (std::size_t cut = 1; cut < text.size(); ++cut) {
    Client client(port());
    ASSERT_TRUE(client.send(std::string_view(text).substr(0, cut)));
    settle();
    ASSERT_TRUE(client.send(std::string_view(text).substr(cut)));
    ASSERT_EQ(client.read_reply().body, echoed("GET /before|")) << "cut at " << cut;
    ASSERT_EQ(client.read_reply().body, echoed("POST /|", "some body")) << "cut at " << cut;
    ASSERT_EQ(client.read_reply().body, echoed("POST /empty-body|")) << "cut at " << cut;
  }
}

TEST_F(HttpServerTest, a_chunked_body_may_come_byte_by_byte) {
  start();
  for (const std::size_t size : {0UL, 9UL}) {
    Client client(port());
    const std::string body(size, 'b');
    const std::string text = request_text("POST", "/", {{"Transfer-Encoding", "chunked"}}, chunked(body, 4));
    for (const char byte : text) {
      ASSERT_TRUE(client.send({&byte, 1}));
      settle();
    }
    EXPECT_EQ(client.read_reply().body, echoed("POST /|", body));
  }
}

TEST_F(HttpServerTest, head_is_answered_like_get_but_without_body) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("HEAD", "/size/1234", {}, "") + request_text("GET", "/", {}, "")));
  const HttpReply head = client.read_reply(Client::Expect::kHead);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), "1234");
  EXPECT_EQ(client.read_reply().body, echoed("GET /|"));
}

TEST_F(HttpServerTest, an_answer_without_content_has_neither_length_nor_body) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/empty", {{"Connection", "close"}}, "")));
  const auto text = client.read_to_end();
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->find("Content-Length"), std::string::npos);
  EXPECT_TRUE(text->ends_with("\r\n\r\n")) << *text;
}

TEST_F(HttpServerTest, connection_close_is_honoured) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/", {{"Connection", "close"}}, "")));
  EXPECT_EQ(client.read_reply().header("connection"), "close");
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(HttpServerTest, http_1_0_closes_unless_asked_to_keep) {
  start();
  Client closing(port());
  ASSERT_TRUE(closing.send("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(closing.read_reply().header("connection"), "close");
  EXPECT_TRUE(closing.closed_by_peer());

  Client keeping(port());
  ASSERT_TRUE(keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  EXPECT_EQ(keeping.read_reply().header("connection"), "keep-alive");
  ASSERT_TRUE(keeping.send("GET /2 HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(keeping.read_reply().body, echoed("GET /2|"));
}

TEST_F(HttpServerTest, a_client_that_expects_continue_is_told_to_go_on) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(client.read_reply().status, 100);
  ASSERT_TRUE(client.send("body"));
  const HttpReply reply = client.read_reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, echoed("POST /|", "body"));
  ASSERT_TRUE(client.send(request_text("POST", "/", {{"Expect", "miracles"}}, "body")));
  EXPECT_EQ(client.read_reply().status, 417);
}

TEST_F(HttpServerTest, a_handler_that_throws_costs_a_500_and_nothing_else) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/throw", {}, "") + request_text("GET", "/", {}, "")));
  EXPECT_EQ(client.read_reply().status, 500);
  EXPECT_EQ(client.read_reply().status, 200);
  EXPECT_EQ(stat(Stat::kHttpRequests5xx), 1);
}

TEST_F(HttpServerTest, an_answer_larger_than_the_socket_takes_arrives_whole) {
  start();
  const HttpReply reply = http_request(port(), "GET", "/size/20000000");
  EXPECT_EQ(reply.body.size(), 20'000'000U);
}

TEST_F(HttpServerTest, response_headers_cannot_be_forged) {
  start({}, [](const HttpRequest&) {
    return HttpResponse{
        .status = 200, .content_type = {}, .body = "x", .headers = {{"A", "1\r\nEvil: yes"}, {"B", "2"}}};
  });
  const HttpReply reply = http_request(port(), "GET", "/");
  EXPECT_EQ(reply.header("evil"), "");
  EXPECT_EQ(reply.header("b"), "2");
}

TEST_F(HttpServerTest, a_client_may_end_its_side_before_the_answer) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("POST", "/", {}, "body")));
  client.finish_sending();
  EXPECT_EQ(client.read_reply().body, echoed("POST /|", "body"));
  EXPECT_TRUE(client.closed_by_peer());
}

TEST_F(HttpServerTest, stop_closes_idle_connections_and_lets_requests_finish) {
  start();
  Client idle(port());
  ASSERT_TRUE(idle.send(request_text("GET", "/", {}, "")));
  EXPECT_EQ(idle.read_reply().status, 200);
  Client busy(port());
  const std::string text = request_text("POST", "/", {{"Expect", "100-continue"}}, "body");
  ASSERT_TRUE(busy.send(std::string_view(text).substr(0, text.size() - 2)));
  EXPECT_EQ(busy.read_reply().status, 100);  // so the server has begun to read it

  const std::uint16_t old_port = port();
  thread_.run([this] { server_->stop(); });
  EXPECT_TRUE(idle.closed_by_peer());
  ASSERT_TRUE(busy.send("dy"));
  const HttpReply reply = busy.read_reply();
  EXPECT_EQ(reply.body, echoed("POST /|", "body"));
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(busy.closed_by_peer());
  EXPECT_FALSE(Client(old_port).connected());
  thread_.finish();  // returns only when the server has left nothing on the io_context
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 0);
  server_.reset();
}

TEST_F(HttpServerTest, a_request_sent_before_stop_is_answered_even_if_not_yet_accepted) {
  start();
  Client client(port());
  thread_.run([&] {
    ASSERT_TRUE(client.send(request_text("POST", "/", {}, "body")));  // the io thread is here, so nobody reads it yet
    server_->stop();
  });
  EXPECT_EQ(client.read_reply().body, echoed("POST /|", "body"));
  thread_.finish();
  server_.reset();
}

TEST_F(HttpServerTest, destroying_the_server_closes_what_is_open) {
  start();
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/", {}, "")));
  EXPECT_EQ(client.read_reply().status, 200);
  thread_.run([this] { server_.reset(); });
  EXPECT_TRUE(client.closed_by_peer());
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 0);
}

TEST_F(HttpServerTest, an_address_in_use_is_reported_with_the_cure) {
  start();
  const auto second = thread_.run([this] {
    return HttpServer::listen(thread_.io(), {.listen = {"127.0.0.1", port()}}, echo, nullptr, false).has_error()
               ? std::string("refused")
               : std::string("taken twice");
  });
  EXPECT_EQ(second, "refused");
  const auto failed = HttpServer::listen(thread_.io(), {.listen = {"127.0.0.1", port()}}, echo, nullptr, false);
  ASSERT_FALSE(failed.has_value());
  EXPECT_NE(failed.error().message.find("choose another port"), std::string::npos) << failed.error().message;
}

TEST_F(HttpServerTest, requests_are_not_counted_unless_asked_for) {
  auto server = thread_.run([this] {
    return HttpServer::listen(thread_.io(), {.listen = {"127.0.0.1", 0}}, echo, &stats_, false);
  });
  ASSERT_TRUE(server.has_value());
  EXPECT_EQ(http_request((*server)->port(), "GET", "/").status, 200);
  EXPECT_EQ(stat(Stat::kHttpRequests2xx), 0);
  EXPECT_EQ(stat(Stat::kConnectionsAccepted), 1);
  thread_.run([&] { server->reset(); });
}

}  // namespace
}  // namespace weir
