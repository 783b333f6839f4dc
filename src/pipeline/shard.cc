#include "weir/pipeline/shard.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/huge_page_advice.h"
#include "weir/core/time_text.h"

namespace weir {
namespace {

constexpr std::size_t kReliefsPerForgetting = 8;
constexpr std::size_t kUsualSessionBytes = 128;  // of state by open sessions, with what it has of visits and ids
constexpr std::size_t kPrefetchAhead = 16;       // events between asking for an index line and using it
constexpr std::size_t kPrefetchRecordAhead = 8;  // likewise for a session's record

/// First multiple of `every_ms` at or after `time_ms`.
TimeMs multiple_from(TimeMs time_ms, TimeMs every_ms) { return (time_ms + every_ms - 1) / every_ms * every_ms; }

}  // namespace

Result<WindowSchedule> make_schedule(const WindowOptions& options, TimeMs every_ms) {
  WindowSchedule schedule{every_ms, {}};
  if (every_ms == 0) return schedule;
  std::string steps;
  for (std::size_t w = 0; w < options.windows.size(); ++w) {
    const TimeMs step_ms = step_of_window(options.windows[w]);
    if (every_ms % step_ms == 0) schedule.windows.push_back(w);
    steps += fmt::format("{}{} ({} window)", w == 0 ? "" : ", ", format_duration(step_ms),
                         format_duration(options.windows[w]));
  }
  if (schedule.windows.empty()) {
    return Error{
        fmt::format("no window can be shown every {}: use a multiple of a step: {}", format_duration(every_ms), steps)};
  }
  return schedule;
}

Shard::Shard(const ShardContext& context)
    : context_(context),
      emit_([this](std::span<const Event* const> ordered) { apply(ordered); }),
      deduplicator_(context.sessions.dedup_ms, context.sessions.lateness_ms, context.sessions.delivery_ids),
      reorder_buffer_(context.sessions.lateness_ms, context.sessions.reorder_events),
      rollups_(context.windows, context.duties, context.funnels, context.symbols, context.special),
      sessionizer_(context.sessions, context.funnels, context.contributions, context.special.none, *this) {}

bool Shard::step(const Batch& batch) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    if (i + kPrefetchAhead < batch.events.size()) deduplicator_.prefetch(batch.events[i + kPrefetchAhead]);
    take_in(batch.events[i]);
  }
  if (batch.watermark_ms > 0) {
    deduplicator_.advance(batch.watermark_ms);
    reorder_buffer_.advance(batch.watermark_ms, emit_);
    if (reorder_buffer_.started()) move_time_to(reorder_buffer_.released_until_ms());
  }
  switch (batch.kind) {
    case BatchKind::kEvents:
      return true;
    case BatchKind::kSnapshot:
      hand_in(batch.snapshot);
      return true;
    case BatchKind::kSave: {
      ByteWriter writer;
      save(writer);
      context_.states.hand_in(context_.index, writer.take());
      return true;
    }
    case BatchKind::kRelieve:
      relieve();
      return true;
    case BatchKind::kRecovered:
      begin_counting();
      return true;
    case BatchKind::kStop:
      reorder_buffer_.flush(emit_);
      if (context_.schedule.every_ms > 0) {
        pass_boundaries(multiple_from(batch.newest_ms, context_.schedule.every_ms) + 1);
      }
      sessionizer_.close_all();
      hand_in(batch.snapshot);
      return false;
    case BatchKind::kDrain:
      reorder_buffer_.flush(emit_);
      move_time_to(std::max(time_ms_, batch.newest_ms));
      hand_in(batch.snapshot);
      return false;
  }
  return false;
}

void Shard::take_in(const Event& event) {
  if (deduplicator_.is_duplicate(event)) {
    ++stats_[Stat::kDuplicate];
    context_.dead_letters.settle(event.dead_letter, {});
    return;
  }
  if (event.late || !reorder_buffer_.push(event, emit_)) {
    ++stats_[Stat::kLate];
    context_.dead_letters.settle(event.dead_letter, "late");
  }
}

void Shard::apply(std::span<const Event* const> ordered) {
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if (i + kPrefetchAhead < ordered.size()) sessionizer_.prefetch(*ordered[i + kPrefetchAhead]);
    if (i + kPrefetchRecordAhead < ordered.size()) sessionizer_.prefetch_record(*ordered[i + kPrefetchRecordAhead]);
    const Event& event = *ordered[i];
    if (!first_event_ms_) {
      first_event_ms_ = event.time_ms;
      if (context_.schedule.every_ms > 0) {
        next_boundary_ms_ = multiple_from(event.time_ms, context_.schedule.every_ms);
      }
    }
    last_event_ms_ = event.time_ms;
    if (event.time_ms > next_boundary_ms_) pass_boundaries(event.time_ms);
    sessionizer_.apply(event);
    count(event);
  }
}

void Shard::count(const Event& event) {
  const auto row = static_cast<std::size_t>(Stat::kCountedPageView) + static_cast<std::size_t>(event.type);
  ++stats_[static_cast<Stat>(row)];
}

void Shard::move_time_to(TimeMs time_ms) {
  if (time_ms <= time_ms_) return;
  time_ms_ = time_ms;
  if (next_boundary_ms_ < time_ms) pass_boundaries(time_ms);
  // A stream that runs faster than the clock would otherwise pile up panes between two snapshots.
  rollups_.advance(time_ms);
  sessionizer_.expire(time_ms);
}

void Shard::relieve() {
  sessionizer_.relieve(context_.spared_bytes);
  // More than a few sessions at a time, so more seldom.
  if (++reliefs_ % kReliefsPerForgetting == 0) rollups_.relieve(context_.spared_bytes);
}

void Shard::pass_boundaries(TimeMs time_ms) {
  const TimeMs every_ms = context_.schedule.every_ms;
  while (next_boundary_ms_ < time_ms) {
    const TimeMs at_ms = next_boundary_ms_;
    rollups_.advance(at_ms);
    sessionizer_.publish();
    bool any_sessions = false;
    for (const std::size_t window : context_.schedule.windows) {
      RollupsSnapshot part = rollups_.window_snapshot(window, at_ms);
      const bool empty = std::all_of(part.begin(), part.end(), [](const auto& cells) { return cells.empty(); });
      if (empty) continue;
      any_sessions = true;
      context_.hub.add_window(at_ms, window, std::move(part));
    }
    next_boundary_ms_ += every_ms;
    // Windows that have run empty stay empty until the next event, so the gap can be stepped over at once.
    if (!any_sessions) next_boundary_ms_ = std::max(next_boundary_ms_, multiple_from(time_ms, every_ms));
  }
}

StatValues Shard::counts() const {
  StatValues stats = stats_;
  stats[Stat::kSessionsClosedEarly] = sessionizer_.closed_early();
  stats[Stat::kSessionsClosedForMemory] = sessionizer_.closed_for_memory();
  stats[Stat::kReorderForced] = reorder_buffer_.forced();
  stats[Stat::kDedupForgotten] = deduplicator_.forgotten();
  stats[Stat::kOrdersForgotten] = sessionizer_.orders_forgotten();
  stats[Stat::kVisitorsForgotten] = rollups_.visitors_forgotten();
  stats[Stat::kCellsFolded] = rollups_.cells_folded();
  return stats;
}

void Shard::begin_counting() {
  counted_before_ = counts();
  rollups_.reset_counters();
  ByteWriter waiting;
  waiting.number(reorder_buffer_.size());
  context_.states.hand_in(context_.index, waiting.take());
}

void Shard::save(ByteWriter& writer) {
  rollups_.advance(time_ms_);
  sessionizer_.publish();
  // Intake waits meanwhile, and clearing fresh memory page by page, or moving what is written already, would take
  // longer than writing.
  const std::size_t usual_bytes =
      std::max(saved_bytes_ + saved_bytes_ / 8, kUsualSessionBytes * sessionizer_.open_sessions());
  writer.reserve(usual_bytes);
  advise_huge_pages(writer.bytes().data(), usual_bytes);
  writer.flag(first_event_ms_.has_value());
  for (const TimeMs time_ms : {first_event_ms_.value_or(0), last_event_ms_.value_or(0), time_ms_}) {
    writer.number(static_cast<std::uint64_t>(time_ms));
  }
  deduplicator_.save(writer);
  rollups_.save(writer);
  sessionizer_.save(writer);
  reorder_buffer_.save(writer);
  saved_bytes_ = writer.bytes().size();
}

bool Shard::load(ByteReader& reader) {
  const bool any_event = reader.flag();
  const TimeMs first_ms = reader.time();
  const TimeMs last_ms = reader.time();
  if (any_event) first_event_ms_ = first_ms;
  if (any_event) last_event_ms_ = last_ms;
  time_ms_ = reader.time();
  if (!deduplicator_.load(reader) || !rollups_.load(reader)) return false;
  rollups_.advance(time_ms_);
  return sessionizer_.load(reader) && reorder_buffer_.load(reader, emit_) && reader.done();
}

void Shard::hand_in(std::uint64_t number) {
  rollups_.advance(time_ms_);
  sessionizer_.publish();
  ShardSnapshot snapshot;
  snapshot.stats = counts();
  snapshot.stats -= counted_before_;
  snapshot.stats[Stat::kQueued] = static_cast<std::int64_t>(reorder_buffer_.size());
  snapshot.stats[Stat::kActiveSessions] = static_cast<std::int64_t>(sessionizer_.open_sessions());
  snapshot.stats[Stat::kSessionTableBytes] = static_cast<std::int64_t>(sessionizer_.memory_bytes());
  snapshot.first_event_ms = first_event_ms_;
  snapshot.last_event_ms = last_event_ms_;
  snapshot.time_ms = time_ms_;
  snapshot.rollups = rollups_.snapshot(time_ms_);
  context_.hub.hand_in(number, std::move(snapshot));
}

}  // namespace weir
