// See http_client.h.
#include "support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace weir::support {
namespace {

int connected_socket(int family, const sockaddr* address, socklen_t size) {
  const int descriptor = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -1;
  timeval timeout{};
  timeout.tv_sec = kClientTimeoutSeconds;
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
  if (::connect(descriptor, address, size) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool has_header(const HttpHeaders& headers, const std::string& name) {
  return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return lower(header.first) == name; });
}

/// Status and headers of an answer's head, whose lines end in CRLF.
HttpReply parse_head(const std::string& head) {
  HttpReply reply;
  std::size_t end = head.find("\r\n");
  if (head.rfind("HTTP/1.1 ", 0) == 0) reply.status = std::atoi(head.c_str() + 9);
  while (end + 2 < head.size()) {
    const std::size_t start = end + 2;
    end = head.find("\r\n", start);
    const std::size_t colon = head.find(':', start);
    if (end == std::string::npos || colon > end) break;
    std::size_t value = colon + 1;
    while (value < end && head[value] == ' ') ++value;
    std::string& header = reply.headers[lower(head.substr(start, colon - start))];
    if (!header.empty()) header += ", ";
    header += head.substr(value, end - value);
  }
  return reply;
}

}  // namespace

SocketClient::SocketClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  descriptor_ = connected_socket(AF_INET, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

SocketClient::SocketClient(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  descriptor_ = connected_socket(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

SocketClient::~SocketClient() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool SocketClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void SocketClient::finish_sending() { ::shutdown(descriptor_, SHUT_WR); }

bool SocketClient::read_more() {
  std::array<char, 65536> buffer;
  const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  timed_out_ = size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (size <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(size));
  return true;
}

std::string SocketClient::take(std::size_t size) {
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

HttpReply SocketClient::read_reply(Expect expect) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return {};
  }
  HttpReply reply = parse_head(take(end + 4));
  if (expect == Expect::kHead) return reply;
  const auto size = static_cast<std::size_t>(std::strtoull(reply.header("content-length").c_str(), nullptr, 10));
  while (received_.size() < size) {
    if (!read_more()) return {};
  }
  reply.body = take(size);
  return reply;
}

std::string SocketClient::read_until(std::string_view words) {
  std::size_t found = 0;
  while ((found = received_.find(words)) == std::string::npos) {
    if (!read_more()) return {};
  }
  return take(found + words.size());
}

std::optional<std::string> SocketClient::read_to_end() {
  while (read_more()) continue;
  if (timed_out_) return std::nullopt;
  return take(received_.size());
}

bool SocketClient::closed_by_peer() { return received_.empty() && !read_more() && !timed_out_; }

std::string request_text(std::string_view method, std::string_view path, const HttpHeaders& headers,
                         std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(path).append(" HTTP/1.1\r\n");
  if (!has_header(headers, "host")) text.append("Host: localhost\r\n");
  for (const auto& [name, value] : headers) text.append(name).append(": ").append(value).append("\r\n");
  const bool sized = has_header(headers, "content-length") || has_header(headers, "transfer-encoding");
  const bool needs_size = !body.empty() || method == "POST";
  if (needs_size && !sized) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

HttpReply http_request(std::uint16_t port, std::string_view method, std::string_view path, const HttpHeaders& headers,
                       std::string_view body) {
  SocketClient client(port);
  if (!client.connected()) return {};
  // A server may refuse before it has read everything; its answer counts then.
  static_cast<void>(client.send(request_text(method, path, headers, body)));
  return client.read_reply(method == "HEAD" ? SocketClient::Expect::kHead : SocketClient::Expect::kBody);
}

}  // namespace weir::support
