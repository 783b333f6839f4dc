// A start with a long journal and no snapshot: opening it, reading its records, and taking their events in again, up to
// where the shards have them all. Servers run in processes of their own, which end in an instant: that leaves the
// journal as it is for the next repetition.
//
// `wall_per_event` is what an operator waits for, `reader_per_event` the processor time of the thread that reads.
#include <benchmark/benchmark.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <thread>

#include "support/input.h"
#include "support/live_traffic.h"
#include "support/measure.h"
#include "support/state_directory.h"
#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"

namespace weir::bench {
namespace {

constexpr std::size_t kEventsPerVisit = 4;
constexpr std::size_t kMostSessions = 1'000'000;
const SystemClock clock;  // outlives pipelines that are released

std::size_t event_count() { return session_count() * kEventsPerVisit; }
LiveTraffic make_traffic() { return LiveTraffic(std::min(session_count(), kMostSessions)); }

PipelineOptions kept_options(const std::string& directory) {
  PipelineOptions options = pipeline_options(std::min(session_count(), kMostSessions));
  options.shards = 1;
  options.state.directory = directory;
  options.state.snapshot_interval_ms = 3'600'000;  // none is taken
  options.state.journal_bytes = std::size_t{1} << 40;
  return options;
}

struct Took {
  double all = 0;     // seconds of all threads
  double reader = 0;  // of the one that reads
  double wall = 0;
};

/// Runs `work` in a process of its own that then ends in an instant.
Took in_process(const std::function<Took()>& work) {
  std::array<int, 2> ends{};
  WEIR_CHECK(pipe(ends.data()) == 0);
  const pid_t child = fork();
  WEIR_CHECK(child >= 0);
  if (child == 0) {
    const Took took = work();
    WEIR_CHECK(write(ends[1], &took, sizeof took) == sizeof took);
    _exit(0);
  }
  close(ends[1]);
  Took took;
  const bool told = read(ends[0], &took, sizeof took) == sizeof took;
  close(ends[0]);
  int status = 0;
  WEIR_CHECK(waitpid(child, &status, 0) == child && status == 0 && told);
  return took;
}

/// A journal with the events, and nothing else.
const std::string& journal() {
  static const StateDirectory directory;
  static const std::string path = [] {
    std::string folder = directory.path();
    in_process([&] {
      auto pipeline = Pipeline::start({kept_options(folder), PipelineMode::kServe, 0}, clock);
      WEIR_CHECK(pipeline.has_value());
      LiveTraffic traffic = make_traffic();
      const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kTcp);
      while (traffic.events() < event_count()) stream->write(traffic.next(event_count() - traffic.events()));
      static_cast<void>(pipeline->release());  // going in order, it would take a snapshot
      return Took{};
    });
    return folder;
  }();
  return path;
}

std::shared_ptr<const Report> report_of(Pipeline& pipeline) {
  std::uint64_t number = 0;
  while (number == 0 || pipeline.report()->number < number) {
    if (number == 0) number = pipeline.tick();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return pipeline.report();
}

Took recover() {
  Took took;
  const double before = cpu_seconds(Cpu::kProcess);
  const double reader_before = cpu_seconds(Cpu::kThread);
  const double wall_before = wall_seconds();
  auto pipeline = Pipeline::start({kept_options(journal()), PipelineMode::kServe, 0}, clock);
  took.all = cpu_seconds(Cpu::kProcess) - before;
  took.reader = cpu_seconds(Cpu::kThread) - reader_before;
  took.wall = wall_seconds() - wall_before;
  WEIR_CHECK(pipeline.has_value());
  WEIR_CHECK((*pipeline)->recovered().events == static_cast<std::int64_t>(event_count()));
  const std::shared_ptr<const Report> report = report_of(**pipeline);
  std::int64_t events = report->stats[Stat::kQueued];  // and those that are in order already
  for (const CellTotals& cell : report->rollups[0].cells) events += cell.totals[Part::kPageViews];
  WEIR_CHECK(events == static_cast<std::int64_t>(event_count()));
  WEIR_CHECK(report->stats[Stat::kJournalDamaged] == 0);
  static_cast<void>(pipeline->release());  // as above
  return took;
}

void BM_Recovery(benchmark::State& state) {
  const auto events = static_cast<double>(event_count());
  journal();
  Took sum;
  for (auto _ : state) {
    const Took took = in_process(recover);
    report_time(state, took.all, events);
    sum.reader += took.reader / events;
    sum.wall += took.wall / events;
  }
  const auto runs = static_cast<double>(state.iterations());
  state.counters["reader_per_event"] = sum.reader / runs;
  state.counters["wall_per_event"] = sum.wall / runs;
}
BENCHMARK(BM_Recovery)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
