#include "weir/session/session_table.h"

#include <utility>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr unsigned kFirstIndexBits = 10;
constexpr TimeMs kBucketsPerTimeout = 64;

}  // namespace

SessionTable::SessionTable(std::size_t limit)
    : limit_(limit), records_(limit), index_(std::size_t{1} << kFirstIndexBits), index_bits_(kFirstIndexBits) {
  WEIR_CHECK(limit < kNone / 2);
}

SessionTable::Slot SessionTable::find(std::uint64_t key) const {
  const std::uint32_t tag = tag_of(key);
  const std::size_t mask = index_.size() - 1;
  for (std::size_t position = home_of(tag);; position = (position + 1) & mask) {
    const Entry entry = index_[position];
    if (entry == 0) return kNone;
    if (tag_of_entry(entry) == tag && (*this)[slot_of(entry)].key == key) return slot_of(entry);
  }
}

SessionTable::Slot SessionTable::insert(std::uint64_t key) {
  if ((size_ + 1) * 8 > index_.size() * 5) grow();
  Slot slot = free_;
  if (slot != kNone) {
    free_ = static_cast<Slot>((*this)[slot].key);
  } else {
    WEIR_CHECK(used_ < limit_);
    slot = used_++;
  }
  (*this)[slot] = SessionRecord{};
  (*this)[slot].key = key;
  place((Entry{tag_of(key)} << 32) | (slot + 1));
  ++size_;
  return slot;
}

void SessionTable::place(Entry entry) {
  const std::size_t mask = index_.size() - 1;
  std::size_t position = home_of(tag_of_entry(entry));
  while (index_[position] != 0) position = (position + 1) & mask;
  index_[position] = entry;
}

std::size_t SessionTable::position_of(Slot slot) const {
  const std::size_t mask = index_.size() - 1;
  std::size_t position = home_of(tag_of((*this)[slot].key));
  while (slot_of(index_[position]) != slot || index_[position] == 0) position = (position + 1) & mask;
  return position;
}

void SessionTable::erase(Slot slot) {
  const std::size_t mask = index_.size() - 1;
  std::size_t hole = position_of(slot);
  // Pull back the entries behind the hole that would otherwise become unreachable.
  for (std::size_t next = (hole + 1) & mask; index_[next] != 0; next = (next + 1) & mask) {
    const std::size_t home = home_of(tag_of_entry(index_[next]));
    const bool reachable = ((next - home) & mask) < ((next - hole) & mask);
    if (reachable) continue;
    index_[hole] = index_[next];
    hole = next;
  }
  index_[hole] = 0;
  (*this)[slot].key = free_;
  free_ = slot;
  --size_;
}

void SessionTable::clear() {
  std::fill(index_.begin(), index_.end(), 0);
  free_ = kNone;
  used_ = 0;
  size_ = 0;
}

std::vector<SessionTable::Slot> SessionTable::compact() {
  std::vector<Slot> moved(used_);
  for (Slot slot = 0; slot < used_; ++slot) moved[slot] = slot;
  std::vector<bool> unused(used_);
  for (Slot slot = free_; slot != kNone; slot = static_cast<Slot>((*this)[slot].key)) unused[slot] = true;
  auto hole = Slot{0};
  for (auto slot = used_; slot > size_; --slot) {
    if (unused[slot - 1]) continue;
    while (!unused[hole]) ++hole;
    index_[position_of(slot - 1)] = (Entry{tag_of((*this)[slot - 1].key)} << 32) | (hole + 1);
    (*this)[hole] = (*this)[slot - 1];
    moved[slot - 1] = hole++;
  }
  used_ = static_cast<Slot>(size_);
  free_ = kNone;
  records_.forget_from(used_);
  return moved;
}

void SessionTable::grow() {
  WEIR_CHECK(index_bits_ < 31);
  decltype(index_) smaller(index_.size() * 2);
  smaller.swap(index_);
  ++index_bits_;
  for (const Entry entry : smaller) {
    if (entry != 0) place(entry);
  }
}

std::size_t SessionTable::memory_bytes() const {
  return used_ * sizeof(SessionRecord) + index_.capacity() * sizeof(Entry);
}

ExpiryCalendar::ExpiryCalendar(TimeMs timeout_ms, std::size_t limit)
    : width_ms_(std::max<TimeMs>(1, timeout_ms / kBucketsPerTimeout)),
      ring_(static_cast<std::size_t>(timeout_ms / width_ms_) + 3),
      // Of a list the first and the last chunk may have room left; one more list is being drained.
      chunk_count_(limit / Chunk::kSlots + 2 * (ring_.size() + 1) + 1),
      chunks_(chunk_count_) {}

void ExpiryCalendar::enter(Slot slot, TimeMs deadline_ms) {
  const std::int64_t index = deadline_ms / width_ms_;
  WEIR_CHECK(index < base_ + static_cast<std::int64_t>(ring_.size()));
  append(bucket(std::max(index, base_)), slot);
}

void ExpiryCalendar::append(Bucket& bucket, Slot slot) {
  if (bucket.last == kNowhere || chunks_[bucket.last].size == Chunk::kSlots) {
    const Place place = take_chunk();
    (bucket.last == kNowhere ? bucket.first : chunks_[bucket.last].next) = place;
    bucket.last = place;
  }
  Chunk& chunk = chunks_[bucket.last];
  chunk.slots[chunk.size++] = slot;
}

ExpiryCalendar::Place ExpiryCalendar::take_chunk() {
  Place place = free_;
  if (place != kNowhere) {
    free_ = chunks_[place].next;
  } else {
    WEIR_CHECK(used_ < chunk_count_);
    place = used_++;
  }
  chunks_[place].size = 0;
  chunks_[place].next = kNowhere;
  return place;
}

/// Frees a chunk; the one behind it.
ExpiryCalendar::Place ExpiryCalendar::free_chunk(Place place) {
  const Place next = std::exchange(chunks_[place].next, free_);
  free_ = place;
  return next;
}

/// Removes the last slot of the first chunk. There must be one.
ExpiryCalendar::Slot ExpiryCalendar::take_from(Bucket& bucket) {
  Chunk& chunk = chunks_[bucket.first];
  const Slot slot = chunk.slots[--chunk.size];
  if (chunk.size == 0) bucket.first = free_chunk(bucket.first);
  if (bucket.first == kNowhere) bucket.last = kNowhere;
  return slot;
}

void ExpiryCalendar::rename(const std::vector<Slot>& moved) {
  const HugePageArray<Chunk> before = std::move(chunks_);
  chunks_ = HugePageArray<Chunk>(chunk_count_);
  used_ = 0;
  free_ = kNowhere;
  for (Bucket& bucket : ring_) {
    Walk walk(before, std::exchange(bucket, Bucket{}).first);
    for (; !walk.done(); walk.step()) append(bucket, moved[walk.slot()]);
  }
}

std::size_t ExpiryCalendar::memory_bytes() const { return used_ * sizeof(Chunk) + ring_.size() * sizeof(Bucket); }

}  // namespace weir
