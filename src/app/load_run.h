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
  double asked_rate = 0;         // events per second
  double sending_seconds = 0;    // from the start of the schedule to the end of sending
  double answering_seconds = 0;  // from the start of the schedule to the last answer, before or behind that end
  LoadCounts counts;
  bool interrupted = false;  // by a signal
  std::string truth_json;    // of whole visits, all sent; else empty

  /// Events per second of the time of sending, all three. An answer that comes later is in none of them: however late
  /// or early the last one is, it moves no rate.
  double sent_rate() const;
  double answered_rate() const;
  double accepted_rate() const;
  /// Events answered when sending had ended.
  std::uint64_t answered_later() const { return counts.answered_events() - counts.answered_meanwhile; }
};

/// What the generator makes: visits of seconds, whose event times run with the schedule, so that a server takes them
/// for what happens now. `events` 0: whole visits of about the asked duration.
struct LoadVisits {
  GeneratorOptions options;
  std::uint64_t events = 0;
};
LoadVisits visits_of(const LoadCommand& command, const Clock& clock);

/// How long to wait before a load of which no event is from before `not_before_ms`; 0 or less: it may begin.
TimeMs wait_before_load_ms(TimeMs not_before_ms, TimeMs now_ms);

/// Runs it. Fails when no connection can be opened at all. SIGINT and SIGTERM end it early. A line of progress goes to
/// stderr each second unless `command` is quiet or that is no terminal.
Result<LoadResult> run_one_load(const LoadCommand& command, const LoadTarget& target);

}  // namespace weir
