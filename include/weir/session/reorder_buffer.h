// ReorderBuffer: holds events until nothing older can come, then hands them out in event-time order.
// First stage of a shard; everything behind it sees an ordered stream.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "weir/core/clock.h"
#include "weir/model/event.h"

namespace weir {

/// Buckets of event time, each sorted when it is released. Owned by one shard's thread.
///
/// Why buckets: a heap moves every event log(n) times and a scan per release is quadratic; with buckets an
/// event is written once, sorted among its neighbours, and read once.
class ReorderBuffer {
 public:
  /// Receives released events: by time, equal times in order of arrival.
  using Emit = std::function<void(std::span<const Event>)>;

  /// Events may arrive up to `lateness_ms` behind the newest; `limit` events are held at most.
  ReorderBuffer(TimeMs lateness_ms, std::size_t limit);

  /// Takes an event in. Releases what it proves to be complete, or, beyond the limit, the oldest events.
  /// False when the event is older than what was already released: the caller counts it as late.
  bool push(const Event& event, const Emit& emit);

  /// Releases every whole bucket below `watermark_ms`.
  void advance(TimeMs watermark_ms, const Emit& emit);

  /// Releases everything.
  void flush(const Emit& emit);

  /// All events before this time have been released (and none at or after it).
  TimeMs released_until_ms() const { return base_ * width_ms_; }
  bool started() const { return started_; }
  std::size_t size() const { return size_; }
  /// Events released early because the limit was reached.
  std::int64_t forced() const { return forced_; }

 private:
  std::vector<Event>& bucket(std::int64_t index) { return ring_[static_cast<std::size_t>(index) % ring_.size()]; }
  void release_below(std::int64_t index, const Emit& emit);
  void sort_by_time(std::vector<Event>& events);
  void emit_released(const Emit& emit);

  TimeMs width_ms_;
  TimeMs lateness_ms_;
  std::size_t limit_;
  std::vector<std::vector<Event>> ring_;
  std::size_t kept_capacity_;  // events an empty bucket keeps room for: all together at most twice the limit
  std::int64_t base_ = 0;      // lowest bucket not yet released; bucket i holds times [i, i+1) * width_ms_
  std::size_t size_ = 0;
  std::int64_t forced_ = 0;
  bool started_ = false;
  struct SortKey {
    TimeMs time_ms;
    std::uint32_t position;
  };
  std::vector<SortKey> keys_;    // scratch of sort_by_time
  std::vector<Event> sorted_;    // likewise
  std::vector<Event> released_;  // on their way out
};

}  // namespace weir
