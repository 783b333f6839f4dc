// BatchQueue: batches of events from the router to one shard, and empty batches back. The only file that knows
// moodycamel's queue.
#pragma once

#include <concurrentqueue/blockingconcurrentqueue.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "weir/core/clock.h"
#include "weir/model/event.h"

namespace weir {

/// What a batch asks of its shard besides its events.
enum class BatchKind : std::uint8_t {
  kEvents,     // nothing more
  kSnapshot,   // hand in a snapshot of the state behind this batch
  kSave,       // put all state behind this batch into bytes and hand them in
  kRelieve,    // memory is short: give back what can be, close some of the oldest sessions if they hold much of it
  kRecovered,  // what came before was counted by an earlier process: counters begin at zero
  kStop,       // the stream is over: release everything, close all sessions, hand in the last snapshot
  kDrain,      // the stream is over, but sessions stay open as they are (serve is stopping)
};

/// Events in order of arrival, and the watermark behind the last of them. Events may be in flight in one
/// queue at a time only, so a batch has one owner at any moment.
struct Batch {
  std::vector<Event> events;   // capacity is kept
  TimeMs watermark_ms = 0;     // nothing older will be accepted from here on; 0: unknown
  TimeMs newest_ms = 0;        // newest event time seen by the router
  std::uint64_t snapshot = 0;  // number of the snapshot asked for
  BatchKind kind = BatchKind::kEvents;
};

/// A bounded queue of batches with one producer at a time and one consumer.
///
/// The bound is the fixed stock of batches: the producer takes an empty one with acquire(), which waits while
/// all are under way. moodycamel's own try_enqueue is no bound: with several producers it refuses at random.
class BatchQueue {
 public:
  /// `batch_count` batches of `batch_events` events.
  BatchQueue(std::size_t batch_count, std::size_t batch_events);

  /// An empty batch, or nullptr when none came back within 100 ms. Producer.
  Batch* acquire();
  /// True when acquire() would not wait, most likely. Any thread.
  bool has_free() const { return empty_.size_approx() > 0; }
  /// Hands a batch to the shard. Producer.
  void push(Batch* batch);
  /// The next batch; waits for it. Consumer.
  Batch* pop();
  /// The next batch, or nullptr when there is none. Consumer.
  Batch* try_pop();
  /// Gives a batch back, emptied. Consumer.
  void release(Batch* batch);

  std::size_t batches_under_way() const { return full_.size_approx(); }
  std::size_t batch_count() const { return stock_.size(); }

 private:
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    // A shard that waits for a reader should sleep, not spin: the processor belongs to the web server.
    static constexpr int MAX_SEMA_SPINS = 64;
  };
  using Queue = moodycamel::BlockingConcurrentQueue<Batch*, Traits>;

  std::vector<std::unique_ptr<Batch>> stock_;
  Queue full_;
  Queue empty_;
  // Explicit tokens: implicit producers of the packaged version lack later memory-order fixes.
  moodycamel::ProducerToken full_producer_;
  moodycamel::ConsumerToken full_consumer_;
  moodycamel::ProducerToken empty_producer_;
  moodycamel::ConsumerToken empty_consumer_;
};

}  // namespace weir
