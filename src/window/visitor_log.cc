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

}  // namespace weir
