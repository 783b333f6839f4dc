// VisitorLog: each visitor's recent sessions, so that distinct visitors can be counted exactly per cell and
// window: a visitor stands in the pane of its latest session in the cell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/clock.h"
#include "weir/model/dimension.h"

namespace weir {

/// One session of a visitor, as far as counting visitors needs it.
struct Visit {
  std::uint64_t visitor = 0;  // 0: empty entry
  std::uint64_t serial = 0;   // of the session
  std::uint64_t sequence = 0; // put sequence under which it was counted: tells the cell (see Rollups)
  TimeMs start_ms = 0;
  DimensionValues dimensions{};
};

/// Visits by visitor: an open-addressing table in which one visitor's visits are neighbours; two generations,
/// the older one is forgotten in whole. Owned by one shard's thread.
class VisitorLog {
 public:
  /// `limit`: visits kept, both generations together. `retention_ms`: how long a visit matters at least;
  /// 0 means for ever, within the limit.
  VisitorLog(std::size_t limit, TimeMs retention_ms);

  /// Calls `look(Visit&)` for each visit of `visitor`, newest generation first.
  template <class Look>
  void for_each(std::uint64_t visitor, Look look) {
    for (Generation* generation : {&newer_, &older_}) {
      if (generation->size == 0) continue;
      const std::size_t mask = generation->entries.size() - 1;
      for (std::size_t i = home_of(visitor, *generation); generation->entries[i].visitor != 0; i = (i + 1) & mask) {
        if (generation->entries[i].visitor == visitor) look(generation->entries[i]);
      }
    }
  }

  /// Remembers a visit. False when its visitor already has kMaxVisitsPerVisitor of them.
  bool add(const Visit& visit);
  /// Moves time on.
  void advance(TimeMs now_ms);
  std::int64_t forgotten() const { return forgotten_; }

  /// More sessions at a time than any person has; keeps hostile visitors from making look-ups slow.
  static constexpr std::size_t kMaxVisitsPerVisitor = 256;

 private:
  struct Generation {
    std::vector<Visit> entries;
    std::size_t size = 0;
  };
  static std::size_t home_of(std::uint64_t visitor, const Generation& generation) {
    return static_cast<std::size_t>((visitor >> 20) & (generation.entries.size() - 1));
  }
  static void place(Generation& generation, const Visit& visit);
  void turn_over();

  std::size_t generation_limit_;
  TimeMs retention_ms_;
  Generation newer_;
  Generation older_;
  TimeMs turn_over_at_ms_ = 0;
  std::int64_t forgotten_ = 0;
};

}  // namespace weir
