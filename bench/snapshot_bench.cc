// How long intake stands still while a snapshot of all state is cut: a server with many open sessions is fed from
// memory as fast as it goes, with reports as often as a server makes them, and every piece of text is timed on the
// wall. `pause_per_snapshot` is the longest piece while a snapshot is taken, `plain_pause_per_snapshot` the longest of
// as many before it.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

#include "support/input.h"
#include "support/live_traffic.h"
#include "support/measure.h"
#include "support/state_directory.h"
#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 1'000'000;
constexpr int kPieces = 64;  // without a snapshot
constexpr double kReportSeconds = 0.1;

/// A server that keeps its state, with so many sessions open.
class Fed {
 public:
  explicit Fed(std::size_t sessions) : traffic_(sessions) {
    PipelineOptions options = pipeline_options(sessions);
    options.shards = 1;
    options.state.directory = directory_.path();
    options.state.snapshot_interval_ms = 3'600'000;
    options.state.journal_bytes = std::size_t{1} << 40;
    auto pipeline = Pipeline::start({options, PipelineMode::kServe, 0}, clock_);
    WEIR_CHECK(pipeline.has_value());
    pipeline_ = std::move(*pipeline);
    stream_ = pipeline_->open_stream(SourceKind::kTcp);
    while (traffic_.events() < sessions + LiveTraffic::kEventsOfLateness) feed_piece();
  }

  /// Seconds that a piece took.
  double feed_piece() {
    const std::string_view text = traffic_.next(~std::size_t{0});
    const double before = wall_seconds();
    if (before >= next_report_) {
      pipeline_->tick();
      next_report_ = before + kReportSeconds;
    }
    const double began = wall_seconds();
    stream_->write(text);
    return wall_seconds() - began;
  }
  Pipeline& pipeline() { return *pipeline_; }
  void check() {
    stream_.reset();
    traffic_.check(*pipeline_->finish());
  }

 private:
  StateDirectory directory_;
  SystemClock clock_;
  LiveTraffic traffic_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<ByteStream> stream_;
  double next_report_ = 0;
};

void BM_SnapshotPause(benchmark::State& state) {
  const std::size_t sessions = std::min(kSessions, live_limit());
  Fed fed(sessions);
  double with = 0;
  double without = 0;
  for (auto _ : state) {
    double longest = 0;
    for (int i = 0; i < kPieces; ++i) longest = std::max(longest, fed.feed_piece());
    without += longest;
    std::atomic<bool> taken{false};
    double seconds = 0;
    std::thread keeper([&] {
      const double before = wall_seconds();
      WEIR_CHECK(fed.pipeline().take_snapshot());
      seconds = wall_seconds() - before;
      taken = true;
    });
    longest = 0;
    while (!taken) longest = std::max(longest, fed.feed_piece());
    keeper.join();
    with += longest;
    state.SetIterationTime(seconds);
  }
  fed.check();
  const auto runs = static_cast<double>(state.iterations());
  state.counters["pause_per_snapshot"] = with / runs;
  state.counters["plain_pause_per_snapshot"] = without / runs;
}
BENCHMARK(BM_SnapshotPause)->UseManualTime()->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
