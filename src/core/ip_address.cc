#include "weir/core/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir {
namespace {

constexpr std::array<std::uint8_t, 12> kV4Prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kAllBits = 128;
constexpr unsigned kV4Bits = 96;  // of the prefix that marks an IPv4 address
constexpr unsigned kKeptV4Bits = kV4Bits + 24;
constexpr unsigned kKeptV6Bits = 48;

/// The first `bits` bits; the rest is 0.
IpAddress prefix_of(const IpAddress& address, unsigned bits) {
  IpAddress prefix;
  for (unsigned i = 0; i < prefix.bytes.size() && i * 8 < bits; ++i) {
    const unsigned kept = std::min(8U, bits - i * 8);
    prefix.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00U >> kept));
  }
  return prefix;
}

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kV4Prefix.begin(), kV4Prefix.end(), bytes.begin()); }

IpAddress IpAddress::truncated() const { return prefix_of(*this, is_v4() ? kKeptV4Bits : kKeptV6Bits); }

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  if (text.size() > 2 && text.front() == '[' && text.back() == ']') text = text.substr(1, text.size() - 2);
  text = text.substr(0, text.find('%'));
  char terminated[INET6_ADDRSTRLEN + 1] = {};
  if (text.empty() || text.size() >= sizeof(terminated) || text.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  std::memcpy(terminated, text.data(), text.size());
  IpAddress address;
  if (text.find(':') != std::string_view::npos) {
    if (::inet_pton(AF_INET6, terminated, address.bytes.data()) == 1) return address;
    return std::nullopt;
  }
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), address.bytes.begin());
  if (::inet_pton(AF_INET, terminated, address.bytes.data() + kV4Prefix.size()) == 1) return address;
  return std::nullopt;
}

bool IpNetwork::contains(const IpAddress& address) const { return prefix_of(address, bits) == prefix_of(base, bits); }

std::optional<IpNetwork> parse_ip_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> base = parse_ip_address(text.substr(0, slash));
  if (!base) return std::nullopt;
  if (slash == std::string_view::npos) return IpNetwork{*base, kAllBits};
  const std::string_view length = text.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, problem] = std::from_chars(length.data(), length.data() + length.size(), bits);
  const unsigned most = text.find(':') == std::string_view::npos ? kAllBits - kV4Bits : kAllBits;
  if (problem != std::errc() || end != length.data() + length.size() || bits > most) return std::nullopt;
  return IpNetwork{*base, bits + kAllBits - most};
}

}  // namespace weir
