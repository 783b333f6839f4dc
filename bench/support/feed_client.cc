#include "feed_client.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <memory>
#include <thread>

#include "weir/core/check.h"

namespace weir::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kLength = "Content-Length: ";
constexpr std::size_t kStatusAt = 9;  // behind "HTTP/1.1 "

int number_at(std::string_view text) {
  int number = 0;
  WEIR_CHECK(std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{});
  return number;
}

/// Bytes of the answer at the front of `received`; 0 when it is not whole.
std::size_t answer_size(std::string_view received) {
  const std::size_t head = received.find(kHeadEnd);
  if (head == std::string_view::npos) return 0;
  const std::size_t length = received.substr(0, head).find(kLength);
  const std::size_t body = length == std::string_view::npos
                               ? 0
                               : static_cast<std::size_t>(number_at(received.substr(length + kLength.size())));
  const std::size_t size = head + kHeadEnd.size() + body;
  return size <= received.size() ? size : 0;
}

}  // namespace

FeedConnection::FeedConnection(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  WEIR_CHECK(connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0);
  const int yes = 1;
  WEIR_CHECK(setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes) == 0);
}

FeedConnection::~FeedConnection() { close(socket_); }

void FeedConnection::send(std::string_view text) const {
  while (!text.empty()) {
    const ssize_t sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    WEIR_CHECK(sent > 0);
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
}

int FeedConnection::receive_status() {
  std::array<char, 4096> piece;
  while (answer_size(received_) == 0) {
    const ssize_t size = recv(socket_, piece.data(), piece.size(), 0);
    WEIR_CHECK(size > 0);
    received_.append(piece.data(), static_cast<std::size_t>(size));
  }
  const int status = number_at(std::string_view(received_).substr(kStatusAt));
  received_.erase(0, answer_size(received_));
  return status;
}

std::vector<std::string> requests_of(const std::vector<std::string_view>& lines, std::size_t lines_each) {
  std::vector<std::string> requests;
  for (std::size_t first = 0; first < lines.size(); first += lines_each) {
    std::string body;
    for (std::size_t i = first; i < std::min(first + lines_each, lines.size()); ++i) (body += lines[i]) += '\n';
    requests.push_back(
        fmt::format("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                    "application/x-ndjson\r\nContent-Length: {}\r\n\r\n{}",
                    body.size(), body));
  }
  return requests;
}

std::size_t send_requests(std::uint16_t port, const std::vector<std::string>& requests, std::size_t connections) {
  constexpr int kAccepted = 202;
  constexpr int kBusy = 503;
  constexpr std::chrono::milliseconds kPause(1);
  std::vector<std::unique_ptr<FeedConnection>> open;
  for (std::size_t i = 0; i < std::min(connections, requests.size()); ++i) {
    open.push_back(std::make_unique<FeedConnection>(port));
  }
  std::size_t refused = 0;
  for (std::size_t i = 0; i < requests.size() + open.size(); ++i) {
    FeedConnection& connection = *open[i % open.size()];
    if (i >= open.size()) {
      int status = connection.receive_status();
      for (; status == kBusy; status = connection.receive_status(), ++refused) {
        std::this_thread::sleep_for(kPause);
        connection.send(requests[i - open.size()]);
      }
      WEIR_CHECK(status == kAccepted);
    }
    if (i < requests.size()) connection.send(requests[i]);
  }
  return refused;
}

void send_text(std::uint16_t port, std::string_view text) { FeedConnection(port).send(text); }

}  // namespace weir::bench
