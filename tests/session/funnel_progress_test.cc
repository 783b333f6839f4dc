// Tests of how far sessions get in funnels and of what they are said to have done then, and that provisional
// contributions always add up to the sessions as they stand.
#include <gtest/gtest.h>

#include "recording_observer.h"
#include "support/random_source.h"
#include "support/seed.h"
#include "weir/session/sessionizer.h"

namespace weir {
namespace {

using testing_session::add_to;
using testing_session::RecordingObserver;
using testing_session::Sums;

constexpr Symbol kNone = 999;

/// Two funnels: of three steps (bits 0..2) and of two (bits 3 and 4).
FunnelSet two_funnels() {
  const auto step = [](const char* name) {
    return FunnelStep{.name = name, .kind = FunnelStep::Kind::kPage, .pattern = "/"};
  };
  return FunnelSet(
      {{.name = "three", .steps = {step("a"), step("b"), step("c")}}, {.name = "two", .steps = {step("a"), step("b")}}},
      3000);
}

/// One event of a script: the steps it matches and what is wrong with it.
struct Act {
  std::uint64_t steps = 0;
  bool failed = false;
  bool slow = false;
  EventType type = EventType::kPageView;
};

struct Script {
  const char* name;
  std::vector<Act> acts;
  std::uint8_t reached;
  LeakCause cause;
};

TEST(FunnelProgress, follows_the_contract) {
  constexpr std::uint64_t kA = 1, kB = 2, kC = 4;
  const Act wander{}, error{.failed = true, .type = EventType::kError}, slow{.slow = true},
      custom{.type = EventType::kCustom};
  const Script scripts[] = {
      {"nothing matched", {wander, error}, 0, LeakCause::kLeft},
      {"a later step alone takes nothing", {{kB}, {kC}}, 0, LeakCause::kLeft},
      {"steps in order", {{kA}, {kB}, {kC}}, 3, LeakCause::kLeft},
      {"others may lie between", {{kA}, wander, {kB}, error, {kC}}, 3, LeakCause::kLeft},
      {"out of order", {{kB}, {kA}, {kC}}, 1, LeakCause::kWandered},
      {"one event takes one step", {{kA | kB | kC}}, 1, LeakCause::kLeft},
      {"the same event again takes the next", {{kA | kB}, {kA | kB}}, 2, LeakCause::kLeft},
      {"left after the first", {{kA}}, 1, LeakCause::kLeft},
      {"wandered", {{kA}, wander}, 1, LeakCause::kWandered},
      {"a custom event is no wandering", {{kA}, custom}, 1, LeakCause::kLeft},
      {"slow is worse than wandered", {{kA}, slow, wander}, 1, LeakCause::kSlow},
      {"error is worse than slow", {{kA}, slow, error, wander}, 1, LeakCause::kError},
      {"a failed page counts as error", {{kA}, {.failed = true}}, 1, LeakCause::kError},
      {"a step forgets what was before it", {{kA}, error, {kB}, wander}, 2, LeakCause::kWandered},
      {"what happened before the first step does not matter", {error, slow, {kA}}, 1, LeakCause::kLeft},
      {"nothing leaks past the last step", {{kA}, {kB}, {kC}, error}, 3, LeakCause::kLeft},
      {"the other funnel goes its own way", {{8}, {16}, {kA}}, 1, LeakCause::kLeft},
  };
  const FunnelSet funnels = two_funnels();
  for (const Script& script : scripts) {
    RecordingObserver observer;
    Sessionizer sessionizer(SessionOptions{}, funnels, Contributions::kProvisional, kNone, observer);
    for (const Act& act : script.acts) {  // all of one time: order of arrival decides
      Event event;
      event.visitor = event.session = 1;
      event.time_ms = 1000;
      event.type = act.type;
      event.steps = act.steps;
      event.failed = act.failed;
      event.slow = act.slow;
      sessionizer.apply(event);
      sessionizer.publish();
    }
    sessionizer.close_all();
    ASSERT_EQ(observer.sessions.size(), 1U) << script.name;
    EXPECT_EQ(observer.sessions[0].facts.funnels[0].reached, script.reached) << script.name;
    EXPECT_EQ(observer.sessions[0].facts.funnels[0].cause, script.cause) << script.name;
  }
}

TEST(PackedProgress, holds_the_longest_funnel) {
  PackedProgress progress;
  for (std::size_t step = 1; step <= kMaxFunnelSteps; ++step) {
    progress.note(LeakCause::kError);
    progress.take_step();
    EXPECT_EQ(progress.reached(), step);
    EXPECT_EQ(progress.cause(), LeakCause::kLeft);
  }
}

Event random_event(support::RandomSource& random, TimeMs time_ms) {
  Event event;
  event.time_ms = time_ms;
  event.visitor = event.session = static_cast<std::uint64_t>(random.between(1, 12));
  event.type = static_cast<EventType>(random.between(0, static_cast<std::int64_t>(EventType::kCount) - 1));
  event.dimensions.fill(kNone);
  if (event.type == EventType::kPageView) {
    event.dimensions[static_cast<std::size_t>(Dimension::kLandingPage)] = static_cast<Symbol>(random.between(1, 5));
  }
  event.steps = static_cast<std::uint64_t>(random.between(0, 31));
  event.failed = random.chance(10);
  event.slow = random.chance(10);
  event.amount = static_cast<double>(random.pick({0, 0, 3, 4000, 12'000}));
  event.currency = random.chance(50) ? kDollar : pack_currency("EUR");
  if (event.type == EventType::kConversion) event.order = static_cast<std::uint64_t>(random.pick({0, 1, 2, 3}));
  return event;
}

/// The same events give the same closed sessions whether contributions are provisional or final, and at every publish
/// what is put in is exactly the closed sessions plus the open ones as they stand, which is what would be put in if the
/// stream ended there.
TEST(Sessionizer, provisional_contributions_add_up_to_the_sessions_as_they_stand) {
  support::RandomSource random(support::test_seed());
  const FunnelSet funnels = two_funnels();
  SessionOptions options;
  options.timeout_ms = 1000;
  options.max_duration_ms = 8000;
  for (int round = 0; round < 25; ++round) {
    options.sessions = random.chance(50) ? 6 : 100;
    RecordingObserver provisional;
    Sessionizer sessionizer(options, funnels, Contributions::kProvisional, kNone, provisional);
    std::vector<Event> events;
    TimeMs time_ms = 0;
    for (int i = 0; i < 150; ++i) {
      time_ms += random.pick({0, 1, 50, 300, 1001});
      events.push_back(random_event(random, time_ms));
      sessionizer.apply(events.back());
      if (!random.chance(30)) continue;
      sessionizer.publish();
      RecordingObserver final_observer;
      Sessionizer whole(options, funnels, Contributions::kFinal, kNone, final_observer);
      for (const Event& event : events) whole.apply(event);
      whole.close_all();
      Sums expected;
      for (const auto& session : final_observer.sessions) add_to(expected, session, +1);
      ASSERT_TRUE(provisional.present == expected) << "after event " << i;
    }
    sessionizer.close_all();
    Sums closed;
    for (const auto& session : provisional.sessions) add_to(closed, session, +1);
    EXPECT_TRUE(provisional.present == closed);
  }
}

}  // namespace
}  // namespace weir
