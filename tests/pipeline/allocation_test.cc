// A warm pipeline allocates nothing per event: counted with operators new of this test binary while visitors come and
// go. Reports and snapshots are not per event; they are made between what is counted.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "support/counted_allocations.h"
#include "support/random_source.h"
#include "support/seed.h"
#include "weir/core/hash.h"
#include "weir/pipeline/pipeline.h"
#include "weir/pipeline/shard.h"

namespace weir {
namespace {

constexpr TimeMs kStillMs = 20;  // between two events
constexpr TimeMs kBurstMs = 1;   // between two of a burst, which leaves tables behind that are too large

/// Who does what next, the same for events and for lines.
struct Step {
  TimeMs time_ms;
  std::uint64_t visitor;
  std::uint64_t delivery;
  int kind;      // percent
  int currency;  // one of four
  int page;      // one of eight
  int campaign;  // one of three
};

/// Visitors come for about half a minute each; one event in fifty is delivered twice, one in fifty comes a little late.
class Visits {
 public:
  Step next(TimeMs apart_ms) {
    now_ms_ += apart_ms;
    Step step{.time_ms = now_ms_,
              .visitor = static_cast<std::uint64_t>(now_ms_ / 500 + random_.between(0, 60)),
              .delivery = ++number_,
              .kind = static_cast<int>(random_.between(0, 99)),
              .currency = static_cast<int>(random_.between(0, 3)),
              .page = static_cast<int>(random_.between(0, 7)),
              .campaign = static_cast<int>(random_.between(0, 2))};
    if (random_.chance(2)) step = last_;
    if (random_.chance(2)) step.time_ms -= 500;
    return last_ = step;
  }

 private:
  support::RandomSource random_{support::test_seed()};
  TimeMs now_ms_ = 1'000'000'000'000;
  std::uint64_t number_ = 0;
  Step last_{.time_ms = now_ms_, .visitor = 1, .delivery = 1, .kind = 0, .currency = 0, .page = 0, .campaign = 0};
};

bool is_conversion(const Step& step) { return step.kind < 10; }
bool is_engagement(const Step& step) { return step.kind >= 80; }
const std::array<const char*, 4> kCurrencies{"EUR", "USD", "JPY", "GBP"};

SessionOptions minute_sessions() {
  SessionOptions options;
  options.timeout_ms = 60'000;
  return options;
}

const std::vector<Rollup> kTwoRollups{
    {.name = "site", .dimensions = {}, .limit = 10},
    {.name = "page", .dimensions = {Dimension::kLandingPage, Dimension::kCampaign}, .limit = 100}};

/// One shard as serve has it, with all it needs, and batches for it.
class ServingShard {
 public:
  /// Operators new while a batch of so many events is applied.
  std::size_t allocations_of_batch(std::size_t event_count, TimeMs apart_ms) {
    batch_.events.clear();
    for (std::size_t i = 0; i < event_count; ++i) batch_.events.push_back(event(visits_.next(apart_ms)));
    batch_.watermark_ms = batch_.newest_ms = batch_.events.back().time_ms - 5000;
    const std::size_t before = test::allocations();
    EXPECT_TRUE(shard_.step(batch_));
    return test::allocations() - before;
  }
  ShardSnapshot snapshot() {
    Batch batch;
    batch.kind = BatchKind::kSnapshot;
    batch.snapshot = ++number_;
    hub_.open(number_, {}, batch_.watermark_ms);
    EXPECT_TRUE(shard_.step(batch));
    return std::move(hub_.wait()->shards.at(0));
  }

 private:
  Event event(const Step& step) {
    Event event;
    event.time_ms = step.time_ms;
    event.visitor = event.session = mix(step.visitor, 1);
    event.delivery = mix(step.delivery, 2);
    event.dimensions.fill(special_.none);
    event.dimensions[static_cast<std::size_t>(Dimension::kSite)] = symbols_.intern("s");
    event.dimensions[static_cast<std::size_t>(Dimension::kLandingPage)] = pages_[static_cast<std::size_t>(step.page)];
    event.dimensions[static_cast<std::size_t>(Dimension::kCampaign)] = pages_[static_cast<std::size_t>(step.campaign)];
    if (is_conversion(step)) {
      event.type = EventType::kConversion;
      event.order = mix(step.delivery, 3);
      event.amount = step.page;
      event.currency = pack_currency(kCurrencies[static_cast<std::size_t>(step.currency)]);
    } else if (is_engagement(step)) {
      event.type = EventType::kEngagement;
      event.amount = 1000;
    }
    return event;
  }
  std::vector<Symbol> make_pages() {
    std::vector<Symbol> pages;
    for (int page = 0; page < 8; ++page) pages.push_back(symbols_.intern(fmt::format("/{}", page)));
    return pages;
  }

  Visits visits_;
  SymbolTable symbols_{Hasher(1), 1000};
  SpecialSymbols special_{symbols_.symbol_of(kNoneLabel), symbols_.symbol_of(kOtherLabel)};
  std::vector<Symbol> pages_ = make_pages();
  FunnelSet funnels_;
  std::unique_ptr<DeadLetters> letters_ = std::move(*DeadLetters::open("", 1 << 20));
  SnapshotHub hub_{1};
  StateCollector states_{1};
  Shard shard_{ShardContext{.sessions = minute_sessions(),
                            .windows = {.rollups = kTwoRollups},
                            .duties = {.windows = true, .counters = true},
                            .contributions = Contributions::kProvisional,
                            .schedule = {},
                            .funnels = funnels_,
                            .symbols = symbols_,
                            .special = special_,
                            .dead_letters = *letters_,
                            .hub = hub_,
                            .states = states_}};
  Batch batch_;
  std::uint64_t number_ = 0;
};

TEST(Allocation, a_warm_shard_of_a_server_allocates_nothing_however_visits_end_and_windows_move) {
  constexpr std::size_t kBatch = 250;
  constexpr std::size_t kBatchesOfReport = 6;
  ServingShard shard;
  std::size_t allocations = 0;
  const auto run = [&](std::size_t batches, TimeMs apart_ms) {
    allocations = 0;
    for (std::size_t i = 0; i < batches; ++i) {
      allocations += shard.allocations_of_batch(kBatch, apart_ms);
      if (i % kBatchesOfReport == 0) shard.snapshot();
    }
  };
  run(200, kBurstMs);
  EXPECT_GT(allocations, 0U) << "cells are made";
  run(100, kStillMs);
  run(300, kStillMs);  // 25 minutes: delivery ids of the burst are forgotten, and the table becomes smaller
  EXPECT_EQ(allocations, 0U) << "of " << 300 * kBatch << " events";
  const ShardSnapshot snapshot = shard.snapshot();
  EXPECT_GT(snapshot.stats[Stat::kDuplicate], 1000);
  EXPECT_GT(snapshot.stats[Stat::kActiveSessions], 50);
  const CellSnapshot& site = snapshot.rollups->at(0).at(0);
  EXPECT_GT(site.all_time[Part::kSessions], 3000);
  EXPECT_GT(site.counters.totals[Part::kOrders], 1000);
  EXPECT_GT(site.windows.at(0)[Part::kSessions], 100);
  EXPECT_EQ(site.all_time.revenue().size(), kCurrencies.size());
}

std::string lines_of_visits(Visits& visits, std::size_t count, TimeMs apart_ms) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const Step step = visits.next(apart_ms);
    fmt::format_to(std::back_inserter(text), R"({{"ts":{},"visitor":"v{}","id":"d{}","site":"s",)", step.time_ms,
                   step.visitor, step.delivery);
    if (is_conversion(step)) {
      fmt::format_to(std::back_inserter(text), R"("type":"conversion","order":"o{}","value":{}.5,"currency":"{}"}})",
                     step.delivery, step.page, kCurrencies[static_cast<std::size_t>(step.currency)]);
    } else if (is_engagement(step)) {
      text += R"("type":"engagement","engaged_ms":1000})";
    } else {
      fmt::format_to(std::back_inserter(text), R"("type":"page_view","url":"https://a.example/{}?utm_campaign=c{}"}})",
                     step.page, step.campaign);
    }
    text += '\n';
  }
  return text;
}

TEST(Allocation, a_warm_replay_allocates_nothing_from_the_text_to_the_sums) {
  constexpr std::size_t kWarmEvents = 60'000;
  constexpr std::size_t kEvents = 60'000;
  Visits visits;
  const std::string warm = lines_of_visits(visits, kWarmEvents, kStillMs);
  const std::string counted = lines_of_visits(visits, kEvents, kStillMs);
  PipelineOptions options;
  options.sessions = minute_sessions();
  options.windows.rollups = kTwoRollups;
  options.shards = 2;
  const SystemClock clock;
  const auto pipeline = std::move(*Pipeline::start({options, PipelineMode::kReplay, 0}, clock));
  const std::unique_ptr<ByteStream> stream = pipeline->open_stream(SourceKind::kFile);
  stream->write(warm);
  const std::size_t before = test::allocations();
  stream->write(counted);
  EXPECT_EQ(test::allocations() - before, 0U) << "of " << kEvents << " events";
  stream->finish();
  EXPECT_EQ(pipeline->finish()->stats.received(), static_cast<std::int64_t>(kWarmEvents + kEvents));
}

}  // namespace
}  // namespace weir
