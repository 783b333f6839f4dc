// Reads the url of a server of ours; see http_client.h.
#include <fmt/format.h>

#include "weir/core/ascii.h"
#include "weir/net/http_client.h"

namespace weir {
namespace {

/// With %XX decoded; a % that begins none is kept.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

bool take_front(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

}  // namespace

Result<HttpServerUrl> parse_server_url(std::string_view url) {
  HttpServerUrl server;
  std::string_view rest = url;
  server.tls = take_front(rest, "https://");
  if (!server.tls) take_front(rest, "http://");
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    server.credentials = decoded(rest.substr(0, at));
    rest.remove_prefix(at + 1);
  }
  const std::string place = (rest.starts_with(':') ? "127.0.0.1" : "") + std::string(rest);
  const Result<ListenAddress> address = parse_listen_address(place);
  if (!address) {
    return Error{fmt::format(
        "found \"{}\"; expected the admin listener by a numeric address or localhost, such as http://127.0.0.1:9464, "
        "http://[::1]:9464 or https://user:password@127.0.0.1:9464",
        rest)};
  }
  server.address = *address;
  server.host = place.starts_with("localhost:") ? "localhost" : address->host;
  return server;
}

}  // namespace weir
