// Time comes in as a parameter: everything that needs "now" takes a Clock&, so tests never sleep.
#pragma once

#include <cstdint>

namespace weir {

/// A point in event time or wall time: milliseconds since 1970-01-01T00:00:00Z.
using TimeMs = std::int64_t;

/// Source of wall time. Read once per batch, never per event.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time now. Any thread.
  virtual TimeMs now_ms() const = 0;
  /// Milliseconds that never step backwards; only differences mean anything. Any thread.
  virtual TimeMs steady_ms() const = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
 public:
  TimeMs now_ms() const override;
  TimeMs steady_ms() const override;
};

/// A clock that moves only when told to. Owned and moved by one test thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimeMs start_ms = 0) : now_ms_(start_ms) {}
  TimeMs now_ms() const override { return now_ms_; }
  TimeMs steady_ms() const override { return now_ms_; }
  void advance(TimeMs by_ms) { now_ms_ += by_ms; }

 private:
  TimeMs now_ms_;
};

}  // namespace weir
