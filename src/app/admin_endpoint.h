// AdminEndpoint: what the admin listener answers. Only reads published reports.
#pragma once

#include "live_feed.h"
#include "live_page.h"
#include "weir/core/stats.h"
#include "weir/net/http_server.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir {

/// Serves every sink of THE sink table that has a path, /-/healthy, /-/ready and the live page at /. Called on the
/// admin thread.
class AdminEndpoint {
 public:
  /// Stat::kReady of `stats` says whether new events are welcome.
  AdminEndpoint(const Pipeline& pipeline, const StatBoard& stats, SinkOptions options, LiveFeed& live)
      : pipeline_(pipeline), stats_(stats), options_(std::move(options)), live_(live) {}

  HttpResponse handle(const HttpRequest& request);

 private:
  HttpResponse answer_sink(const SinkRow& sink, const HttpRequest& request);
  HttpResponse index() const;

  const Pipeline& pipeline_;
  const StatBoard& stats_;
  SinkOptions options_;
  LiveFeed& live_;
  LivePage page_;
};

}  // namespace weir
