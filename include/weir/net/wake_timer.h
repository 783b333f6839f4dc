// WakeTimer: one wake-up of an event loop at a point of the steady clock, to the nanosecond as far as the kernel goes.
// For a sender that keeps a schedule; whoever needs a call every so often uses EventLoop::every.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "weir/net/event_loop.h"

namespace weir {

/// Nanoseconds of the steady clock; only differences mean anything. Any thread.
std::int64_t steady_ns();

/// All members on the loop's thread. The loop outlives it.
class WakeTimer {
 public:
  WakeTimer(EventLoop& loop, std::function<void()> action);
  ~WakeTimer();
  WakeTimer(const WakeTimer&) = delete;
  WakeTimer& operator=(const WakeTimer&) = delete;

  /// Calls the action once, at this time, in place of any earlier wish.
  void wake_at(std::int64_t time_ns);
  /// Calls it no more.
  void cancel();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;  // kept alive by its own pending wait
};

}  // namespace weir
