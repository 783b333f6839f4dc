// The engine's options that say the same as the naive model's. Here, so that naive_model.h stays free of the
// engine's headers.
#pragma once

#include <stdexcept>
#include <utility>

#include "support/naive_model.h"
#include "weir/pipeline/options.h"

namespace weir::support {

inline FunnelStep::Kind engine_step_kind(const std::string& kind) {
  if (kind == "page") return FunnelStep::Kind::kPage;
  if (kind == "conversion") return FunnelStep::Kind::kConversion;
  if (kind == "event") return FunnelStep::Kind::kEvent;
  throw std::invalid_argument("no such kind of step: " + kind);
}

inline std::vector<Rollup> engine_rollups(const NaiveOptions& naive) {
  std::vector<Rollup> rollups;
  for (const NaiveRollup& wanted : naive.rollups) {
    Rollup rollup{wanted.name, {}, 100'000};
    for (const std::string& label : wanted.labels) rollup.dimensions.push_back(dimension_of(label).value());
    rollups.push_back(std::move(rollup));
  }
  return rollups;
}

/// Limits are far above what tests need, so that nothing is folded or forgotten.
inline PipelineOptions engine_options(const NaiveOptions& naive) {
  PipelineOptions options;
  options.reader.bots = "include";  // the naive model tells nobody by the user agent
  options.reader.parser.line_bytes = naive.line_bytes;
  options.sessions.timeout_ms = naive.timeout_ms;
  options.sessions.max_duration_ms = naive.max_duration_ms;
  options.sessions.lateness_ms = naive.lateness_ms;
  options.sessions.dedup_ms = naive.dedup_ms;
  options.sessions.split_on_campaign = naive.split_on_campaign;
  options.sessions.split_on_midnight = naive.split_on_midnight;
  options.windows.rollups = engine_rollups(naive);
  options.windows.windows = naive.windows;
  for (const NaiveFunnel& wanted : naive.funnels) {
    Funnel funnel{wanted.name, {}};
    for (const NaiveStep& step : wanted.steps) {
      funnel.steps.push_back({step.name, engine_step_kind(step.kind), step.glob});
    }
    options.funnels.push_back(std::move(funnel));
  }
  options.slow_ms = naive.slow_ms;
  options.shards = 1;
  return options;
}

}  // namespace weir::support
