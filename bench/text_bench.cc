// From bytes to events: cutting a stream into lines, reading lines of the native format, making events of their fields,
// which is hashing ids and looking labels up; and reading an instant.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/input.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/core/time_text.h"
#include "weir/parse/line_buffer.h"
#include "weir/parse/parser.h"
#include "weir/pipeline/event_maker.h"

namespace weir::bench {
namespace {

constexpr std::size_t kLineBytes = 16 * 1024;
constexpr std::size_t kSessions = 50'000;
constexpr std::size_t kInstants = 100'000;

const Input& lines(Mix mix) {
  static const Input plain = make_input(Mix::kPlain, session_count_up_to(kSessions));
  static const Input rough = make_input(Mix::kRough, session_count_up_to(kSessions));
  return mix == Mix::kPlain ? plain : rough;
}

/// Streams the text in pieces that end anywhere; the bytes that come out as whole lines.
std::size_t split(const Input& from) {
  LineBuffer buffer(kLineBytes);
  std::size_t bytes = 0;
  for (std::string_view rest = from.text; !rest.empty();) {
    const std::span<char> room = buffer.prepare();
    const std::size_t size = std::min(room.size(), rest.size());
    std::copy_n(rest.begin(), size, room.begin());
    buffer.commit(size);
    rest.remove_prefix(size);
    const std::string_view whole = buffer.take_lines();
    WEIR_CHECK(whole.empty() || whole.back() == '\n');
    bytes += whole.size();
  }
  return bytes;
}

/// The copy into the buffer is part of it: a socket makes one, too.
void BM_LineSplit(benchmark::State& state) {
  const Input& from = lines(Mix::kPlain);
  WEIR_CHECK(split(from) == from.text.size());
  measure(state, Cpu::kThread, from.lines, [&] { benchmark::DoNotOptimize(split(from)); });
}
BENCHMARK(BM_LineSplit)->UseManualTime()->Unit(benchmark::kMillisecond);

struct Parsed {
  std::size_t events = 0;
  std::size_t refusals = 0;
};

Parsed parse(const std::vector<std::string_view>& runs, Parser& parser) {
  std::array<ParsedEvent, 32> events;
  Parsed parsed;
  for (const std::string_view run : runs) {
    parser.begin(run, Framing::kLines);
    while (const std::size_t count = parser.next(events)) {
      for (std::size_t i = 0; i < count; ++i) ++(events[i].rejected ? parsed.refusals : parsed.events);
    }
  }
  return parsed;
}

/// Structure, fields and values of every line. The truth's refusals include those of later stages.
void BM_Parse(benchmark::State& state, Mix mix) {
  const Input& from = lines(mix);
  const std::vector<std::string_view> runs = runs_of(from.text);
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  const Parsed parsed = parse(runs, *parser);
  WEIR_CHECK(parsed.events + parsed.refusals == from.lines);
  WEIR_CHECK(parsed.refusals <= static_cast<std::size_t>(from.rejected()));
  WEIR_CHECK((mix == Mix::kRough && from.lines > 1000) == (parsed.refusals > 0));
  measure(state, Cpu::kThread, from.lines, [&] { benchmark::DoNotOptimize(parse(runs, *parser)); });
}
BENCHMARK_CAPTURE(BM_Parse, plain, Mix::kPlain)->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_Parse, rough, Mix::kRough)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Parses all lines and makes events of them; how many were accepted.
std::size_t parse_and_make(const std::vector<std::string_view>& runs, Parser& parser, EventMaker& maker) {
  std::array<ParsedEvent, 32> parsed;
  std::size_t made = 0;
  for (const std::string_view run : runs) {
    parser.begin(run, Framing::kLines);
    while (const std::size_t count = parser.next(parsed)) {
      for (std::size_t i = 0; i < count; ++i) {
        if (parsed[i].rejected || maker.set_apart(parsed[i].event, Origin{})) continue;
        Event event;
        made += maker.make(parsed[i].event, Origin{}, 0, event) ? 0 : 1;
        benchmark::DoNotOptimize(event);
      }
    }
  }
  return made;
}

/// With the parser in front, as fields live only until it goes on: BM_Parse is to be taken off.
void BM_ParseAndMake(benchmark::State& state) {
  const Input& from = lines(Mix::kPlain);
  const PipelineOptions options = pipeline_options(session_count());
  const Hasher hasher(1);
  SymbolTable symbols(hasher, options.reader.symbols);
  const SpecialSymbols special{symbols.intern(kNoneLabel), symbols.intern(kOtherLabel)};
  const FunnelSet funnels(options.funnels, options.slow_ms);
  EventMaker maker(options.reader, options.windows.rollups, funnels, symbols, special, hasher, TimeSource::kEvents);
  const std::vector<std::string_view> runs = runs_of(from.text);
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  WEIR_CHECK(parse_and_make(runs, *parser, maker) == from.lines);
  measure(state, Cpu::kThread, from.lines, [&] { benchmark::DoNotOptimize(parse_and_make(runs, *parser, maker)); });
}
BENCHMARK(BM_ParseAndMake)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Instants of some days, as RFC 3339.
std::vector<std::string> instants() {
  constexpr TimeMs kStartMs = 1'767'225'600'000;
  constexpr TimeMs kStepMs = 7'919;
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < kInstants; ++i) {
    texts.push_back(format_rfc3339(kStartMs + kStepMs * static_cast<TimeMs>(i)));
    WEIR_CHECK(parse_rfc3339(texts.back()) == kStartMs + kStepMs * static_cast<TimeMs>(i));
  }
  return texts;
}

void BM_Timestamp(benchmark::State& state) {
  const std::vector<std::string> texts = instants();
  measure(state, Cpu::kThread, texts.size(), [&] {
    for (const std::string& text : texts) benchmark::DoNotOptimize(parse_rfc3339(text));
  });
}
BENCHMARK(BM_Timestamp)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
