// IP addresses and networks as values: reading, comparing, cutting off. Serves whoever must know a client's address
// without keeping it. Must never look a name up.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weir {

/// An IPv6 address; an IPv4 address a.b.c.d is held as ::ffff:a.b.c.d, so each address has one form.
struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};

  bool is_v4() const;
  /// The network of the address: /24 of IPv4, /48 of IPv6, which is about a household or a company.
  IpAddress truncated() const;
  bool operator==(const IpAddress&) const = default;
};

/// Reads "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; a zone ("fe80::1%eth0") is left out. nullopt for all else.
std::optional<IpAddress> parse_ip_address(std::string_view text);

/// The addresses that share their first bits.
struct IpNetwork {
  IpAddress base;
  unsigned bits = 128;  // of the 128 of an IPv6 address

  bool contains(const IpAddress& address) const;
};

/// Reads "10.0.0.0/8", "2001:db8::/32", or a single address. Bits behind the prefix do not matter.
std::optional<IpNetwork> parse_ip_network(std::string_view text);

}  // namespace weir
