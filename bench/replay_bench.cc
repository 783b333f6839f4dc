// The whole replay beside its floor.
//
//   lines in memory -> split -> parse -> classify -> route -> queue -> shards -> report      (BM_Replay)
//   lines in memory -> split -> bare simdjson On-Demand reading the same fields              (BM_BareSimdjson)
//
// Both report CPU time of all threads together, per event. The replay's answer is compared with the generator's
// truth before anything is timed. WEIR_BENCH_SESSIONS sets the size (default 50,000 sessions, about 200,000 events).
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <simdjson.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "weir/app/generator.h"
#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

struct Input {
  std::string text;  // lines, with simdjson's padding reserved behind them
  std::size_t events = 0;
  std::string truth;
};

std::size_t session_count() {
  const char* text = std::getenv("WEIR_BENCH_SESSIONS");
  return text == nullptr ? 50'000 : std::strtoull(text, nullptr, 10);
}

const Input& input() {
  static const Input made = [] {
    GeneratorOptions options;
    options.sessions = session_count();
    options.landing_pages = 6;
    Generator generator(options);
    Input fresh;
    std::string line;
    while (generator.next(line)) {
      (fresh.text += line) += '\n';
      ++fresh.events;
    }
    fresh.truth = render_truth_json(generator.truth());
    fresh.text.reserve(fresh.text.size() + simdjson::SIMDJSON_PADDING);
    return fresh;
  }();
  return made;
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

PipelineOptions replay_options() {
  PipelineOptions options;
  options.windows.rollups = default_rollups();
  options.funnels = default_generator_funnels();
  return options;
}

std::shared_ptr<const Report> replay(const Input& from) {
  const SystemClock clock;
  auto pipeline = Pipeline::start({replay_options(), PipelineMode::kReplay, 0}, clock);
  WEIR_CHECK(pipeline.has_value());
  const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kFile);
  stream->write(from.text);
  stream->finish();
  return (*pipeline)->finish();
}

/// A number the truth gives for the first row of the site rollup.
std::int64_t truth_number(const std::string& truth, std::string_view field) {
  simdjson::dom::parser parser;
  const auto row = parser.parse(truth)["rollups"]["site"].at(0);
  return row[field].get_int64().value();
}

void check_answer(const Report& report, const Input& from) {
  const Totals& site = report.rollups[0].cells.at(0).totals;
  WEIR_CHECK(report.stats.received() == static_cast<std::int64_t>(from.events));
  WEIR_CHECK(site[Part::kSessions] == truth_number(from.truth, "sessions"));
  WEIR_CHECK(site[Part::kBouncedSessions] == truth_number(from.truth, "bounced_sessions"));
  WEIR_CHECK(site[Part::kPageViews] == truth_number(from.truth, "page_views"));
  WEIR_CHECK(site[Part::kVisitors] == truth_number(from.truth, "visitors"));
  WEIR_CHECK(site[Part::kOrders] == truth_number(from.truth, "orders"));
}

void report_time(benchmark::State& state, double seconds) {
  const auto events = static_cast<double>(input().events);
  state.SetIterationTime(seconds);
  state.counters["cpu_per_event"] =
      benchmark::Counter(events, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["events"] = events;
  state.counters["bytes_per_event"] = static_cast<double>(input().text.size()) / events;
}

void BM_Replay(benchmark::State& state) {
  check_answer(*replay(input()), input());
  for (auto _ : state) {
    const double before = cpu_seconds();
    benchmark::DoNotOptimize(replay(input()));
    report_time(state, cpu_seconds() - before);
  }
}
BENCHMARK(BM_Replay)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Reads the value of a field the way the native format needs it: text as text, numbers as numbers.
std::size_t read_value(simdjson::ondemand::value value) {
  switch (value.type().value()) {
    case simdjson::ondemand::json_type::string:
      return value.get_string().value().size();
    case simdjson::ondemand::json_type::number:
      return static_cast<std::size_t>(value.get_double().value());
    default:
      return 0;
  }
}

std::size_t read_line(simdjson::ondemand::parser& parser, std::string_view line, std::size_t capacity) {
  std::size_t sum = 0;
  auto document = parser.iterate(simdjson::padded_string_view(line.data(), line.size(), capacity));
  for (auto field : document.get_object()) {
    sum += field.unescaped_key().value().size();
    sum += read_value(field.value());
  }
  return sum;
}

void BM_BareSimdjson(benchmark::State& state) {
  const Input& from = input();
  simdjson::ondemand::parser parser;
  for (auto _ : state) {
    const double before = cpu_seconds();
    std::size_t sum = 0;
    std::size_t lines = 0;
    const char* const end = from.text.data() + from.text.size();
    for (const char* line = from.text.data(); line < end; ++lines) {
      const char* const newline =
          static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
      const auto size = static_cast<std::size_t>(newline - line);
      sum += read_line(parser, {line, size}, static_cast<std::size_t>(end - line) + simdjson::SIMDJSON_PADDING);
      line = newline + 1;
    }
    benchmark::DoNotOptimize(sum);
    WEIR_CHECK(lines == from.events);
    report_time(state, cpu_seconds() - before);
  }
}
BENCHMARK(BM_BareSimdjson)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir

BENCHMARK_MAIN();
