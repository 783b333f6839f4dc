// What Weir says about itself at a scrape: the self-metrics table, the process and this very rendering.
// Written by prometheus-cpp; its headers stay inside this layer's sources. HELP texts are static, because
// prometheus-cpp does not escape them.
#pragma once

#include <cstddef>
#include <string>

#include "weir/kpi/report.h"

namespace weir {

/// What a rendering cost.
struct RenderCost {
  std::size_t series = 0;  // KPI samples written
  double seconds = 0;
};

/// weir_* and process_* families in Prometheus text format 0.0.4. Any thread.
std::string render_self_metrics(const Report& report, RenderCost cost);

}  // namespace weir
