// RestWatch: whether a server has come to rest, so that its report can be set against a load. It is told what each look
// at the report saw, and ends the wait in bounded time. Pure; it never waits or asks by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "weir/core/clock.h"

namespace weir {

/// How many events a server must and may have received when nothing is under way to it any more.
struct RestBounds {
  std::int64_t least_received = 0;
  std::int64_t most_received = 0;
};

class RestWatch {
 public:
  enum class State { kBusy, kAtRest, kGivenUp };
  /// Between two looks that saw nothing change, when events stay queued.
  static constexpr TimeMs kPatienceMs = 90'000;
  /// From the first look to the last, whatever changes.
  static constexpr TimeMs kLongestMs = 120'000;
  /// Looks that saw more events than may be, and again more than the look before: then others send them.
  static constexpr int kMostGrowths = 25;

  explicit RestWatch(RestBounds bounds) : bounds_(bounds) {}

  /// At rest: nothing queued, and nothing received since the look before. A server that has been still for kPatienceMs
  /// is at rest, too, though events are missing: they will not come any more.
  State look(std::int64_t received, std::int64_t queued, TimeMs now_ms);
  /// Why it was given up, and what to do, as a sentence; empty unless it was.
  const std::string& problem() const { return problem_; }

 private:
  State give_up(std::string problem);

  struct Seen {
    std::int64_t received = 0;
    std::int64_t queued = 0;
    bool operator==(const Seen&) const = default;
  };
  RestBounds bounds_;
  std::optional<Seen> last_;
  TimeMs began_ms_ = 0;
  TimeMs changed_ms_ = 0;
  int growths_ = 0;
  std::string problem_;
};

/// Why visits of now cannot be sent to a server whose newest event is of this time; empty when they can.
std::string problem_of_newest_event(TimeMs newest_ms, TimeMs now_ms);

}  // namespace weir
