// A real nginx with a folder of its own, for the end-to-end tests of what stands in guides.
#pragma once

#include <string>

#include "web_server.h"

namespace weir::e2e {

/// What goes into the blocks of nginx's configuration.
struct NginxBlocks {
  std::string http;
  std::string server;  // of the only server
};

/// nginx with two workers. It ends with this object.
class Nginx : public WebServer {
 public:
  /// Adds a failure to the running test when it does not answer. `folder` outlives it.
  Nginx(const support::TemporaryFolder& folder, const NginxBlocks& blocks);

  /// Answered with 200, and never logged.
  static constexpr const char* kReadyPath = "/nginx-ready";
};

}  // namespace weir::e2e
