// "host:port" texts of configuration.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/result.h"

namespace weir {

/// A numeric IP address and a port; port 0 lets the system choose.
struct ListenAddress {
  std::string host = "127.0.0.1";  // IPv4 or IPv6, without brackets
  std::uint16_t port = 0;
};

/// Parses "127.0.0.1:8080", "[::1]:8080", "localhost:8080" (127.0.0.1) or ":8080" (all IPv4 interfaces).
Result<ListenAddress> parse_listen_address(std::string_view text);

/// The text that parse_listen_address reads back.
std::string to_string(const ListenAddress& address);

}  // namespace weir
