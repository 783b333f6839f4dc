// What a shard does with events, each step alone: telling duplicates, putting in order, finding a session among few
// and many open ones, bringing sessions up to date and closing them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include "support/input.h"
#include "support/measure.h"
#include "support/zipf.h"
#include "weir/core/check.h"
#include "weir/session/deduplicator.h"
#include "weir/session/reorder_buffer.h"
#include "weir/session/sessionizer.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 50'000;
constexpr std::size_t kProbes = 1'000'000;
constexpr std::size_t kBatchEvents = 1024;
constexpr std::size_t kPrefetchAhead = 16;       // as a shard looks ahead
constexpr std::size_t kPrefetchRecordAhead = 8;  // likewise
constexpr std::size_t kBytesPerSession = 200;
constexpr double kSkew = 0.99;
constexpr TimeMs kDisorderMs = 4000;

const MadeEvents& made() {
  static const MadeEvents events(make_input(Mix::kPlain, session_count_up_to(kSessions)));
  return events;
}

/// Looks all events up; how many are duplicates.
std::size_t duplicates_among(const std::vector<Event>& events, std::size_t limit) {
  const SessionOptions options;
  Deduplicator deduplicator(options.dedup_ms, options.lateness_ms, limit);
  std::size_t duplicates = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kPrefetchAhead < events.size()) deduplicator.prefetch(events[i + kPrefetchAhead]);
    duplicates += deduplicator.is_duplicate(events[i]) ? 1 : 0;
    if (i % kBatchEvents == 0) deduplicator.advance(events[i].time_ms - options.lateness_ms);
  }
  return duplicates;
}

void BM_Deduplicate(benchmark::State& state) {
  const std::vector<Event>& events = made().events;
  std::vector<Event> twice(events.begin(), events.begin() + 100);
  twice.insert(twice.end(), events.begin(), events.begin() + 100);
  const auto with_id =
      std::count_if(twice.begin(), twice.end(), [](const Event& event) { return event.delivery != 0; });
  WEIR_CHECK(duplicates_among(twice, twice.size()) * 2 == static_cast<std::size_t>(with_id));
  WEIR_CHECK(duplicates_among(events, 2 * events.size()) == 0);
  measure(state, Cpu::kThread, events.size(),
          [&] { benchmark::DoNotOptimize(duplicates_among(events, 2 * events.size())); });
}
BENCHMARK(BM_Deduplicate)->UseManualTime()->Unit(benchmark::kMillisecond);

/// The events as they would come in when each is delayed by chance.
std::vector<Event> disordered(const std::vector<Event>& events) {
  std::mt19937_64 random(1);
  std::vector<std::pair<TimeMs, std::size_t>> arrivals;
  for (std::size_t i = 0; i < events.size(); ++i) {
    arrivals.emplace_back(events[i].time_ms + static_cast<TimeMs>(random() % kDisorderMs), i);
  }
  std::sort(arrivals.begin(), arrivals.end());
  std::vector<Event> result;
  for (const auto& [arrival, i] : arrivals) result.push_back(events[i]);
  return result;
}

void reorder(const std::vector<Event>& events, const ReorderBuffer::Emit& emit) {
  const SessionOptions options;
  ReorderBuffer buffer(options.lateness_ms, options.reorder_events);
  TimeMs newest_ms = 0;
  for (std::size_t i = 0; i < events.size(); ++i) {
    newest_ms = std::max(newest_ms, events[i].time_ms);
    WEIR_CHECK(buffer.push(events[i], emit));
    if (i % kBatchEvents == kBatchEvents - 1) buffer.advance(newest_ms - options.lateness_ms, emit);
  }
  buffer.flush(emit);
}

void BM_Reorder(benchmark::State& state) {
  const std::vector<Event> events = disordered(made().events);
  WEIR_CHECK(!std::is_sorted(events.begin(), events.end(),
                             [](const Event& a, const Event& b) { return a.time_ms < b.time_ms; }));
  std::size_t count = 0;
  TimeMs last_ms = 0;
  reorder(events, [&](std::span<const Event* const> ordered) {
    for (const Event* event : ordered) {
      WEIR_CHECK(event->time_ms >= last_ms);
      last_ms = event->time_ms;
      ++count;
    }
  });
  WEIR_CHECK(count == events.size());
  measure(state, Cpu::kThread, events.size(), [&] {
    reorder(events, [](std::span<const Event* const> ordered) { benchmark::DoNotOptimize(ordered.data()); });
  });
}
BENCHMARK(BM_Reorder)->UseManualTime()->Unit(benchmark::kMillisecond);

enum class Spread { kUniform, kZipf };

/// A table of so many sessions and the keys of those to look for.
struct Probes {
  Probes(std::size_t sessions, Spread spread) : table(sessions), keys(std::min(kProbes, 100 * sessions)) {
    std::vector<std::uint64_t> places(sessions);
    std::iota(places.begin(), places.end(), 0);
    std::mt19937_64 random(1);
    std::shuffle(places.begin(), places.end(), random);  // popular sessions are no neighbours
    for (const std::uint64_t place : places) table[table.insert(mix(place, 1))].visitor = place;
    const Zipf zipf(spread == Spread::kZipf ? sessions : 2, kSkew);
    for (std::uint64_t& key : keys) key = mix(spread == Spread::kZipf ? zipf(random) : random() % sessions, 1);
  }

  /// Looks for each and writes to its record; how many were found.
  std::size_t run() {
    std::size_t found = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i + kPrefetchAhead < keys.size()) table.prefetch(keys[i + kPrefetchAhead]);
      if (i + kPrefetchRecordAhead < keys.size()) table.prefetch_record(keys[i + kPrefetchRecordAhead]);
      const SessionTable::Slot slot = table.find(keys[i]);
      if (slot == SessionTable::kNone) continue;
      ++table[slot].page_views;
      ++found;
    }
    return found;
  }

  SessionTable table;
  std::vector<std::uint64_t> keys;
};

/// Made by the benchmark that needs it and kept until another does, so that one is in memory at a time.
Probes& probes(std::size_t sessions, Spread spread) {
  static std::unique_ptr<Probes> kept;
  static std::pair<std::size_t, Spread> of;
  if (kept != nullptr && of == std::pair(sessions, spread)) return *kept;
  kept.reset();
  kept = std::make_unique<Probes>(sessions, spread);
  of = {sessions, spread};
  return *kept;
}

void BM_SessionProbe(benchmark::State& state, Spread spread) {
  const std::size_t sessions = std::min(static_cast<std::size_t>(state.range(0)), live_limit());
  if (free_bytes() < 2 * kBytesPerSession * sessions) return state.SkipWithError("not enough free memory");
  Probes& run = probes(sessions, spread);
  WEIR_CHECK(run.table.size() == sessions);
  WEIR_CHECK(run.run() == run.keys.size());
  WEIR_CHECK(run.table.find(mix(sessions, 1)) == SessionTable::kNone);
  measure(state, Cpu::kThread, run.keys.size(), [&] { benchmark::DoNotOptimize(run.run()); });
}
BENCHMARK_CAPTURE(BM_SessionProbe, uniform, Spread::kUniform)
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_SessionProbe, zipf, Spread::kZipf)
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// Counts sessions that ended.
class Counting final : public SessionObserver {
 public:
  std::uint64_t put(const SessionFacts& session) override {
    page_views += session.page_views;
    return 0;
  }
  void take_back(const SessionFacts&) override {}
  void closed(const SessionFacts&) override { ++sessions; }

  std::size_t sessions = 0;
  std::size_t page_views = 0;
};

/// As a shard does it for events in order.
void sessionize(const MadeEvents& input, Counting& counting) {
  Sessionizer sessionizer(input.options.sessions, input.funnels, Contributions::kFinal, input.special.none, counting);
  const std::vector<Event>& events = input.events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i + kPrefetchAhead < events.size()) sessionizer.prefetch(events[i + kPrefetchAhead]);
    if (i + kPrefetchRecordAhead < events.size()) sessionizer.prefetch_record(events[i + kPrefetchRecordAhead]);
    sessionizer.apply(events[i]);
    if (i % kBatchEvents == kBatchEvents - 1) sessionizer.expire(events[i].time_ms);
  }
  sessionizer.close_all();
}

/// Finding a session included, and its end.
void BM_Sessionize(benchmark::State& state) {
  Counting counting;
  sessionize(made(), counting);
  WEIR_CHECK(counting.sessions == session_count_up_to(kSessions));
  WEIR_CHECK(counting.page_views ==
             static_cast<std::size_t>(std::count_if(made().events.begin(), made().events.end(), [](const Event& event) {
               return event.type == EventType::kPageView;
             })));
  measure(state, Cpu::kThread, made().events.size(), [] {
    Counting again;
    sessionize(made(), again);
    benchmark::DoNotOptimize(again.sessions);
  });
}
BENCHMARK(BM_Sessionize)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
