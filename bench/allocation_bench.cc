// Allocations of the whole pipeline once it is warm: operators new of this program, all threads. Visits come and go, so
// sessions are opened and closed as in a server that has run for long.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <string_view>

#include "support/counted_allocations.h"
#include "support/input.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 250'000;  // ten minutes of visits
constexpr TimeMs kShortTimeoutMs = 60'000;  // so that sessions end within them

/// Counts while text flows in; the counter of a text held alone shows that counting works.
void check_counting() {
  const std::size_t before = test::allocations();
  const auto text = std::make_unique<std::string>(1000, 'x');
  benchmark::DoNotOptimize(text->data());
  WEIR_CHECK(test::allocations() - before == 2);
}

/// The first half warms the pipeline, the second is counted.
void BM_Allocations(benchmark::State& state) {
  check_counting();
  static const Input from = make_input(Mix::kPlain, session_count_up_to(kSessions));
  const std::string_view text = from.text;
  const std::size_t half = text.find('\n', text.size() / 2) + 1;
  const auto events = static_cast<double>(lines_of(text.substr(half)).size());
  const SystemClock clock;
  for (auto _ : state) {
    PipelineOptions options = pipeline_options(session_count());
    options.sessions.timeout_ms = kShortTimeoutMs;
    auto pipeline = Pipeline::start({options, PipelineMode::kReplay, 0}, clock);
    WEIR_CHECK(pipeline.has_value());
    const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kFile);
    stream->write(text.substr(0, half));
    const std::size_t before = test::allocations();
    const double begin = cpu_seconds(Cpu::kProcess);
    stream->write(text.substr(half));
    const std::size_t counted = test::allocations() - before;
    report_time(state, cpu_seconds(Cpu::kProcess) - begin, events);
    state.counters["allocations"] = static_cast<double>(counted);
    state.counters["allocations_per_event"] = static_cast<double>(counted) / events;
    stream->finish();
    WEIR_CHECK((*pipeline)->finish()->stats.received() == static_cast<std::int64_t>(from.lines));
  }
}
BENCHMARK(BM_Allocations)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
