#include "weir/window/visitor_log.h"

#include <algorithm>
#include <utility>

namespace weir {
namespace {

constexpr unsigned kFirstIndexBits = 6;

}  // namespace

VisitorLog::VisitorLog(std::size_t limit, TimeMs retention_ms)
    : generation_limit_(std::max<std::size_t>(8, limit / 2)), retention_ms_(retention_ms) {
  for (Generation* generation : {&newer_, &older_}) {
    generation->visits = HugePageArray<Visit>(generation_limit_);
    clear(*generation);
  }
}

void VisitorLog::clear(Generation& generation) {
  generation.size = 0;
  generation.visits.forget();
  generation.index = decltype(generation.index)(std::size_t{1} << kFirstIndexBits);  // gives the larger one back
  generation.index_bits = kFirstIndexBits;
}

void VisitorLog::place(Generation& generation, Entry entry) {
  const std::size_t mask = generation.index.size() - 1;
  std::size_t i = home_of(static_cast<std::uint32_t>(entry >> 32), generation);
  while (generation.index[i] != 0) i = (i + 1) & mask;
  generation.index[i] = entry;
}

void VisitorLog::grow(Generation& generation) {
  decltype(generation.index) smaller(generation.index.size() * 2);
  smaller.swap(generation.index);
  ++generation.index_bits;
  for (const Entry entry : smaller) {
    if (entry != 0) place(generation, entry);
  }
}

bool VisitorLog::add(const Visit& visit) {
  std::size_t known = 0;
  for_each(visit.visitor, [&](const Visit&, bool) { ++known; });
  if (known >= kMaxVisitsPerVisitor) {
    ++forgotten_;
    return false;
  }
  if (newer_.size >= generation_limit_) {
    forgotten_ += static_cast<std::int64_t>(older_.size);
    turn_over();
  }
  if ((newer_.size + 1) * 2 > newer_.index.size()) grow(newer_);
  const auto position = static_cast<std::uint32_t>(newer_.size++);
  visit_of(newer_, position) = visit;
  place(newer_, (Entry{tag_of(visit.visitor)} << 32) | (position + 1));
  return true;
}

void VisitorLog::advance(TimeMs now_ms) {
  if (retention_ms_ == 0 || now_ms < turn_over_at_ms_) return;
  if (turn_over_at_ms_ != 0) turn_over();
  turn_over_at_ms_ = now_ms + retention_ms_;
}

void VisitorLog::turn_over() {
  std::swap(newer_, older_);
  clear(newer_);
}

void VisitorLog::save(ByteWriter& writer) const {
  writer.number(static_cast<std::uint64_t>(turn_over_at_ms_));
  for (const Generation* generation : {&older_, &newer_}) {
    writer.number(generation->size);
    for (std::size_t i = 0; i < generation->size; ++i) {
      const Visit& visit = generation->visits[i];
      writer.fixed(visit.visitor);
      writer.number(visit.serial);
      writer.number(visit.sequence);
      writer.number(static_cast<std::uint64_t>(visit.start_ms));
      for (const Symbol symbol : visit.dimensions) writer.fixed(symbol);
    }
  }
}

bool VisitorLog::load(ByteReader& reader) {
  constexpr std::size_t kLeastVisitBytes = 8 + 3 + 8 * kDimensionCount;
  turn_over_at_ms_ = reader.time();
  for (const bool last : {false, true}) {
    if (last) turn_over();
    for (std::size_t left = reader.count(kLeastVisitBytes); left > 0; --left) {
      Visit visit;
      visit.visitor = reader.fixed();
      visit.serial = reader.number();
      visit.sequence = reader.number();
      visit.start_ms = reader.time();
      for (Symbol& symbol : visit.dimensions) symbol = reader.fixed();
      if (!reader.ok()) return false;
      static_cast<void>(add(visit));
    }
  }
  return reader.ok();
}

}  // namespace weir
