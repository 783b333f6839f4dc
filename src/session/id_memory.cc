#include "weir/session/id_memory.h"

#include <algorithm>
#include <bit>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kFirstLines = 16;
constexpr std::size_t kLeastLimit = 16;
constexpr std::size_t kGenerationsPerLimit = 8;  // what is forgotten at once is this part of the limit
constexpr std::uint32_t kMostTurns = 64;
constexpr std::uint8_t kMostGenerations = 254;  // one number less than there are, for what load() may have to begin
/// Lines for so many ids: three quarters of their places are used, at most.
constexpr std::size_t lines_for(std::size_t ids) { return std::max(kFirstLines, std::bit_ceil(ids / 3 + 1)); }
constexpr std::size_t kEntryBytes = 1 + 2 * sizeof(std::uint64_t);  // of an id that is kept

}  // namespace

IdMemory::IdMemory(std::size_t limit, std::uint32_t turns)
    : limit_(std::max(kLeastLimit, limit)),
      turns_(turns),
      most_lines_(lines_for(limit_)),
      lines_(most_lines_),
      line_count_(kFirstLines) {
  WEIR_CHECK(turns >= 1 && turns <= kMostTurns);
}

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

std::optional<TimeMs> IdMemory::find_or_insert(std::uint64_t id, TimeMs time_ms) {
  const std::optional<TimeMs> known_ms = find(id);
  if (!known_ms) insert(id, time_ms);
  return known_ms;
}

void IdMemory::remember(std::uint64_t id, TimeMs time_ms) {
  const Found known = locate(id);
  if (known.line == nullptr) return insert(id, time_ms);
  --generations_[known.line->generations[known.place]].size;
  ++generations_[latest_].size;
  std::size_t at = home_of(id);
  for (; &lines_[at] != known.line; at = (at + 1) & (line_count_ - 1)) lines_[at].passed_by = latest_;
  write(lines_[at], known.place, {id, time_ms, latest_});
}

/// Remembers an id that is not.
void IdMemory::insert(std::uint64_t id, TimeMs time_ms) {
  while (size_ >= limit_) {
    forgotten_ += static_cast<std::int64_t>(generations_[oldest_].size);
    drop_oldest();
  }
  if (generations_[latest_].size >= limit_ / kGenerationsPerLimit) begin_generation();
  if (lines_for(size_ + 1) > line_count_) grow();
  enter({id, time_ms, latest_});
  ++generations_[latest_].size;
  ++size_;
}

/// Writes what is not in the table into the first place from its home on that holds nothing. There must be one.
void IdMemory::enter(const Entry& entry) {
  for (std::size_t at = home_of(entry.id);; at = (at + 1) & (line_count_ - 1)) {
    Line& line = lines_[at];
    for (std::size_t place = 0; place < kIdsPerLine; ++place) {
      if (!holds(line, place)) return write(line, place, entry);
    }
    line.passed_by = std::max(line.passed_by, entry.generation);
  }
}

void IdMemory::write(Line& line, std::size_t place, const Entry& entry) {
  line.ids[place] = entry.id;
  line.times_low[place] = static_cast<std::uint32_t>(entry.time_ms);
  line.times_high[place] = static_cast<std::uint16_t>(entry.time_ms >> 32);
  line.generations[place] = entry.generation;
}

void IdMemory::begin_generation() {
  // Numbers of generations must not go round: what was left behind long ago would count again.
  if (latest_ >= kMostGenerations) renumber();
  generations_[++latest_] = {0, turn_};
}

void IdMemory::drop_oldest() {
  if (oldest_ == latest_) begin_generation();
  size_ -= generations_[oldest_++].size;
}

void IdMemory::turn_over() {
  ++turn_;
  begin_generation();
  while (generations_[oldest_].turn + turns_ < turn_) drop_oldest();
  // What a burst needed is given back.
  constexpr std::size_t kWorthIt = 4;
  const std::size_t enough = lines_for(size_ + size_ / 2);
  if (enough * kWorthIt > line_count_) return;
  while (line_count_ > enough) halve();
  lines_.forget_from(line_count_);
}

/// Numbers the generations that count from the first on again. Neighbours of one turn become one where they are small
/// enough: remember() may leave any number of them nearly empty, and there must be fewer than numbers.
void IdMemory::renumber() {
  std::array<Number, 256> renumbered{};  // 0 for those that do not count
  Number last = 0;
  for (std::size_t number = oldest_; number <= latest_; ++number) {
    const Generation generation = generations_[number];
    Generation& before = generations_[last];
    const bool joins =
        last != 0 && before.turn == generation.turn && before.size + generation.size <= limit_ / kGenerationsPerLimit;
    if (joins) {
      before.size += generation.size;
    } else {
      generations_[++last] = generation;
    }
    renumbered[number] = last;
  }
  for (std::size_t i = 0; i < line_count_; ++i) {
    for (Number& number : lines_[i].generations) number = renumbered[number];
    lines_[i].passed_by = renumbered[lines_[i].passed_by];
  }
  oldest_ = 1;
  latest_ = last;
  WEIR_CHECK(latest_ < kMostGenerations);
}

/// Twice as many lines. An id stays where it is unless its new home is in the new half, or its way there led over the
/// old end. Those that a line passed on meet the same places on their way as before.
void IdMemory::grow() {
  const std::size_t before = line_count_;
  WEIR_CHECK(2 * before <= most_lines_);
  line_count_ = 2 * before;
  for (std::size_t i = 0; i < before; ++i) {
    for (std::size_t place = 0; place < kIdsPerLine; ++place) {
      if (!holds(lines_[i], place)) continue;
      const Entry entry = entry_of(lines_[i], place);
      const std::size_t home = home_of(entry.id);
      if (home <= i) continue;
      lines_[i].ids[place] = 0;
      enter(entry);
    }
  }
}

/// Half as many lines, in place: what lies in the upper half goes to the lower one, where there must be room. A way
/// along which an id is found leads over the same lines as before, or over those as far below, so these take over what
/// the upper ones knew of who passed by.
void IdMemory::halve() {
  line_count_ /= 2;
  for (std::size_t i = 0; i < line_count_; ++i) {
    const Line& upper = lines_[line_count_ + i];
    lines_[i].passed_by = std::max(lines_[i].passed_by, upper.passed_by);
    for (std::size_t place = 0; place < kIdsPerLine; ++place) {
      if (holds(upper, place)) enter(entry_of(upper, place));
    }
  }
}

template <class Visit>
void IdMemory::for_each(Visit visit) const {
  for (std::size_t i = 0; i < line_count_; ++i) {
    for (std::size_t place = 0; place < kIdsPerLine; ++place) {
      if (holds(lines_[i], place)) visit(entry_of(lines_[i], place));
    }
  }
}

void IdMemory::save(ByteWriter& writer) const {
  writer.number(static_cast<std::uint64_t>(latest_ - oldest_ + 1));
  for (std::size_t number = oldest_; number <= latest_; ++number) {
    writer.number(turn_ - generations_[number].turn);
    writer.number(generations_[number].size);
  }
  for_each([&](const Entry& entry) {
    writer.put<kEntryBytes>([&](ByteCursor& to) {
      to.byte(static_cast<Number>(entry.generation - oldest_));
      to.fixed(entry.id);
      to.fixed(static_cast<std::uint64_t>(entry.time_ms));
    });
  });
}

bool IdMemory::load(ByteReader& reader) {
  lines_.forget();
  line_count_ = kFirstLines;
  size_ = 0;
  turn_ = turns_;
  oldest_ = 1;
  latest_ = 0;
  const std::uint64_t generation_count = reader.number(kMostGenerations);
  std::uint64_t age = turns_;
  for (std::uint64_t i = 0; i < generation_count; ++i) {
    age = reader.number(age);  // none is older than the one before it
    const std::size_t size = reader.number(reader.bytes_left() / kEntryBytes);
    generations_[++latest_] = {size, turn_ - age};
    size_ += size;
  }
  if (!reader.ok() || latest_ == 0) return reader.fail();
  std::size_t left = size_;
  std::array<std::size_t, 256> left_of{};
  for (std::size_t number = 1; number <= latest_; ++number) left_of[number] = generations_[number].size;
  for (; size_ > limit_; ++oldest_) {
    size_ -= generations_[oldest_].size;
    forgotten_ += static_cast<std::int64_t>(generations_[oldest_].size);
  }
  if (oldest_ > latest_) generations_[++latest_] = {0, turn_};
  line_count_ = std::max(line_count_, lines_for(size_));
  for (; left > 0 && reader.ok(); --left) {
    const std::uint8_t number = reader.byte();
    const Entry entry{reader.fixed(), reader.fixed_time(), static_cast<Number>(1 + number)};
    if (number >= generation_count || entry.id == 0 || entry.time_ms > kLatestKeptMs) return reader.fail();
    if (left_of[entry.generation]-- == 0) return reader.fail();
    if (is_recent(entry.generation)) enter(entry);
  }
  return reader.ok();
}

}  // namespace weir
