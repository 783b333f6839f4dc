// What a scrape costs: rendering the newest snapshot as Prometheus text and as OpenMetrics, and compressing it.
//
// The snapshot is the last one of a server that took in generated visits, with the default rollups, all of them full,
// and two funnels. Before anything is timed, the sessions in the text are compared with those of the snapshot.
// `ms_per_20k` is milliseconds of CPU for 20,000 series, the most that the default configuration exports.
// WEIR_BENCH_SESSIONS sets how many visits fill it, 50,000 at most.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "support/input.h"
#include "support/measure.h"
#include "weir/app/generator.h"
#include "weir/core/check.h"
#include "weir/net/negotiation.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir::bench {
namespace {

constexpr double kSeriesOfContract = 20'000;
constexpr std::size_t kSessions = 50'000;

GeneratorOptions visits() {
  GeneratorOptions options;
  options.sessions = session_count_up_to(kSessions);
  options.sites = 10;
  return options;
}

std::shared_ptr<const Report> snapshot() {
  static const std::shared_ptr<const Report> made = [] {
    PipelineOptions options;
    options.windows.rollups = default_rollups();
    options.funnels = default_generator_funnels();
    const SystemClock clock;
    auto pipeline = Pipeline::start({options, PipelineMode::kServe, 0}, clock);
    WEIR_CHECK(pipeline.has_value());
    const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kTcp);
    Generator generator(visits());
    for (std::string line; generator.next(line);) stream->write(line + "\n");
    stream->finish();
    return (*pipeline)->finish();
  }();
  return made;
}

/// Lines that are no comments.
double series_in(std::string_view text) {
  double series = 0;
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) series += text[at] == '#' ? 0 : 1;
  return series;
}

/// Sum of the values of a family without labels' sense: every sample counts once.
std::int64_t sum_of(std::string_view text, std::string_view family) {
  std::int64_t sum = 0;
  const std::string start = "\n" + std::string(family) + "{";
  for (std::size_t at = text.find(start); at != std::string_view::npos; at = text.find(start, at + 1)) {
    const std::size_t end = text.find('\n', at + 1);
    sum += std::stoll(std::string(text.substr(text.rfind(' ', end) + 1, end)));
  }
  return sum;
}

void check(const std::string& text) {
  std::int64_t sessions = 0;
  const Report& report = *snapshot();
  for (std::size_t i = 0; i < report.rollups.size(); ++i) {
    if (report.rollup_specs[i].name != "landing") continue;
    for (const CellCounters& cell : report.rollups[i].counters) sessions += cell.counters.totals[Part::kSessions];
  }
  WEIR_CHECK(sessions > 0);
  WEIR_CHECK(sum_of(text, "weir_landing_sessions_total") == sessions);
}

template <class Work>
void measure_scrape(benchmark::State& state, double series, std::size_t bytes, Work work) {
  double spent = 0;
  for (auto _ : state) {
    const double before = cpu_seconds(Cpu::kThread);
    benchmark::DoNotOptimize(work());
    const double seconds = cpu_seconds(Cpu::kThread) - before;
    state.SetIterationTime(seconds);
    spent += seconds;
  }
  state.counters["series"] = series;
  state.counters["bytes"] = static_cast<double>(bytes);
  state.counters["ms_per_20k"] = spent * 1000 / static_cast<double>(state.iterations()) * kSeriesOfContract / series;
}

void BM_RenderText(benchmark::State& state) {
  const std::string text = render_prometheus(*snapshot(), {});
  check(text);
  measure_scrape(state, series_in(text), text.size(), [] { return render_prometheus(*snapshot(), {}); });
}
BENCHMARK(BM_RenderText)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_RenderOpenMetrics(benchmark::State& state) {
  const std::string text = render_openmetrics(*snapshot(), {});
  check(text);
  measure_scrape(state, series_in(text), text.size(), [] { return render_openmetrics(*snapshot(), {}); });
}
BENCHMARK(BM_RenderOpenMetrics)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_Compress(benchmark::State& state) {
  const std::string text = render_prometheus(*snapshot(), {});
  check(text);
  measure_scrape(state, series_in(text), gzip(text, 1).size(), [&text] { return gzip(text, 1); });
}
BENCHMARK(BM_Compress)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Of the same snapshot: `ms_per_20k` is for as many cells as 20,000 series have.
void BM_RenderReportJson(benchmark::State& state) {
  const std::string text = render_prometheus(*snapshot(), {});
  check(text);
  const std::string json = render_report_json(*snapshot(), {});
  const std::string received = "\"received\": " + std::to_string(snapshot()->stats.received());
  WEIR_CHECK(json.find(received) != std::string::npos);
  measure_scrape(state, series_in(text), json.size(), [] { return render_report_json(*snapshot(), {}); });
}
BENCHMARK(BM_RenderReportJson)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
