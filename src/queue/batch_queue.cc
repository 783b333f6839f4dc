#include "weir/queue/batch_queue.h"

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::int64_t kAcquireTimeoutUs = 100'000;

}  // namespace

BatchQueue::BatchQueue(std::size_t batch_count, std::size_t batch_events)
    : full_(batch_count),
      empty_(batch_count),
      full_producer_(full_),
      full_consumer_(full_),
      empty_producer_(empty_),
      empty_consumer_(empty_) {
  for (std::size_t i = 0; i < batch_count; ++i) {
    stock_.push_back(std::make_unique<Batch>());
    stock_.back()->events.reserve(batch_events);
    WEIR_CHECK(empty_.enqueue(empty_producer_, stock_.back().get()));
  }
}

Batch* BatchQueue::acquire() {
  Batch* batch = nullptr;
  if (empty_.wait_dequeue_timed(empty_consumer_, batch, kAcquireTimeoutUs)) return batch;
  return nullptr;
}

void BatchQueue::push(Batch* batch) { WEIR_CHECK(full_.enqueue(full_producer_, batch)); }

Batch* BatchQueue::pop() {
  Batch* batch = nullptr;
  full_.wait_dequeue(full_consumer_, batch);
  return batch;
}

Batch* BatchQueue::try_pop() {
  Batch* batch = nullptr;
  return full_.try_dequeue(full_consumer_, batch) ? batch : nullptr;
}

void BatchQueue::release(Batch* batch) {
  batch->events.clear();
  batch->kind = BatchKind::kEvents;
  batch->snapshot = 0;
  WEIR_CHECK(empty_.enqueue(empty_producer_, batch));
}

}  // namespace weir
