// The live feed: who gets what and when, with made-up streams and a clock that moves when told to. What is in an event
// is tested with the sinks, what a connection does with net.
#include "../../src/app/live_feed.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "../../src/app/live_query.h"

namespace weir {
namespace {

using nlohmann::json;

/// A reader's connection. Takes pieces unless it is told to be slow.
class FakeStream final : public HttpStream {
 public:
  bool is_open() const override { return open; }
  bool try_send(std::string_view piece) override {
    if (!open || slow) return false;
    pieces.emplace_back(piece);
    return true;
  }
  void close() override { open = false; }

  bool open = true;
  bool slow = false;
  std::vector<std::string> pieces;
};

class LiveFeedTest : public testing::Test {
 protected:
  LiveFeedTest() { publish_report(); }

  /// A newer report, with one more event.
  void publish_report() {
    ++events_;
    publish_same();
  }
  /// A newer report that says the same.
  void publish_same() {
    auto next = std::make_shared<Report>();
    next->number = report_ ? report_->number + 1 : 1;
    next->stats[Stat::kReceivedHttp] = events_;
    next->watermark_ms = clock_.now_ms();
    next->rollup_specs = {{"site", {}, 10}, {"landing", {Dimension::kLandingPage}, 100}};
    next->rollups.resize(2);
    next->windows = {{at_ms_, 300'000, 0, {}}, {at_ms_, 300'000, 1, {}}};
    report_ = std::move(next);
  }

  HttpResponse ask(std::string_view query = "", LiveFeed* feed = nullptr) {
    const HttpRequest request{.method = "GET",
                              .path = kLivePath,
                              .query = query,
                              .body = {},
                              .peer_address = "127.0.0.1",
                              .header = [](std::string_view) { return std::string_view(); },
                              .headers = [](std::string_view) { return std::vector<std::string_view>(); }};
    return (feed == nullptr ? feed_ : *feed).answer(request);
  }

  std::shared_ptr<FakeStream> connect(std::string_view query = "") {
    const HttpResponse response = ask(query);
    EXPECT_EQ(response.status, 200U) << response.body;
    auto stream = std::make_shared<FakeStream>();
    if (response.on_stream) response.on_stream(stream);
    return stream;
  }

  /// What the server does: looks every kLookMs, while reports come at every look.
  void run(TimeMs span_ms) {
    for (TimeMs ms = 0; ms < span_ms; ms += LiveFeed::kLookMs) {
      clock_.advance(LiveFeed::kLookMs);
      publish_report();
      feed_.publish();
    }
  }

  /// Sends an event to everybody, now.
  void send_all() {
    clock_.advance(LiveFeed::kEventMs);
    publish_report();
    feed_.publish();
  }

  std::int64_t stat(Stat stat) const { return feed_.stats()[stat]; }
  static json data_of(std::string_view event) {
    constexpr std::string_view kStart = "data: ";
    EXPECT_TRUE(event.starts_with(kStart) && event.ends_with("\n\n")) << event;
    return json::parse(event.substr(kStart.size()), nullptr, false);
  }

  static constexpr std::size_t kLimit = 3;
  std::int64_t events_ = 0;
  TimeMs at_ms_ = 0;
  ManualClock clock_{1'767'225'600'000};
  std::shared_ptr<const Report> report_;
  LiveFeed feed_{[this] { return report_; }, clock_, kLimit};
};

TEST_F(LiveFeedTest, begins_with_the_newest_report) {
  const HttpResponse response = ask();
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.content_type, "text/event-stream");
  constexpr std::string_view kRetry = "retry: 2000\n\n";
  ASSERT_TRUE(response.body.starts_with(kRetry)) << response.body;
  const json data = data_of(std::string_view(response.body).substr(kRetry.size()));
  EXPECT_EQ(data["number"], 1);
  EXPECT_EQ(data["time"], "2026-01-01T00:00:00.000Z");
  EXPECT_TRUE(response.on_stream);
  EXPECT_EQ(stat(Stat::kLiveStreamsOpen), 0) << "HEAD would end here";
}

TEST_F(LiveFeedTest, sends_at_most_one_event_a_second_and_always_the_newest) {
  const auto stream = connect();
  run(10'000);
  EXPECT_GE(stream->pieces.size(), 9U);
  EXPECT_LE(stream->pieces.size(), 10U);
  std::uint64_t number = 1;
  for (const std::string& piece : stream->pieces) {
    const auto next = data_of(piece)["number"].get<std::uint64_t>();
    EXPECT_GE(next - number, static_cast<std::uint64_t>(LiveFeed::kEventMs / LiveFeed::kLookMs));
    number = next;
  }
}

TEST_F(LiveFeedTest, sends_the_newest_report_again_after_silence) {
  const auto stream = connect();
  run(2000);
  send_all();
  stream->pieces.clear();
  clock_.advance(LiveFeed::kIdleMs - 1);
  feed_.publish();
  EXPECT_TRUE(stream->pieces.empty()) << "nothing is new";
  clock_.advance(1);
  feed_.publish();
  feed_.publish();
  ASSERT_EQ(stream->pieces.size(), 1U);
  EXPECT_TRUE(stream->pieces[0].starts_with("data: ") && stream->pieces[0].ends_with("\n\n")) << stream->pieces[0];
  publish_report();
  feed_.publish();
  EXPECT_EQ(stream->pieces.size(), 1U) << "at most one piece a second";
  clock_.advance(LiveFeed::kEventMs);
  feed_.publish();
  EXPECT_EQ(stream->pieces.size(), 2U);
}

TEST_F(LiveFeedTest, waits_for_something_new_but_not_for_long) {
  const auto stream = connect();
  run(2000);
  send_all();
  stream->pieces.clear();
  for (TimeMs ms = 0; ms < 2500; ms += LiveFeed::kLookMs) {
    clock_.advance(LiveFeed::kLookMs);
    publish_same();
    feed_.publish();
  }
  EXPECT_TRUE(stream->pieces.empty()) << "only time went by";
  clock_.advance(LiveFeed::kLookMs);
  publish_report();
  feed_.publish();
  EXPECT_EQ(stream->pieces.size(), 1U) << "an event after silence is shown at the next look";
  clock_.advance(LiveFeed::kEventMs);
  at_ms_ += 5000;
  publish_same();
  feed_.publish();
  EXPECT_EQ(stream->pieces.size(), 2U) << "the window has moved on";
  clock_.advance(LiveFeed::kIdleMs - 1);
  publish_same();
  feed_.publish();
  EXPECT_EQ(stream->pieces.size(), 2U);
  clock_.advance(1);
  feed_.publish();
  EXPECT_EQ(stream->pieces.size(), 3U) << "it still lives";
}

TEST_F(LiveFeedTest, readers_who_joined_at_different_times_get_events_together) {
  const auto first = connect();
  run(1500);
  const auto second = connect();
  run(3000);
  EXPECT_EQ(first->pieces.back(), second->pieces.back());
  EXPECT_GE(second->pieces.size(), 2U);
}

TEST_F(LiveFeedTest, does_nothing_while_nobody_listens) {
  int asked = 0;
  LiveFeed feed(
      [&] {
        ++asked;
        return report_;
      },
      clock_, kLimit);
  for (int i = 0; i < 100; ++i) feed.publish();
  EXPECT_EQ(asked, 0);
  std::weak_ptr<HttpStream> gone;
  ask("", &feed).on_stream(gone);
  asked = 0;
  for (int i = 0; i < 100; ++i) feed.publish();
  EXPECT_LE(asked, 1) << "the last reader has gone";
}

TEST_F(LiveFeedTest, readers_beyond_the_limit_are_refused_until_one_goes) {
  std::vector<std::shared_ptr<FakeStream>> streams;
  for (std::size_t i = 0; i < kLimit; ++i) streams.push_back(connect());
  EXPECT_EQ(stat(Stat::kLiveStreamsOpen), static_cast<std::int64_t>(kLimit));
  const HttpResponse refused = ask();
  EXPECT_EQ(refused.status, 503U);
  EXPECT_FALSE(refused.on_stream);
  EXPECT_NE(refused.body.find("admin.live_streams"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.headers, (std::vector<std::pair<std::string, std::string>>{{"Retry-After", "5"}}));
  EXPECT_EQ(stat(Stat::kLiveStreamsRefused), 1);
  streams[0]->close();
  streams[1].reset();
  EXPECT_EQ(ask().status, 200U);
  EXPECT_EQ(stat(Stat::kLiveStreamsOpen), 1);
}

TEST_F(LiveFeedTest, a_slow_reader_gets_the_newest_report_once_it_reads_on) {
  const auto stream = connect();
  run(1000);
  stream->pieces.clear();
  stream->slow = true;
  run(LiveFeed::kSlowMs - 2000);
  EXPECT_TRUE(stream->open);
  stream->slow = false;
  run(1000);
  ASSERT_EQ(stream->pieces.size(), 1U) << "what it missed is not made up for";
  EXPECT_GE(data_of(stream->pieces[0])["number"].get<std::uint64_t>() + 10, report_->number);
  stream->slow = true;
  run(LiveFeed::kSlowMs - 2000);
  EXPECT_TRUE(stream->open) << "it is given its time anew";
}

TEST_F(LiveFeedTest, a_reader_that_stays_slow_is_dropped_and_the_others_are_not) {
  const auto slow = connect();
  const auto good = connect();
  slow->slow = true;
  run(LiveFeed::kSlowMs + 3000);
  EXPECT_FALSE(slow->open);
  EXPECT_TRUE(good->open);
  EXPECT_EQ(stat(Stat::kLiveStreamsDropped), 1);
  EXPECT_EQ(stat(Stat::kLiveStreamsOpen), 1);
  EXPECT_GE(good->pieces.size(), 12U);
}

TEST_F(LiveFeedTest, queries_for_what_is_not_there_are_refused_with_what_is) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"window=7m", "no window \\\"7m\\\"; there are 5m"},
      {"rollup=site,nothing", "no rollup \\\"nothing\\\"; there are site, landing"},
      {"rows=0", "from 1 to 200"},
      {"rows=201", "from 1 to 200"},
      {"rows=", "from 1 to 200"},
      {"rows=1e2", "from 1 to 200"},
      {"windows=5m", "there are window, rollup, site, rows"},
      {"%22%0d=1", "no parameter"},
      {"window=%00%ff%0a", "no window"},
  };
  for (const auto& [query, reason] : cases) {
    const HttpResponse response = ask(query);
    EXPECT_EQ(response.status, 400U) << query;
    EXPECT_FALSE(response.on_stream) << query;
    EXPECT_NE(response.body.find(reason), std::string::npos) << query << ": " << response.body;
    EXPECT_FALSE(json::parse(response.body, nullptr, false).is_discarded()) << response.body;
  }
}

TEST(LiveQueryText, is_read_with_and_without_percent_signs) {
  const auto query = parse_live_query("window=5m&rollup=site%2Clanding,,&site=b%C3%BCro+1%2&&rows=200");
  ASSERT_TRUE(query.has_value());
  EXPECT_EQ(query->window, "5m");
  EXPECT_EQ(query->rollups, (std::vector<std::string>{"site", "landing"}));
  EXPECT_EQ(query->site, "büro 1%2");
  EXPECT_EQ(query->rows, 200U);
  const auto empty = parse_live_query("");
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(*empty, LiveQuery{});
  EXPECT_EQ(parse_live_query("site")->site, "");
}

}  // namespace
}  // namespace weir
