// Replay: finite input through a whole pipeline, to one report.
#pragma once

#include <string>
#include <vector>

#include "weir/core/result.h"
#include "weir/ingest/source.h"
#include "weir/kpi/report.h"
#include "weir/pipeline/options.h"

namespace weir {

/// Reads `paths` in order ("-" is stdin, gzip is recognised) and reports. `every_ms` > 0 adds the window series.
/// Runs on the calling thread and the shards' threads; `progress` may be watched and cancelled from another.
Result<Report> replay_files(const std::vector<std::string>& paths, const PipelineOptions& options, TimeMs every_ms,
                            FileProgress& progress);

/// The same for lines in memory, without newlines.
Result<Report> replay_lines(const std::vector<std::string>& lines, const PipelineOptions& options, TimeMs every_ms);

}  // namespace weir
