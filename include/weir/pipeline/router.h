// Router: gives events their one order of arrival, tells late ones, and sends each to the shard of its visitor.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "weir/core/stats.h"
#include "weir/pipeline/dead_letters.h"
#include "weir/pipeline/options.h"
#include "weir/queue/batch_queue.h"

namespace weir {

/// Routes by the seeded hash of (site, visitor). The watermark is the newest time seen minus the lateness,
/// event by event in order of arrival, so what is late depends neither on shards nor on batches. Guarded by the
/// pipeline's intake mutex.
class Router {
 public:
  /// `queues`: one per shard; they and `dead_letters` outlive the router.
  Router(const SessionOptions& options, std::size_t batch_events, std::vector<std::unique_ptr<BatchQueue>>& queues,
         DeadLetters& dead_letters);

  /// `give_turn` is called for as long as a shard has no free batch, in place of waiting for its thread. Before the
  /// first event.
  void wait_by(std::function<void()> give_turn) { give_turn_ = std::move(give_turn); }

  /// Sends one event on. `line` is its text, kept if the event is late. May wait for a shard.
  /// Marks the event late if it is.
  void route(Event& event, std::string_view line);
  /// The first half of it: gives the event its place in the order of arrival. False when it goes no further.
  bool place(Event& event, std::string_view line);
  /// The second half of it, of events placed earlier, in that order and from where the first of them was placed on (see
  /// rewind()): what a shard is told of time must not run ahead of the events it gets.
  void send_placed(const Event& event);

  /// What placing events changes, to take it back. What was counted stays.
  struct Order {
    bool started = false;
    TimeMs newest_ms = 0;
  };
  Order order() const { return {started_, newest_ms_}; }
  void rewind(const Order& order);
  /// Lets time pass without events.
  void advance_to(TimeMs newest_ms) { newest_ms_ = std::max(newest_ms_, newest_ms); }
  /// Sends every shard its open batch, with a request behind it.
  void send_all(BatchKind kind, std::uint64_t snapshot);

  bool started() const { return started_; }
  TimeMs newest_ms() const { return newest_ms_; }
  /// Nothing older is accepted; 0 before the first event.
  TimeMs watermark_ms() const { return started_ ? std::max<TimeMs>(0, newest_ms_ - options_.lateness_ms) : 0; }
  /// kLate (events too old even to be duplicates) and kBackpressureWaits.
  const StatValues& stats() const { return stats_; }

 private:
  void send_on(const Event& event);
  Batch& open_batch(std::size_t shard);
  void send(std::size_t shard);

  SessionOptions options_;
  std::size_t batch_events_;
  std::vector<std::unique_ptr<BatchQueue>>& queues_;
  DeadLetters& dead_letters_;
  std::vector<Batch*> open_;  // per shard; null: none
  bool started_ = false;
  TimeMs newest_ms_ = 0;
  StatValues stats_;
  std::function<void()> give_turn_;  // empty: shards have threads
};

}  // namespace weir
