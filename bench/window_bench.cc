// What sessions cost behind the sessionizer: adding one to panes, cells and visitors, correcting what was added, and
// making a report of it all. Panes are per event of five events a session, as the budget counts them.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "support/input.h"
#include "support/measure.h"
#include "weir/core/check.h"
#include "weir/session/sessionizer.h"
#include "weir/window/report_builder.h"
#include "weir/window/rollups.h"

namespace weir::bench {
namespace {

constexpr std::size_t kSessions = 50'000;
constexpr std::size_t kEventsPerSession = 5;
constexpr std::size_t kAdvanceEvery = 256;
constexpr RollupDuties kAll{.windows = true, .counters = true};

const MadeEvents& made() {
  static const MadeEvents events(make_input(Mix::kPlain, session_count_up_to(kSessions)));
  return events;
}

/// Keeps sessions as they ended.
class Keeping final : public SessionObserver {
 public:
  std::uint64_t put(const SessionFacts&) override { return 0; }
  void take_back(const SessionFacts&) override {}
  void closed(const SessionFacts& session) override {
    const std::vector<Money>& revenue = revenues_.emplace_back(session.revenue.begin(), session.revenue.end());
    sessions.push_back(session);
    sessions.back().revenue = revenue;
    sessions.back().visit = VisitState::kNew;
  }

  std::vector<SessionFacts> sessions;

 private:
  std::deque<std::vector<Money>> revenues_;
};

/// By their start, so that time moves on.
const std::vector<SessionFacts>& sessions() {
  static Keeping keeping;
  if (!keeping.sessions.empty()) return keeping.sessions;
  Sessionizer sessionizer(made().options.sessions, made().funnels, Contributions::kFinal, made().special.none, keeping);
  for (const Event& event : made().events) sessionizer.apply(event);
  sessionizer.close_all();
  std::stable_sort(keeping.sessions.begin(), keeping.sessions.end(),
                   [](const SessionFacts& a, const SessionFacts& b) { return a.start_ms < b.start_ms; });
  WEIR_CHECK(keeping.sessions.size() == session_count_up_to(kSessions));
  return keeping.sessions;
}

std::unique_ptr<Rollups> empty_rollups() {
  return std::make_unique<Rollups>(made().options.windows, kAll, made().funnels, made().symbols, made().special);
}

/// Every session is added and ends.
void add_all(Rollups& rollups) {
  std::size_t count = 0;
  for (const SessionFacts& session : sessions()) {
    if (++count % kAdvanceEvery == 0) rollups.advance(session.start_ms);
    rollups.put(session);
    rollups.closed(session);
  }
}

Rollups& filled() {
  static const std::unique_ptr<Rollups> rollups = [] {
    std::unique_ptr<Rollups> fresh = empty_rollups();
    add_all(*fresh);
    return fresh;
  }();
  return *rollups;
}

TimeMs end_ms() { return sessions().back().start_ms; }

/// Ends the program unless each rollup holds every session, over all time and in the longest window.
void check(const RollupsSnapshot& snapshot) {
  const auto wanted = static_cast<std::int64_t>(sessions().size());
  for (const std::vector<CellSnapshot>& cells : snapshot) {
    std::int64_t all_time = 0;
    std::int64_t last_day = 0;
    for (const CellSnapshot& cell : cells) {
      all_time += cell.all_time[Part::kSessions];
      last_day += cell.windows.back()[Part::kSessions];
    }
    WEIR_CHECK(all_time == wanted);
    WEIR_CHECK(last_day == wanted);
  }
}

void BM_PaneUpdate(benchmark::State& state) {
  check(*filled().snapshot(end_ms()));
  for (auto _ : state) {
    const std::unique_ptr<Rollups> rollups = empty_rollups();
    const double before = cpu_seconds(Cpu::kThread);
    add_all(*rollups);
    report_time(state, cpu_seconds(Cpu::kThread) - before, static_cast<double>(sessions().size() * kEventsPerSession));
  }
}
BENCHMARK(BM_PaneUpdate)->UseManualTime()->Unit(benchmark::kMillisecond);

/// A session that was shown goes on: what it added is taken back and added again. Per correction.
void BM_PaneCorrection(benchmark::State& state) {
  const std::unique_ptr<Rollups> rollups = empty_rollups();
  std::vector<SessionFacts> shown = sessions();
  for (SessionFacts& session : shown) {
    session.put_sequence = rollups->put(session);
    session.visit = VisitState::kSame;
  }
  check(*rollups->snapshot(end_ms()));
  measure(state, Cpu::kThread, shown.size(), [&] {
    for (SessionFacts& session : shown) {
      rollups->take_back(session);
      session.put_sequence = rollups->put(session);
    }
  });
  check(*rollups->snapshot(end_ms()));
}
BENCHMARK(BM_PaneCorrection)->UseManualTime()->Unit(benchmark::kMillisecond);

/// A shard's copy of its cells, which it makes for every report in which something is new. The time of one, with the
/// correction of one session that makes it necessary.
void BM_Snapshot(benchmark::State& state) {
  const std::unique_ptr<Rollups> rollups = empty_rollups();
  add_all(*rollups);
  SessionFacts shown = sessions().back();
  shown.put_sequence = rollups->put(shown);
  shown.visit = VisitState::kSame;
  measure(state, Cpu::kThread, 1, [&] {
    rollups->take_back(shown);
    shown.put_sequence = rollups->put(shown);
    benchmark::DoNotOptimize(rollups->snapshot(end_ms()));
  });
  rollups->take_back(shown);
  check(*rollups->snapshot(end_ms()));
}
BENCHMARK(BM_Snapshot)->UseManualTime()->Unit(benchmark::kMillisecond);

/// The publisher's work for one report of two shards. The time of one.
void BM_Report(benchmark::State& state) {
  const std::vector<RollupsSnapshot> shards(2, *filled().snapshot(end_ms()));
  ReportBuilder builder(made().options.windows);
  Report report;
  builder.build_live(shards, end_ms(), report);
  std::int64_t shown = 0;
  for (const CellTotals& cell : report.rollups[0].cells) shown += cell.totals[Part::kSessions];
  WEIR_CHECK(shown == 2 * static_cast<std::int64_t>(sessions().size()));
  measure(state, Cpu::kThread, 1, [&] {
    Report fresh;
    builder.build_live(shards, end_ms(), fresh);
    benchmark::DoNotOptimize(fresh.windows.size());
  });
}
BENCHMARK(BM_Report)->UseManualTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir::bench

BENCHMARK_MAIN();
