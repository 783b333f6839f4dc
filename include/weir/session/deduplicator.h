// Deduplicator: drops deliveries seen before, ahead of everything else in a shard.
#pragma once

#include "weir/model/event.h"
#include "weir/session/id_memory.h"
#include "weir/session/options.h"

namespace weir {

/// Remembers delivery ids for `dedup_ms` of event time. Owned by one shard's thread.
class Deduplicator {
 public:
  /// `limit` ids are kept at most; events may come `lateness_ms` behind the newest.
  Deduplicator(TimeMs dedup_ms, TimeMs lateness_ms, std::size_t limit)
      : dedup_ms_(dedup_ms), turn_ms_((2 * dedup_ms + lateness_ms) / kTurns + 1), seen_(limit, kTurns) {}

  /// True when the event repeats a delivery id that was last used within dedup_ms (either way) of its time. Otherwise
  /// its id is remembered, unless a newer use of it is. Events without a delivery id are never duplicates.
  bool is_duplicate(const Event& event) {
    if (event.delivery == 0) return false;
    const std::optional<TimeMs> last_ms = seen_.find_or_insert(event.delivery, event.time_ms);
    if (!last_ms) return false;
    const TimeMs apart_ms = event.time_ms - *last_ms;
    if (apart_ms <= dedup_ms_ && -apart_ms <= dedup_ms_) return true;
    // A much older use of the id must not make us forget the newer one.
    if (apart_ms > 0) seen_.remember(event.delivery, event.time_ms);
    return false;
  }

  /// Moves time on. An id may be lateness_ms ahead of the watermark when it comes, and it matters until the watermark
  /// is more than twice dedup_ms past it: events up to dedup_ms late are still looked at, and they repeat ids up to
  /// dedup_ms older, both spans included.
  void advance(TimeMs watermark_ms) {
    if (watermark_ms < next_turn_ms_) return;
    if (next_turn_ms_ != 0) seen_.turn_over();
    next_turn_ms_ = watermark_ms + turn_ms_;
  }

  void save(ByteWriter& writer) const {
    writer.number(static_cast<std::uint64_t>(next_turn_ms_));
    seen_.save(writer);
  }
  /// Into a fresh one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader) {
    next_turn_ms_ = reader.time();
    return seen_.load(reader);
  }

  void prefetch(const Event& event) const {
    if (event.delivery != 0) seen_.prefetch(event.delivery);
  }
  std::int64_t forgotten() const { return seen_.forgotten(); }

 private:
  static constexpr int kTurns = 8;

  TimeMs dedup_ms_;
  TimeMs turn_ms_;  // of the watermark; an id is remembered for kTurns to kTurns + 1 of them
  IdMemory seen_;
  TimeMs next_turn_ms_ = 0;
};

}  // namespace weir
