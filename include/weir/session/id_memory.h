// IdMemory: which hashed ids were seen, and when, for as long as it matters and within a limit. Serves
// delivery ids (with their event time) and order ids.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/codec.h"
#include "weir/core/huge_page_allocator.h"

namespace weir {

/// Two generations of an open-addressing table from id to time. Forgetting is turning the older generation
/// over, so memory stays within the limit and no entry is ever moved or searched for. Owned by one thread.
class IdMemory {
 public:
  /// Keeps at most `limit` ids (two generations of half of it); at least 16.
  explicit IdMemory(std::size_t limit);

  /// The remembered time of `id` (not 0), or nullptr. The pointer lives until the next call.
  TimeMs* find(std::uint64_t id);
  /// Remembers `id`, which the newer generation does not hold.
  void insert(std::uint64_t id, TimeMs time_ms);
  /// Remembers `id` with a new time, whether it is known or not, for as long as a fresh one.
  void remember(std::uint64_t id, TimeMs time_ms);
  /// Forgets the older generation and starts a new one.
  void turn_over();

  void save(ByteWriter& writer) const;
  /// Into an empty one. False when the bytes are not what save() writes.
  bool load(ByteReader& reader);

  void prefetch(std::uint64_t id) const;
  /// Ids forgotten because the limit was reached.
  std::int64_t forgotten() const { return forgotten_; }

 private:
  struct Entry {
    std::uint64_t id = 0;  // 0: empty
    TimeMs time_ms = 0;
  };
  using Entries = std::vector<Entry, HugePageAllocator<Entry>>;
  struct Generation {
    Entries entries;
    std::size_t size = 0;
  };
  static Entry* find_in(Generation& generation, std::uint64_t id);
  static void place(Entries& entries, const Entry& entry);

  std::size_t generation_limit_;
  Generation newer_;
  Generation older_;
  std::int64_t forgotten_ = 0;
};

}  // namespace weir
