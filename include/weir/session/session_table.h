// SessionTable: open sessions by key, and the calendar that says which to look at for closing.
// One per shard, owned by its thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/huge_page_allocator.h"
#include "weir/core/huge_page_array.h"
#include "weir/core/prefetch.h"
#include "weir/session/session_record.h"

namespace weir {

/// Hash table of records that move only in compact(). 64 bytes a record, plus 8 bytes an index entry at 5/16..5/8 load,
/// plus 4 bytes in the calendar.
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
  std::size_t unused_slots() const { return free_.size(); }
  SessionRecord& operator[](Slot slot) { return records_[slot]; }
  const SessionRecord& operator[](Slot slot) const { return records_[slot]; }

  /// Brings a record into the cache.
  void prefetch_slot(Slot slot) const { prefetch_line(&records_[slot]); }

  std::size_t size() const { return size_; }
  /// Bytes held: records, index and free list.
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
  std::vector<Slot> free_;
  std::vector<Entry, HugePageAllocator<Entry>> index_;
  unsigned index_bits_;
  std::size_t size_ = 0;
  Slot used_ = 0;  // slots handed out so far, free ones included
};

/// Slots ordered by when to look at them next. An event only writes its record; the calendar finds out later
/// that the session went on. Each open session is in exactly one bucket.
class ExpiryCalendar {
 public:
  explicit ExpiryCalendar(TimeMs timeout_ms);

  /// Enters a slot whose session may close once time is past `deadline_ms` (>= the time last drained to).
  void enter(SessionTable::Slot slot, TimeMs deadline_ms);
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
        now_ms, [](SessionTable::Slot, int) {}, visit);
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
  SessionTable::Slot take_earliest(DeadlineOf deadline_of) {
    for (std::int64_t index = base_; index < base_ + static_cast<std::int64_t>(ring_.size()); ++index) {
      while (!bucket(index).empty()) {
        const SessionTable::Slot slot = bucket(index).back();
        bucket(index).pop_back();
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
      for (const SessionTable::Slot slot : ring_[(static_cast<std::size_t>(base_) + i) % ring_.size()]) visit(slot);
    }
  }
  /// Puts `moved[slot]` in the place of every slot.
  void rename(const std::vector<SessionTable::Slot>& moved) {
    for (auto& slots : ring_) {
      for (SessionTable::Slot& slot : slots) slot = moved[slot];
    }
  }
  /// The time drained to, down to a whole bucket.
  TimeMs drained_to_ms() const { return base_ * width_ms_; }
  /// True when a slot may be entered with this deadline.
  bool may_enter(TimeMs deadline_ms) const {
    return deadline_ms / width_ms_ < base_ + static_cast<std::int64_t>(ring_.size());
  }
  std::size_t memory_bytes() const;

 private:
  std::vector<SessionTable::Slot>& bucket(std::int64_t index) {
    return ring_[static_cast<std::size_t>(index) % ring_.size()];
  }

  void keep_room();

  template <class Prepare, class Visit>
  void take_bucket(std::int64_t index, Prepare prepare, Visit visit) {
    due_.swap(bucket(index));
    for (std::size_t i = 0; i < due_.size(); ++i) {
      if (i + kPrepareAhead < due_.size()) prepare(due_[i + kPrepareAhead], 0);
      if (i + kPrepareAhead / 2 < due_.size()) prepare(due_[i + kPrepareAhead / 2], 1);
      visit(due_[i]);
    }
    keep_room();
  }

  static constexpr std::size_t kPrepareAhead = 8;

  TimeMs width_ms_;
  std::vector<std::vector<SessionTable::Slot>> ring_;
  std::vector<SessionTable::Slot> due_;
  std::size_t usual_room_ = 0;                          // what the bucket drained last needed
  std::vector<std::vector<SessionTable::Slot>> spare_;  // room of buckets that were drained, for those that begin
  std::int64_t base_ = 0;                               // lowest bucket not drained
  TimeMs next_ms_ = 0;
};

}  // namespace weir
