// The engine against the naive model on random streams, for every number of shards, size of batches and order of
// arrival that must not matter. A failure names its seed: WEIR_SEED=<seed> repeats that stream alone.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "support/naive_model.h"
#include "support/naive_to_engine.h"
#include "support/random_stream.h"
#include "support/report_compare.h"
#include "support/seed.h"
#include "weir/pipeline/replay.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

using support::NaiveOptions;
using support::RandomStream;
using Lines = std::vector<std::string>;

constexpr int kStreams = 3000;       // compared with the naive model
constexpr int kStreamsTwice = 1500;  // replayed twice

/// A way to run the engine that must not show in its numbers.
struct Arrangement {
  std::size_t shards;
  std::size_t batch_events;
};
constexpr std::array<Arrangement, 9> kArrangements{
    {{1, 64}, {2, 1}, {7, 1000}, {1, 1}, {2, 64}, {7, 1}, {1, 1000}, {7, 64}, {2, 1000}}};

std::string describe(const Arrangement& arrangement) {
  return "shards " + std::to_string(arrangement.shards) + ", batches of " + std::to_string(arrangement.batch_events);
}

/// The engine's report as JSON text; an empty text (and a failed test) when it cannot run.
std::string engine_report(const Lines& lines, const NaiveOptions& naive, const Arrangement& arrangement,
                          std::uint64_t hash_seed) {
  PipelineOptions options = support::engine_options(naive);
  options.shards = arrangement.shards;
  options.batch_events = arrangement.batch_events;
  options.hash_seed = hash_seed;
  const Result<Report> report = replay_lines(lines, options, naive.every_ms);
  if (!report) {
    ADD_FAILURE() << report.error().message;
    return "";
  }
  return render_report_json(*report, SinkOptions{});
}

/// What a failed comparison leaves behind for whoever looks into it.
std::string description_of(const RandomStream& stream) {
  const NaiveOptions& options = stream.options;
  std::string text = "WEIR_SEED=" + std::to_string(stream.seed) + ": " + std::to_string(stream.lines.size()) +
                     " lines, timeout " + std::to_string(options.timeout_ms) + ", longest " +
                     std::to_string(options.max_duration_ms) + ", lateness " + std::to_string(options.lateness_ms) +
                     ", dedup " + std::to_string(options.dedup_ms) + ", every " + std::to_string(options.every_ms);
  if (options.split_on_campaign) text += ", split on campaign";
  if (options.split_on_midnight) text += ", split on midnight";
  return text;
}

/// Tries streams with the seeds from test_seed() on; stops at the fifth that fails.
template <class Check>
void for_each_stream(int wanted, Check check) {
  const std::uint64_t first_seed = support::test_seed();
  int failed = 0;
  for (int i = 0; i < support::streams_to_try(wanted) && failed < 5; ++i) {
    const RandomStream stream = support::make_random_stream(first_seed + static_cast<std::uint64_t>(i));
    const std::string problem = check(stream);
    if (problem.empty()) continue;
    ++failed;
    ADD_FAILURE() << description_of(stream) << "\n  " << problem;
  }
}

const Arrangement& arrangement_of(std::uint64_t number) { return kArrangements[number % kArrangements.size()]; }

/// Where the engine and the naive model part; empty when they agree.
std::string disagreement(const Lines& lines, const NaiveOptions& options, const Arrangement& arrangement,
                         std::uint64_t hash_seed) {
  const std::string text = engine_report(lines, options, arrangement, hash_seed);
  const nlohmann::json expected = support::run_naive_model(lines, options).report;
  return support::difference(expected, nlohmann::json::parse(text, nullptr, false));
}

/// Leaves out lines for as long as the disagreement stays, so that a failure shows what it is about.
Lines shrunk(Lines lines, const NaiveOptions& options, const Arrangement& arrangement, std::uint64_t hash_seed) {
  for (std::size_t run = lines.size() / 2; run > 0; run /= 2) {
    for (std::size_t at = 0; at + run <= lines.size();) {
      Lines fewer(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(at));
      fewer.insert(fewer.end(), lines.begin() + static_cast<std::ptrdiff_t>(at + run), lines.end());
      if (disagreement(fewer, options, arrangement, hash_seed).empty()) {
        at += run;
      } else {
        lines = std::move(fewer);
      }
    }
  }
  return lines;
}

TEST(Engine, agrees_with_the_naive_model_on_random_streams) {
  for_each_stream(kStreams, [](const RandomStream& stream) -> std::string {
    const Arrangement& arrangement = arrangement_of(stream.seed);
    if (disagreement(support::lines_of(stream), stream.options, arrangement, stream.seed).empty()) return "";
    const Lines lines = shrunk(support::lines_of(stream), stream.options, arrangement, stream.seed);
    std::string problem = describe(arrangement) + "; " + disagreement(lines, stream.options, arrangement, stream.seed);
    for (const std::string& line : lines) problem += "\n    " + line.substr(0, 300);
    return problem;
  });
}

TEST(Engine, gives_the_same_bytes_for_any_shards_batches_and_hash_seed) {
  for_each_stream(kStreamsTwice, [](const RandomStream& stream) -> std::string {
    const Lines lines = support::lines_of(stream);
    const std::string first = engine_report(lines, stream.options, kArrangements[0], stream.seed);
    const Arrangement& other = arrangement_of(1 + stream.seed % (kArrangements.size() - 1));
    if (engine_report(lines, stream.options, other, stream.seed + 1) == first) return "";
    return describe(other) + " differ from " + describe(kArrangements[0]);
  });
}

TEST(Engine, gives_the_same_bytes_for_any_reordering_within_the_lateness) {
  for_each_stream(kStreamsTwice, [](const RandomStream& stream) -> std::string {
    if (!stream.reorderable) return "";
    const Lines lines = support::lines_of(stream);
    const Lines reordered = support::reordered_lines_of(stream, stream.seed + 1);
    const Arrangement& arrangement = arrangement_of(stream.seed);
    const std::string first = engine_report(lines, stream.options, arrangement, stream.seed);
    if (engine_report(reordered, stream.options, arrangement, stream.seed) == first) return "";
    return "a reordering changed the report; " + describe(arrangement);
  });
}

}  // namespace
}  // namespace weir
