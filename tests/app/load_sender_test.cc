// LoadSender against a server of ours: which requests it sends, holds, and counts as not sent.
#include "../../src/app/load_sender.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "support/io_thread.h"
#include "support/raw_server.h"
#include "weir/core/clock.h"
#include "weir/net/http_server.h"

namespace weir {
namespace {

constexpr std::uint64_t kRequests = 20;
constexpr std::int64_t kHourNs = 3'600'000'000'000;
constexpr std::int64_t kSoonNs = 100'000'000;
constexpr TimeMs kHourMs = 3'600'000;

class LoadSenderTest : public testing::Test {
 protected:
  LoadSenderTest() {
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    const auto answer = [this](const HttpRequest&) {
      HttpResponse response{.status = 204, .content_type = {}, .body = {}, .headers = {}};
      if (closes_) response.headers.emplace_back("Connection", "close");
      return response;
    };
    auto server = thread_.run([&] { return HttpServer::listen(thread_.io(), options, answer, nullptr, true); });
    if (!server) {
      ADD_FAILURE() << server.error().message;
      return;
    }
    server_ = std::move(*server);
    sender_options_.target.address = {"127.0.0.1", server_->port()};
    sender_options_.target.path = "/";
    sender_options_.requests_per_second = 1e6;
    sender_options_.timeout_ns = kHourNs;
    sender_options_.events = kRequests;
    feed_options_.head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
    feed_options_.events = kRequests;
    feed_options_.visits.keep_truth = false;
    feed_options_.visits.start_ms = SystemClock().now_ms() + kHourMs;  // no event has happened yet
  }
  ~LoadSenderTest() override {
    thread_.run([this] { server_.reset(); });
  }

  /// Runs a sender whose requests are all due; `stopped` before it can have sent all.
  LoadCounts counts(bool stopped, std::int64_t end_ns = kHourNs) {
    LoadFeed feed(feed_options_);
    std::promise<void> finished;
    LoadSender sender(sender_options_, feed, [&finished] { finished.set_value(); });
    EXPECT_EQ(sender.wait_for_connections(), "");
    feed.wait_until_full();
    sender.begin(steady_ns() - kHourNs, steady_ns() + end_ns);
    if (stopped) sender.stop();
    finished.get_future().wait();
    return sender.finish();
  }

  std::atomic<bool> closes_{false};
  support::IoThread thread_;
  std::unique_ptr<HttpServer> server_;
  LoadSenderOptions sender_options_;
  LoadFeedOptions feed_options_;
};

TEST_F(LoadSenderTest, events_of_the_future_do_not_move_the_schedule) {
  const LoadCounts found = counts(false);
  EXPECT_EQ(found.accepted.requests, kRequests);
  EXPECT_EQ(found.not_sent.requests, 0U);
  EXPECT_EQ(found.latency.count(), kRequests);
}

TEST_F(LoadSenderTest, held_requests_have_not_waited) {
  sender_options_.events = 0;
  sender_options_.holds_for_events = true;
  feed_options_.events = 0;
  feed_options_.visits.sessions = kRequests;
  const LoadCounts found = counts(true);
  EXPECT_EQ(found.sent.requests, 0U);
  EXPECT_EQ(found.not_sent.requests, 0U);
  EXPECT_EQ(found.latency.count(), 0U);
}

TEST_F(LoadSenderTest, visits_not_sent_are_those_there_are) {
  sender_options_.events = 0;
  sender_options_.holds_for_events = true;
  feed_options_.events = 0;
  feed_options_.visits.sessions = kRequests;
  feed_options_.visits.start_ms = SystemClock().now_ms() - 10'000 * kHourMs;  // all have happened
  std::string line;
  std::uint64_t events = 0;
  for (Generator generator(feed_options_.visits); generator.next(line);) ++events;
  const LoadCounts found = counts(true);
  EXPECT_EQ(found.sent.events + found.not_sent.events, events);
  EXPECT_EQ(found.latency.count(), found.accepted.requests + found.not_sent.requests);
}

TEST_F(LoadSenderTest, a_connection_closed_behind_its_answer_fails_no_request) {
  closes_ = true;
  sender_options_.events = feed_options_.events = 3;
  const LoadCounts found = counts(false);
  EXPECT_EQ(found.accepted.requests, 3U);
  EXPECT_GE(found.reconnects, 2U);
  EXPECT_TRUE(found.errors.empty()) << found.errors.begin()->first;
}

TEST_F(LoadSenderTest, behind_a_polite_close_it_connects_again_at_once) {
  closes_ = true;
  sender_options_.open_again_ns = 2 * kHourNs;
  const LoadCounts found = counts(false);
  EXPECT_EQ(found.accepted.requests, kRequests);
  EXPECT_EQ(found.not_sent.requests, 0U);
}

TEST_F(LoadSenderTest, a_connection_that_fails_is_left_alone_for_a_while) {
  support::RawServer raw({"HTTP/1.1 204 No Content\r\n\r\nno answer at all"});
  sender_options_.target.address.port = raw.port();
  sender_options_.open_again_ns = 2 * kHourNs;
  const LoadCounts found = counts(false, kSoonNs);
  EXPECT_EQ(raw.connections(), 1);
  EXPECT_EQ(found.reconnects, 0U);
  EXPECT_GT(found.not_sent.requests, 0U);
}

TEST_F(LoadSenderTest, an_answer_may_end_with_its_connection) {
  support::RawServer raw({"HTTP/1.0 200 OK\r\n\r\n{\"accepted\":0,\"rejected\":1}", true});
  sender_options_.target.address.port = raw.port();
  sender_options_.open_again_ns = 2 * kHourNs;
  const LoadCounts found = counts(false);
  EXPECT_EQ(found.rejected.requests, kRequests);
  EXPECT_EQ(found.failed.requests, 0U);
}

TEST_F(LoadSenderTest, http_1_0_is_one_request_a_connection_unless_it_says_keep_alive) {
  const std::string words[] = {"", "Connection: keep-alive\r\n"};
  for (const std::string& field : words) {
    support::RawServer raw({"HTTP/1.0 200 OK\r\n" + field + "Content-Length: 2\r\n\r\nok"});
    sender_options_.target.address.port = raw.port();
    sender_options_.open_again_ns = 2 * kHourNs;
    const LoadCounts found = counts(false);
    EXPECT_EQ(found.accepted.requests, kRequests);
    EXPECT_EQ(found.failed.requests, 0U);
    // The server closes nothing here: without keep-alive the client has to know by itself.
    const int expected = field.empty() ? static_cast<int>(kRequests) : 1;
    EXPECT_GE(raw.connections(), expected);
    EXPECT_LE(raw.connections(), field.empty() ? expected + 1 : expected) << "one more may wait for what does not come";
  }
}

TEST_F(LoadSenderTest, what_was_due_and_not_sent_has_the_events_asked_for) {
  sender_options_.batch = feed_options_.batch = 8;  // the last request has four
  const LoadCounts found = counts(true);
  EXPECT_EQ(found.sent.events + found.not_sent.events, kRequests);
  EXPECT_EQ(found.latency.count(), found.accepted.requests + found.not_sent.requests);
}

}  // namespace
}  // namespace weir
