#include "weir/pipeline/replay.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "weir/parse/parser.h"
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

/// The format of each file by its first lines.
Result<std::string_view> detected_format(std::string_view head) {
  if (const FormatRow* const row = detect_format(head)) return row->name;
  return Error{fmt::format("its first lines are of no known format; name the format with --format: {}",
                           fmt::join(format_names(), ", "))};
}

Result<FormatChooser> chooser_of(const std::string& format) {
  if (format == kAutoFormat) return FormatChooser(detected_format);
  const FormatRow* const row = find_format(format);
  if (row == nullptr) return unknown_format(format);
  return FormatChooser([row](std::string_view) { return Result<std::string_view>(row->name); });
}

}  // namespace

Result<Report> replay_files(const ReplayFiles& files, const PipelineOptions& options, TimeMs every_ms,
                            FileProgress& progress) {
  const SystemClock clock;
  const Result<FormatChooser> choose = chooser_of(files.format);
  if (!choose) return choose.error();
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({options, PipelineMode::kReplay, every_ms}, clock);
  if (!pipeline) return pipeline.error();
  for (const std::string& path : files.paths) {
    const Result<std::uint64_t> read = read_file(path, **pipeline, progress, *choose);
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
