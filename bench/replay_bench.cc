// The whole replay beside its floor, and on one core beside two.
//
//   lines in memory -> split -> parse -> classify -> route -> queue -> shards -> report      (BM_Replay)
//   lines in memory -> split -> bare simdjson On-Demand reading the same fields              (BM_BareSimdjson)
//
// Both report CPU time of all threads together, per event. The replay's answer is compared with the generator's
// truth before anything is timed. WEIR_BENCH_SESSIONS sets the size (default 50,000 sessions, about 200,000 events).
#include <benchmark/benchmark.h>
#include <sched.h>
#include <simdjson.h>

#include <array>
#include <cstring>
#include <memory>
#include <string_view>

#include "support/input.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"

namespace weir::bench {
namespace {

std::shared_ptr<const Report> replay(const Input& from) {
  const SystemClock clock;
  auto pipeline = Pipeline::start({pipeline_options(session_count()), PipelineMode::kReplay, 0}, clock);
  WEIR_CHECK(pipeline.has_value());
  const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kFile);
  stream->write(from.text);
  stream->finish();
  return (*pipeline)->finish();
}

/// Once for each mix, however often it is timed.
void check_replay(Mix mix) {
  static std::array<bool, 2> checked{};
  bool& done = checked[static_cast<std::size_t>(mix)];
  if (!done) check_report(*replay(input(mix)), input(mix));
  done = true;
}

/// `reader_part` is what the thread that reads has of the work; shards have the rest.
void BM_Replay(benchmark::State& state, Mix mix) {
  check_replay(mix);
  const Input& from = input(mix);
  double reader = 0;
  double all = 0;
  for (auto _ : state) {
    const double reader_before = cpu_seconds(Cpu::kThread);
    const double before = cpu_seconds(Cpu::kProcess);
    benchmark::DoNotOptimize(replay(from));
    const double seconds = cpu_seconds(Cpu::kProcess) - before;
    report_time(state, seconds, static_cast<double>(from.lines));
    reader += cpu_seconds(Cpu::kThread) - reader_before;
    all += seconds;
  }
  state.counters["reader_part"] = reader / all;
  state.counters["bytes_per_event"] = static_cast<double>(from.text.size()) / static_cast<double>(from.lines);
}
BENCHMARK_CAPTURE(BM_Replay, plain, Mix::kPlain)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Replay, rough, Mix::kRough)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Keeps this thread, and those it starts, on the first so many of its processors while it lives.
class OnCores {
 public:
  explicit OnCores(int count) {
    WEIR_CHECK(sched_getaffinity(0, sizeof before_, &before_) == 0);
    cpu_set_t wanted;
    CPU_ZERO(&wanted);
    for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&wanted) < count; ++cpu) {
      if (CPU_ISSET(cpu, &before_)) CPU_SET(cpu, &wanted);
    }
    enough_ = CPU_COUNT(&wanted) == count && sched_setaffinity(0, sizeof wanted, &wanted) == 0;
  }
  ~OnCores() { sched_setaffinity(0, sizeof before_, &before_); }
  OnCores(const OnCores&) = delete;
  OnCores& operator=(const OnCores&) = delete;
  bool enough() const { return enough_; }

 private:
  cpu_set_t before_{};
  bool enough_ = false;
};

/// The time on the wall, not of processors: other programs on the machine count, too.
void BM_ReplayOnCores(benchmark::State& state) {
  check_replay(Mix::kPlain);
  const Input& from = input(Mix::kPlain);
  const OnCores cores(static_cast<int>(state.range(0)));
  if (!cores.enough()) return state.SkipWithError("not so many processors");
  for (auto _ : state) {
    const double before = wall_seconds();
    benchmark::DoNotOptimize(replay(from));
    const double seconds = wall_seconds() - before;
    state.SetIterationTime(seconds);
    state.counters["wall_per_event"] = seconds / static_cast<double>(from.lines);
  }
}
BENCHMARK(BM_ReplayOnCores)->Arg(1)->Arg(2)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Reads the value of a field the way the native format needs it: text as text, numbers as numbers. Adds to `sum` so
/// that nothing is left out.
simdjson::error_code read_value(simdjson::ondemand::value value, std::size_t& sum) {
  simdjson::ondemand::json_type type{};
  if (const auto error = value.type().get(type)) return error;
  std::string_view text;
  double number = 0;
  simdjson::error_code error = simdjson::SUCCESS;
  if (type == simdjson::ondemand::json_type::string) error = value.get_string().get(text);
  if (type == simdjson::ondemand::json_type::number) error = value.get_double().get(number);
  sum += text.size() + static_cast<std::size_t>(number);
  return error;
}

/// Reads every field. No exceptions: a broken line must not cost more than what it takes to see that.
simdjson::error_code read_line(simdjson::ondemand::parser& parser, simdjson::padded_string_view line,
                               std::size_t& sum) {
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (const auto error = parser.iterate(line).get(document)) return error;
  if (const auto error = document.get_object().get(object)) return error;
  for (auto result : object) {
    simdjson::ondemand::field field;
    if (const auto error = std::move(result).get(field)) return error;
    std::string_view key;
    if (const auto error = field.unescaped_key().get(key)) return error;
    sum += key.size();
    if (const auto error = read_value(field.value(), sum)) return error;
  }
  return simdjson::SUCCESS;
}

struct Read {
  std::size_t sum = 0;
  std::size_t lines = 0;
  std::size_t broken = 0;
};

Read read_lines(simdjson::ondemand::parser& parser, std::string_view text) {
  Read read;
  const char* const end = text.data() + text.size();
  for (const char* line = text.data(); line < end; ++read.lines) {
    const char* const newline = static_cast<const char*>(std::memchr(line, '\n', static_cast<std::size_t>(end - line)));
    const auto size = static_cast<std::size_t>(newline - line);
    const std::size_t capacity = static_cast<std::size_t>(end - line) + simdjson::SIMDJSON_PADDING;
    const simdjson::padded_string_view padded(line, size, capacity);
    read.broken += read_line(parser, padded, read.sum) == simdjson::SUCCESS ? 0 : 1;
    line = newline + 1;
  }
  return read;
}

void BM_BareSimdjson(benchmark::State& state, Mix mix) {
  const Input& from = input(mix);
  simdjson::ondemand::parser parser;
  const Read once = read_lines(parser, from.text);
  WEIR_CHECK(once.lines == from.lines);
  WEIR_CHECK(once.broken <= static_cast<std::size_t>(from.rejected()));
  measure(state, Cpu::kProcess, from.lines, [&] { benchmark::DoNotOptimize(read_lines(parser, from.text).sum); });
}
BENCHMARK_CAPTURE(BM_BareSimdjson, plain, Mix::kPlain)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_BareSimdjson, rough, Mix::kRough)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
