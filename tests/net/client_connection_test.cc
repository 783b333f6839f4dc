// ClientConnection against a server of ours: answers in order, ends that are told, and connections opened again.
#include "weir/net/client_connection.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <functional>
#include <string>
#include <vector>

#include "http_server_fixture.h"
#include "weir/net/wake_timer.h"

namespace weir {
namespace {

/// Writes down what it hears, and ends the loop when it has heard enough.
class Listener final : public ClientConnectionOwner {
 public:
  explicit Listener(EventLoop& loop) : loop_(loop) {}

  void opened(ClientConnection& connection) override {
    for (const std::string& request : requests) connection.queue(request);
    connection.flush();
  }
  void answered(ClientConnection&, const HttpAnswer& answer) override { bodies.emplace_back(answer.body); }
  void caught_up(ClientConnection& connection) override {
    ++batches;
    if (bodies.size() < wanted) return;
    connection.close();
    loop_.stop();
  }
  void written(ClientConnection&) override { ++writes; }
  void closed(ClientConnection&, End end, std::string_view why) override {
    ends.emplace_back(why);
    closed_in_order = end == End::kClosed;
    loop_.stop();
  }

  std::vector<std::string> requests;
  std::size_t wanted = 0;
  std::vector<std::string> bodies;
  std::vector<std::string> ends;
  bool closed_in_order = false;
  std::size_t batches = 0;
  std::size_t writes = 0;

 private:
  EventLoop& loop_;
};

using ClientConnectionTest = HttpServerTest;

TEST_F(ClientConnectionTest, pipelined_requests_are_answered_in_order) {
  start();
  EventLoop loop;
  Listener listener(loop);
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 200; ++i) {  // of sizes that end in the middle of what is read at once
    listener.requests.push_back("GET /size/" + std::to_string(i * 7) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    expected.emplace_back(i * 7, 'x');
  }
  listener.wanted = expected.size();
  ClientConnection connection(loop, listener, {"127.0.0.1", port()}, ClientConnection::Answers::kHttp, 3);
  EXPECT_FALSE(connection.is_open());
  connection.open();
  loop.run();
  EXPECT_EQ(connection.number(), 3U);
  EXPECT_EQ(listener.bodies, expected);
  EXPECT_EQ(listener.writes, 1U);
  EXPECT_GE(listener.batches, 1U);
  EXPECT_TRUE(listener.ends.empty()) << "close() is no news to its caller";
}

TEST_F(ClientConnectionTest, an_end_by_the_server_is_told) {
  start();
  EventLoop loop;
  Listener listener(loop);
  listener.requests = {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"};
  listener.wanted = 2;
  ClientConnection connection(loop, listener, {"127.0.0.1", port()}, ClientConnection::Answers::kHttp, 0);
  connection.open();
  loop.run();
  EXPECT_EQ(listener.bodies.size(), 1U);
  EXPECT_EQ(listener.ends, std::vector<std::string>{"closed by the server"});
  EXPECT_TRUE(listener.closed_in_order);
  EXPECT_FALSE(connection.is_open());
}

TEST(ClientConnection, an_answer_without_a_length_is_whole_when_the_server_closes) {
  using boost::asio::ip::tcp;
  EventLoop loop;
  tcp::acceptor acceptor(loop.io(), {boost::asio::ip::address_v4::loopback(), 0}, false);
  tcp::socket peer(loop.io());
  const std::string answer = "HTTP/1.0 200 OK\r\n\r\nthe rest";
  acceptor.async_accept(peer, [&](boost::system::error_code error) {
    ASSERT_FALSE(error);
    boost::asio::write(peer, boost::asio::buffer(answer));
    peer.shutdown(tcp::socket::shutdown_send);
  });
  Listener listener(loop);
  listener.wanted = 2;
  ClientConnection connection(loop, listener, {"127.0.0.1", acceptor.local_endpoint().port()},
                              ClientConnection::Answers::kHttp, 0);
  connection.open();
  loop.run();
  EXPECT_EQ(listener.bodies, std::vector<std::string>{"the rest"});
  EXPECT_EQ(listener.ends, std::vector<std::string>{"closed by the server"});
  EXPECT_TRUE(listener.closed_in_order);
}

TEST_F(ClientConnectionTest, a_connection_that_cannot_be_opened_is_told) {
  start();
  const std::uint16_t gone = port();
  thread_.run([this] { server_.reset(); });
  EventLoop loop;
  Listener listener(loop);
  ClientConnection connection(loop, listener, {"127.0.0.1", gone}, ClientConnection::Answers::kHttp, 0);
  connection.open();
  loop.run();
  EXPECT_EQ(listener.ends, std::vector<std::string>{"Connection refused"});
  EXPECT_FALSE(listener.closed_in_order);
}

TEST(ClientConnection, what_a_slow_reader_took_is_not_kept) {
  using boost::asio::ip::tcp;
  constexpr std::size_t kUnread = 16 * 1024 * 1024;  // more than the kernel holds: there is always something left
  constexpr std::size_t kPart = 1024 * 1024;
  constexpr std::size_t kParts = 80;
  EventLoop loop;
  tcp::acceptor acceptor(loop.io(), {boost::asio::ip::address_v4::loopback(), 0}, false);
  acceptor.set_option(boost::asio::socket_base::receive_buffer_size(64 * 1024));
  tcp::socket peer(loop.io());
  Listener listener(loop);
  listener.requests.emplace_back(kUnread, 'x');
  ClientConnection connection(loop, listener, {"127.0.0.1", acceptor.local_endpoint().port()},
                              ClientConnection::Answers::kNone, 0);
  const std::string part(kPart, 'x');
  std::vector<char> room(kPart);
  std::size_t parts = 0;
  std::size_t most_kept = 0;
  std::function<void()> read_part = [&] {
    boost::asio::async_read(peer, boost::asio::buffer(room), [&](boost::system::error_code error, std::size_t) {
      connection.queue(part);
      connection.flush();
      most_kept = std::max(most_kept, connection.kept_bytes());
      if (!error && ++parts < kParts) return read_part();
      connection.close();
      loop.stop();
    });
  };
  acceptor.async_accept(peer, [&](boost::system::error_code error) {
    if (!error) read_part();
  });
  connection.open();
  loop.run();
  EXPECT_EQ(parts, kParts);
  EXPECT_EQ(listener.writes, 0U) << "the reader was not slow";
  EXPECT_LE(most_kept, 2 * (kUnread + kPart));
}

TEST(WakeTimer, the_last_wish_counts_and_a_cancelled_one_does_not) {
  EventLoop loop;
  std::vector<std::int64_t> calls;
  WakeTimer timer(loop, [&] { calls.push_back(steady_ns()); });
  WakeTimer never(loop, [&] { calls.push_back(-1); });
  const std::int64_t wanted = steady_ns() + 2'000'000;
  timer.wake_at(wanted + 3'600'000'000'000);
  timer.wake_at(wanted);
  never.wake_at(wanted);
  never.cancel();
  loop.run();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_GE(calls[0], wanted);
}

}  // namespace
}  // namespace weir
