#include "weir/session/session_table.h"

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr unsigned kFirstIndexBits = 10;
constexpr TimeMs kBucketsPerTimeout = 64;
constexpr std::size_t kLeastRoom = 64;  // slots; the memory of fewer is not worth giving back
constexpr std::size_t kMostRoomAtOnce = 4096;
constexpr std::size_t kRoomPerUse = 8;  // times as much room as is used is given back

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
  Slot slot;
  if (!free_.empty()) {
    slot = free_.back();
    free_.pop_back();
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
  free_.push_back(slot);
  --size_;
}

void SessionTable::clear() {
  std::fill(index_.begin(), index_.end(), 0);
  free_.clear();
  used_ = 0;
  size_ = 0;
}

std::vector<SessionTable::Slot> SessionTable::compact() {
  std::vector<Slot> moved(used_);
  for (Slot slot = 0; slot < used_; ++slot) moved[slot] = slot;
  std::vector<bool> unused(used_);
  for (const Slot slot : free_) unused[slot] = true;
  auto hole = Slot{0};
  for (auto slot = used_; slot > size_; --slot) {
    if (unused[slot - 1]) continue;
    while (!unused[hole]) ++hole;
    index_[position_of(slot - 1)] = (Entry{tag_of((*this)[slot - 1].key)} << 32) | (hole + 1);
    (*this)[hole] = (*this)[slot - 1];
    moved[slot - 1] = hole++;
  }
  used_ = static_cast<Slot>(size_);
  std::vector<Slot>().swap(free_);
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
  return used_ * sizeof(SessionRecord) + index_.capacity() * sizeof(Entry) + free_.capacity() * sizeof(Slot);
}

ExpiryCalendar::ExpiryCalendar(TimeMs timeout_ms)
    : width_ms_(std::max<TimeMs>(1, timeout_ms / kBucketsPerTimeout)),
      ring_(static_cast<std::size_t>(timeout_ms / width_ms_) + 3) {
  spare_.reserve(ring_.size() + 1);
}

void ExpiryCalendar::enter(SessionTable::Slot slot, TimeMs deadline_ms) {
  const std::int64_t index = deadline_ms / width_ms_;
  WEIR_CHECK(index < base_ + static_cast<std::int64_t>(ring_.size()));
  std::vector<SessionTable::Slot>& slots = bucket(std::max(index, base_));
  if (slots.capacity() == 0 && !spare_.empty()) {
    slots.swap(spare_.back());
    spare_.pop_back();
  }
  // One bucket has about as many as the next, so its room is not made step by step.
  if (slots.size() == slots.capacity()) slots.reserve(std::max(2 * slots.size(), usual_room_));
  slots.push_back(slot);
}

/// Keeps the room of the bucket just drained, so that a steady stream allocates nothing, unless it was hardly used: a
/// burst passes through every bucket and would leave its room behind.
void ExpiryCalendar::keep_room() {
  usual_room_ = std::min(due_.size() + due_.size() / 4, kMostRoomAtOnce);
  const bool used = due_.capacity() <= kRoomPerUse * std::max(due_.size(), kLeastRoom);
  due_.clear();
  if (used && due_.capacity() > 0) {
    spare_.push_back(std::move(due_));
    due_ = {};
  } else {
    std::vector<SessionTable::Slot>().swap(due_);
  }
}

std::size_t ExpiryCalendar::memory_bytes() const {
  std::size_t bytes = due_.capacity() * sizeof(SessionTable::Slot);
  for (const auto& slots : spare_) bytes += slots.capacity() * sizeof(SessionTable::Slot);
  for (const auto& slots : ring_) bytes += slots.capacity() * sizeof(SessionTable::Slot);
  return bytes;
}

}  // namespace weir
