#include "weir/pipeline/router.h"

#include <algorithm>

namespace weir {

Router::Router(const SessionOptions& options, std::size_t batch_events,
               std::vector<std::unique_ptr<BatchQueue>>& queues, DeadLetters& dead_letters)
    : options_(options),
      batch_events_(batch_events),
      queues_(queues),
      dead_letters_(dead_letters),
      open_(queues.size()) {}

bool Router::place(Event& event, std::string_view line) {
  newest_ms_ = started_ ? std::max(newest_ms_, event.time_ms) : event.time_ms;
  started_ = true;
  const TimeMs watermark = watermark_ms();
  if (event.time_ms < watermark) {
    if (event.time_ms < watermark - options_.dedup_ms) {
      ++stats_[Stat::kLate];
      dead_letters_.write(line, "late");
      return false;
    }
    event.late = true;
    event.dead_letter = dead_letters_.hold(line);
  }
  return true;
}

void Router::send_placed(const Event& event) {
  if (!event.late) {
    newest_ms_ = started_ ? std::max(newest_ms_, event.time_ms) : event.time_ms;
    started_ = true;
  }
  send_on(event);
}

void Router::rewind(const Order& order) {
  started_ = order.started;
  newest_ms_ = order.newest_ms;
}

void Router::send_on(const Event& event) {
  // The low half chooses the shard; the tables of a shard use the high half.
  const std::uint64_t low = event.visitor & 0xFFFFFFFFU;
  const auto shard = static_cast<std::size_t>((low * queues_.size()) >> 32);
  Batch& batch = open_batch(shard);
  batch.events.push_back(event);
  if (batch.events.size() >= batch_events_) send(shard);
}

// Every event of a pipeline that keeps nothing comes by here: both halves in one piece.
[[gnu::flatten]] void Router::route(Event& event, std::string_view line) {
  if (place(event, line)) send_on(event);
}

Batch& Router::open_batch(std::size_t shard) {
  if (open_[shard] != nullptr) return *open_[shard];
  if (!queues_[shard]->has_free()) ++stats_[Stat::kBackpressureWaits];
  while (give_turn_ && !queues_[shard]->has_free()) give_turn_();
  while (open_[shard] == nullptr) open_[shard] = queues_[shard]->acquire();
  return *open_[shard];
}

void Router::send(std::size_t shard) {
  open_[shard]->watermark_ms = watermark_ms();
  open_[shard]->newest_ms = newest_ms_;
  queues_[shard]->push(open_[shard]);
  open_[shard] = nullptr;
}

void Router::send_all(BatchKind kind, std::uint64_t snapshot) {
  for (std::size_t shard = 0; shard < queues_.size(); ++shard) {
    Batch& batch = open_batch(shard);
    batch.kind = kind;
    batch.snapshot = snapshot;
    send(shard);
  }
}

}  // namespace weir
