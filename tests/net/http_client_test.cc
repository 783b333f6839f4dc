// HttpClient against a server that closes connections: what is asked again on a new one, and what never is.
#include "weir/net/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "weir/net/descriptor.h"

namespace weir {
namespace {

constexpr const char* kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Takes one connection per answer: reads a request, answers it and closes, though the answer promised to stay.
class ForgetfulServer {
 public:
  explicit ForgetfulServer(std::vector<std::string> answers) : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_.get(), 8), 0);
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    methods_ = std::async(std::launch::async, [this, answers = std::move(answers)] { return serve(answers); });
  }
  ~ForgetfulServer() { ::shutdown(listener_.get(), SHUT_RDWR); }
  ForgetfulServer(const ForgetfulServer&) = delete;
  ForgetfulServer& operator=(const ForgetfulServer&) = delete;

  ListenAddress address() const { return {"127.0.0.1", port_}; }
  /// Ends the server. The methods of the requests that came, one for each connection.
  std::vector<std::string> methods() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    return methods_.get();
  }

 private:
  std::vector<std::string> serve(const std::vector<std::string>& answers) const {
    std::vector<std::string> methods;
    for (const std::string& answer : answers) {
      const Descriptor peer(::accept(listener_.get(), nullptr, nullptr));
      if (!peer.open()) break;
      std::string request;
      char byte = 0;
      // A header, and "{}" as the only body.
      while (!request.ends_with(request.starts_with("POST") ? "{}" : "\r\n\r\n") &&
             ::recv(peer.get(), &byte, 1, 0) == 1) {
        request += byte;
      }
      methods.push_back(request.substr(0, request.find(' ')));
      EXPECT_EQ(::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL), static_cast<ssize_t>(answer.size()));
    }
    return methods;
  }

  Descriptor listener_;
  std::uint16_t port_ = 0;
  std::future<std::vector<std::string>> methods_;
};

TEST(HttpClient, asks_again_when_the_kept_connection_was_closed) {
  ForgetfulServer server({kAnswer, kAnswer, kAnswer});
  HttpClient client(server.address());
  for (int i = 0; i < 3; ++i) {
    const Result<HttpReply> reply = client.get("/", "text/plain");
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->body, "ok");
  }
  EXPECT_EQ(server.methods().size(), 3U);
}

TEST(HttpClient, gives_up_when_its_owner_has_no_more_patience) {
  ForgetfulServer silent({});  // takes connections, and nothing from them
  HttpClient client(silent.address());
  int asked = 0;
  client.set_patience([&] { return ++asked < 3; });
  EXPECT_FALSE(client.get("/", "text/plain"));
  EXPECT_EQ(asked, 3);
  EXPECT_FALSE(client.post("/", "text/plain", "{}"));
  EXPECT_EQ(asked, 4) << "the connection was given up, too";

  ForgetfulServer server({kAnswer});
  HttpClient patient(server.address());
  patient.set_patience([] { return true; });
  EXPECT_TRUE(patient.get("/", "text/plain"));
}

TEST(HttpClient, asks_again_only_once_and_never_on_a_new_connection) {
  ForgetfulServer server({kAnswer, "", kAnswer});
  HttpClient client(server.address());
  EXPECT_TRUE(client.get("/", "text/plain"));
  EXPECT_FALSE(client.get("/", "text/plain"));
  EXPECT_TRUE(client.get("/", "text/plain"));

  ForgetfulServer silent({"", kAnswer});
  HttpClient first(silent.address());
  EXPECT_FALSE(first.get("/", "text/plain"));
  EXPECT_TRUE(first.get("/", "text/plain"));
}

TEST(HttpClient, never_posts_twice) {
  ForgetfulServer server({kAnswer, kAnswer, kAnswer});
  HttpClient client(server.address());
  EXPECT_TRUE(client.get("/", "text/plain"));
  const Result<HttpReply> lost = client.post("/v1/events", "application/json", "{}");
  ASSERT_FALSE(lost) << "the server might have taken it";
  EXPECT_NE(lost.error().message.find(to_string(server.address()) + "/v1/events: "), std::string::npos);
  EXPECT_TRUE(client.post("/v1/events", "application/json", "{}"));
  EXPECT_EQ(server.methods(), (std::vector<std::string>{"GET", "POST"}));
}

}  // namespace
}  // namespace weir
