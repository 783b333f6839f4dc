// IdMemory: which hashed ids were seen, and when, for as long as it matters and within a limit. Serves
// delivery ids (with their event time) and order ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "weir/core/clock.h"
#include "weir/core/codec.h"
#include "weir/core/huge_page_array.h"
#include "weir/core/prefetch.h"

namespace weir {

/// A table from id to time. Each id belongs to the generation that remembered it last, and only the latest two count:
/// what an older one left behind is written over. So forgetting costs nothing, no entry is ever searched for, and
/// memory stays within the limit. Owned by one thread.
///
/// Most ids are looked up once and never again, far from all others, so what counts is how many lines of the cache a
/// look-up touches: nearly always it is one.
class IdMemory {
 public:
  /// Keeps at most `limit` ids (two generations of half of it); at least 16.
  explicit IdMemory(std::size_t limit);

  /// The remembered time of `id` (not 0); nullopt when it is not remembered.
  std::optional<TimeMs> find(std::uint64_t id) const;
  /// Remembers `id`, which the latest generation does not hold.
  void insert(std::uint64_t id, TimeMs time_ms);
  /// Remembers `id` with a new time, whether it is known or not, for as long as a fresh one.
  void remember(std::uint64_t id, TimeMs time_ms);
  /// Forgets the older generation and starts a new one.
  void turn_over();

  void save(ByteWriter& writer) const;
  /// Into an empty one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader);

  void prefetch(std::uint64_t id) const { prefetch_line(&lines_[home_of(id)]); }
  std::size_t memory_bytes() const { return line_count_ * sizeof(Line); }
  /// Ids forgotten because the limit was reached.
  std::int64_t forgotten() const { return forgotten_; }

 private:
  static constexpr std::size_t kIdsPerLine = 4;
  static constexpr TimeMs kLatestKeptMs = (TimeMs{1} << 48) - 1;  // in the year 10889
  using Generation = std::uint8_t;
  /// The oldest number in use; smaller ones are never recent.
  static constexpr Generation kFirstGeneration = 2;

  /// One line of the cache: ids, their times in 48 bits, and their generations.
  struct alignas(64) Line {
    std::uint64_t ids[kIdsPerLine];  // 0: none
    std::uint32_t times_low[kIdsPerLine];
    std::uint16_t times_high[kIdsPerLine];
    Generation generations[kIdsPerLine];
    Generation passed_by;  // of the latest id that found no place here and went on to the next line
  };
  static_assert(sizeof(Line) == 64);
  /// Where an id is: nowhere when `line` is null.
  struct Found {
    const Line* line = nullptr;
    std::size_t place = 0;
  };

  std::size_t home_of(std::uint64_t id) const { return static_cast<std::size_t>(id >> 20) & (line_count_ - 1); }
  bool is_recent(Generation generation) const { return generation + 1 >= generation_; }
  bool holds(const Line& line, std::size_t place) const {
    return line.ids[place] != 0 && is_recent(line.generations[place]);
  }
  static TimeMs time_of(const Line& line, std::size_t place) {
    return TimeMs{line.times_high[place]} << 32 | line.times_low[place];
  }
  Found locate(std::uint64_t id) const;
  void place(std::uint64_t id, TimeMs time_ms, Generation generation);
  void rebuild(std::size_t line_count);

  std::size_t generation_limit_;
  HugePageArray<Line> lines_;
  std::size_t line_count_;
  Generation generation_ = kFirstGeneration;  // the latest
  std::size_t newer_size_ = 0;                // ids of the latest generation
  std::size_t older_size_ = 0;                // of the one before
  std::int64_t forgotten_ = 0;
};

}  // namespace weir
