// WebConfig: TLS and users of the admin listener, in the file format that Prometheus and its exporters share. Keys we
// have no use for are refused by name, never passed over.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/result.h"
#include "weir/net/tls.h"

namespace weir {

struct WebConfig {
  std::optional<TlsServerOptions> tls;
  std::map<std::string, std::string> users;                  // name -> bcrypt hash; empty: everybody may ask
  std::vector<std::pair<std::string, std::string>> headers;  // of every answer
};

/// Most users in a file, and the highest cost of a hash: each step doubles the time a password takes to check, which at
/// 14 is about a second.
inline constexpr std::size_t kMaxWebUsers = 1000;
inline constexpr int kMaxBcryptCost = 14;

/// Parses and validates. On failure the message has one line per fault, as parse_config() words them. Paths in it are
/// relative to the folder of `file`.
Result<WebConfig> parse_web_config(std::string_view yaml, const std::string& file);

/// What is in effect: the parsed file, and the certificate it names. An empty path is plain HTTP for everybody.
struct WebAccess {
  WebConfig config;
  std::shared_ptr<const TlsContext> tls;
};
Result<WebAccess> load_web_access(const std::string& path);

}  // namespace weir
