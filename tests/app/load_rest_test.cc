// When weir load --verify may read a report: whatever a server says, the wait ends, and what it waits for is named.
#include "../../src/app/load_rest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>

namespace weir {
namespace {

using State = RestWatch::State;
constexpr TimeMs kLookMs = 200;

/// Looks every 200 ms, at what a server says at that time, until the watch is over.
template <class Server>
State watched(RestWatch& watch, TimeMs& now_ms, Server server) {
  now_ms = 0;
  while (true) {
    const auto [received, queued] = server(now_ms);
    const State state = watch.look(received, queued, now_ms);
    if (state != State::kBusy || now_ms > 10 * RestWatch::kLongestMs) return state;
    now_ms += kLookMs;
  }
}

struct Seen {
  std::int64_t received = 0;
  std::int64_t queued = 0;
};

TEST(RestWatch, a_server_is_at_rest_when_two_looks_see_nothing_queued_and_nothing_new) {
  RestWatch watch({100, 100});
  EXPECT_EQ(watch.look(100, 7, 0), State::kBusy);
  EXPECT_EQ(watch.look(100, 0, 200), State::kAtRest);
  RestWatch idle({});
  EXPECT_EQ(idle.look(5, 0, 0), State::kBusy) << "nothing says yet that nothing comes";
  EXPECT_EQ(idle.look(6, 0, 200), State::kBusy);
  EXPECT_EQ(idle.look(6, 0, 400), State::kAtRest);
  RestWatch early({100, 100});
  EXPECT_EQ(early.look(99, 0, 0), State::kBusy);
  EXPECT_EQ(early.look(99, 0, 200), State::kBusy) << "one is still to come";
  EXPECT_EQ(early.problem(), "");
}

TEST(RestWatch, other_traffic_ends_the_wait_and_is_named) {
  for (const RestBounds bounds : {RestBounds{0, 0}, RestBounds{1000, 1000}}) {
    RestWatch watch(bounds);
    TimeMs now_ms = 0;
    const auto server = [](TimeMs at_ms) { return Seen{1000 + at_ms / 100, 3}; };
    EXPECT_EQ(watched(watch, now_ms, server), State::kGivenUp);
    EXPECT_EQ(now_ms, RestWatch::kMostGrowths * kLookMs);
    EXPECT_NE(watch.problem().find("other traffic reaches the server"), std::string::npos) << watch.problem();
    EXPECT_NE(watch.problem().find("a server of its own"), std::string::npos) << "the cure";
  }
}

TEST(RestWatch, what_was_sent_may_come_in_slowly) {
  RestWatch watch({1000, 1000});
  TimeMs now_ms = 0;
  const auto server = [](TimeMs at_ms) { return Seen{std::min<std::int64_t>(1000, at_ms / 50), at_ms < 60'000}; };
  EXPECT_EQ(watched(watch, now_ms, server), State::kAtRest);
  EXPECT_EQ(now_ms, 60'000);
}

TEST(RestWatch, a_server_that_never_rests_is_given_up) {
  TimeMs now_ms = 0;
  RestWatch stuck({0, 0});
  EXPECT_EQ(watched(stuck, now_ms, [](TimeMs) { return Seen{10, 4}; }), State::kGivenUp);
  EXPECT_EQ(now_ms, RestWatch::kPatienceMs);
  EXPECT_NE(stuck.problem().find("4 events queued"), std::string::npos) << stuck.problem();
  EXPECT_NE(stuck.problem().find("sessions.lateness"), std::string::npos) << "the cure";
  RestWatch turning({1'000'000, 1'000'000});
  EXPECT_EQ(watched(turning, now_ms, [](TimeMs at_ms) { return Seen{at_ms / 1000, 1}; }), State::kGivenUp);
  EXPECT_EQ(now_ms, RestWatch::kLongestMs);
}

TEST(RestWatch, events_that_will_not_come_any_more_leave_a_report_to_compare) {
  RestWatch watch({100, 100});
  TimeMs now_ms = 0;
  EXPECT_EQ(watched(watch, now_ms, [](TimeMs) { return Seen{99, 0}; }), State::kAtRest);
  EXPECT_EQ(now_ms, RestWatch::kPatienceMs);
  EXPECT_EQ(watch.problem(), "");
}

TEST(LoadVerify, a_server_ahead_of_the_clock_is_waited_for_a_little_and_no_longer) {
  constexpr TimeMs kNowMs = 1'900'000'000'000;
  EXPECT_EQ(problem_of_newest_event(0, kNowMs), "");
  EXPECT_EQ(problem_of_newest_event(kNowMs + 10'000, kNowMs), "");
  const std::string problem = problem_of_newest_event(kNowMs + 3'600'000, kNowMs);
  EXPECT_NE(problem.find("1h ahead of this machine's clock"), std::string::npos) << problem;
  EXPECT_NE(problem.find("set the clocks"), std::string::npos) << "the cure";
}

}  // namespace
}  // namespace weir
