// What `weir load` says: a line while it runs, a table at the end, and JSON for programs. Text only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "load_run.h"
#include "load_sender.h"
#include "load_verify.h"
#include "weir/app/commands.h"

namespace weir {

/// One rate of a ramp.
struct LoadStep {
  LoadResult result;
  std::string strain = {};    // why it was too much; empty: it was not
  bool was_repeated = false;  // the step before was of the same rate, and too much
};

/// All there is to tell in the end.
struct LoadStory {
  LoadTarget target;
  std::vector<LoadStep> steps;  // one, unless it was a ramp
  std::optional<double> last_good_rate;
  std::optional<double> first_bad_rate;
  bool is_own_limit = false;  // the ramp ended where this machine does, not the target
  bool interrupted = false;   // by a signal, in a step or between two
  std::optional<LoadVerdict> verdict;
};

/// "0.213ms", "12.4ms", "1.50s", "2m05s": at most eight columns.
std::string format_latency(std::int64_t latency_ns);

/// At most 80 columns, without newline. `rate`: events accepted per second since the last line.
std::string render_load_progress(const LoadCommand& command, const LoadProgress& progress, double seconds, double rate);
/// For people: at most 80 columns wide.
std::string render_load_table(const LoadCommand& command, const LoadStory& story);
/// Latencies in milliseconds, rates in events per second.
std::string render_load_json(const LoadCommand& command, const LoadStory& story);

}  // namespace weir
