// SessionTable: open sessions by key, and the calendar that says which to look at for closing.
// One per shard, owned by its thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "weir/core/huge_page_allocator.h"
#include "weir/core/huge_page_array.h"
#include "weir/core/prefetch.h"
#include "weir/session/session_record.h"

namespace weir {

/// Hash table of records that move only in compact(). 64 bytes a record, plus 8 bytes an index entry at 5/16..5/8 load,
/// plus 5 bytes in the calendar. Slots whose sessions are over are a list through their records.
class SessionTable {
 public:
  using Slot = std::uint32_t;
  static constexpr Slot kNone = ~Slot{0};

  /// Room for `limit` sessions (below 2^31).
  explicit SessionTable(std::size_t limit);

  /// The slot of `key`, or kNone.
  Slot find(std::uint64_t key) const;
  /// A fresh record for `key`, which is not in the table. There must be room.
  Slot insert(std::uint64_t key);
  void erase(Slot slot);
  /// Erases every session.
  void clear();
  /// Moves records so that none of the memory between them is unused, and gives the rest back. Returns the new slot of
  /// each old one, of the sessions that are open.
  std::vector<Slot> compact();
  /// Slots that are unused because their sessions are over.
  std::size_t unused_slots() const { return used_ - size_; }
  SessionRecord& operator[](Slot slot) { return records_[slot]; }
  const SessionRecord& operator[](Slot slot) const { return records_[slot]; }

  /// Brings a record into the cache.
  void prefetch_slot(Slot slot) const { prefetch_line(&records_[slot]); }

  std::size_t size() const { return size_; }
  /// Bytes held: records and index.
  std::size_t memory_bytes() const;

  /// Brings where `key` is looked for in the index into the cache: half a line is read on, as a rule less.
  void prefetch(std::uint64_t key) const {
    constexpr std::size_t kReadOn = 32 / sizeof(Entry);
    const Entry* const home = &index_[home_of(tag_of(key))];
    prefetch_line(home);
    prefetch_line(home + kReadOn);
  }
  /// Brings the record of `key`, if there is one, into the cache. Best some events after prefetch().
  void prefetch_record(std::uint64_t key) const {
    const std::uint32_t tag = tag_of(key);
    const std::size_t mask = index_.size() - 1;
    for (std::size_t position = home_of(tag); index_[position] != 0; position = (position + 1) & mask) {
      if (tag_of_entry(index_[position]) != tag) continue;
      prefetch_slot(slot_of(index_[position]));
      return;
    }
  }

 private:
  // An index entry is the upper half of the key (tag) and the slot + 1; 0 is empty. The home position is the
  // top bits of the tag, so growing the index needs no look at the records.
  using Entry = std::uint64_t;
  static std::uint32_t tag_of(std::uint64_t key) { return static_cast<std::uint32_t>(key >> 32); }
  static std::uint32_t tag_of_entry(Entry entry) { return static_cast<std::uint32_t>(entry >> 32); }
  static Slot slot_of(Entry entry) { return static_cast<Slot>(entry) - 1; }
  std::size_t home_of(std::uint32_t tag) const { return tag >> (32 - index_bits_); }
  std::size_t position_of(Slot slot) const;
  void place(Entry entry);
  void grow();

  std::size_t limit_;
  HugePageArray<SessionRecord> records_;
  std::vector<Entry, HugePageAllocator<Entry>> index_;
  unsigned index_bits_;
  std::size_t size_ = 0;
  Slot used_ = 0;      // slots handed out so far, free ones included
  Slot free_ = kNone;  // the one freed last; the key of its record is the one before it
};

/// Slots ordered by when to look at them next. An event only writes its record; the calendar finds out later
/// that the session went on. Each open session is in exactly one bucket.
///
/// A bucket is a list of lines of the cache with 14 slots each, in the order in which they were entered. The lines are
/// taken from one array and go back to it, so entering and draining allocate nothing however buckets fill.
class ExpiryCalendar {
 public:
  using Slot = SessionTable::Slot;

  /// For `limit` slots at most.
  ExpiryCalendar(TimeMs timeout_ms, std::size_t limit);

  /// Enters a slot whose session may close once time is past `deadline_ms` (>= the time last drained to).
  void enter(Slot slot, TimeMs deadline_ms);
  /// True when drain(now_ms) would have something to look at.
  bool due(TimeMs now_ms) const { return now_ms >= next_ms_; }
  /// Removes and hands out the slots of all whole buckets below `now_ms`, the earliest first; `visit(slot)` re-enters
  /// or closes. `prepare(slot, step)` comes twice before: some slots earlier with step 0, half as many with step 1.
  template <class Prepare, class Visit>
  void drain(TimeMs now_ms, Prepare prepare, Visit visit) {
    const std::int64_t end = now_ms / width_ms_;
    const std::int64_t stop = std::min(end, base_ + static_cast<std::int64_t>(ring_.size()));
    std::int64_t index = base_;
    base_ = std::max(base_, end);
    next_ms_ = (base_ + 1) * width_ms_;
    for (; index < stop; ++index) take_bucket(index, prepare, visit);
  }
  template <class Visit>
  void drain(TimeMs now_ms, Visit visit) {
    drain(
        now_ms, [](Slot, int) {}, visit);
  }
  /// The same for all slots, none of which is entered again.
  template <class Prepare, class Visit>
  void drain_all(Prepare prepare, Visit visit) {
    const std::int64_t stop = base_ + static_cast<std::int64_t>(ring_.size());
    for (std::int64_t index = base_; index < stop; ++index) take_bucket(index, prepare, visit);
  }
  /// Removes and returns the slot whose deadline now comes earliest, to a bucket; kNone when there is none. Slots of
  /// sessions that went on since they were entered move to the bucket of `deadline_of(slot)` on the way.
  template <class DeadlineOf>
  Slot take_earliest(DeadlineOf deadline_of) {
    for (std::int64_t index = base_; index < base_ + static_cast<std::int64_t>(ring_.size()); ++index) {
      while (bucket(index).first != kNowhere) {
        const Slot slot = take_from(bucket(index));
        const TimeMs deadline_ms = deadline_of(slot);
        if (deadline_ms / width_ms_ <= index) return slot;
        enter(slot, deadline_ms);
      }
    }
    return SessionTable::kNone;
  }
  /// Calls `visit(slot)` for every slot, the earliest buckets first.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      Walk walk(chunks_, ring_[(static_cast<std::size_t>(base_) + i) % ring_.size()].first);
      for (; !walk.done(); walk.step()) visit(walk.slot());
    }
  }
  /// Puts `moved[slot]` in the place of every slot, and gives back what memory is not used.
  void rename(const std::vector<Slot>& moved);
  /// The time drained to, down to a whole bucket.
  TimeMs drained_to_ms() const { return base_ * width_ms_; }
  /// True when a slot may be entered with this deadline.
  bool may_enter(TimeMs deadline_ms) const {
    return deadline_ms / width_ms_ < base_ + static_cast<std::int64_t>(ring_.size());
  }
  std::size_t memory_bytes() const;

 private:
  using Place = std::uint32_t;  // of a chunk
  static constexpr Place kNowhere = ~Place{0};
  static constexpr std::size_t kPrepareAhead = 8;

  /// A part of a bucket, never an empty one.
  struct alignas(64) Chunk {
    static constexpr std::uint32_t kSlots = 14;

    Slot slots[kSlots];
    std::uint32_t size;
    Place next;  // of the bucket, or of the list of free ones
  };
  static_assert(sizeof(Chunk) == 64);
  struct Bucket {
    Place first = kNowhere;
    Place last = kNowhere;
  };
  /// Goes from slot to slot of a bucket. It is never at a chunk that it has been through.
  class Walk {
   public:
    Walk(const HugePageArray<Chunk>& chunks, Place first) : chunks_(&chunks), place_(first) {}

    bool done() const { return place_ == kNowhere; }
    Slot slot() const { return (*chunks_)[place_].slots[at_]; }
    Place place() const { return place_; }
    void step() {
      if (++at_ < (*chunks_)[place_].size) return;
      place_ = (*chunks_)[place_].next;
      at_ = 0;
    }
    /// So many slots further on, or done.
    Walk ahead(std::size_t count) const {
      Walk further = *this;
      for (; count > 0 && !further.done(); --count) further.step();
      return further;
    }

   private:
    const HugePageArray<Chunk>* chunks_;
    Place place_;
    std::uint32_t at_ = 0;
  };

  Bucket& bucket(std::int64_t index) { return ring_[static_cast<std::size_t>(index) % ring_.size()]; }
  void append(Bucket& bucket, Slot slot);
  Place take_chunk();
  Place free_chunk(Place place);
  Slot take_from(Bucket& bucket);

  /// Chunks are freed behind the visits, so that slots that are entered again have room.
  template <class Prepare, class Visit>
  void take_bucket(std::int64_t index, Prepare prepare, Visit visit) {
    Walk walk(chunks_, std::exchange(bucket(index), Bucket{}).first);
    Walk near = walk.ahead(kPrepareAhead / 2);
    Walk far = walk.ahead(kPrepareAhead);
    const auto announce = [&prepare](Walk& ahead, int step) {
      if (ahead.done()) return;
      prepare(ahead.slot(), step);
      ahead.step();
    };
    while (!walk.done()) {
      announce(far, 0);
      announce(near, 1);
      visit(walk.slot());
      const Place before = walk.place();
      walk.step();
      if (walk.place() != before) free_chunk(before);
    }
  }

  TimeMs width_ms_;
  std::vector<Bucket> ring_;
  std::size_t chunk_count_;
  HugePageArray<Chunk> chunks_;
  Place used_ = 0;         // chunks ever used since the last rename()
  Place free_ = kNowhere;  // list of unused ones among them
  std::int64_t base_ = 0;  // lowest bucket not drained
  TimeMs next_ms_ = 0;
};

}  // namespace weir
