#include "weir/session/id_memory.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kFirstLines = 16;

}  // namespace

IdMemory::IdMemory(std::size_t limit)
    : generation_limit_(std::max<std::size_t>(8, limit / 2)), lines_(kFirstLines), line_count_(kFirstLines) {}

IdMemory::Found IdMemory::locate(std::uint64_t id) const {
  std::size_t at = home_of(id);
  for (std::size_t looked_at = 0; looked_at < line_count_; ++looked_at) {
    const Line& line = lines_[at];
    for (std::size_t place = 0; place < kIdsPerLine; ++place) {
      if (line.ids[place] == id && is_recent(line.generations[place])) return {&line, place};
    }
    if (!is_recent(line.passed_by)) break;
    at = (at + 1) & (line_count_ - 1);
  }
  return {};
}

std::optional<TimeMs> IdMemory::find(std::uint64_t id) const {
  const Found found = locate(id);
  if (found.line == nullptr) return std::nullopt;
  return time_of(*found.line, found.place);
}

/// Writes an id into the first place from its home on that holds nothing, or the id itself. There must be one.
void IdMemory::place(std::uint64_t id, TimeMs time_ms, Generation generation) {
  for (std::size_t at = home_of(id);; at = (at + 1) & (line_count_ - 1)) {
    Line& line = lines_[at];
    for (std::size_t place = 0; place < kIdsPerLine; ++place) {
      if (holds(line, place) && line.ids[place] != id) continue;
      line.ids[place] = id;
      line.times_low[place] = static_cast<std::uint32_t>(time_ms);
      line.times_high[place] = static_cast<std::uint16_t>(time_ms >> 32);
      line.generations[place] = generation;
      return;
    }
    // Ids of the older generation are only placed while nothing else is.
    line.passed_by = generation;
  }
}

/// Moves what counts into a table of so many lines, and numbers generations from the first on again.
void IdMemory::rebuild(std::size_t line_count) {
  const HugePageArray<Line> before = std::exchange(lines_, HugePageArray<Line>(line_count));
  const std::size_t count_before = std::exchange(line_count_, line_count);
  const Generation latest = std::exchange(generation_, kFirstGeneration + 1);
  for (const int age : {1, 0}) {
    for (std::size_t i = 0; i < count_before; ++i) {
      const Line& line = before[i];
      for (std::size_t at = 0; at < kIdsPerLine; ++at) {
        if (line.ids[at] == 0 || line.generations[at] + age != latest) continue;
        place(line.ids[at], time_of(line, at), static_cast<Generation>(generation_ - age));
      }
    }
  }
}

void IdMemory::insert(std::uint64_t id, TimeMs time_ms) {
  if (newer_size_ >= generation_limit_) {
    forgotten_ += static_cast<std::int64_t>(older_size_);
    turn_over();
  }
  const std::size_t most = line_count_ * kIdsPerLine / 8 * 5;
  if (newer_size_ + older_size_ >= most) rebuild(2 * line_count_);
  place(id, time_ms, generation_);
  ++newer_size_;
}

void IdMemory::remember(std::uint64_t id, TimeMs time_ms) {
  const Found known = locate(id);
  if (known.line != nullptr && known.line->generations[known.place] == generation_) {
    place(id, time_ms, generation_);
  } else {
    insert(id, time_ms);  // one of the older generation would be forgotten too early; find() sees the newer one first
  }
}

void IdMemory::turn_over() {
  // Numbers of generations must not go round: what was left behind long ago would count again.
  if (generation_ == std::numeric_limits<Generation>::max()) rebuild(line_count_);
  ++generation_;
  older_size_ = std::exchange(newer_size_, 0);
  // One generation has about as many ids as the next; what a burst needed is given back.
  const std::size_t enough = std::max(kFirstLines, std::bit_ceil(older_size_));
  if (enough < line_count_) rebuild(enough);
}

void IdMemory::save(ByteWriter& writer) const {
  for (const int age : {1, 0}) {
    const auto of_age = [&](const Line& line, std::size_t place) {
      return line.ids[place] != 0 && line.generations[place] + age == generation_;
    };
    std::size_t size = 0;
    for (std::size_t i = 0; i < line_count_ * kIdsPerLine; ++i) {
      size += of_age(lines_[i / kIdsPerLine], i % kIdsPerLine);
    }
    writer.number(size);
    for (std::size_t i = 0; i < line_count_ * kIdsPerLine; ++i) {
      const Line& line = lines_[i / kIdsPerLine];
      const std::size_t place = i % kIdsPerLine;
      if (!of_age(line, place)) continue;
      writer.fixed(line.ids[place]);
      writer.number(static_cast<std::uint64_t>(time_of(line, place)));
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
      if (id == 0 || time_ms > kLatestKeptMs) return reader.fail();
      remember(id, time_ms);
    }
  }
  return reader.ok();
}

}  // namespace weir
