#include "weir/window/visitor_log.h"

#include <algorithm>

namespace weir {
namespace {

constexpr std::size_t kFirstEntries = 64;

}  // namespace

VisitorLog::VisitorLog(std::size_t limit, TimeMs retention_ms)
    : generation_limit_(std::max<std::size_t>(8, limit / 2)), retention_ms_(retention_ms) {
  newer_.entries.resize(kFirstEntries);
}

void VisitorLog::place(Generation& generation, const Visit& visit) {
  const std::size_t mask = generation.entries.size() - 1;
  std::size_t i = home_of(visit.visitor, generation);
  while (generation.entries[i].visitor != 0) i = (i + 1) & mask;
  generation.entries[i] = visit;
}

bool VisitorLog::add(const Visit& visit) {
  std::size_t known = 0;
  for_each(visit.visitor, [&](const Visit&) { ++known; });
  if (known >= kMaxVisitsPerVisitor) {
    ++forgotten_;
    return false;
  }
  if (newer_.size >= generation_limit_) {
    forgotten_ += static_cast<std::int64_t>(older_.size);
    turn_over();
  }
  if ((newer_.size + 1) * 4 > newer_.entries.size() * 3) {
    Generation larger;
    larger.entries.resize(newer_.entries.size() * 2);
    for (const Visit& entry : newer_.entries) {
      if (entry.visitor != 0) place(larger, entry);
    }
    newer_.entries.swap(larger.entries);
  }
  place(newer_, visit);
  ++newer_.size;
  return true;
}

void VisitorLog::advance(TimeMs now_ms) {
  if (retention_ms_ == 0 || now_ms < turn_over_at_ms_) return;
  if (turn_over_at_ms_ != 0) turn_over();
  turn_over_at_ms_ = now_ms + retention_ms_;
}

void VisitorLog::turn_over() {
  std::swap(newer_, older_);
  std::fill(newer_.entries.begin(), newer_.entries.end(), Visit{});
  if (newer_.entries.empty()) newer_.entries.resize(kFirstEntries);
  newer_.size = 0;
}

}  // namespace weir
