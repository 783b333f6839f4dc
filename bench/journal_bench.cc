// What keeping costs at full speed: the same events through the same server without a journal and with one, in turn, so
// that both meet the same minute of the machine. Clients are threads of this process; their time is taken off.
//
// `journal_part` is what the journal has of the processor time of all threads, which is the throughput it costs when
// every core is busy; `ingest_part` is its part of the thread that takes in. What is counted is compared with what was
// sent in each run.
#include <benchmark/benchmark.h>

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

constexpr std::size_t kSessions = 20'000;
constexpr std::size_t kEventsPerSession = 50;
constexpr std::size_t kEventsPerSinglySession = 4;
constexpr std::size_t kConnections = 16;
constexpr std::size_t kStream = 0;  // in place of events in a request: all of them over one connection

/// Events, and how they are sent.
struct Load {
  Load(std::size_t sessions, std::size_t events_per_session, std::size_t events_each)
      : lines(sessions, sessions * events_per_session) {
    if (events_each != kStream) requests = requests_of(lines_of(lines.text), events_each);
  }

  Feed feed() const { return requests.empty() ? Feed::kTcp : Feed::kHttp; }
  void send(std::uint16_t port) const {
    if (requests.empty()) return send_text(port, lines.text);
    send_requests(port, requests, kConnections);
  }

  LiveLines lines;
  std::vector<std::string> requests;
};

const Load& load_of(std::size_t events_each) {
  static std::unique_ptr<const Load> kept;
  static std::size_t of = kStream;
  if (kept != nullptr && of == events_each) return *kept;
  kept.reset();
  const std::size_t each = events_each == 1 ? kEventsPerSinglySession : kEventsPerSession;
  kept = std::make_unique<const Load>(session_count_up_to(kSessions), each, events_each);
  of = events_each;
  return *kept;
}

/// Seconds of the processor, up to where the shard has all events: starting and ending are not what is measured.
struct Spent {
  double all = 0;
  double ingest = 0;
  double journal_bytes = 0;  // of records
};

Spent serve(const Load& load, const StateOptions& state) {
  FeedServer server(load.feed(), session_count_up_to(kSessions), state);
  const double before = cpu_seconds(Cpu::kProcess);
  double client_seconds = 0;
  std::thread client([&] {
    load.send(server.port());
    client_seconds = cpu_seconds(Cpu::kThread);
  });
  client.join();
  server.settle(load.lines.traffic.events());
  Spent spent;
  spent.all = cpu_seconds(Cpu::kProcess) - before - client_seconds;
  const std::shared_ptr<const Report> report = server.finish(load.lines.traffic.events());
  spent.ingest = server.ingest_seconds();
  spent.journal_bytes = static_cast<double>(report->stats[Stat::kJournalWrittenBytes]);
  load.lines.traffic.check(*report);
  WEIR_CHECK((report->stats[Stat::kJournalRecords] > 0) == state.kept());
  WEIR_CHECK(report->stats[Stat::kJournalErrors] == 0);
  return spent;
}

StateOptions kept_in(const StateDirectory& directory, const char* durability) {
  StateOptions state;
  state.durability = durability;
  state.directory = directory.path();
  return state;
}

void BM_JournalCost(benchmark::State& state, std::size_t events_each, const char* durability) {
  const Load& load = load_of(events_each);
  serve(load, {});
  Spent without;
  Spent with;
  for (auto _ : state) {
    const Spent plain = serve(load, {});
    const StateDirectory directory;
    const Spent kept = serve(load, kept_in(directory, durability));
    report_time(state, kept.all, static_cast<double>(load.lines.traffic.events()));
    without.all += plain.all;
    without.ingest += plain.ingest;
    with.all += kept.all;
    with.ingest += kept.ingest;
    with.journal_bytes = kept.journal_bytes;
  }
  state.counters["journal_part"] = 1 - without.all / with.all;
  state.counters["journal_bytes_per_event"] = with.journal_bytes / static_cast<double>(load.lines.traffic.events());
  state.counters["ingest_part"] = 1 - without.ingest / with.ingest;
}
BENCHMARK_CAPTURE(BM_JournalCost, tcp, kStream, "interval")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_JournalCost, http_of_100, 100, "interval")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_JournalCost, http_singly, 1, "interval")->UseManualTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_JournalCost, http_of_100_sync, 100, "sync")->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
