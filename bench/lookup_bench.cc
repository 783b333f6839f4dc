// From fields to an event, each step alone: hashing an id, looking a label up in the symbol table, and all that the
// event maker does, which remembers what it looked up.
#include <benchmark/benchmark.h>

#include <array>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "support/input.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/parse/parser.h"
#include "weir/pipeline/event_maker.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 25'000;
constexpr std::size_t kLabels = 1000;

const Input& lines() {
  static const Input made = make_input(Mix::kPlain, session_count_up_to(kSessions));
  return made;
}

/// Events whose texts do not end with the parser's next call.
struct KeptEvents {
  std::vector<RawEvent> events;
  std::deque<std::string> texts;
};

void keep(const RawEvent& raw, KeptEvents& kept) {
  static constexpr std::array kTexts{
      &RawEvent::type,       &RawEvent::visitor, &RawEvent::session,  &RawEvent::site,     &RawEvent::url,
      &RawEvent::referrer,   &RawEvent::id,      &RawEvent::name,     &RawEvent::currency, &RawEvent::order,
      &RawEvent::source,     &RawEvent::medium,  &RawEvent::campaign, &RawEvent::term,     &RawEvent::content,
      &RawEvent::user_agent, &RawEvent::device,  &RawEvent::country,  &RawEvent::address};
  RawEvent copy = raw;
  for (const auto text : kTexts) {
    if (!(raw.*text).empty()) copy.*text = kept.texts.emplace_back(raw.*text);
  }
  kept.events.push_back(copy);
}

const KeptEvents& raw_events() {
  static const KeptEvents made = [] {
    KeptEvents kept;
    const std::unique_ptr<Parser> parser = find_format("native")->make({});
    parser->begin(lines().text, Framing::kLines);
    std::array<ParsedEvent, 32> parsed;
    while (const std::size_t count = parser->next(parsed)) {
      for (std::size_t i = 0; i < count; ++i) {
        WEIR_CHECK(!parsed[i].rejected);
        keep(parsed[i].event, kept);
      }
    }
    WEIR_CHECK(kept.events.size() == lines().lines);
    return kept;
  }();
  return made;
}

void BM_Hash(benchmark::State& state) {
  const Hasher hasher(1);
  std::unordered_set<std::string_view> visitors;
  std::unordered_set<std::uint64_t> hashes;
  for (const RawEvent& event : raw_events().events) {
    visitors.insert(event.visitor);
    hashes.insert(hasher(event.visitor));
  }
  WEIR_CHECK(hashes.size() == visitors.size());
  measure(state, Cpu::kThread, raw_events().events.size(), [&] {
    for (const RawEvent& event : raw_events().events) benchmark::DoNotOptimize(hasher(event.visitor));
  });
}
BENCHMARK(BM_Hash)->UseManualTime()->Unit(benchmark::kMillisecond);

/// One label that is known, with the lock: what the event maker does when it has not seen a text lately.
void BM_SymbolTable(benchmark::State& state) {
  SymbolTable symbols(Hasher(1), 10 * kLabels);
  std::vector<std::string> labels;
  for (std::size_t i = 0; i < kLabels; ++i) {
    labels.push_back("/product/tide-clock-" + std::to_string(i));
    WEIR_CHECK(symbols.text(symbols.intern(labels.back())) == labels.back());
  }
  measure(state, Cpu::kThread, 10 * kLabels, [&] {
    for (std::size_t i = 0; i < 10 * kLabels; ++i) benchmark::DoNotOptimize(symbols.intern(labels[i * 7 % kLabels]));
  });
}
BENCHMARK(BM_SymbolTable)->UseManualTime()->Unit(benchmark::kMillisecond);

/// Makes all events; how many were accepted.
std::size_t make_all(EventMaker& maker) {
  std::size_t made = 0;
  Event event;
  for (const RawEvent& raw : raw_events().events) {
    if (maker.set_apart(raw, Origin{})) continue;
    made += maker.make(raw, Origin{}, 0, event) ? 0 : 1;
    benchmark::DoNotOptimize(event);
  }
  return made;
}

void BM_MakeEvent(benchmark::State& state) {
  const PipelineOptions options = pipeline_options(session_count());
  const Hasher hasher(1);
  SymbolTable symbols(hasher, options.reader.symbols);
  const SpecialSymbols special{symbols.intern(kNoneLabel), symbols.intern(kOtherLabel)};
  const FunnelSet funnels(options.funnels, options.slow_ms);
  EventMaker maker(options.reader, options.windows.rollups, funnels, symbols, special, hasher, TimeSource::kEvents);
  WEIR_CHECK(make_all(maker) == lines().lines);
  measure(state, Cpu::kThread, lines().lines, [&] { benchmark::DoNotOptimize(make_all(maker)); });
}
BENCHMARK(BM_MakeEvent)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
