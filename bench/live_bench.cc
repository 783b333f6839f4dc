// The whole pipeline with few and with many sessions open: what an event costs, and what a session costs in memory.
// WEIR_BENCH_LIVE bounds the number of sessions.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>

#include "support/input.h"
#include "support/live_traffic.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"

namespace weir::bench {
namespace {

constexpr std::size_t kTimedEvents = 2'000'000;
constexpr std::size_t kBytesPerSession = 400;

/// A pipeline into which lines of a fixed number of sessions flow.
class Run {
 public:
  Run(std::size_t sessions, PipelineMode mode) : traffic_(sessions) {
    PipelineOptions options = pipeline_options(session_count());
    options.sessions.sessions = sessions + 1000;
    options.windows.visitors = WindowOptions{}.visitors;
    auto started = Pipeline::start({options, mode, 0}, clock_);
    WEIR_CHECK(started.has_value());
    pipeline_ = std::move(*started);
    stream_ = pipeline_->open_stream(SourceKind::kFile);
  }

  /// Sends so many events. The seconds of all threads together, making the lines not counted. What waits in the queue
  /// at the end is about as much as waited at the start.
  double send(std::size_t events) {
    const double before = cpu_seconds(Cpu::kProcess);
    double making = 0;
    for (const std::size_t end = traffic_.events() + events; traffic_.events() < end;) {
      const double begin = cpu_seconds(Cpu::kThread);
      const std::string_view text = traffic_.next(end - traffic_.events());
      making += cpu_seconds(Cpu::kThread) - begin;
      stream_->write(text);
    }
    return cpu_seconds(Cpu::kProcess) - before - making;
  }

  /// Waits for a report of all that was sent, if the pipeline is of those that make them.
  std::shared_ptr<const Report> wait_for_report() {
    const std::uint64_t number = pipeline_->tick();
    WEIR_CHECK(number > 0);
    while (pipeline_->report()->number < number) std::this_thread::yield();
    return pipeline_->report();
  }

  std::shared_ptr<const Report> finish() {
    stream_->finish();
    return pipeline_->finish();
  }

  void check(const Report& report) const { traffic_.check(report); }

 private:
  const SystemClock clock_;
  LiveTraffic traffic_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<ByteStream> stream_;
};

/// As many events as are timed, so that these meet every kind of place in the tables.
std::size_t timed_events(std::size_t sessions) { return std::min(kTimedEvents, 20 * sessions); }

/// The number of sessions is part of the answer, and everything is checked on a small number first.
void check_small() {
  constexpr std::size_t kFew = 1000;
  static bool checked = false;
  if (checked) return;
  checked = true;
  Run run(kFew, PipelineMode::kReplay);
  run.send(kFew + timed_events(kFew));
  run.check(*run.finish());
}

void BM_LiveSessions(benchmark::State& state) {
  check_small();
  const std::size_t sessions = std::min(static_cast<std::size_t>(state.range(0)), live_limit());
  if (free_bytes() < kBytesPerSession * sessions) return state.SkipWithError("not enough free memory");
  for (auto _ : state) {
    Run run(sessions, PipelineMode::kReplay);
    run.send(sessions);
    const std::size_t events = timed_events(sessions);
    report_time(state, run.send(events), static_cast<double>(events));
    run.check(*run.finish());
  }
}
BENCHMARK(BM_LiveSessions)
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->Iterations(1)
    ->UseManualTime()
    ->Unit(benchmark::kMillisecond);

/// Memory of a server in which so many sessions are open and shown.
void BM_SessionMemory(benchmark::State& state) {
  check_small();
  const std::size_t sessions = std::min(static_cast<std::size_t>(state.range(0)), live_limit());
  if (free_bytes() < kBytesPerSession * sessions) return state.SkipWithError("not enough free memory");
  for (auto _ : state) {
    const std::size_t before = resident_bytes();
    Run run(sessions, PipelineMode::kServe);
    report_time(state, run.send(sessions), static_cast<double>(sessions));
    run.send(LiveTraffic::kEventsOfLateness);  // until the last visitor's first event is no longer held for order
    const std::shared_ptr<const Report> report = run.wait_for_report();
    const auto resident = static_cast<double>(resident_bytes());
    const auto count = static_cast<double>(sessions);
    state.counters["bytes_per_session"] = resident / count;
    state.counters["bytes_per_session_without_program"] = (resident - static_cast<double>(before)) / count;
    state.counters["table_bytes_per_session"] = static_cast<double>(report->stats[Stat::kSessionTableBytes]) / count;
    WEIR_CHECK(report->stats[Stat::kActiveSessions] == static_cast<std::int64_t>(sessions));
    run.check(*run.finish());
  }
}
BENCHMARK(BM_SessionMemory)->Arg(10'000'000)->Iterations(1)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
