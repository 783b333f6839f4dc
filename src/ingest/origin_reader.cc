#include "weir/ingest/origin_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::size_t kMostHops = 64;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// The value of `for` in one element of Forwarded ('for="[2001:db8::1]:80";proto=https'); empty when there is none.
std::string_view for_of(std::string_view element) {
  while (!element.empty()) {
    const std::string_view pair = trimmed(element.substr(0, element.find(';')));
    element.remove_prefix(std::min(element.find(';'), element.size() - 1) + 1);
    if (pair.size() <= 4 || !equal_ignoring_case(pair.substr(0, 4), "for=")) continue;
    std::string_view value = pair.substr(4);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

/// An address without the port some proxies add: "192.0.2.1:80", "[2001:db8::1]:80".
std::string_view without_port(std::string_view hop) {
  if (hop.starts_with('[')) return hop.substr(0, hop.find(']') == std::string_view::npos ? 0 : hop.find(']') + 1);
  const std::size_t colon = hop.find(':');
  return colon == hop.rfind(':') ? hop.substr(0, colon) : hop;
}

}  // namespace

Result<OriginReader> OriginReader::make(const std::vector<std::string>& trusted_proxies,
                                        const std::string& country_header) {
  OriginReader reader;
  reader.country_header_ = country_header;
  for (const std::string& text : trusted_proxies) {
    const std::optional<IpNetwork> network = parse_ip_network(text);
    if (!network) {
      return Error{
          fmt::format("sources.http.trusted_proxies: \"{}\" is no address and no network such as 10.0.0.0/8", text)};
    }
    reader.trusted_proxies_.push_back(*network);
  }
  return reader;
}

bool OriginReader::trusts(std::string_view address) const {
  if (trusted_proxies_.empty()) return false;
  const std::optional<IpAddress> parsed = parse_ip_address(address);
  return parsed && std::any_of(trusted_proxies_.begin(), trusted_proxies_.end(),
                               [&](const IpNetwork& network) { return network.contains(*parsed); });
}

std::string_view OriginReader::client_of(const HttpRequest& request) const {
  std::string_view client = request.peer_address;
  // A field may come in several lines; together they are one list.
  std::vector<std::string_view> lines = request.headers("X-Forwarded-For");
  const bool has_forwarded_for = !lines.empty();
  if (!has_forwarded_for) lines = request.headers("Forwarded");
  std::size_t hops = 0;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    for (std::string_view rest = *line; !rest.empty();) {
      const std::size_t comma = rest.rfind(',');
      const std::string_view last = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
      if (last.empty()) continue;
      const std::string_view hop = without_port(has_forwarded_for ? last : for_of(last));
      // "unknown" or an invented name: the proxy before it is the last that can be told.
      if (!parse_ip_address(hop) || ++hops > kMostHops) return client;
      client = hop;
      if (!trusts(hop)) return client;
    }
  }
  return client;
}

Origin OriginReader::read(const HttpRequest& request) const {
  const bool behind_proxy = trusts(request.peer_address);
  Origin origin;
  origin.address = behind_proxy ? client_of(request) : request.peer_address;
  origin.user_agent = request.header("User-Agent");
  origin.web_origin = request.header("Origin");
  origin.from_browser = !origin.web_origin.empty() || !request.header("Sec-Fetch-Mode").empty();
  origin.opted_out = trimmed(request.header("Sec-GPC")) == "1";
  if (behind_proxy && !country_header_.empty()) origin.country = trimmed(request.header(country_header_));
  return origin;
}

}  // namespace weir
