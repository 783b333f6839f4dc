// Replay: finite input through a whole pipeline, to one report.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.h"
#include "weir/ingest/source.h"
#include "weir/kpi/report.h"
#include "weir/pipeline/options.h"

namespace weir {

/// Stands for the format of each file, as its first lines show it.
inline constexpr std::string_view kAutoFormat = "auto";

struct ReplayFiles {
  std::vector<std::string> paths;   // "-" is stdin, gzip is recognised
  std::string format{kAutoFormat};  // or a name of THE format table
};

/// Reads files in order and reports. `every_ms` > 0 adds the window series. A file whose format cannot be told is a
/// failure. Runs on the calling thread and the shards' threads; `progress` may be watched and cancelled from another.
Result<Report> replay_files(const ReplayFiles& files, const PipelineOptions& options, TimeMs every_ms,
                            FileProgress& progress);

/// The same for lines in memory, without newlines.
Result<Report> replay_lines(const std::vector<std::string>& lines, const PipelineOptions& options, TimeMs every_ms);

}  // namespace weir
