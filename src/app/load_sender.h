// LoadSender: one thread of a load. It sends each request when it is due, on whichever connection is free, and takes
// the answers' times from the schedule. A slow answer never moves the schedule: what cannot be sent in time is sent
// late, and its latency says so.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "load_counts.h"
#include "load_feed.h"
#include "load_options.h"
#include "weir/net/client_connection.h"
#include "weir/net/event_loop.h"
#include "weir/net/wake_timer.h"

namespace weir {

inline constexpr std::int64_t kMsNs = 1'000'000;

struct LoadSenderOptions {
  LoadTarget target;
  double requests_per_second = 1;  // of all senders together
  std::size_t index = 0;           // of this one; it sends requests index, index + senders, ...
  std::size_t senders = 1;
  std::size_t connections = 1;  // of this one
  std::size_t pipeline = 1;
  std::uint64_t batch = 1;   // events of a request
  std::uint64_t events = 0;  // to be sent by all senders; 0: as many as the feed has
  /// Holds a request until its events have happened: a server would count an event of the future at another time. That
  /// is a schedule of its own, in which no request waits for being held.
  bool holds_for_events = false;
  std::int64_t timeout_ns = 0;
  std::int64_t open_again_ns = 100'000'000;  // a connection that failed is opened again after this time
};

/// What a sender did so far, for those who watch.
struct LoadProgress {
  std::uint64_t accepted_events = 0;
  std::uint64_t refused_events = 0;
  std::uint64_t failed_events = 0;
  std::int64_t p99_ns = 0;  // of the last second
};

/// Made, told and joined by one thread; works on one of its own.
class LoadSender final : private ClientConnectionOwner {
 public:
  /// `finished` is called on the sender's thread when the last request has its end.
  LoadSender(LoadSenderOptions options, LoadFeed& feed, std::function<void()> finished);
  ~LoadSender() override;
  LoadSender(const LoadSender&) = delete;
  LoadSender& operator=(const LoadSender&) = delete;

  /// Waits until every connection is open or has failed: empty when one is open, else why the last one failed.
  std::string wait_for_connections() { return connected_.get_future().get(); }
  /// Sends from `start_ns` on, and nothing any more from `end_ns` on. Times of the steady clock.
  void begin(std::int64_t start_ns, std::int64_t end_ns);
  /// Sends nothing any more, and waits for the answers to what was sent. Any thread.
  void stop();
  LoadProgress progress() const;
  /// Waits for the end. Once.
  LoadCounts finish();

 private:
  struct Pending {
    std::int64_t due_ns = 0;
    std::int64_t sent_ns = 0;
    std::uint32_t events = 0;
  };
  /// A connection, and the requests under way on it.
  struct Lane {
    std::unique_ptr<ClientConnection> connection;
    std::deque<Pending> pending;     // in order of sending; at most `pipeline`
    std::int64_t opening_ns = 0;     // since when; 0: not opening
    std::int64_t open_again_ns = 0;  // 0: not to be opened
    bool waits_for_work = false;     // stands in free_
    bool was_open = false;
    bool answered = false;         // since it was opened
    bool closes_politely = false;  // its last answer said that it would
    bool unflushed = false;
  };

  void opened(ClientConnection& connection) override;
  void answered(ClientConnection& connection, const HttpAnswer& answer) override;
  void caught_up(ClientConnection& connection) override;
  void written(ClientConnection& connection) override;
  void closed(ClientConnection& connection, End end, std::string_view why) override;

  void open(Lane& lane);
  void connection_settled(std::string_view problem);
  void offer(Lane& lane);
  /// Sends what is due, and sets the timer for what is next.
  void pump();
  bool has_request(std::int64_t now_ns);
  /// When the next request is due: by the schedule, and when held not before its events have happened.
  std::int64_t next_due_ns() const;
  void send(Lane& lane, std::int64_t due_ns, std::int64_t now_ns);
  void flush_lanes();
  /// A server may close what is idle, or behind an answer that says so: no reason to leave it alone for a while.
  static bool was_polite(const Lane& lane, End end);
  void count_end(const Pending& pending, const LoadOutcome& outcome, std::int64_t now_ns);
  void count_outcome(const Pending& pending, const LoadOutcome& outcome);
  void look_after_lanes();
  void publish(std::int64_t now_ns);
  void count_not_sent(std::int64_t now_ns);
  void count_waiting(std::int64_t now_ns);
  void count_waiting_of_feed(std::int64_t now_ns);
  void finish_if_done();
  std::uint64_t request_number() const { return options_.index + next_ * options_.senders; }

  LoadSenderOptions options_;
  LoadFeed& feed_;
  std::function<void()> finished_;
  EventLoop loop_;
  WakeTimer timer_;
  std::vector<Lane> lanes_;
  std::deque<std::size_t> free_;        // lanes that can take a request
  std::vector<std::size_t> unflushed_;  // lanes with queued bytes
  std::size_t settled_ = 0;             // connections that were opened, or failed, for the first time
  std::promise<std::string> connected_;
  bool is_connected_ = false;  // connected_ was told

  LoadSchedule schedule_;
  std::int64_t system_to_steady_ns_ = 0;  // to be added to a time of the system clock
  std::int64_t end_ns_ = 0;
  bool begun_ = false;
  bool sending_over_ = false;
  bool done_ = false;
  std::uint64_t next_ = 0;  // of this sender's requests
  std::uint64_t under_way_ = 0;
  LoadBlock block_;
  std::size_t block_request_ = 0;
  std::size_t block_byte_ = 0;
  bool feed_was_empty_ = false;
  std::int64_t fed_ns_ = 0;   // when the feed had something again
  std::int64_t wake_ns_ = 0;  // what the timer is set to

  LoadCounts counts_;
  LatencyHistogram last_second_;
  std::int64_t second_began_ns_ = 0;
  mutable std::mutex mutex_;
  LoadProgress progress_;  // guarded by mutex_
  std::thread thread_;     // last: it uses the rest
};

}  // namespace weir
