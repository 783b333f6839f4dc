// IdMemory: which hashed ids were seen, and when, for as long as it matters and within a limit. Serves
// delivery ids (with their event time) and order ids.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "weir/core/clock.h"
#include "weir/core/codec.h"
#include "weir/core/huge_page_array.h"
#include "weir/core/prefetch.h"

namespace weir {

/// A table from id to time. Each id belongs to the generation that remembered it last, and only the latest of them
/// count: what an older one left behind is written over. So forgetting costs nothing, no entry is ever searched for,
/// and memory stays within the limit. Owned by one thread.
///
/// Most ids are looked up once and never again, far from all others, so what counts is how many lines of the cache a
/// look-up touches: nearly always it is one. The table grows where it lies: fresh memory is dearer than anything that
/// is done with it.
class IdMemory {
 public:
  /// Keeps at most `limit` ids, at least 16, each for at least `turns` (1..64) calls of turn_over().
  explicit IdMemory(std::size_t limit, std::uint32_t turns = 1);

  /// The remembered time of `id` (not 0); nullopt when it is not remembered.
  std::optional<TimeMs> find(std::uint64_t id) const;
  /// The same, but then the id is remembered with `time_ms`.
  std::optional<TimeMs> find_or_insert(std::uint64_t id, TimeMs time_ms);
  /// Remembers `id` with a new time, whether it is known or not, for as long as a fresh one.
  void remember(std::uint64_t id, TimeMs time_ms);
  /// Forgets what was remembered before the last `turns` calls.
  void turn_over();

  void save(ByteWriter& writer) const;
  /// In place of what is remembered, into one of as many turns, which may hold less. False when the bytes are not what
  /// save() writes; then another load() may follow.
  bool load(ByteReader& reader);

  /// Brings where `id` is looked for into the cache: one look-up in six goes on to the next line.
  void prefetch(std::uint64_t id) const {
    const Line* const home = &lines_[home_of(id)];
    prefetch_line(home);
    prefetch_line(home + 1);
  }
  std::size_t memory_bytes() const { return line_count_ * sizeof(Line); }
  /// Ids forgotten because the limit was reached.
  std::int64_t forgotten() const { return forgotten_; }

 private:
  static constexpr std::size_t kIdsPerLine = 4;
  static constexpr TimeMs kLatestKeptMs = (TimeMs{1} << 48) - 1;  // in the year 10889
  using Number = std::uint8_t;                                    // of a generation

  /// One line of the cache: ids, their times in 48 bits, and their generations.
  struct alignas(64) Line {
    std::uint64_t ids[kIdsPerLine];  // 0: none
    std::uint32_t times_low[kIdsPerLine];
    std::uint16_t times_high[kIdsPerLine];
    Number generations[kIdsPerLine];
    Number passed_by;  // the latest generation of which an id found no place here and went on to the next line
  };
  static_assert(sizeof(Line) == 64);
  struct Entry {
    std::uint64_t id = 0;
    TimeMs time_ms = 0;
    Number generation = 0;
  };
  /// A generation ends with a turn, or when it has a good part of the limit, as the limit makes whole ones go.
  struct Generation {
    std::size_t size = 0;
    std::uint64_t turn = 0;
  };
  /// Where an id is; nowhere when `line` is null.
  struct Found {
    const Line* line = nullptr;
    std::size_t place = 0;
  };

  std::size_t home_of(std::uint64_t id) const { return static_cast<std::size_t>(id >> 20) & (line_count_ - 1); }
  bool is_recent(Number generation) const { return generation >= oldest_; }
  bool holds(const Line& line, std::size_t place) const {
    return line.ids[place] != 0 && is_recent(line.generations[place]);
  }
  static TimeMs time_of(const Line& line, std::size_t place) {
    return TimeMs{line.times_high[place]} << 32 | line.times_low[place];
  }
  static Entry entry_of(const Line& line, std::size_t place) {
    return {line.ids[place], time_of(line, place), line.generations[place]};
  }
  static void write(Line& line, std::size_t place, const Entry& entry);
  Found locate(std::uint64_t id) const;
  void insert(std::uint64_t id, TimeMs time_ms);
  void enter(const Entry& entry);
  void begin_generation();
  void drop_oldest();
  void renumber();
  void grow();
  void halve();
  template <class Visit>
  void for_each(Visit visit) const;

  std::size_t limit_;
  std::uint32_t turns_;
  std::size_t most_lines_;
  HugePageArray<Line> lines_;
  std::size_t line_count_;
  std::array<Generation, 256> generations_;  // by number; those from oldest_ to latest_ count
  Number oldest_ = 1;                        // 0 never counts
  Number latest_ = 1;
  std::uint64_t turn_ = 0;
  std::size_t size_ = 0;  // ids of all generations that count
  std::int64_t forgotten_ = 0;
};

}  // namespace weir
