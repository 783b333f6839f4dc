// What is looked up on the way from fields to an event, each alone: the hash of an id, a label in the symbol table.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "support/input.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/model/symbol_table.h"
#include "weir/parse/parser.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 50'000;
constexpr std::size_t kLabels = 1000;

const Input& lines() {
  static const Input made = make_input(Mix::kPlain, session_count_up_to(kSessions));
  return made;
}

/// The visitor of every event, side by side.
std::vector<std::string> visitors() {
  std::vector<std::string> texts;
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  parser->begin(lines().text, Framing::kLines);
  std::array<ParsedEvent, 32> parsed;
  while (const std::size_t count = parser->next(parsed)) {
    for (std::size_t i = 0; i < count; ++i) texts.emplace_back(parsed[i].event.visitor);
  }
  return texts;
}

void BM_Hash(benchmark::State& state) {
  const Hasher hasher(1);
  const std::vector<std::string> texts = visitors();
  std::unordered_set<std::uint64_t> hashes;
  for (const std::string& text : texts) hashes.insert(hasher(text));
  WEIR_CHECK(texts.size() == lines().lines);
  WEIR_CHECK(hashes.size() == std::unordered_set<std::string>(texts.begin(), texts.end()).size());
  measure(state, Cpu::kThread, texts.size(), [&] {
    for (const std::string& text : texts) benchmark::DoNotOptimize(hasher(text));
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

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
