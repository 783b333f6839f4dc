// AdminEndpoint: what the admin listener answers. Only reads published reports.
#pragma once

#include <atomic>

#include "live_feed.h"
#include "live_page.h"
#include "weir/net/http_server.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir {

/// Serves every sink of THE sink table that has a path, /-/healthy, /-/ready and the live page at /. Called on the
/// admin thread.
class AdminEndpoint {
 public:
  AdminEndpoint(const Pipeline& pipeline, SinkOptions options, LiveFeed& live)
      : pipeline_(pipeline), options_(std::move(options)), live_(live) {}

  HttpResponse handle(const HttpRequest& request);
  /// Whether new events are welcome. Any thread.
  void set_ready(bool ready) { ready_.store(ready); }

 private:
  HttpResponse answer_sink(const SinkRow& sink, const HttpRequest& request);
  HttpResponse index() const;

  const Pipeline& pipeline_;
  SinkOptions options_;
  LiveFeed& live_;
  LivePage page_;
  std::atomic<bool> ready_{false};
};

}  // namespace weir
