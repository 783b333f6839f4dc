// VisitorLog: each visitor's recent sessions, so that distinct visitors can be counted exactly per cell and
// window: a visitor stands in the pane of its latest session in the cell.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "weir/core/clock.h"
#include "weir/core/codec.h"
#include "weir/core/huge_page_array.h"
#include "weir/core/prefetch.h"
#include "weir/model/dimension_pool.h"

namespace weir {

/// One session of a visitor, as far as counting visitors needs it.
struct Visit {
  std::uint64_t visitor = 0;
  std::uint64_t serial = 0;    // of the session
  std::uint64_t sequence = 0;  // put sequence under which it was counted: tells the cell (see Rollups)
  TimeMs start_ms = 0;
  DimensionPool::Id dimensions = DimensionPool::kNone;  // in its generation; the log's business
};

/// A visit that is remembered. The pointers live until the log changes.
struct SeenVisit {
  Visit* visit = nullptr;
  const DimensionValues* dimensions = nullptr;
  bool recent = false;  // else it may be forgotten before its retention is over
};

/// Visits by visitor: an open-addressing index over visits that never move; two generations, the older one is
/// forgotten in whole. Owned by one shard's thread.
class VisitorLog {
 public:
  /// `limit`: visits kept, both generations together. `retention_ms`: how long a visit matters at least;
  /// 0 means for ever, within the limit.
  VisitorLog(std::size_t limit, TimeMs retention_ms);

  /// Calls `look(const SeenVisit&)` for each visit of `visitor`, newest generation first.
  template <class Look>
  void for_each(std::uint64_t visitor, Look look) {
    for (Generation* generation : {&newer_, &older_}) {
      if (generation->size == 0) continue;
      const std::uint32_t tag = tag_of(visitor);
      const std::size_t mask = generation->index_size - 1;
      for (std::size_t i = home_of(tag, *generation); generation->index[i] != 0; i = (i + 1) & mask) {
        const Entry entry = generation->index[i];
        if (static_cast<std::uint32_t>(entry >> 32) != tag) continue;
        Visit& visit = visit_of(*generation, static_cast<std::uint32_t>(entry) - 1);
        if (visit.visitor != visitor) continue;
        look(SeenVisit{&visit, &generation->dimensions[visit.dimensions], generation == &newer_});
      }
    }
  }

  /// Brings the index lines of `visitor` into the cache.
  void prefetch(std::uint64_t visitor) const {
    for (const Generation* generation : {&newer_, &older_}) {
      if (generation->size != 0) prefetch_line(&generation->index[home_of(tag_of(visitor), *generation)]);
    }
  }

  /// Remembers a visit. False when its visitor already has kMaxVisitsPerVisitor of them.
  bool add(Visit visit, const DimensionValues& dimensions);
  /// Puts a visit under other dimensions.
  void move(const SeenVisit& seen, const DimensionValues& dimensions);
  /// Memory is short: forgets the older generation, unless visits have no more than `spared_bytes`.
  void relieve(std::size_t spared_bytes);
  /// Moves time on.
  void advance(TimeMs now_ms);
  std::int64_t forgotten() const { return forgotten_; }
  void save(ByteWriter& writer) const;
  /// Into a fresh one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader);

  /// More sessions at a time than any person has; keeps hostile visitors from making look-ups slow.
  static constexpr std::size_t kMaxVisitsPerVisitor = 256;

 private:
  // An index entry is the upper half of the visitor's hash (tag) and the visit's position + 1; 0 is empty. The home is
  // the low bits of the tag, so growing the index needs no look at the visits.
  using Entry = std::uint64_t;
  static constexpr std::size_t kFirstIndexSize = 64;
  /// Slots for so many visits: five eighths of them are used, at most.
  static constexpr std::size_t index_size_for(std::size_t visits) {
    return std::max(kFirstIndexSize, std::bit_ceil(visits / 5 * 8 + 8));
  }
  struct Generation {
    explicit Generation(std::size_t limit) : index(index_size_for(limit)), visits(limit), dimensions(limit + 1) {}

    HugePageArray<Entry> index;
    std::size_t index_size = kFirstIndexSize;
    HugePageArray<Visit> visits;
    std::size_t size = 0;
    DimensionPool dimensions;
  };
  static std::uint32_t tag_of(std::uint64_t visitor) { return static_cast<std::uint32_t>(visitor >> 32); }
  static std::size_t home_of(std::uint32_t tag, const Generation& generation) {
    return tag & (generation.index_size - 1);
  }
  static Visit& visit_of(Generation& generation, std::uint32_t position) { return generation.visits[position]; }
  static void place(Generation& generation, Entry entry);
  static void grow(Generation& generation);
  static void clear(Generation& generation);
  void turn_over();

  std::size_t generation_limit_;
  TimeMs retention_ms_;
  Generation newer_;
  Generation older_;
  TimeMs turn_over_at_ms_ = 0;
  std::int64_t forgotten_ = 0;
};

}  // namespace weir
