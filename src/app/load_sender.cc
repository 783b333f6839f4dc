#include "load_sender.h"

#include <algorithm>

#include "weir/core/check.h"
#include "weir/core/clock.h"

namespace weir {
namespace {

constexpr std::int64_t kTickMs = 50;
constexpr std::int64_t kFeedAgainNs = 200'000;  // looks for requests that are still being made
constexpr std::int64_t kSecondNs = 1'000'000'000;

}  // namespace

LoadSender::LoadSender(LoadSenderOptions options, LoadFeed& feed, std::function<void()> finished)
    : options_(std::move(options)),
      feed_(feed),
      finished_(std::move(finished)),
      timer_(loop_, [this] { pump(); }),
      lanes_(options_.connections) {
  using Answers = ClientConnection::Answers;
  const Answers answers = options_.target.kind == LoadTarget::Kind::kHttp ? Answers::kHttp : Answers::kNone;
  ClientConnectionOwner& owner = *this;
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    lanes_[i].connection = std::make_unique<ClientConnection>(loop_, owner, options_.target.address, answers, i);
  }
  loop_.every(kTickMs, [this] { look_after_lanes(); });
  thread_ = std::thread([this] {
    for (Lane& lane : lanes_) open(lane);
    loop_.run();
  });
}

LoadSender::~LoadSender() {
  if (!thread_.joinable()) return;
  loop_.stop();
  thread_.join();
}

void LoadSender::begin(std::int64_t start_ns, std::int64_t end_ns) {
  loop_.post([this, start_ns, end_ns] {
    schedule_ = {start_ns, options_.requests_per_second};
    end_ns_ = end_ns;
    second_began_ns_ = start_ns;
    system_to_steady_ns_ = steady_ns() - SystemClock().now_ms() * kMsNs;
    begun_ = true;
    pump();
  });
}

void LoadSender::stop() {
  loop_.post([this] {
    if (!begun_ || sending_over_) return;
    count_not_sent(steady_ns());
    finish_if_done();
  });
}

LoadProgress LoadSender::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

LoadCounts LoadSender::finish() {
  thread_.join();
  return std::move(counts_);
}

void LoadSender::open(Lane& lane) {
  lane.open_again_ns = 0;
  lane.answered = false;
  lane.closes_politely = false;
  lane.opening_ns = steady_ns();
  lane.connection->open();
}

void LoadSender::opened(ClientConnection& connection) {
  Lane& lane = lanes_[connection.number()];
  lane.opening_ns = 0;
  if (is_connected_) ++counts_.reconnects;
  lane.was_open = true;
  connection_settled({});
  offer(lane);
  pump();
}

/// The first time each connection is open or has failed.
void LoadSender::connection_settled(std::string_view problem) {
  if (is_connected_ || ++settled_ < lanes_.size()) return;
  is_connected_ = true;
  const bool any = std::ranges::any_of(lanes_, &Lane::was_open);
  connected_.set_value(any ? std::string() : std::string(problem));
}

void LoadSender::offer(Lane& lane) {
  if (lane.waits_for_work || lane.pending.size() >= options_.pipeline) return;
  lane.waits_for_work = true;
  free_.push_back(lane.connection->number());
}

void LoadSender::pump() {
  wake_ns_ = 0;
  if (!begun_) return;
  if (sending_over_) return finish_if_done();
  const std::int64_t now_ns = steady_ns();
  while (!free_.empty() && has_request(now_ns)) {
    const std::int64_t due_ns = next_due_ns();
    if (due_ns > now_ns) {
      wake_ns_ = due_ns;
      break;
    }
    Lane& lane = lanes_[free_.front()];
    free_.pop_front();
    lane.waits_for_work = false;
    if (!lane.connection->is_open()) continue;
    send(lane, due_ns, now_ns);
    offer(lane);
  }
  flush_lanes();
  if (wake_ns_ == 0 && !sending_over_ && !free_.empty()) wake_ns_ = now_ns;  // a stream took all at once
  if (wake_ns_ != 0) timer_.wake_at(wake_ns_);
  finish_if_done();
}

std::int64_t LoadSender::next_due_ns() const {
  const std::int64_t due_ns = schedule_.due_ns(request_number());
  if (!options_.holds_for_events) return due_ns;
  const TimeMs happened_ms = block_.requests[block_request_].newest_ms + 1;  // a server's millisecond may begin later
  return std::max(due_ns, happened_ms * kMsNs + system_to_steady_ns_);
}

bool LoadSender::has_request(std::int64_t now_ns) {
  if (block_request_ < block_.requests.size()) return true;
  const LoadFeed::State state = feed_.take(options_.index, block_);
  block_request_ = 0;
  block_byte_ = 0;
  if (state == LoadFeed::State::kReady) {
    if (feed_was_empty_) fed_ns_ = now_ns;
    feed_was_empty_ = false;
    return true;
  }
  block_.requests.clear();
  if (state == LoadFeed::State::kEnded) {
    sending_over_ = true;
  } else {
    feed_was_empty_ = true;
    wake_ns_ = now_ns + kFeedAgainNs;
  }
  return false;
}

void LoadSender::send(Lane& lane, std::int64_t due_ns, std::int64_t now_ns) {
  const LoadBlock::Request request = block_.requests[block_request_++];
  lane.connection->queue(std::string_view(block_.bytes).substr(block_byte_, request.size));
  block_byte_ += request.size;
  lane.pending.push_back({due_ns, now_ns, request.events});
  const double covered = static_cast<double>(request.events) / static_cast<double>(options_.batch);
  counts_.sending_until(std::max(now_ns, schedule_.due_ns(request_number(), covered)));
  ++next_;
  ++under_way_;
  counts_.sent.add(request.events);
  counts_.lag.add(now_ns - due_ns);
  counts_.fed_late += fed_ns_ > due_ns;
  if (lane.unflushed) return;
  lane.unflushed = true;
  unflushed_.push_back(lane.connection->number());
}

void LoadSender::flush_lanes() {
  // By index: what the kernel takes at once is over at once for a stream, which frees its lane.
  for (std::size_t i = 0; i < unflushed_.size(); ++i) {
    Lane& lane = lanes_[unflushed_[i]];
    lane.unflushed = false;
    lane.connection->flush();
  }
  unflushed_.clear();
}

void LoadSender::answered(ClientConnection& connection, const HttpAnswer& answer) {
  Lane& lane = lanes_[connection.number()];
  if (lane.pending.empty()) {  // an answer to nothing: all that follow would be taken for the wrong request's
    connection.close();
    return closed(connection, End::kFailed, "an answer without a request");
  }
  const Pending pending = lane.pending.front();
  lane.pending.pop_front();
  lane.answered = true;
  lane.closes_politely = answer.closes;
  ++counts_.statuses[answer.status];
  if (answer.retry_after_seconds) {
    counts_.retry_after_seconds = std::max(counts_.retry_after_seconds, *answer.retry_after_seconds);
  }
  count_end(pending, outcome_of(answer, pending.events), steady_ns());
  if (!answer.closes) offer(lane);
}

void LoadSender::caught_up(ClientConnection&) { pump(); }

void LoadSender::written(ClientConnection& connection) {
  if (options_.target.kind == LoadTarget::Kind::kHttp) return;
  Lane& lane = lanes_[connection.number()];
  const std::int64_t now_ns = steady_ns();
  while (!lane.pending.empty()) {
    count_end(lane.pending.front(), {LoadOutcome::Kind::kAccepted, 0}, now_ns);
    lane.pending.pop_front();
  }
  offer(lane);
  if (unflushed_.empty()) pump();  // else the pump that wrote it goes on
}

void LoadSender::closed(ClientConnection& connection, End end, std::string_view why) {
  Lane& lane = lanes_[connection.number()];
  const std::int64_t now_ns = steady_ns();
  // A server may close what is idle: that fails no request. Why it cannot be opened again must be known.
  const std::size_t failed = lane.opening_ns != 0 ? 1 : lane.pending.size();
  lane.open_again_ns = was_polite(lane, end) ? now_ns : now_ns + options_.open_again_ns;
  lane.opening_ns = 0;
  if (begun_ && !done_ && failed > 0) counts_.count_error(why, failed);
  for (; !lane.pending.empty(); lane.pending.pop_front()) {
    const Pending& pending = lane.pending.front();
    --under_way_;
    counts_.failed.add(pending.events);
    counts_.unanswered_events += pending.events;
    counts_.latency.add(now_ns - pending.due_ns);
    last_second_.add(now_ns - pending.due_ns);
  }
  if (!lane.was_open) connection_settled(why);
  if (is_connected_ && !sending_over_ && now_ns >= lane.open_again_ns) open(lane);
  finish_if_done();
}

bool LoadSender::was_polite(const Lane& lane, End end) {
  return end == End::kClosed && (lane.closes_politely || (lane.answered && lane.pending.empty()));
}

void LoadSender::count_end(const Pending& pending, const LoadOutcome& outcome, std::int64_t now_ns) {
  --under_way_;
  count_outcome(pending, outcome);
  counts_.answered(now_ns);
  if (outcome.kind == LoadOutcome::Kind::kRefused) return;
  counts_.latency.add(now_ns - pending.due_ns);
  counts_.service.add(now_ns - pending.sent_ns);
  last_second_.add(now_ns - pending.due_ns);
}

void LoadSender::count_outcome(const Pending& pending, const LoadOutcome& outcome) {
  switch (outcome.kind) {
    case LoadOutcome::Kind::kRefused:
      return counts_.refused.add(pending.events);
    case LoadOutcome::Kind::kFailed:
      return counts_.failed.add(pending.events);
    case LoadOutcome::Kind::kRejected:
      return counts_.rejected.add(pending.events);
    case LoadOutcome::Kind::kAccepted:
      counts_.accepted.add(pending.events - outcome.rejected_events);
      counts_.rejected.events += outcome.rejected_events;
  }
}

void LoadSender::look_after_lanes() {
  const std::int64_t now_ns = steady_ns();
  for (Lane& lane : lanes_) {
    const bool opens_late = lane.opening_ns != 0 && now_ns - lane.opening_ns > options_.timeout_ns;
    const bool answers_late = !lane.pending.empty() && now_ns - lane.pending.front().sent_ns > options_.timeout_ns;
    if (opens_late || answers_late) {
      lane.connection->close();
      closed(*lane.connection, End::kFailed, opens_late ? "no connection in time" : "no answer in time");
    }
    if (is_connected_ && !sending_over_ && lane.open_again_ns != 0 && now_ns >= lane.open_again_ns) open(lane);
  }
  publish(now_ns);
  if (begun_ && !sending_over_ && now_ns >= end_ns_) count_not_sent(now_ns);
  finish_if_done();
}

void LoadSender::publish(std::int64_t now_ns) {
  const std::lock_guard lock(mutex_);
  progress_.accepted_events = counts_.accepted.events;
  progress_.refused_events = counts_.refused.events;
  progress_.failed_events = counts_.failed.events + counts_.rejected.events;
  if (now_ns - second_began_ns_ < kSecondNs) return;
  progress_.p99_ns = last_second_.percentile_ns(99);
  last_second_.clear();
  second_began_ns_ = now_ns;
}

/// The time is over. Requests that were due and not sent have waited too: without them an overload would look fast.
void LoadSender::count_not_sent(std::int64_t now_ns) {
  sending_over_ = true;
  count_waiting(now_ns);
  // What was due by now and could not be sent belongs to the time of sending, too.
  const std::uint64_t past_last = next_ == 0 ? 0 : request_number() - options_.senders + 1;
  counts_.sending_ended_ns = std::min(now_ns, std::max(counts_.sending_ended_ns, schedule_.due_ns(past_last)));
}

void LoadSender::count_waiting(std::int64_t now_ns) {
  if (options_.events == 0) return count_waiting_of_feed(now_ns);
  const std::uint64_t requests = (options_.events + options_.batch - 1) / options_.batch;
  const std::uint64_t due = std::min(requests, schedule_.due_count(std::min(now_ns, end_ns_)));
  for (; request_number() < due; ++next_) {
    counts_.not_sent.add(std::min(options_.batch, options_.events - request_number() * options_.batch));
    counts_.latency.add(now_ns - schedule_.due_ns(request_number()));
  }
}

/// Of visits only those count that were made: how many there would have been nobody knows.
void LoadSender::count_waiting_of_feed(std::int64_t now_ns) {
  for (; has_request(now_ns); ++next_, ++block_request_) {
    const std::int64_t due_ns = next_due_ns();
    if (due_ns > now_ns) return;
    counts_.not_sent.add(block_.requests[block_request_].events);
    counts_.latency.add(now_ns - due_ns);
  }
}

void LoadSender::finish_if_done() {
  if (!sending_over_ || under_way_ != 0 || done_) return;
  done_ = true;
  WEIR_CHECK(counts_.adds_up());
  publish(steady_ns());
  for (Lane& lane : lanes_) {
    if (lane.connection->is_open()) lane.connection->finish();
    lane.connection->close();
  }
  timer_.cancel();
  loop_.stop_timers();
  finished_();
}

}  // namespace weir
