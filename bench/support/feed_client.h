// Clients that bring an input to a server over sockets of the loopback device. Plain blocking calls: their processor
// time is taken off, so they only must not be slow.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::bench {

/// A connection to 127.0.0.1. Ends the program when it fails: a benchmark has no use for half an answer.
class FeedConnection {
 public:
  explicit FeedConnection(std::uint16_t port);
  ~FeedConnection();
  FeedConnection(const FeedConnection&) = delete;
  FeedConnection& operator=(const FeedConnection&) = delete;

  void send(std::string_view text) const;
  /// Waits for the answer to one request; it must have a Content-Length or be a 204. Its status.
  int receive_status();

 private:
  int socket_;
  std::string received_;
};

/// Requests to POST /v1/events, each with so many of the lines.
std::vector<std::string> requests_of(const std::vector<std::string_view>& lines, std::size_t lines_each);

/// Sends all requests over so many kept connections in turn, one under way on each; each must be answered by 202. One
/// that is refused because shards are behind is sent again before any other. How often that was so.
std::size_t send_requests(std::uint16_t port, const std::vector<std::string>& requests, std::size_t connections);
/// Sends the text over one connection and closes it.
void send_text(std::uint16_t port, std::string_view text);

}  // namespace weir::bench
