// DimensionPool: each combination of dimension values once, however many sessions or visits have it. They keep its
// number, four bytes, instead of a value for each dimension.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weir/core/codec.h"
#include "weir/core/huge_page_allocator.h"
#include "weir/core/huge_page_array.h"
#include "weir/core/prefetch.h"
#include "weir/model/dimension.h"

namespace weir {

/// Hash table of combinations that never move while anybody holds them. Owned by one thread.
class DimensionPool {
 public:
  using Id = std::uint32_t;
  static constexpr Id kNone = ~Id{0};

  /// Room for `limit` combinations (below 2^31): as many as there are holders, in the worst case.
  explicit DimensionPool(std::size_t limit);

  /// The number of a combination, for one more holder.
  Id hold(const DimensionValues& values);
  /// One holder less. The last one's number is used again.
  void drop(Id id);
  /// Forgets all combinations and gives their memory back.
  void clear();

  const DimensionValues& operator[](Id id) const { return values_[id]; }
  void prefetch(Id id) const { prefetch_line(&values_[id]); }
  /// Puts all combinations into bytes; load_combinations() reads them.
  void save(ByteWriter& writer) const;
  /// Combinations held.
  std::size_t size() const { return size_; }
  /// Bytes held: combinations and index.
  std::size_t memory_bytes() const {
    return used_ * (sizeof(DimensionValues) + sizeof(Holding)) + index_.capacity() * sizeof(Place);
  }

 private:
  struct Holding {
    std::uint32_t holders;
    Id next_free;
  };
  // A place of the index has the upper half of the hash (tag) and the number + 1; 0 is empty. The home is the top bits
  // of the tag, so growing the index needs no look at the combinations.
  using Place = std::uint64_t;
  static std::uint32_t tag_of(const DimensionValues& values);
  std::size_t home_of(Place place) const { return static_cast<std::size_t>(place >> (64 - index_bits_)); }
  static Id id_of(Place place) { return static_cast<Id>(place) - 1; }
  void enter(Place place);
  void leave(Id id);
  void grow();

  std::size_t limit_;
  HugePageArray<DimensionValues> values_;  // apart, so that a combination is no more lines of the cache than it must be
  HugePageArray<Holding> holdings_;
  Id used_ = 0;      // numbers ever used
  Id free_ = kNone;  // list of unused ones among them
  std::size_t size_ = 0;
  std::vector<Place, HugePageAllocator<Place>> index_;
  unsigned index_bits_;
};

/// The combinations that DimensionPool::save() wrote, by their numbers then. Whatever is wrong with the bytes makes the
/// reader fail.
std::vector<DimensionValues> load_combinations(ByteReader& reader);

}  // namespace weir
