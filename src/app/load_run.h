// One load at one rate, from connecting to the last answer: the feed, the senders, and the thread that watches them.
#pragma once

#include <cstdint>
#include <string>

#include "load_counts.h"
#include "load_options.h"
#include "weir/app/commands.h"
#include "weir/core/clock.h"
#include "weir/core/result.h"

namespace weir {

struct LoadResult {
  double asked_rate = 0;     // events per second
  double asked_seconds = 0;  // of the schedule
  double seconds = 0;        // from the start of the schedule to its end or to the last answer, whichever was later
  LoadCounts counts;
  bool interrupted = false;  // by a signal
  std::string truth_json;    // of whole visits, all sent; else empty

  /// Events accepted per second.
  double rate() const;
};

/// What the generator makes: visits of seconds, whose event times run with the schedule, so that a server takes them
/// for what happens now. `events` 0: whole visits of about the asked duration.
struct LoadVisits {
  GeneratorOptions options;
  std::uint64_t events = 0;
};
LoadVisits visits_of(const LoadCommand& command, const Clock& clock);

/// Does nothing for so long.
void wait_for(TimeMs span_ms);

/// Runs it, with no event from before `not_before_ms`: it waits until that is so. Fails when no connection can be
/// opened at all. SIGINT and SIGTERM end it early. A line of progress goes to stderr each second unless `command` is
/// quiet or that is no terminal.
Result<LoadResult> run_one_load(const LoadCommand& command, const LoadTarget& target, TimeMs not_before_ms);

}  // namespace weir
