#include "weir/window/visitor_log.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kLeastVisitBytes = 2 * 8 + 3;
constexpr std::size_t kMostVisitBytes = 2 * 8 + 3 * ByteCursor::kMostNumberBytes;

}  // namespace

VisitorLog::VisitorLog(std::size_t limit, TimeMs retention_ms)
    : generation_limit_(std::max<std::size_t>(8, limit / 2)),
      retention_ms_(retention_ms),
      newer_(generation_limit_),
      older_(generation_limit_) {}

void VisitorLog::clear(Generation& generation) {
  generation.size = 0;
  generation.visits.forget();
  generation.dimensions.clear();
  generation.index.forget();
  generation.index_size = kFirstIndexSize;
}

void VisitorLog::place(Generation& generation, Entry entry) {
  const std::size_t mask = generation.index_size - 1;
  std::size_t i = home_of(static_cast<std::uint32_t>(entry >> 32), generation);
  while (generation.index[i] != 0) i = (i + 1) & mask;
  generation.index[i] = entry;
}

/// Doubles the index where it lies, as fresh memory is dear. Each entry is taken out and placed anew. They come in the
/// order in which ways lead over them, from behind a hole on, so that no way to one that was placed is broken; one that
/// comes to lie further on comes by again.
void VisitorLog::grow(Generation& generation) {
  const std::size_t before = generation.index_size;
  std::size_t hole = 0;
  while (generation.index[hole] != 0) ++hole;
  generation.index_size = 2 * before;
  for (std::size_t i = 1; i < before; ++i) {
    const Entry entry = std::exchange(generation.index[(hole + i) & (before - 1)], 0);
    if (entry != 0) place(generation, entry);
  }
}

bool VisitorLog::add(Visit visit, const DimensionValues& dimensions) {
  std::size_t known = 0;
  for_each(visit.visitor, [&](const SeenVisit&) { ++known; });
  if (known >= kMaxVisitsPerVisitor) {
    ++forgotten_;
    return false;
  }
  if (newer_.size >= generation_limit_) {
    forgotten_ += static_cast<std::int64_t>(older_.size);
    turn_over();
  }
  if (index_size_for(newer_.size + 1) > newer_.index_size) grow(newer_);
  const auto position = static_cast<std::uint32_t>(newer_.size++);
  visit.dimensions = newer_.dimensions.hold(dimensions);
  visit_of(newer_, position) = visit;
  place(newer_, (Entry{tag_of(visit.visitor)} << 32) | (position + 1));
  return true;
}

void VisitorLog::move(const SeenVisit& seen, const DimensionValues& dimensions) {
  DimensionPool& pool = (seen.recent ? newer_ : older_).dimensions;
  const DimensionPool::Id before = seen.visit->dimensions;
  seen.visit->dimensions = pool.hold(dimensions);
  pool.drop(before);
}

void VisitorLog::advance(TimeMs now_ms) {
  if (retention_ms_ == 0 || now_ms < turn_over_at_ms_) return;
  if (turn_over_at_ms_ != 0) turn_over();
  turn_over_at_ms_ = now_ms + retention_ms_;
}

void VisitorLog::relieve(std::size_t spared_bytes) {
  if ((newer_.size + older_.size) * sizeof(Visit) <= spared_bytes) return;
  forgotten_ += static_cast<std::int64_t>(older_.size);
  turn_over();
}

void VisitorLog::turn_over() {
  std::swap(newer_, older_);
  clear(newer_);
}

void VisitorLog::save(ByteWriter& writer) const {
  writer.number(static_cast<std::uint64_t>(turn_over_at_ms_));
  for (const Generation* generation : {&older_, &newer_}) {
    generation->dimensions.save(writer);
    writer.number(generation->size);
    for (std::size_t i = 0; i < generation->size; ++i) {
      const Visit& visit = generation->visits[i];
      writer.put<kMostVisitBytes>([&visit](ByteCursor& to) {
        to.fixed(visit.visitor);
        to.fixed(static_cast<std::uint64_t>(visit.start_ms));
        to.number(visit.serial);
        to.number(visit.sequence);
        to.number(visit.dimensions);
      });
    }
  }
}

bool VisitorLog::load(ByteReader& reader) {
  turn_over_at_ms_ = reader.time();
  for (const bool last : {false, true}) {
    if (last) turn_over();
    const std::vector<DimensionValues> combinations = load_combinations(reader);
    for (std::size_t left = reader.count(kLeastVisitBytes); left > 0; --left) {
      Visit visit;
      visit.visitor = reader.fixed();
      visit.start_ms = reader.fixed_time();
      visit.serial = reader.number();
      visit.sequence = reader.number();
      const std::uint64_t combination = reader.number();
      if (!reader.ok() || combination >= combinations.size()) return reader.fail();
      static_cast<void>(add(visit, combinations[combination]));
    }
  }
  return reader.ok();
}

}  // namespace weir
