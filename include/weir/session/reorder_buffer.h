// ReorderBuffer: holds events until nothing older can come, then hands them out in event-time order.
// First stage of a shard; everything behind it sees an ordered stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/codec.h"
#include "weir/core/huge_page_array.h"
#include "weir/model/event.h"

namespace weir {

/// Buckets of event time, each sorted when it is released. Owned by one shard's thread.
///
/// Why buckets: a heap moves every event log(n) times and a scan per release is quadratic; with buckets an event is
/// written once, sorted among its neighbours, and read once. Events lie in one store; the place freed last is filled
/// first, so that as few of them as possible lie about in the cache. A bucket is a list, in order of arrival, of lines
/// of the cache with ten places each: to follow a list from event to event would be to wait for each of them.
class ReorderBuffer {
 public:
  /// Receives released events: by time, equal times in order of arrival. They live until it returns.
  using Emit = std::function<void(std::span<const Event* const>)>;

  /// Events may arrive up to `lateness_ms` behind the newest; `limit` (below 2^31) events are held at most.
  ReorderBuffer(TimeMs lateness_ms, std::size_t limit);

  /// Takes an event in. Releases what it proves to be complete, or, beyond the limit, the oldest events.
  /// False when the event is older than what was already released: the caller counts it as late.
  bool push(const Event& event, const Emit& emit);

  /// Releases every whole bucket below `watermark_ms`.
  void advance(TimeMs watermark_ms, const Emit& emit);

  /// Releases everything.
  void flush(const Emit& emit);

  /// The events held, and what was released. An event held is never a late one.
  void save(ByteWriter& writer) const;
  /// Into a fresh one, which may hold less. False when the bytes are not what save() writes.
  bool load(ByteReader& reader, const Emit& emit);

  /// All events before this time have been released; at or after it, none but those forced out at this very time.
  TimeMs released_until_ms() const { return std::max(base_ * width_ms_, forced_until_ms_); }
  bool started() const { return started_; }
  std::size_t size() const { return size_; }
  /// Events released early because the limit was reached.
  std::int64_t forced() const { return forced_; }

 private:
  using Place = std::uint32_t;
  static constexpr Place kNowhere = ~Place{0};
  /// A part of a bucket: what says in which order events leave.
  struct alignas(64) Chunk {
    static constexpr std::size_t kPlaces = 10;

    Place places[kPlaces];
    std::uint16_t offsets_ms[kPlaces];  // of the events' times from that of their bucket
    Place next;                         // chunk of the bucket, or of the list of free ones
  };
  static_assert(sizeof(Chunk) == 64);
  struct Bucket {
    Place first = kNowhere;  // chunk
    Place last = kNowhere;   // chunk
    std::uint32_t size = 0;  // events
  };
  struct Leaving {
    std::uint32_t offset_ms;
    std::uint32_t position;  // in its bucket
    Place place;
  };

  Bucket& bucket(std::int64_t index) { return ring_[static_cast<std::size_t>(index) % ring_.size()]; }
  void hold(const Event& event, std::int64_t index);
  Place take_place();
  Place take_chunk();
  void put_into(Bucket& bucket, std::uint16_t offset_ms, Place place);
  template <class Visit>
  void for_each_in(const Bucket& bucket, Visit visit) const;
  void force_out(const Emit& emit);
  void release_below(std::int64_t index, const Emit& emit);
  void release(Bucket& bucket);
  void prefetch_event(Place place) const;
  void emit_released(const Emit& emit);

  TimeMs width_ms_;
  TimeMs lateness_ms_;
  std::size_t limit_;
  std::vector<Bucket> ring_;
  HugePageArray<Event> held_;
  Place used_ = 0;             // places ever filled since held_ was last empty and forgotten
  HugePageArray<Place> free_;  // those of them that are free: a stack
  std::size_t free_count_ = 0;
  HugePageArray<Chunk> chunks_;
  Place chunks_used_ = 0;
  Place free_chunk_ = kNowhere;  // list of free ones
  std::int64_t base_ = 0;        // lowest bucket not yet released; bucket i holds times [i, i+1) * width_ms_
  std::size_t size_ = 0;
  std::int64_t forced_ = 0;
  bool started_ = false;
  TimeMs forced_until_ms_ = 0;          // time of the newest event forced out: nothing older may follow it
  std::vector<const Event*> released_;  // on their way out
  std::vector<Leaving> leaving_;        // scratch of release
};

}  // namespace weir
