// A million sessions, with noise, through a whole replay pipeline: every figure of every cell is what the generator
// planned. In this process, so that no file of near a gigabyte is needed.
#include <gtest/gtest.h>

#include "running_server.h"
#include "support/files.h"
#include "support/report_compare.h"
#include "support/seed.h"
#include "weir/app/config.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir::e2e {
namespace {

TEST(Million, generate_and_replay_agree_for_1_000_000_sessions) {
  constexpr std::size_t kBlockBytes = 256 * 1024;
  GeneratorOptions visits;
  visits.seed = support::test_seed();
  visits.sessions = 1'000'000;
  visits.sessions_per_second = 100;
  visits.disorder_ms = visits.lateness_ms;
  visits.duplicate_ratio = 0.02;
  visits.malformed_ratio = 0.01;
  visits.late_ratio = 0.01;
  visits.sites = 3;
  Result<Config> config = load_config(support::source_folder() / "config" / "demo.yaml");
  ASSERT_TRUE(config) << config.error().message;
  // Three sites have three times the pairs; and no visitor may be forgotten in a count of all.
  for (Rollup& rollup : config->pipeline.windows.rollups) rollup.limit = 2000;
  config->pipeline.shards = 2;

  const SystemClock clock;
  Result<std::unique_ptr<Pipeline>> pipeline = Pipeline::start({config->pipeline, PipelineMode::kReplay, 0}, clock);
  ASSERT_TRUE(pipeline) << pipeline.error().message;
  Generator generator(visits);
  const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kFile);
  std::string block;
  for (std::string line; generator.next(line);) {
    (block += line) += '\n';
    if (block.size() < kBlockBytes) continue;
    stream->write(block);
    block.clear();
  }
  stream->write(block);
  stream->finish();
  const std::shared_ptr<const Report> report = (*pipeline)->finish();

  const auto truth = nlohmann::json::parse(render_truth_json(generator.truth()));
  const auto found = nlohmann::json::parse(render_report_json(*report, config->sinks));
  std::int64_t sessions = 0;
  for (const auto& row : found["rollups"]["site"]) sessions += row["sessions"].get<std::int64_t>();
  EXPECT_EQ(sessions, 1'000'000);
  EXPECT_EQ(support::difference(truth, found), "");
}

}  // namespace
}  // namespace weir::e2e
