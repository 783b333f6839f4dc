// AdminEndpoint: what the admin listener answers. Only reads published reports.
#pragma once

#include <atomic>

#include "weir/net/http_server.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir {

/// Serves every sink of THE sink table that has a path, /-/healthy, /-/ready and /. Called on the admin thread.
class AdminEndpoint {
 public:
  AdminEndpoint(const Pipeline& pipeline, SinkOptions options) : pipeline_(pipeline), options_(std::move(options)) {}

  HttpResponse handle(const HttpRequest& request) const;
  /// Whether new events are welcome. Any thread.
  void set_ready(bool ready) { ready_.store(ready); }

 private:
  HttpResponse index() const;

  const Pipeline& pipeline_;
  SinkOptions options_;
  std::atomic<bool> ready_{false};
};

}  // namespace weir
