#include "weir/model/dimension_pool.h"

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr unsigned kFirstIndexBits = 6;
constexpr std::size_t kCombinationBytes = kDimensionCount * sizeof(std::uint64_t);

/// As ==, but without a call and without a jump for each value: they are nearly always the same.
bool are_same(const DimensionValues& a, const DimensionValues& b) {
  Symbol differences = 0;
  for (std::size_t d = 0; d < kDimensionCount; ++d) differences |= a[d] ^ b[d];
  return differences == 0;
}

}  // namespace

DimensionPool::DimensionPool(std::size_t limit)
    : limit_(limit),
      values_(limit),
      holdings_(limit),
      index_(std::size_t{1} << kFirstIndexBits),
      index_bits_(kFirstIndexBits) {
  WEIR_CHECK(limit < kNone / 2);
}

/// Symbols are seeded hashes themselves, so mixing them lightly is enough.
std::uint32_t DimensionPool::tag_of(const DimensionValues& values) {
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
  std::uint64_t hash = values[0];
  for (std::size_t d = 1; d < kDimensionCount; ++d) hash = hash * kOdd ^ values[d];
  return static_cast<std::uint32_t>(((hash ^ hash >> 32) * kOdd) >> 32);
}

DimensionPool::Id DimensionPool::hold(const DimensionValues& values) {
  const std::uint32_t tag = tag_of(values);
  const Place sought = Place{tag} << 32;
  const std::size_t mask = index_.size() - 1;
  for (std::size_t at = home_of(sought); index_[at] != 0; at = (at + 1) & mask) {
    if (index_[at] >> 32 != tag) continue;
    const Id id = id_of(index_[at]);
    if (!are_same(values_[id], values)) continue;
    ++holdings_[id].holders;
    return id;
  }
  Id id = free_;
  if (id == kNone) {
    WEIR_CHECK(used_ < limit_);
    id = used_++;
  } else {
    free_ = holdings_[id].next_free;
  }
  values_[id] = values;
  holdings_[id] = {1, kNone};
  if ((++size_) * 8 > index_.size() * 5) grow();
  enter(sought | (id + 1));
  return id;
}

void DimensionPool::drop(Id id) {
  Holding& holding = holdings_[id];
  if (--holding.holders > 0) return;
  leave(id);
  holding.next_free = free_;
  free_ = id;
  --size_;
}

void DimensionPool::clear() {
  values_.forget();
  holdings_.forget();
  used_ = 0;
  free_ = kNone;
  size_ = 0;
  index_ = decltype(index_)(std::size_t{1} << kFirstIndexBits);
  index_bits_ = kFirstIndexBits;
}

void DimensionPool::save(ByteWriter& writer) const {
  static const DimensionValues kNothing{};
  writer.number(used_);
  for (Id id = 0; id < used_; ++id) {
    const DimensionValues& values = holdings_[id].holders > 0 ? values_[id] : kNothing;
    writer.put<kCombinationBytes>([&](ByteCursor& to) {
      for (const Symbol symbol : values) to.fixed(symbol);
    });
  }
}

std::vector<DimensionValues> load_combinations(ByteReader& reader) {
  std::vector<DimensionValues> combinations(reader.count(kCombinationBytes));
  for (DimensionValues& values : combinations) {
    for (Symbol& symbol : values) symbol = reader.fixed();
  }
  return combinations;
}

void DimensionPool::enter(Place place) {
  const std::size_t mask = index_.size() - 1;
  std::size_t at = home_of(place);
  while (index_[at] != 0) at = (at + 1) & mask;
  index_[at] = place;
}

/// Takes a combination out of the index.
void DimensionPool::leave(Id id) {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = home_of(Place{tag_of(values_[id])} << 32);
  while (index_[hole] == 0 || id_of(index_[hole]) != id) hole = (hole + 1) & mask;
  // Pull back the places behind the hole that would otherwise become unreachable.
  for (std::size_t next = (hole + 1) & mask; index_[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = home_of(index_[next]);
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    index_[hole] = index_[next];
    hole = next;
  }
  index_[hole] = 0;
}

void DimensionPool::grow() {
  decltype(index_) smaller(index_.size() * 2);
  smaller.swap(index_);
  ++index_bits_;
  for (const Place place : smaller) {
    if (place != 0) enter(place);
  }
}

}  // namespace weir
