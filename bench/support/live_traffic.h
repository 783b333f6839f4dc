// Traffic with a fixed number of open sessions: first one page view of each visitor, then page views of visitors drawn
// by chance. Time moves so slowly that no session ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "weir/core/clock.h"
#include "weir/kpi/report.h"

namespace weir::bench {

class LiveTraffic {
 public:
  static constexpr std::size_t kEventsPerMs = 8;  // 14.4 million within the timeout of half an hour
  /// More events than come within the lateness of 5 s.
  static constexpr std::size_t kEventsOfLateness = 6000 * kEventsPerMs;

  explicit LiveTraffic(std::size_t sessions) : sessions_(sessions) {}

  /// The next lines, at most about 64 KiB of them and `most` events; valid until the next call. The events are counted
  /// in events().
  std::string_view next(std::size_t most);
  std::size_t events() const { return events_; }
  /// Ends the program when a report of all lines so far says anything else, or when a session may have ended.
  void check(const Report& report) const;

 private:
  void add_line();

  std::size_t sessions_;
  std::size_t events_ = 0;
  std::mt19937_64 random_{1};
  std::string text_;
};

/// So many events of it at once, to be sent more than once.
struct LiveLines {
  LiveLines(std::size_t sessions, std::size_t events);

  LiveTraffic traffic;
  std::string text;
};

}  // namespace weir::bench
