#include "load_rest.h"

#include <fmt/format.h>

#include "weir/core/time_text.h"

namespace weir {
namespace {

/// Visits of an earlier load may reach a little beyond its end; a clock that is wrong is further off.
constexpr TimeMs kMostAheadMs = 10'000;

}  // namespace

RestWatch::State RestWatch::look(std::int64_t received, std::int64_t queued, TimeMs now_ms) {
  const Seen seen{received, queued};
  if (!last_) began_ms_ = now_ms;
  if (last_ != seen) changed_ms_ = now_ms;
  const bool is_still = last_ && last_->received == received;
  if (last_ && received > last_->received && received > bounds_.most_received) ++growths_;
  last_ = seen;
  if (growths_ >= kMostGrowths) {
    return give_up(
        "other traffic reaches the server, which receives events that were not sent from here; keep it away, or verify "
        "against a server of its own");
  }
  if (is_still && queued == 0 && received >= bounds_.least_received) return State::kAtRest;
  if (now_ms - changed_ms_ >= kPatienceMs || now_ms - began_ms_ >= kLongestMs) {
    if (queued == 0 && is_still) return State::kAtRest;
    return give_up(
        fmt::format("after {} the server still has {} events queued; keep other traffic away from it, and set "
                    "sessions.lateness to well below {}",
                    format_duration(now_ms - began_ms_), queued, format_duration(kPatienceMs)));
  }
  return State::kBusy;
}

RestWatch::State RestWatch::give_up(std::string problem) {
  problem_ = std::move(problem);
  return State::kGivenUp;
}

std::string problem_of_newest_event(TimeMs newest_ms, TimeMs now_ms) {
  if (newest_ms - now_ms <= kMostAheadMs) return {};
  return fmt::format(
      "the newest event of the server is of {}, {} ahead of this machine's clock: events of now would be late; set the "
      "clocks of both, and begin with a server that has counted nothing",
      format_rfc3339(newest_ms), format_duration((newest_ms - now_ms) / 1000 * 1000));
}

}  // namespace weir
