#include "weir/sink/sinks.h"

#include <array>

#include "weir/sink/live_json.h"

namespace weir {
namespace {

constexpr std::array<SinkRow, 5> kSinks{{
    {"prometheus", "/metrics", "text/plain; version=0.0.4; charset=utf-8", render_prometheus},
    {"openmetrics", "/metrics", "application/openmetrics-text; version=1.0.0; charset=utf-8", render_openmetrics},
    {"report", "/api/v1/report", "application/json", render_report_json},
    {"live", kLivePath, "text/event-stream", nullptr},
    {"table", "", "text/plain; charset=utf-8", render_table},
}};

}  // namespace

std::span<const SinkRow> sink_table() { return kSinks; }

}  // namespace weir
