#include "weir/session/reorder_buffer.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr TimeMs kBucketsPerLateness = 256;
constexpr TimeMs kMaxWidthMs = 1000;
constexpr std::size_t kMostReleased = 1024;     // events emitted together, give or take a bucket
constexpr std::size_t kLeastKeptCapacity = 64;  // events

TimeMs width_for(TimeMs lateness_ms) { return std::clamp<TimeMs>(lateness_ms / kBucketsPerLateness, 1, kMaxWidthMs); }

}  // namespace

ReorderBuffer::ReorderBuffer(TimeMs lateness_ms, std::size_t limit)
    : width_ms_(width_for(lateness_ms)),
      lateness_ms_(lateness_ms),
      limit_(limit),
      // Twice what lateness asks for, so that in an ordered stream advance() does the releasing, many buckets at a
      // time.
      ring_(2 * static_cast<std::size_t>(lateness_ms / width_ms_) + 8),
      kept_capacity_(std::max(kLeastKeptCapacity, 2 * limit / ring_.size())) {}

bool ReorderBuffer::push(const Event& event, const Emit& emit) {
  WEIR_CHECK(event.time_ms >= 0);
  const std::int64_t index = event.time_ms / width_ms_;
  if (!started_) {
    started_ = true;
    base_ = std::max<std::int64_t>(0, (event.time_ms - lateness_ms_) / width_ms_ - 1);
  }
  if (index < base_) return false;
  const auto buckets = static_cast<std::int64_t>(ring_.size());
  // Whoever saw this event may not accept one older than its time minus the lateness any more.
  if (index >= base_ + buckets) {
    release_below(std::max(index - buckets + 1, (event.time_ms - lateness_ms_) / width_ms_), emit);
  }
  bucket(index).push_back(event);
  ++size_;
  if (size_ > limit_) {
    while (bucket(base_).empty()) ++base_;
    forced_ += static_cast<std::int64_t>(bucket(base_).size());
    release_below(base_ + 1, emit);
  }
  return true;
}

void ReorderBuffer::advance(TimeMs watermark_ms, const Emit& emit) {
  if (started_ && watermark_ms > 0) release_below(watermark_ms / width_ms_, emit);
}

void ReorderBuffer::flush(const Emit& emit) {
  if (started_) release_below(base_ + static_cast<std::int64_t>(ring_.size()), emit);
}

void ReorderBuffer::release_below(std::int64_t index, const Emit& emit) {
  // Emitted together, so that whoever applies them can look ahead.
  while (base_ < index && size_ > 0) {
    std::vector<Event>& events = bucket(base_++);
    if (events.empty()) continue;
    sort_by_time(events);
    size_ -= events.size();
    released_.insert(released_.end(), events.begin(), events.end());
    events.clear();
    if (released_.size() >= kMostReleased) emit_released(emit);
    // Bursts of one time would otherwise leave their room behind in every bucket, and no limit would hold.
    if (events.capacity() > kept_capacity_) std::vector<Event>().swap(events);
  }
  emit_released(emit);
  base_ = std::max(base_, index);
}

void ReorderBuffer::emit_released(const Emit& emit) {
  if (!released_.empty()) emit(released_);
  released_.clear();
}

void ReorderBuffer::sort_by_time(std::vector<Event>& events) {
  const auto by_time = [](const Event& a, const Event& b) { return a.time_ms < b.time_ms; };
  if (std::is_sorted(events.begin(), events.end(), by_time)) return;
  keys_.clear();
  for (const Event& event : events) keys_.push_back({event.time_ms, static_cast<std::uint32_t>(keys_.size())});
  std::sort(keys_.begin(), keys_.end(), [](const SortKey& a, const SortKey& b) {
    return a.time_ms != b.time_ms ? a.time_ms < b.time_ms : a.position < b.position;
  });
  sorted_.clear();
  for (const SortKey& key : keys_) sorted_.push_back(events[key.position]);
  events.swap(sorted_);
  if (sorted_.capacity() > kept_capacity_) std::vector<Event>().swap(sorted_);
}

}  // namespace weir
