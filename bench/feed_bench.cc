// The whole pipeline by the way its events come: from memory, from a file, over TCP, over HTTP in batches of 100 and
// one by one. Clients are threads of this process, over the loopback device; their processor time is taken off.
//
// `ingest_per_event` is the thread that takes in, `shard_per_event` all others: the busier of the two bounds what one
// ingest thread and one shard can take, which is `events_per_second`.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "support/feed_client.h"
#include "support/feed_server.h"
#include "support/input.h"
#include "support/live_traffic.h"
#include "support/measure.h"
#include "support/state_directory.h"
#include "weir/core/check.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 50'000;
constexpr std::size_t kSinglySessions = 12'500;
constexpr std::size_t kEventsPerSession = 8;
constexpr std::size_t kBatchLines = 100;
constexpr std::size_t kConnections = 16;

/// Page views whose times are so close together that requests which overtake each other make no event late.
LiveLines make_lines(std::size_t sessions) { return {sessions, sessions * kEventsPerSession}; }
const LiveLines& lines() {
  static const LiveLines made = make_lines(session_count_up_to(kSessions));
  return made;
}
const LiveLines& few_lines() {
  static const LiveLines made = make_lines(session_count_up_to(kSinglySessions));
  return made;
}

PipelineOptions one_shard() {
  PipelineOptions options = pipeline_options(session_count_up_to(kSessions));
  options.shards = 1;
  return options;
}

/// As BM_Replay, but as a server takes it: sessions are shown while they are open.
void BM_FromMemory(benchmark::State& state) {
  const SystemClock clock;
  for (auto _ : state) {
    const double before = cpu_seconds(Cpu::kProcess);
    auto pipeline = Pipeline::start({one_shard(), PipelineMode::kServe, 0}, clock);
    WEIR_CHECK(pipeline.has_value());
    const std::unique_ptr<ByteStream> stream = (*pipeline)->open_stream(SourceKind::kTcp);
    stream->write(lines().text);
    stream->finish();
    const std::shared_ptr<const Report> report = (*pipeline)->finish();
    report_time(state, cpu_seconds(Cpu::kProcess) - before, static_cast<double>(lines().traffic.events()));
    lines().traffic.check(*report);
  }
}
BENCHMARK(BM_FromMemory)->UseManualTime()->Unit(benchmark::kMillisecond);

/// A file of the input that goes away by itself.
class InputFile {
 public:
  InputFile() : path_(folder_.path() + "/lines") {
    std::ofstream file(path_, std::ios::binary);
    file << lines().text;
    WEIR_CHECK(file.flush().good());
  }
  const std::string& path() const { return path_; }

 private:
  const StateDirectory folder_;
  const std::string path_;
};

/// As `weir replay` reads it, out of the system's cache.
void BM_FromFile(benchmark::State& state) {
  const InputFile file;
  const SystemClock clock;
  for (auto _ : state) {
    const double before = cpu_seconds(Cpu::kProcess);
    auto pipeline = Pipeline::start({one_shard(), PipelineMode::kReplay, 0}, clock);
    WEIR_CHECK(pipeline.has_value());
    FileProgress progress;
    WEIR_CHECK(read_file(file.path(), **pipeline, progress).has_value());
    const std::shared_ptr<const Report> report = (*pipeline)->finish();
    report_time(state, cpu_seconds(Cpu::kProcess) - before, static_cast<double>(lines().traffic.events()));
    lines().traffic.check(*report);
  }
}
BENCHMARK(BM_FromFile)->UseManualTime()->Unit(benchmark::kMillisecond);

/// What one run of a client and a server took.
struct Spent {
  double server = 0;  // all but the client
  double ingest = 0;  // the thread that takes in
  double wall = 0;
  std::size_t refused = 0;  // requests sent again
};

/// Brings all lines of an input to a port; how many requests had to be sent again.
using Send = std::function<std::size_t(std::uint16_t)>;

Spent serve(Feed feed, const LiveLines& from, const Send& send) {
  Spent spent;
  const double wall = wall_seconds();
  const double before = cpu_seconds(Cpu::kProcess);
  FeedServer server(feed, session_count_up_to(kSessions));
  double client_seconds = 0;
  std::thread client([&] {
    spent.refused = send(server.port());
    client_seconds = cpu_seconds(Cpu::kThread);
  });
  client.join();
  const std::shared_ptr<const Report> report = server.finish(from.traffic.events());
  spent.server = cpu_seconds(Cpu::kProcess) - before - client_seconds;
  spent.ingest = server.ingest_seconds();
  spent.wall = wall_seconds() - wall;
  from.traffic.check(*report);
  return spent;
}

/// Runs it once unclocked, then as often as wanted; each run's report is compared with the truth.
void measure_feed(benchmark::State& state, Feed feed, const LiveLines& from, const Send& send) {
  const auto events = static_cast<double>(from.traffic.events());
  serve(feed, from, send);
  Spent sum;
  for (auto _ : state) {
    const Spent spent = serve(feed, from, send);
    report_time(state, spent.server, events);
    sum.server += spent.server / events;
    sum.ingest += spent.ingest / events;
    sum.wall += spent.wall / events;
    sum.refused += spent.refused;
  }
  const auto runs = static_cast<double>(state.iterations());
  const double shard = sum.server - sum.ingest;
  state.counters["ingest_per_event"] = sum.ingest / runs;
  state.counters["shard_per_event"] = shard / runs;
  state.counters["wall_per_event"] = sum.wall / runs;
  state.counters["refused_requests"] = static_cast<double>(sum.refused) / runs;
  state.counters["events_per_second"] = runs / std::max(sum.ingest, shard);
}

void BM_FromTcp(benchmark::State& state) {
  measure_feed(state, Feed::kTcp, lines(), [](std::uint16_t port) {
    send_text(port, lines().text);
    return std::size_t{0};
  });
}
BENCHMARK(BM_FromTcp)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_FromHttpBatches(benchmark::State& state) {
  const std::vector<std::string> requests = requests_of(lines_of(lines().text), kBatchLines);
  measure_feed(state, Feed::kHttp, lines(),
               [&](std::uint16_t port) { return send_requests(port, requests, kConnections); });
}
BENCHMARK(BM_FromHttpBatches)->UseManualTime()->Unit(benchmark::kMillisecond);

void BM_FromHttpSingly(benchmark::State& state) {
  const std::vector<std::string> requests = requests_of(lines_of(few_lines().text), 1);
  measure_feed(state, Feed::kHttp, few_lines(),
               [&](std::uint16_t port) { return send_requests(port, requests, kConnections); });
}
BENCHMARK(BM_FromHttpSingly)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
