#include "weir/session/id_memory.h"

#include <algorithm>

#include "weir/core/prefetch.h"

namespace weir {
namespace {

constexpr std::size_t kFirstEntries = 64;

/// Where to look first: the low bits belong to the choice of shard, so the high ones decide.
std::size_t home_of(std::uint64_t id, std::size_t entry_count) {
  return static_cast<std::size_t>((id >> 20) & (entry_count - 1));
}

}  // namespace

IdMemory::IdMemory(std::size_t limit) : generation_limit_(std::max<std::size_t>(8, limit / 2)) {
  newer_.entries.resize(kFirstEntries);
}

IdMemory::Entry* IdMemory::find_in(Generation& generation, std::uint64_t id) {
  if (generation.size == 0) return nullptr;
  const std::size_t mask = generation.entries.size() - 1;
  for (std::size_t i = home_of(id, generation.entries.size());; i = (i + 1) & mask) {
    Entry& entry = generation.entries[i];
    if (entry.id == id) return &entry;
    if (entry.id == 0) return nullptr;
  }
}

TimeMs* IdMemory::find(std::uint64_t id) {
  for (Generation* generation : {&newer_, &older_}) {
    if (Entry* entry = find_in(*generation, id)) return &entry->time_ms;
  }
  return nullptr;
}

void IdMemory::place(Entries& entries, const Entry& entry) {
  const std::size_t mask = entries.size() - 1;
  std::size_t i = home_of(entry.id, entries.size());
  while (entries[i].id != 0) i = (i + 1) & mask;
  entries[i] = entry;
}

void IdMemory::insert(std::uint64_t id, TimeMs time_ms) {
  if (newer_.size >= generation_limit_) {
    forgotten_ += static_cast<std::int64_t>(older_.size);
    turn_over();
  }
  if ((newer_.size + 1) * 2 > newer_.entries.size()) {
    Entries larger(newer_.entries.size() * 2);
    for (const Entry& entry : newer_.entries) {
      if (entry.id != 0) place(larger, entry);
    }
    newer_.entries.swap(larger);
  }
  place(newer_.entries, {id, time_ms});
  ++newer_.size;
}

void IdMemory::remember(std::uint64_t id, TimeMs time_ms) {
  if (Entry* entry = find_in(newer_, id)) {
    entry->time_ms = time_ms;
  } else {
    insert(id, time_ms);  // one in the older generation would be forgotten too early; find() sees the newer one first
  }
}

void IdMemory::turn_over() {
  std::swap(newer_, older_);
  // One generation has about as many ids as the next.
  newer_.entries.assign(older_.entries.size(), Entry{});
  newer_.size = 0;
}

void IdMemory::save(ByteWriter& writer) const {
  for (const Generation* generation : {&older_, &newer_}) {
    writer.number(generation->size);
    for (const Entry& entry : generation->entries) {
      if (entry.id == 0) continue;
      writer.fixed(entry.id);
      writer.number(static_cast<std::uint64_t>(entry.time_ms));
    }
  }
}

bool IdMemory::load(ByteReader& reader) {
  constexpr std::size_t kLeastEntryBytes = sizeof(std::uint64_t) + 1;
  for (const bool last : {false, true}) {
    if (last) turn_over();
    for (std::size_t left = reader.count(kLeastEntryBytes); left > 0; --left) {
      const std::uint64_t id = reader.fixed();
      const TimeMs time_ms = reader.time();
      if (id == 0) return reader.fail();
      insert(id, time_ms);
    }
  }
  return reader.ok();
}

void IdMemory::prefetch(std::uint64_t id) const {
  prefetch_line(&newer_.entries[home_of(id, newer_.entries.size())]);
  if (older_.size != 0) prefetch_line(&older_.entries[home_of(id, older_.entries.size())]);
}

}  // namespace weir
