// What the real web servers of the end-to-end tests have in common: a process in the foreground, on a free port of this
// machine. The servers are in nginx_server.h, apache_server.h and caddy_server.h.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "support/http_client.h"
#include "support/process.h"

namespace weir::e2e {

/// A port nobody listens on at this moment.
std::uint16_t free_port();

/// A web server that runs. Used by one thread; clients of other threads use the port only.
class WebServer {
 public:
  /// Ends the server; that it does not end well is a failure of the running test.
  virtual ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  /// True while one of its processes has this file open. For servers with a pid file.
  bool has_open(const std::string& path) const;

  support::HttpReply get(const std::string& path) const { return support::http_request(port_, "GET", path); }
  std::uint16_t port() const { return port_; }
  const std::string& pid_file() const { return pid_file_; }
  support::ChildProcess& process() { return *process_; }
  const std::string& log() const { return process_->log(); }

 protected:
  /// `pid_file` is where the configuration lets the server write its process id; empty when it does not.
  WebServer(std::string pid_file, int stop_signal);

  /// Starts the server. Adds a failure to the running test when `ready` does not come true.
  void start(const std::vector<std::string>& command, const std::function<bool()>& ready);
  /// True when somebody listens on the port. Asks for nothing, so that nothing is logged.
  bool listens() const { return support::SocketClient(port_).connected(); }

 private:
  const std::string pid_file_;
  const int stop_signal_;
  const std::uint16_t port_;
  std::unique_ptr<support::ChildProcess> process_;
};

}  // namespace weir::e2e
