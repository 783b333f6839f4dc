// State over the end of the process: a random stream is cut at random records, and what comes of it must be what comes
// of it uncut, for any number of shards; what that is, other tests ask the naive model. WEIR_SEED=<seed> repeats one.
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>

#include "serving.h"
#include "support/process.h"
#include "support/random_stream.h"
#include "support/report_compare.h"
#include "support/seed.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

using nlohmann::json;
using support::RandomStream;
using support::report_now;
using support::Serving;
using support::take_lines;
using support::TemporaryFolder;

constexpr int kRecoveredStreams = 12;

json with_sessions(const json& rows) {
  json kept = json::array();
  for (const json& row : rows) {
    if (row["sessions"] > 0) kept.push_back(row);
  }
  return kept;
}

/// What a report says of sessions and windows, but for what depends on when reports are made: which cells are shown
/// though they are empty, and the visitors of all time, of which only those of the longest window are remembered.
json sums_of(const Report& report) {
  json sums = json::parse(render_report_json(report, SinkOptions{}));
  sums.erase("events");
  for (json& rows : sums["rollups"]) {
    rows = with_sessions(rows);
    for (json& row : rows) row.erase("visitors");
  }
  sums["windows"] = with_sessions(sums["windows"]);
  return sums;
}

json uncut(const RandomStream& stream, std::size_t shards) {
  const ManualClock clock(support::kNowMs);
  const auto pipeline =
      Pipeline::start({support::serving_options(stream.options, shards), PipelineMode::kServe, 0}, clock);
  const std::vector<std::string> lines = support::lines_of(stream);
  take_lines(**pipeline, lines, 0, lines.size());
  return sums_of(*(*pipeline)->finish());
}

/// Feeds the stream with crashes, snapshots and restarts in between.
json cut_at_random(const RandomStream& stream, std::size_t shards, std::mt19937_64& random) {
  const TemporaryFolder folder;
  Serving serving(support::serving_options(stream.options, shards), folder.path("state"));
  const std::vector<std::string> lines = support::lines_of(stream);
  const std::size_t crash_every = 1 + lines.size() / (1 + random() % 4);
  for (std::size_t from = 0; from < lines.size();) {
    const std::size_t to = std::min(lines.size(), from + 1 + random() % 20);
    take_lines(*serving, lines, from, to);
    from = to;
    if (random() % crash_every < 5) {
      EXPECT_TRUE(serving->take_snapshot());
    }
    if (random() % crash_every < 10) {
      serving.crash();
      serving.start();
      EXPECT_EQ(serving->recovered().warnings, std::vector<std::string>{});
      const StatValues stats = report_now(*serving)->stats;
      EXPECT_EQ(stats.received(), stats[Stat::kQueued]) << "counters begin at zero, but for what still waits";
    }
  }
  return sums_of(*serving->finish());
}

TEST(Recovery, a_stream_cut_anywhere_comes_to_the_same_numbers) {
  const std::uint64_t first_seed = support::test_seed();
  for (int i = 0; i < support::streams_to_try(kRecoveredStreams); ++i) {
    const std::uint64_t seed = first_seed + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("WEIR_SEED=" + std::to_string(seed));
    const RandomStream stream = support::make_random_stream(seed);
    std::mt19937_64 random(seed);
    const std::size_t shards = std::array<std::size_t, 3>{1, 2, 5}[seed % 3];
    const json wanted = uncut(stream, shards);
    const json found = cut_at_random(stream, shards, random);
    ASSERT_EQ(support::difference(wanted, found), "");
  }
}

}  // namespace
}  // namespace weir
