// One hop through the queue: events are written into a batch, the batch crosses to another thread, which reads them,
// and comes back. Processor time of both threads, waking each other included.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <thread>

#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/pipeline/options.h"
#include "weir/queue/batch_queue.h"

namespace weir::bench {
namespace {

constexpr std::size_t kEvents = 1'000'000;
constexpr std::size_t kBatches = 4;  // as a replay has

/// Reads until a batch says stop; the sum of the events' visitors.
std::uint64_t consume(BatchQueue& queue) {
  std::uint64_t sum = 0;
  for (bool more = true; more;) {
    Batch* const batch = queue.pop();
    for (const Event& event : batch->events) sum += event.visitor + static_cast<std::uint64_t>(event.time_ms);
    more = batch->kind != BatchKind::kStop;
    queue.release(batch);
  }
  return sum;
}

void produce(BatchQueue& queue, std::size_t batch_events) {
  for (std::size_t sent = 0; sent < kEvents;) {
    Batch* batch = nullptr;
    while (batch == nullptr) batch = queue.acquire();
    for (std::size_t i = 0; i < batch_events && sent < kEvents; ++i, ++sent) {
      Event event;
      event.visitor = sent;
      event.time_ms = 1;
      batch->events.push_back(event);
    }
    if (sent == kEvents) batch->kind = BatchKind::kStop;
    queue.push(batch);
  }
}

std::uint64_t hop() {
  const PipelineOptions options;
  const std::size_t batch_events = options.batch_events;
  BatchQueue queue(kBatches, batch_events);
  std::uint64_t sum = 0;
  std::thread consumer([&] { sum = consume(queue); });
  produce(queue, batch_events);
  consumer.join();
  return sum;
}

void BM_QueueHop(benchmark::State& state) {
  WEIR_CHECK(hop() == std::uint64_t{kEvents} * (kEvents - 1) / 2 + kEvents);
  measure(state, Cpu::kProcess, kEvents, [] { benchmark::DoNotOptimize(hop()); });
}
BENCHMARK(BM_QueueHop)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
