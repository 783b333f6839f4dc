// HttpServer in bad weather: limits, deadlines, smuggling shapes, noise.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <deque>
#include <random>
#include <vector>

#include "http_server_fixture.h"
#include "support/seed.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

using support::http_request;
using support::HttpReply;
using support::request_text;

struct RefusedCase {
  const char* what;
  std::string text;
  int status;
};

TEST_F(HttpServerTest, every_malformed_or_ambiguous_request_is_refused_and_the_connection_closed) {
  start();
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const RefusedCase cases[] = {
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"length and chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nbody..", 400},
      {"the same length twice", post + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody", 400},
      {"negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"length with sign", post + "Content-Length: +4\r\n\r\nbody", 400},
      {"length not a number", post + "Content-Length: four\r\n\r\nbody", 400},
      {"length beyond 64 bits", post + "Content-Length: 99999999999999999999999\r\n\r\n", 400},
      {"other transfer coding", post + "Transfer-Encoding: gzip\r\n\r\n", 400},
      {"two transfer codings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
      {"disguised chunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"folded line", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400},
      {"folded line by tab", "GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\t2\r\n\r\n", 400},
      {"folded coding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
      {"space before colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400},
      {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"zero byte in a value", std::string("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28), 400},
      {"no version", "GET /\r\n\r\n", 400},
      {"version 2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400},
      {"space in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tls hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
      {"http 2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"chunk extension", chunked + "4;a=b\r\nbody\r\n0\r\n\r\n", 400},
      {"last chunk's extension", chunked + "4\r\nbody\r\n0;a\r\n\r\n", 400},
      {"trailer", chunked + "4\r\nbody\r\n0\r\nX: y\r\n\r\n", 400},
      {"chunk size not hexadecimal", chunked + "zz\r\nbody\r\n0\r\n\r\n", 400},
      {"negative chunk size", chunked + "-1\r\nbody\r\n0\r\n\r\n", 400},
      {"chunk longer than told", chunked + "3\r\nbody\r\n0\r\n\r\n", 400},
      {"chunk size line without end", chunked + std::string(40'000, '0'), 400},
  };
  for (const RefusedCase& refused : cases) {
    SCOPED_TRACE(refused.what);
    Client client(port());
    static_cast<void>(client.send(refused.text));
    const HttpReply reply = client.read_reply();
    EXPECT_EQ(reply.status, refused.status);
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_EQ(reply.header("content-type"), "application/json");
    client.finish_sending();
    EXPECT_TRUE(client.closed_by_peer());
  }
  EXPECT_EQ(stat(Stat::kHttpRequests4xx), static_cast<std::int64_t>(std::size(cases)));
  EXPECT_EQ(stat(Stat::kHttpRequests2xx), 0);
}

TEST_F(HttpServerTest, header_bytes_are_limited) {
  start({.header_bytes = 1000});
  EXPECT_EQ(http_request(port(), "GET", "/", {{"A", std::string(900, 'a')}}).status, 200);
  EXPECT_EQ(http_request(port(), "GET", "/", {{"A", std::string(1000, 'a')}}).status, 431);
  EXPECT_EQ(http_request(port(), "GET", "/" + std::string(1000, 'a')).status, 431);
  // Start line and fields are each under the limit, together over it.
  EXPECT_EQ(http_request(port(), "GET", "/" + std::string(600, 'a'), {{"A", std::string(600, 'a')}}).status, 431);
  Client endless(port());
  ASSERT_TRUE(endless.send("GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a')));
  EXPECT_EQ(endless.read_reply().status, 431);
}

TEST_F(HttpServerTest, body_bytes_are_limited_before_they_are_sent_and_while_they_come) {
  start({.body_bytes = 50'000});
  EXPECT_EQ(http_request(port(), "POST", "/", {}, std::string(50'000, 'a')).status, 200);
  EXPECT_EQ(http_request(port(), "POST", "/", {}, std::string(50'001, 'a')).status, 413);
  Client patient(port());
  ASSERT_TRUE(patient.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50001\r\nExpect: 100-continue\r\n\r\n"));
  EXPECT_EQ(patient.read_reply().status, 413);

  const std::string chunk = "4000\r\n" + std::string(0x4000, 'a') + "\r\n";
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  Client fits(port());
  ASSERT_TRUE(fits.send(head + chunk + chunk + chunk + "0\r\n\r\n"));
  EXPECT_EQ(fits.read_reply().status, 200);
  Client large(port());
  static_cast<void>(large.send(head + chunk + chunk + chunk + chunk));
  EXPECT_EQ(large.read_reply().status, 413);
  Client huge(port());
  ASSERT_TRUE(huge.send(head + "ffffffffffffffff\r\n"));
  EXPECT_EQ(huge.read_reply().status, 413);
}

TEST_F(HttpServerTest, the_answer_to_a_refused_upload_reaches_a_client_that_is_still_sending) {
  start({.body_bytes = 1000});
  const HttpReply reply = http_request(port(), "POST", "/", {}, std::string(8'000'000, 'a'));
  EXPECT_EQ(reply.status, 413);
}

TEST_F(HttpServerTest, memory_for_large_bodies_is_limited_over_all_connections) {
  start({.body_memory_bytes = 150'000});
  const std::string text = request_text("POST", "/", {{"Expect", "100-continue"}}, std::string(100'000, 'a'));
  const std::size_t header = text.find("\r\n\r\n") + 4;
  Client first(port());
  ASSERT_TRUE(first.send(std::string_view(text).substr(0, header)));
  EXPECT_EQ(first.read_reply().status, 100);
  Client second(port());
  ASSERT_TRUE(second.send(std::string_view(text).substr(0, header)));
  const HttpReply refused = second.read_reply();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("retry-after"), "1");
  EXPECT_EQ(http_request(port(), "POST", "/", {}, "small").status, 200);
  ASSERT_TRUE(first.send(std::string_view(text).substr(header)));
  EXPECT_EQ(first.read_reply().status, 200);
  EXPECT_EQ(http_request(port(), "POST", "/", {}, std::string(100'000, 'a')).status, 200);
}

TEST_F(HttpServerTest, a_slow_header_and_a_slow_body_are_cut_off_with_408) {
  start({.request_timeout_ms = 40});
  const std::string text = request_text("POST", "/", {}, "body");
  const std::string large = request_text("POST", "/", {}, std::string(100'000, 'a'));
  const std::string chunks = request_text("POST", "/", {{"Transfer-Encoding", "chunked"}}, "4\r\nbody\r\n");
  for (const std::string& part :
       {std::string("G"), text.substr(0, 20), text.substr(0, text.size() - 1), large.substr(0, 60'000), chunks}) {
    Client client(port());
    ASSERT_TRUE(client.send(part));
    EXPECT_EQ(client.read_reply().status, 408);
    client.finish_sending();
    EXPECT_TRUE(client.closed_by_peer());
  }
}

TEST_F(HttpServerTest, a_drip_of_bytes_does_not_extend_the_deadline) {
  constexpr std::size_t kManyBytes = 900'000;  // far more than fit into the deadline one by one
  start({.header_bytes = 1024 * 1024, .request_timeout_ms = 40});
  Client client(port());
  ASSERT_TRUE(client.send("GET / HTTP/1.1\r\nX: "));
  std::size_t sent = 0;
  while (stat(Stat::kHttpRequests4xx) == 0 && sent < kManyBytes && client.send("a")) {
    ++sent;
    settle();  // so that the server sees the bytes one by one
  }
  EXPECT_LT(sent, kManyBytes);
  EXPECT_EQ(client.read_reply().status, 408);
}

TEST_F(HttpServerTest, an_idle_connection_is_closed_without_an_answer) {
  start({.idle_timeout_ms = 40});
  Client silent(port());
  EXPECT_TRUE(silent.closed_by_peer());
  Client kept(port());
  ASSERT_TRUE(kept.send(request_text("GET", "/", {}, "")));
  EXPECT_EQ(kept.read_reply().status, 200);
  EXPECT_TRUE(kept.closed_by_peer());
}

TEST_F(HttpServerTest, a_client_that_does_not_read_is_closed) {
  start({.request_timeout_ms = 40});
  Client client(port());
  ASSERT_TRUE(client.send(request_text("GET", "/size/50000000", {}, "")));
  while (stat(Stat::kConnectionsOpen) != 0 || stat(Stat::kConnectionsAccepted) == 0) std::this_thread::yield();
  const auto received = client.read_to_end();
  ASSERT_TRUE(received.has_value());
  EXPECT_LT(received->size(), 50'000'000U);
}

/// A server that is held up for longer than a deadline finds what came meanwhile, and looks at it first.
TEST_F(HttpServerTest, a_deadline_that_the_server_itself_missed_costs_no_client_its_request) {
  start({.request_timeout_ms = 20, .idle_timeout_ms = 20});
  Client idle(port());
  Client half(port());
  ASSERT_TRUE(idle.send(request_text("GET", "/one", {}, "")));
  EXPECT_EQ(idle.read_reply().body, echoed("GET /one|"));
  const std::string request = request_text("POST", "/", {}, "body");
  std::promise<void> done;
  thread_.run([&] {
    ASSERT_TRUE(half.send(request.substr(0, 10)));
    // The next one runs before the sockets are looked at and behind the deadlines, which are queued by then.
    boost::asio::post(thread_.io(), [&] {
      const auto late = std::chrono::steady_clock::now() + std::chrono::milliseconds(40);
      while (std::chrono::steady_clock::now() < late) continue;
      boost::asio::post(thread_.io(), [&] {
        ASSERT_TRUE(half.send(request.substr(10)));
        ASSERT_TRUE(idle.send(request_text("GET", "/two", {}, "")));
        done.set_value();
      });
    });
  });
  done.get_future().get();
  EXPECT_EQ(idle.read_reply().body, echoed("GET /two|"));
  EXPECT_EQ(half.read_reply().body, echoed("POST /|", "body"));
}

TEST_F(HttpServerTest, connections_beyond_the_limit_are_closed_and_counted) {
  start({.connections = 2});
  Client first(port());
  Client second(port());
  for (Client* client : {&first, &second}) {
    ASSERT_TRUE(client->send(request_text("GET", "/", {}, "")));
    EXPECT_EQ(client->read_reply().status, 200);
  }
  Client third(port());
  EXPECT_TRUE(third.closed_by_peer());
  settle();
  EXPECT_EQ(stat(Stat::kConnectionsRefused), 1);
  EXPECT_EQ(stat(Stat::kConnectionsOpen), 2);
  ASSERT_TRUE(first.send(request_text("GET", "/", {{"Connection", "close"}}, "")));
  EXPECT_EQ(first.read_reply().status, 200);
  EXPECT_TRUE(first.closed_by_peer());
  EXPECT_EQ(http_request(port(), "GET", "/").status, 200);
}

TEST_F(HttpServerTest, connections_of_one_address_are_limited_unless_it_is_a_proxy) {
  start({.connections = 4, .client_connections = 2});
  Client first(port());
  {
    Client second(port());
    for (Client* client : {&first, &second}) {
      ASSERT_TRUE(client->send(request_text("GET", "/", {}, "")));
      EXPECT_EQ(client->read_reply().status, 200);
    }
    EXPECT_TRUE(Client(port()).closed_by_peer());
    settle();
    EXPECT_EQ(stat(Stat::kConnectionsRefusedClient), 1);
    EXPECT_EQ(stat(Stat::kConnectionsRefused), 0);
    ASSERT_TRUE(second.send(request_text("GET", "/", {{"Connection", "close"}}, "")));
    EXPECT_EQ(second.read_reply().status, 200);
    EXPECT_TRUE(second.closed_by_peer());
  }
  EXPECT_EQ(http_request(port(), "GET", "/").status, 200) << "the place of the second is free again";

  start({.connections = 4, .client_connections = 1, .proxies = {*parse_ip_network("127.0.0.0/8")}});
  Client one(port());
  Client two(port());
  for (Client* client : {&one, &two}) {
    ASSERT_TRUE(client->send(request_text("GET", "/", {}, "")));
    EXPECT_EQ(client->read_reply().status, 200);
  }
}

TEST_F(HttpServerTest, while_memory_is_scarce_connections_are_not_kept) {
  std::atomic<bool> scarce = false;
  start({.idle_timeout_ms = 60'000, .scarce = [&] { return scarce.load(); }});
  Client idle(port());
  Client busy(port());
  for (Client* client : {&idle, &busy}) {
    ASSERT_TRUE(client->send(request_text("GET", "/", {}, "")));
    const HttpReply reply = client->read_reply();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("connection"), "");
  }
  scarce = true;
  ASSERT_TRUE(busy.send(request_text("GET", "/", {}, "")));
  const HttpReply last = busy.read_reply();
  EXPECT_EQ(last.status, 200);
  EXPECT_EQ(last.header("connection"), "close");
  EXPECT_TRUE(busy.closed_by_peer());
  EXPECT_TRUE(idle.closed_by_peer());
  scarce = false;
  Client kept(port());
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(kept.send(request_text("GET", "/", {}, "")));
    EXPECT_EQ(kept.read_reply().status, 200);
  }
}

TEST_F(HttpServerTest, a_lack_of_descriptors_delays_connections_but_loses_none) {
  start();
  Client waiting(port());
  ASSERT_TRUE(waiting.send(request_text("GET", "/", {}, "")));
  EXPECT_EQ(waiting.read_reply().status, 200);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  std::deque<Client> clients;
  thread_.run([&] {
    clients.emplace_back(port());  // connected by the kernel; the io thread is here and has not accepted it
    const rlimit none{.rlim_cur = 0, .rlim_max = before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  });
  ASSERT_TRUE(clients.front().send(request_text("GET", "/", {}, "")));
  // A kept connection goes on being served, and each of its answers is a turn of the io thread.
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(waiting.send(request_text("GET", "/", {}, "")));
    EXPECT_EQ(waiting.read_reply().status, 200);
  }
  EXPECT_EQ(stat(Stat::kConnectionsAccepted), 1);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(clients.front().read_reply().status, 200);
}

TEST_F(HttpServerTest, the_last_descriptors_are_not_for_clients) {
  start();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  constexpr rlim_t kFew = 200;
  const rlimit few{.rlim_cur = kFew, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::deque<Client> clients;
  // Each connection takes two descriptors of this process, which is client and server. The next one comes when the
  // server has answered for the one before, or two could be refused.
  const auto answered_for = [&] {
    return stat(Stat::kConnectionsAccepted) + stat(Stat::kConnectionsRefusedDescriptors);
  };
  while (stat(Stat::kConnectionsRefusedDescriptors) == 0 && clients.size() < kFew) {
    clients.emplace_back(port());
    ASSERT_TRUE(clients.back().connected());
    while (answered_for() < static_cast<std::int64_t>(clients.size())) settle();
  }
  EXPECT_EQ(stat(Stat::kConnectionsRefusedDescriptors), 1);
  EXPECT_EQ(stat(Stat::kConnectionsRefused), 0);
  std::vector<Descriptor> files;
  for (int i = 0; i < 40; ++i) files.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(files.back().open()) << "there is room for files still";
  ASSERT_TRUE(clients.front().send(request_text("GET", "/", {}, "")));
  EXPECT_EQ(clients.front().read_reply().status, 200);
  files.clear();
  clients.clear();
  while (stat(Stat::kConnectionsOpen) != 0) settle();
  EXPECT_EQ(http_request(port(), "GET", "/").status, 200);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

/// A text near a request: a good one with bytes changed, doubled or taken out.
std::string mutated(std::mt19937_64& random) {
  static const std::string kSeeds[] = {
      request_text("GET", "/a?b", {{"User-Agent", "x"}}, ""),
      request_text("POST", "/v1/events", {{"Origin", "https://a"}}, "{\"type\":\"page_view\"}"),
      request_text("POST", "/", {{"Transfer-Encoding", "chunked"}}, "4\r\nbody\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n"),
      request_text("POST", "/", {{"Transfer-Encoding", "chunked"}}, "0\r\n\r\n"),
      request_text("POST", "/", {{"Expect", "100-continue"}, {"Connection", "close"}}, "x"),
  };
  std::string text = kSeeds[random() % std::size(kSeeds)];
  for (std::uint64_t changes = random() % 4; changes > 0 && !text.empty(); --changes) {
    const std::size_t at = random() % text.size();
    static const std::string kLetters("\r\n\t :;,0a\xff\0", 11);
    if (const auto kind = random() % 3; kind == 0)
      text[at] = kLetters[random() % kLetters.size()];
    else if (kind == 1)
      text.erase(at, 1 + random() % 3);
    else
      text.insert(at, text.substr(random() % text.size(), random() % 10));
  }
  return text;
}

TEST_F(HttpServerTest, noise_never_stops_the_server) {
  const std::uint64_t seed = support::test_seed();
  SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
  std::mt19937_64 random(seed);
  start({.request_timeout_ms = 2000});
  for (int i = 0; i < 3000; ++i) {
    Client client(port());
    ASSERT_TRUE(client.connected());
    const std::string text = mutated(random) + mutated(random);
    const std::size_t cut = random() % (text.size() + 1);
    static_cast<void>(client.send(std::string_view(text).substr(0, cut)));
    settle();
    static_cast<void>(client.send(std::string_view(text).substr(cut)));
    client.finish_sending();
    ASSERT_TRUE(client.read_to_end().has_value()) << text;
  }
  EXPECT_EQ(http_request(port(), "GET", "/").status, 200);
  settle();
  EXPECT_EQ(stat(Stat::kHttpRequests5xx), 0);
}

}  // namespace
}  // namespace weir
