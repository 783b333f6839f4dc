// A real Caddy with a folder of its own, for the end-to-end tests of what stands in guides.
#pragma once

#include <string>
#include <vector>

#include "support/guide.h"
#include "web_server.h"

namespace weir::e2e {

/// Makes the log before Caddy does, by the commands of the guide, in a folder that is there. The owner is who runs the
/// test.
void make_caddy_log(const std::vector<support::CodeBlock>& guide, const std::string& log);

/// Caddy with a site, and behind it a second site in the place of the program that makes the pages. It ends with this
/// object.
class Caddy : public WebServer {
 public:
  /// `site` is a block of the site shop.example as it stands in a Caddyfile; it passes requests on to 127.0.0.1:3000,
  /// where `pages` answer, else a 200. Clients must name host(). Adds a failure to the running test when it does not
  /// listen. `folder` outlives it.
  Caddy(const support::TemporaryFolder& folder, const std::string& site, const std::string& pages = {});

  /// The site, with the port.
  std::string host() const { return "shop.example:" + std::to_string(port()); }
};

}  // namespace weir::e2e
