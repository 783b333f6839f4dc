// Tests of rollups against a model that keeps every session: distinct visitors, sums and windows, while sessions come,
// go on and land elsewhere.
#include "weir/window/rollups.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "support/random_source.h"
#include "support/seed.h"
#include "window_fixture.h"

namespace weir {
namespace {

using testing_window::Labels;
using testing_window::landing_rollup;

constexpr TimeMs kWindowMs = 60'000;
constexpr TimeMs kStepMs = 1000;

WindowOptions rollup_options(std::size_t cells = 4096) {
  WindowOptions options;
  options.rollups = {{.name = "site", .dimensions = {}, .limit = 10}, landing_rollup(10)};
  options.windows = {kWindowMs};
  options.cells = cells;
  return options;
}

/// Sessions and visitors of the cells of a rollup, by last label.
using Numbers = std::map<std::string, std::pair<std::int64_t, std::int64_t>>;

Numbers numbers_of(const std::vector<CellSnapshot>& cells) {
  Numbers numbers;
  for (const CellSnapshot& cell : cells) {
    const Totals& totals = cell.windows[0];
    if (!totals.empty()) numbers[cell.labels.back()] = {totals[Part::kSessions], totals[Part::kVisitors]};
  }
  return numbers;
}

/// Sessions of a random history, each open for a while, put again at every change.
class History {
 public:
  History(support::RandomSource& random, RollupDuties duties)
      : random_(random), rollups_(rollup_options(), duties, funnels_, labels_.symbols, labels_.special()) {}

  void step(TimeMs now_ms) {
    rollups_.advance(now_ms);
    if (open_.empty() || random_.chance(50)) {
      const bool landed = random_.chance(60);
      SessionFacts facts = labels_.session("s", landed ? random_page() : std::string(kNoneLabel), now_ms);
      facts.visitor = mix(static_cast<std::uint64_t>(random_.between(1, 4)), 1);
      if (!landed) facts.page_views = 0;
      put(facts);
      open_.push_back(facts);
    } else {
      change();
    }
  }
  /// Compares windows at `now_ms`, a multiple of the step, with the definition.
  void expect_model_at(TimeMs now_ms) {
    rollups_.advance(now_ms);
    std::map<std::string, std::set<std::uint64_t>> visitors[2];
    Numbers expected[2];
    for (const auto& sessions : {open_, closed_}) {
      for (const SessionFacts& facts : sessions) {
        if (facts.start_ms <= now_ms - kWindowMs || facts.start_ms > now_ms) continue;
        const std::string keys[2] = {"s", facts.landed ? *labels_.symbols.text(facts.dimensions[testing_window::kPage])
                                                       : std::string(kNoneLabel)};
        for (int r = 0; r < 2; ++r) {
          ++expected[r][keys[r]].first;
          visitors[r][keys[r]].insert(facts.visitor);
          expected[r][keys[r]].second = static_cast<std::int64_t>(visitors[r][keys[r]].size());
        }
      }
    }
    const RollupsSnapshot snapshot = *rollups_.snapshot(now_ms);
    for (std::size_t r = 0; r < 2; ++r) ASSERT_EQ(numbers_of(snapshot[r]), expected[r]) << "at " << now_ms;
  }

 private:
  std::string random_page() { return "/" + std::to_string(random_.between(1, 3)); }
  void put(SessionFacts& facts) {
    facts.put_sequence = rollups_.put(facts);
    facts.visit = VisitState::kSame;
  }
  void change() {
    const auto at = static_cast<std::size_t>(random_.between(0, static_cast<std::int64_t>(open_.size()) - 1));
    SessionFacts& facts = open_[at];
    rollups_.take_back(facts);
    ++facts.page_views;
    if (!facts.landed) {
      facts.landed = true;
      facts.dimensions = labels_.dimensions("s", random_page());
      facts.visit = VisitState::kMoved;
    }
    put(facts);
    if (!random_.chance(40)) return;
    rollups_.closed(facts);
    closed_.push_back(facts);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  support::RandomSource& random_;
  Labels labels_;
  FunnelSet funnels_;
  Rollups rollups_;
  std::vector<SessionFacts> open_;
  std::vector<SessionFacts> closed_;
};

TEST(Rollups, sessions_and_distinct_visitors_of_a_window_are_those_of_the_definition) {
  support::RandomSource random(support::test_seed());
  for (const bool serve : {true, false}) {
    for (int round = 0; round < 10; ++round) {
      History history(random, {.windows = true, .counters = serve});
      TimeMs now_ms = 1'000'000;
      for (int i = 0; i < 300; ++i) {
        now_ms += random.pick({1, 400, 1000, 9000, 70'000});
        history.step(now_ms);
        now_ms = (now_ms + kStepMs - 1) / kStepMs * kStepMs;
        if (random.chance(30)) history.expect_model_at(now_ms);
        if (testing::Test::HasFatalFailure()) return;
      }
    }
  }
}

TEST(Rollups, a_visitor_who_keeps_coming_back_is_one_visitor_in_every_window) {
  Labels labels;
  const FunnelSet funnels;
  Rollups rollups(rollup_options(), {.windows = true, .counters = true}, funnels, labels.symbols, labels.special());
  for (TimeMs now_ms = 1'000'000; now_ms < 2'000'000; now_ms += 7000) {
    rollups.advance(now_ms);
    SessionFacts facts = labels.session("s", "/", now_ms);
    facts.visitor = 77;
    rollups.put(facts);
    const RollupsSnapshot snapshot = *rollups.snapshot(now_ms);
    ASSERT_EQ(numbers_of(snapshot[1]).at("/").second, 1) << "at " << now_ms;
  }
}

TEST(Rollups, what_is_put_and_taken_back_leaves_nothing_however_cells_fold) {
  support::RandomSource random(support::test_seed());
  Labels labels;
  const FunnelSet funnels;
  WindowOptions options = rollup_options(1);
  for (Rollup& rollup : options.rollups) rollup.limit = 1;  // eight cells a rollup
  Rollups rollups(options, {.windows = true, .counters = true}, funnels, labels.symbols, labels.special());
  std::vector<SessionFacts> put;
  std::int64_t closed = 0;
  for (int i = 0; i < 4000; ++i) {
    if (!put.empty() && random.chance(45)) {
      random.shuffle(put);
      rollups.take_back(put.back());
      put.pop_back();
      continue;
    }
    SessionFacts facts = labels.session("s", "/" + std::to_string(random.between(1, 30)), random.between(1, 30'000));
    facts.put_sequence = rollups.put(facts);
    if (random.chance(30)) {
      rollups.closed(facts);
      ++closed;
    }
    put.push_back(facts);
  }
  EXPECT_GT(rollups.cells_folded(), 0);
  const auto expect_sums = [&](std::int64_t sessions) {
    for (const std::vector<CellSnapshot>& cells : *rollups.snapshot(30'000)) {
      std::int64_t all_time = 0, window = 0, counted = 0;
      for (const CellSnapshot& cell : cells) {
        EXPECT_GE(cell.all_time[Part::kSessions], 0);
        EXPECT_GE(cell.windows[0][Part::kSessions], 0);
        all_time += cell.all_time[Part::kSessions];
        window += cell.windows[0][Part::kSessions];
        counted += cell.counters.totals[Part::kSessions];
      }
      EXPECT_EQ(all_time, sessions);
      EXPECT_EQ(window, sessions);
      EXPECT_EQ(counted, closed);
    }
  };
  expect_sums(static_cast<std::int64_t>(put.size()));
  for (const SessionFacts& facts : put) rollups.take_back(facts);
  expect_sums(0);
}

TEST(Rollups, a_window_snapshot_holds_only_cells_with_sessions_in_the_window) {
  Labels labels;
  const FunnelSet funnels;
  Rollups rollups(rollup_options(), {.windows = true, .counters = false}, funnels, labels.symbols, labels.special());
  rollups.put(labels.session("s", "/old", 1000));
  rollups.put(labels.session("s", "/new", 61'000));
  const RollupsSnapshot snapshot = rollups.window_snapshot(0, 61'000);
  ASSERT_EQ(snapshot[1].size(), 1U);
  EXPECT_EQ(snapshot[1][0].labels, (std::vector<std::string>{"s", "/new"}));
}

TEST(Rollups, a_snapshot_is_made_anew_only_when_it_would_say_something_else) {
  Labels labels;
  const FunnelSet funnels;
  Rollups rollups(rollup_options(), {.windows = true, .counters = true}, funnels, labels.symbols, labels.special());
  SessionFacts facts = labels.session("s", "/", 10'500);
  auto before = rollups.snapshot(10'500);
  const auto is_new = [&](TimeMs at_ms) {
    rollups.advance(at_ms);
    auto now = rollups.snapshot(at_ms);
    const bool changed = now != before;
    before = std::move(now);
    return changed;
  };
  EXPECT_FALSE(is_new(10'500));
  facts.put_sequence = rollups.put(facts);
  EXPECT_TRUE(is_new(10'500));
  EXPECT_FALSE(is_new(10'501));
  EXPECT_FALSE(is_new(11'000)) << "the same pane: windows end at its end";
  EXPECT_TRUE(is_new(11'001));
  EXPECT_FALSE(is_new(12'000));
  rollups.take_back(facts);
  EXPECT_TRUE(is_new(12'000));
  EXPECT_EQ(before->at(0).at(0).windows.at(0)[Part::kSessions], 0);
  facts.put_sequence = rollups.put(facts);
  rollups.closed(facts);
  EXPECT_TRUE(is_new(12'000));
  EXPECT_FALSE(is_new(12'000));
  rollups.closed(facts);
  EXPECT_TRUE(is_new(12'000));
  EXPECT_TRUE(is_new(10'500 + kWindowMs + kStepMs));
  EXPECT_EQ(before->at(0).at(0).windows.at(0)[Part::kSessions], 0) << "it has left the window";
}

}  // namespace
}  // namespace weir
