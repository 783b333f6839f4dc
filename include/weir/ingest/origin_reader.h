// OriginReader: what an HTTP request tells about its sender besides the body. Trusts what proxies add only when they
// are trusted; never keeps anything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/core/ip_address.h"
#include "weir/core/result.h"
#include "weir/ingest/intake.h"
#include "weir/net/http_server.h"

namespace weir {

/// Immutable; any thread.
class OriginReader {
 public:
  /// Trusts nobody.
  OriginReader() = default;
  /// `trusted_proxies` are networks or addresses; `country_header` may be empty. Fails on what is neither.
  static Result<OriginReader> make(const std::vector<std::string>& trusted_proxies, const std::string& country_header);

  /// Views of the request. The address is the peer's, or, when the peer is a trusted proxy, the right-most address of
  /// X-Forwarded-For (or else of Forwarded) that is no trusted proxy's: what stands left of it anybody can write.
  Origin read(const HttpRequest& request) const;
  /// True for the address of a trusted proxy.
  bool trusts(std::string_view address) const;
  const std::vector<IpNetwork>& trusted_proxies() const { return trusted_proxies_; }

 private:
  std::string_view client_of(const HttpRequest& request) const;

  std::vector<IpNetwork> trusted_proxies_;
  std::string country_header_;
};

}  // namespace weir
