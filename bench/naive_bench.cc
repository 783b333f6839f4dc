// The naive model of the tests on the same lines: what the contract costs when nothing is done for speed.
#include <benchmark/benchmark.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/input.h"
#include "support/measure.h"
#include "support/naive_model.h"
#include "weir/app/generator.h"
#include "weir/core/check.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 10'000;

support::NaiveOptions naive_options() {
  support::NaiveOptions options;
  for (const Funnel& funnel : default_generator_funnels()) {
    support::NaiveFunnel naive{funnel.name, {}};
    for (const FunnelStep& step : funnel.steps) {
      const char* const kind = step.kind == FunnelStep::Kind::kPage         ? "page"
                               : step.kind == FunnelStep::Kind::kConversion ? "conversion"
                                                                            : "event";
      naive.steps.push_back({step.name, kind, step.pattern});
    }
    options.funnels.push_back(naive);
  }
  return options;
}

/// The line with its time in whole milliseconds: the model knows no seconds with a fraction, of which the generator
/// writes three digits.
std::string in_milliseconds(std::string_view line) {
  constexpr std::string_view kName = "\"ts\":";
  constexpr std::size_t kSecondDigits = 10;
  std::string text(line);
  const std::size_t dot = text.find(kName) + kName.size() + kSecondDigits;
  if (dot < text.size() && text[dot] == '.') text.erase(dot, 1);
  return text;
}

void BM_NaiveModel(benchmark::State& state) {
  static const Input from = make_input(Mix::kPlain, session_count_up_to(kSessions));
  const support::NaiveOptions options = naive_options();
  std::vector<std::string> lines;
  for (const std::string_view line : lines_of(from.text)) lines.push_back(in_milliseconds(line));
  const support::NaiveResult result = support::run_naive_model(lines, options);
  WEIR_CHECK(result.sessions.size() == session_count_up_to(kSessions));
  WEIR_CHECK(result.report["events"]["counted"].get<std::int64_t>() == from.expected("/events/counted"));
  WEIR_CHECK(result.report["rollups"]["site"][0]["bounced_sessions"].get<std::int64_t>() ==
             from.expected("/rollups/site/0/bounced_sessions"));
  measure(state, Cpu::kThread, lines.size(),
          [&] { benchmark::DoNotOptimize(support::run_naive_model(lines, options).sessions.size()); });
}
BENCHMARK(BM_NaiveModel)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
