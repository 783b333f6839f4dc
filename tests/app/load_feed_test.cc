// The events of weir load: shared among senders, counted, and at times that run with the schedule.
#include "../../src/app/load_feed.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../../src/app/load_run.h"
#include "weir/app/generator.h"
#include "weir/core/clock.h"

namespace weir {
namespace {

/// All requests of a feed, sender by sender.
std::vector<std::vector<std::string>> all_requests(LoadFeed& feed, std::size_t senders) {
  std::vector<std::vector<std::string>> requests(senders);
  LoadBlock block;
  for (std::size_t sender = 0; sender < senders; ++sender) {
    while (true) {
      const LoadFeed::State state = feed.take(sender, block);
      if (state == LoadFeed::State::kEnded) break;
      if (state == LoadFeed::State::kNotYet) continue;
      std::size_t at = 0;
      for (const LoadBlock::Request& request : block.requests) {
        requests[sender].push_back(block.bytes.substr(at, request.size));
        at += request.size;
      }
      EXPECT_EQ(at, block.bytes.size());
    }
  }
  return requests;
}

TEST(LoadFeed, senders_get_requests_in_turn_and_the_truth_covers_whole_visits) {
  LoadFeedOptions options;
  options.visits.sessions = 200;
  options.batch = 7;
  options.senders = 2;
  options.requests_per_block = 5;
  std::string expected;
  Generator generator(options.visits);
  for (std::string line; generator.next(line);) expected += line + "\n";

  LoadFeed feed(options);
  const auto requests = all_requests(feed, 2);
  std::string sent;
  for (std::size_t i = 0; i < requests[0].size() + requests[1].size(); ++i) sent += requests[i % 2][i / 2];
  EXPECT_EQ(sent, expected);
  feed.stop();
  EXPECT_EQ(feed.truth_json(), render_truth_json(generator.truth()));
}

TEST(LoadFeed, a_number_of_events_is_exact_and_has_no_truth) {
  LoadFeedOptions options;
  options.visits.sessions = 1'000'000;
  options.visits.keep_truth = false;
  options.head = "POST / HTTP/1.1\r\nContent-Length: ";
  options.batch = 4;
  options.events = 10;
  LoadFeed feed(options);
  const auto requests = all_requests(feed, 1);
  ASSERT_EQ(requests[0].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string& request = requests[0][i];
    const std::size_t body = request.find("\r\n\r\n") + 4;
    EXPECT_TRUE(request.starts_with(options.head + std::to_string(request.size() - body) + "\r\n\r\n")) << request;
    EXPECT_EQ(std::ranges::count(request.substr(body), '\n'), i < 2 ? 4 : 2);
  }
  feed.stop();
  EXPECT_EQ(feed.truth_json(), "");
}

TEST(LoadFeed, a_sender_that_stands_still_keeps_no_other_waiting_and_loses_nothing) {
  LoadFeedOptions options;
  options.visits.sessions = 1'000'000;
  options.visits.keep_truth = false;
  options.batch = 1000;
  options.events = 200'500;
  options.senders = 2;
  LoadFeed feed(options);
  std::vector<std::uint64_t> events(2);
  std::size_t bytes = 0;
  LoadBlock block;
  for (const std::size_t sender : {0U, 1U}) {  // the other one takes nothing at all meanwhile
    while (true) {
      const LoadFeed::State state = feed.take(sender, block);
      if (state == LoadFeed::State::kEnded) break;
      if (state == LoadFeed::State::kNotYet) continue;
      bytes += block.bytes.size();
      for (const LoadBlock::Request& request : block.requests) events[sender] += request.events;
    }
  }
  EXPECT_GT(bytes, 2 * LoadFeed::kAheadBytes) << "all of it fits ahead: nothing was tested";
  EXPECT_EQ(events, (std::vector<std::uint64_t>{100'500, 100'000}));
}

TEST(LoadFeed, large_requests_make_no_large_blocks) {
  LoadFeedOptions options;
  options.visits.sessions = 1'000'000;
  options.visits.keep_truth = false;
  options.batch = 2000;
  options.events = 200'000;
  options.senders = 4;
  options.requests_per_block = 256;
  LoadFeed feed(options);
  LoadBlock block;
  std::size_t blocks = 0;
  for (LoadFeed::State state{}; (state = feed.take(0, block)) != LoadFeed::State::kEnded;) {
    if (state == LoadFeed::State::kNotYet) continue;
    const std::size_t before_last = block.bytes.size() - block.requests.back().size;
    EXPECT_LT(before_last, LoadFeed::kAheadBytes / options.senders / LoadFeed::kBlocksAhead);
    ++blocks;
  }
  EXPECT_GT(blocks, 2U);
}

TEST(LoadFeed, runs_have_visitors_of_their_own) {
  LoadCommand command;
  command.seed = 7;
  const ManualClock clock(1'900'000'000'000);
  const LoadVisits first = visits_of(command, clock);
  const LoadVisits second = visits_of(command, clock);
  EXPECT_EQ(first.options.seed, 7U);
  EXPECT_NE(first.options.visitor_prefix, second.options.visitor_prefix);
  Generator generator(first.options);
  std::string line;
  ASSERT_TRUE(generator.next(line));
  EXPECT_NE(line.find(first.options.visitor_prefix), std::string::npos) << line;
}

TEST(LoadFeed, no_two_events_of_a_visit_share_a_time_as_connections_keep_no_order) {
  LoadCommand command;
  command.seed = 7;
  Generator generator(visits_of(command, ManualClock(1'900'000'000'000)).options);
  std::map<std::string, std::string> last_time_by_visitor;
  std::string line;
  for (int i = 0; i < 20'000; ++i) {
    ASSERT_TRUE(generator.next(line));
    const nlohmann::json event = nlohmann::json::parse(line);
    const std::string time = event["ts"].dump();
    std::string& last_time = last_time_by_visitor[event["visitor"].dump()];
    ASSERT_NE(time, last_time) << line;
    last_time = time;
  }
}

TEST(LoadFeed, event_times_run_with_the_schedule) {
  const ManualClock clock(1'900'000'000'000);
  for (const double rate : {20.0, 500.0, 5000.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      LoadCommand command;
      command.verify = "http://127.0.0.1:9464";
      command.seed = seed;
      command.rate = rate;
      const LoadVisits visits = visits_of(command, clock);
      EXPECT_EQ(problem_of(visits.options), "");
      Generator generator(visits.options);
      std::string line;
      std::size_t lines = 0;
      TimeMs newest_ms = -1'000'000;
      TimeMs oldest_ms = -1'000'000;
      for (; generator.next(line); ++lines) {
        const TimeMs due_ms = clock.now_ms() + static_cast<TimeMs>(static_cast<double>(lines) * 1000 / rate);
        newest_ms = std::max(newest_ms, generator.time_ms() - due_ms);
        oldest_ms = std::max(oldest_ms, due_ms - generator.time_ms());
      }
      SCOPED_TRACE(fmt::format("rate {}, seed {}", rate, seed));
      EXPECT_NEAR(static_cast<double>(lines), rate * 10, rate * 2);
      EXPECT_LT(newest_ms, 2000) << "requests wait until their events have happened";
      EXPECT_LT(oldest_ms, 10'000);
    }
  }
}

}  // namespace
}  // namespace weir
