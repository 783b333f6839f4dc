// Reading and writing of listen addresses. Names are not looked up: a listener must not depend on DNS.
#include "weir/net/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace weir {
namespace {

Error bad_address(std::string_view text, std::string_view why) {
  return Error{fmt::format(
      "\"{}\" is not an address to listen on: {}; write HOST:PORT with a numeric host, such as 127.0.0.1:8080, "
      "[::1]:8080 or :8080",
      text, why)};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

bool is_ip(int family, const std::string& host) {
  in6_addr binary{};  // large enough for both families
  return ::inet_pton(family, host.c_str(), &binary) == 1;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "the port is missing");
  const std::optional<std::uint16_t> port = parse_port(text.substr(colon + 1));
  if (!port) return bad_address(text, "the port is not a number from 0 to 65535");

  std::string_view host = text.substr(0, colon);
  if (host.empty()) return ListenAddress{"0.0.0.0", *port};
  if (host == "localhost") return ListenAddress{"127.0.0.1", *port};
  if (host.find('\0') != std::string_view::npos) return bad_address(text, "the host holds a zero byte");
  if (host.front() == '[' && host.back() == ']') {
    ListenAddress address{std::string(host.substr(1, host.size() - 2)), *port};
    if (!is_ip(AF_INET6, address.host)) return bad_address(text, "the host in brackets is not an IPv6 address");
    return address;
  }
  ListenAddress address{std::string(host), *port};
  if (is_ip(AF_INET6, address.host)) return bad_address(text, "an IPv6 host goes into brackets");
  if (!is_ip(AF_INET, address.host)) return bad_address(text, "the host is not an IP address");
  return address;
}

std::string to_string(const ListenAddress& address) {
  const bool bare = address.host.find(':') == std::string::npos;
  return bare ? fmt::format("{}:{}", address.host, address.port) : fmt::format("[{}]:{}", address.host, address.port);
}

}  // namespace weir
