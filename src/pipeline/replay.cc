#include "weir/pipeline/replay.h"

#include <fmt/format.h>

#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

Result<Report> finish(Pipeline& pipeline) {
  const std::shared_ptr<const Report> report = pipeline.finish();
  if (!pipeline.windows_dropped()) return *report;
  return Error{fmt::format(
      "the windows have more than {} rows; choose a longer --every, fewer windows, or fewer rollups with lower limits",
      SnapshotHub::kMostWindowCells)};
}

}  // namespace

Result<Report> replay_files(const std::vector<std::string>& paths, const PipelineOptions& options, TimeMs every_ms,
                            FileProgress& progress) {
  const SystemClock clock;
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({options, PipelineMode::kReplay, every_ms}, clock);
  if (!pipeline) return pipeline.error();
  for (const std::string& path : paths) {
    const Result<std::uint64_t> read = read_file(path, **pipeline, progress);
    if (!read) return read.error();
  }
  return finish(**pipeline);
}

Result<Report> replay_lines(const std::vector<std::string>& lines, const PipelineOptions& options, TimeMs every_ms) {
  const SystemClock clock;
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({options, PipelineMode::kReplay, every_ms}, clock);
  if (!pipeline) return pipeline.error();
  const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kFile);
  std::string text;
  for (const std::string& line : lines) (text += line) += '\n';
  stream->write(text);
  stream->finish();
  return finish(**pipeline);
}

}  // namespace weir
