// A real Apache with a folder of its own, for the end-to-end tests of what stands in guides.
#pragma once

#include <string>

#include "web_server.h"

namespace weir::e2e {

/// What goes into Apache's configuration.
struct ApacheBlocks {
  std::string server;  // of the whole server
  std::string host;    // of the only virtual host, shop.example
};

/// Apache with the event module. It answers each path that `blocks` does not, with 200. It ends with this object.
class Apache : public WebServer {
 public:
  /// Adds a failure to the running test when it does not listen. `folder` outlives it.
  Apache(const support::TemporaryFolder& folder, const ApacheBlocks& blocks);
};

}  // namespace weir::e2e
