// A real nginx with a folder of its own, for the end-to-end tests of what stands in guides.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "support/http_client.h"
#include "support/process.h"

namespace weir::e2e {

/// What goes into the blocks of nginx's configuration.
struct NginxBlocks {
  std::string http;
  std::string server;  // of the only server
};

/// nginx in the foreground, with two workers. It ends with this object. Used by one thread; clients of other threads
/// use the port only.
class Nginx {
 public:
  /// Adds a failure to the running test when it does not answer. `folder` outlives it.
  Nginx(const support::TemporaryFolder& folder, const NginxBlocks& blocks);
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  /// Answered with 200, and never logged.
  static constexpr const char* kReadyPath = "/nginx-ready";

  /// True while one of its processes has this file open.
  bool has_open(const std::string& path) const;

  support::HttpReply get(const std::string& path) const { return support::http_request(port_, "GET", path); }
  std::uint16_t port() const { return port_; }
  std::string pid_file() const { return pid_file_; }
  support::ChildProcess& process() { return *process_; }
  const std::string& log() const { return process_->log(); }

 private:
  std::string pid_file_;
  std::uint16_t port_;
  std::unique_ptr<support::ChildProcess> process_;
};

}  // namespace weir::e2e
