#include "weir/session/reorder_buffer.h"

#include <algorithm>
#include <utility>

#include "weir/core/check.h"
#include "weir/core/prefetch.h"
#include "weir/model/event_codec.h"

namespace weir {
namespace {

constexpr TimeMs kBucketsPerLateness = 256;
constexpr TimeMs kMaxWidthMs = 1000;
constexpr std::size_t kMostReleased = 1024;         // events emitted together, give or take a bucket
constexpr std::size_t kLeastForgotten = 64 * 1024;  // places; the memory of fewer is not worth giving back
// Room ahead of the watermark, in latenesses, so that in an ordered stream advance() does the releasing, many buckets
// at a time, even when events are sparse.
constexpr std::size_t kLatenessesHeld = 8;

TimeMs width_for(TimeMs lateness_ms) { return std::clamp<TimeMs>(lateness_ms / kBucketsPerLateness, 1, kMaxWidthMs); }

}  // namespace

ReorderBuffer::ReorderBuffer(TimeMs lateness_ms, std::size_t limit)
    : width_ms_(width_for(lateness_ms)),
      lateness_ms_(lateness_ms),
      limit_(limit),
      ring_(kLatenessesHeld * static_cast<std::size_t>(lateness_ms / width_ms_) + 8),
      held_(limit + 1),
      free_(limit + 1),
      chunks_((limit + 1) / Chunk::kPlaces + ring_.size() + 1) {
  WEIR_CHECK(limit < kNowhere / 2);
}

bool ReorderBuffer::push(const Event& event, const Emit& emit) {
  WEIR_CHECK(event.time_ms >= 0);
  const std::int64_t index = event.time_ms / width_ms_;
  if (!started_) {
    started_ = true;
    base_ = std::max<std::int64_t>(0, (event.time_ms - lateness_ms_) / width_ms_ - 1);
  }
  if (index < base_ || event.time_ms < forced_until_ms_) return false;
  const auto buckets = static_cast<std::int64_t>(ring_.size());
  // Whoever saw this event may not accept one older than its time minus the lateness any more.
  if (index >= base_ + buckets) {
    release_below(std::max(index - buckets + 1, (event.time_ms - lateness_ms_) / width_ms_), emit);
  }
  hold(event, index);
  if (size_ > limit_) {
    force_out(emit);
  }
  return true;
}

/// Releases the oldest bucket although older events may still come. Those of its newest time, or newer, still may: a
/// burst of one time must not make itself late.
void ReorderBuffer::force_out(const Emit& emit) {
  while (bucket(base_).size == 0) ++base_;
  forced_ += bucket(base_).size;
  release(bucket(base_));
  forced_until_ms_ = released_.back()->time_ms;
  emit_released(emit);
}

void ReorderBuffer::hold(const Event& event, std::int64_t index) {
  const Place place = take_place();
  held_[place] = event;
  put_into(bucket(index), static_cast<std::uint16_t>(event.time_ms - index * width_ms_), place);
  ++size_;
}

ReorderBuffer::Place ReorderBuffer::take_place() { return free_count_ > 0 ? free_[--free_count_] : used_++; }

ReorderBuffer::Place ReorderBuffer::take_chunk() {
  if (free_chunk_ == kNowhere) return chunks_used_++;
  return std::exchange(free_chunk_, chunks_[free_chunk_].next);
}

/// All chunks of a bucket but the last are full.
void ReorderBuffer::put_into(Bucket& bucket, std::uint16_t offset_ms, Place place) {
  const std::size_t at = bucket.size++ % Chunk::kPlaces;
  if (at == 0) {
    const Place chunk = take_chunk();
    (bucket.first == kNowhere ? bucket.first : chunks_[bucket.last].next) = chunk;
    bucket.last = chunk;
    chunks_[chunk].next = kNowhere;
  }
  chunks_[bucket.last].places[at] = place;
  chunks_[bucket.last].offsets_ms[at] = offset_ms;
}

void ReorderBuffer::advance(TimeMs watermark_ms, const Emit& emit) {
  if (started_ && watermark_ms > 0) release_below(watermark_ms / width_ms_, emit);
}

void ReorderBuffer::flush(const Emit& emit) {
  if (started_) release_below(base_ + static_cast<std::int64_t>(ring_.size()), emit);
}

void ReorderBuffer::save(ByteWriter& writer) const {
  writer.flag(started_);
  writer.number(static_cast<std::uint64_t>(base_ * width_ms_));
  writer.number(static_cast<std::uint64_t>(forced_until_ms_));
  writer.number(size_);
  for (std::size_t i = 0; i < ring_.size(); ++i) {
    const Bucket& bucket = ring_[(static_cast<std::size_t>(base_) + i) % ring_.size()];
    for_each_in(bucket, [&](std::uint16_t, Place place) { save_event(held_[place], writer); });
  }
}

bool ReorderBuffer::load(ByteReader& reader, const Emit& emit) {
  const bool started = reader.flag();
  base_ = reader.time() / width_ms_;
  forced_until_ms_ = reader.time();
  const std::size_t count = reader.count(kLeastEventBytes);
  if (!started && count > 0) return reader.fail();
  started_ = started;
  for (std::size_t i = 0; i < count; ++i) {
    Event event;
    if (!load_event(reader, event) || !push(event, emit)) return reader.fail();
  }
  return reader.ok();
}

void ReorderBuffer::release_below(std::int64_t index, const Emit& emit) {
  // Emitted together, so that whoever applies them can look ahead.
  while (base_ < index && size_ > 0) {
    release(bucket(base_++));
    if (released_.size() >= kMostReleased) emit_released(emit);
  }
  emit_released(emit);
  base_ = std::max(base_, index);
}

/// Calls `visit(offset_ms, place)` for each event of a bucket in order of arrival.
template <class Visit>
void ReorderBuffer::for_each_in(const Bucket& bucket, Visit visit) const {
  std::size_t left = bucket.size;
  for (Place chunk = bucket.first; chunk != kNowhere; chunk = chunks_[chunk].next) {
    const std::size_t count = std::min(left, Chunk::kPlaces);
    for (std::size_t i = 0; i < count; ++i) visit(chunks_[chunk].offsets_ms[i], chunks_[chunk].places[i]);
    left -= count;
  }
}

/// Puts the events of a bucket among the released ones. Their places are free from here on, but nothing fills them
/// before they are emitted.
void ReorderBuffer::release(Bucket& bucket) {
  if (bucket.size == 0) return;
  leaving_.clear();
  bool sorted = true;
  std::uint16_t last_ms = 0;
  for_each_in(bucket, [&](std::uint16_t offset_ms, Place place) {
    sorted = sorted && last_ms <= offset_ms;
    last_ms = offset_ms;
    leaving_.push_back({offset_ms, static_cast<std::uint32_t>(leaving_.size()), place});
    free_[free_count_++] = place;
    prefetch_event(place);
  });
  if (!sorted) {
    std::sort(leaving_.begin(), leaving_.end(), [](const Leaving& a, const Leaving& b) {
      return a.offset_ms != b.offset_ms ? a.offset_ms < b.offset_ms : a.position < b.position;
    });
  }
  for (const Leaving& leaving : leaving_) released_.push_back(&held_[leaving.place]);
  size_ -= bucket.size;
  chunks_[bucket.last].next = free_chunk_;
  free_chunk_ = bucket.first;
  bucket = {};
}

/// Brings an event back into the cache, as it is about to be applied.
void ReorderBuffer::prefetch_event(Place place) const {
  const auto* event = reinterpret_cast<const char*>(&held_[place]);
  prefetch_line(event);
  prefetch_line(event + sizeof(Event) - 1);
}

void ReorderBuffer::emit_released(const Emit& emit) {
  if (released_.empty()) return;
  emit(released_);
  released_.clear();
  if (size_ > 0 || used_ < kLeastForgotten) return;
  // A burst is over. What it needed is given back.
  held_.forget();
  free_.forget();
  chunks_.forget();
  std::vector<const Event*>().swap(released_);
  std::vector<Leaving>().swap(leaving_);
  used_ = chunks_used_ = 0;
  free_count_ = 0;
  free_chunk_ = kNowhere;
}

}  // namespace weir
