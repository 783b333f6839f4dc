#include "weir/sink/sinks.h"

#include <array>

namespace weir {
namespace {

constexpr std::array<SinkRow, 3> kSinks{{
    {"prometheus", "/metrics", "text/plain; version=0.0.4; charset=utf-8", render_prometheus},
    {"report", "/api/v1/report", "application/json", render_report_json},
    {"table", "", "text/plain; charset=utf-8", render_table},
}};

}  // namespace

std::span<const SinkRow> sink_table() { return kSinks; }

}  // namespace weir
