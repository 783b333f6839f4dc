// Input of the benchmarks: lines the generator makes, as they are or as rough as traffic of a careless sender, with
// what they must add up to. Nothing here runs while a clock does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/hash.h"
#include "weir/kpi/report.h"
#include "weir/model/event.h"
#include "weir/model/funnel.h"
#include "weir/model/symbol_table.h"
#include "weir/pipeline/options.h"
#include "weir/window/cell_table.h"

namespace weir::bench {

enum class Mix : std::uint8_t {
  kPlain,
  kRough,  // 1 % malformed, 1 % late, 1 % duplicates, fields in any order
};

/// Lines and their truth.
struct Input {
  std::string text;  // whole lines, with parser padding reserved behind them
  std::size_t lines = 0;
  std::string truth;  // see render_truth_json

  /// A number the truth gives by such a path ("/events/late").
  std::int64_t expected(std::string_view path) const;
  /// Lines to be refused, for whatever reason.
  std::int64_t rejected() const;
};

/// Visits of the whole pipeline's input: WEIR_BENCH_SESSIONS, 50,000 when it is not set. About four events each.
std::size_t session_count();
/// The same, but no more than a step or a socket needs to show its cost.
std::size_t session_count_up_to(std::size_t limit);
/// Most sessions kept open at once: WEIR_BENCH_LIVE, 10 million when it is not set.
std::size_t live_limit();

/// Made when first asked for, and kept.
const Input& input(Mix mix);
/// Made anew: visits arrive so fast that a million sessions are open at a time when there are enough of them.
Input make_input(Mix mix, std::size_t sessions);

/// What a stream delivers at once, about.
inline constexpr std::size_t kRunBytes = 64 * 1024;
/// The text cut behind newlines into runs of at most that.
std::vector<std::string_view> runs_of(std::string_view text);
/// The lines, without newlines.
std::vector<std::string_view> lines_of(std::string_view text);

/// What the engine needs to give the truth of `sessions` visits: the default rollups, the generator's two funnels, and
/// limits nothing reaches.
PipelineOptions pipeline_options(std::size_t sessions);
/// Ends the program when the report is not what the input's truth says.
void check_report(const Report& report, const Input& from);

/// The accepted events of an input, in order of arrival, as shards get them, and what their symbols mean.
struct MadeEvents {
  explicit MadeEvents(const Input& from);

  Hasher hasher{1};
  PipelineOptions options;
  SymbolTable symbols;
  SpecialSymbols special;
  FunnelSet funnels;
  std::vector<Event> events;
};

}  // namespace weir::bench
