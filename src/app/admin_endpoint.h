// AdminEndpoint: what the admin listener answers. Only reads published reports.
#pragma once

#include "live_feed.h"
#include "live_page.h"
#include "rendered_reports.h"
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
  AdminEndpoint(const Pipeline& pipeline, const StatBoard& stats, const SinkOptions& options, LiveFeed& live,
                const Clock& clock)
      : pipeline_(pipeline), stats_(stats), options_(options), rendered_(options, clock), live_(live) {}

  HttpResponse handle(const HttpRequest& request);
  /// Lets go of memory that no answer needs any more; to be called now and then.
  void forget_old() { rendered_.forget_old(); }

 private:
  HttpResponse answer_sink(const SinkRow& sink, const HttpRequest& request);
  HttpResponse index() const;

  const Pipeline& pipeline_;
  const StatBoard& stats_;
  SinkOptions options_;
  RenderedReports rendered_;
  LiveFeed& live_;
  LivePage page_;
};

}  // namespace weir
