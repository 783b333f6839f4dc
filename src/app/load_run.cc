#include "load_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <memory>

#include "load_feed.h"
#include "load_report.h"
#include "load_sender.h"
#include "weir/core/hash.h"
#include "weir/net/event_loop.h"

namespace weir {
namespace {

constexpr std::uint64_t kSampleSessions = 20'000;
constexpr std::uint64_t kEndlessSessions = 4'000'000'000;
constexpr double kVisitSpeed = 200;  // visits of a second or two
constexpr TimeMs kTimeoutMs = 1000;  // no pause within a visit is longer
// Requests are due at an even rate, but visits begin and end thinly: event times may run ahead of the schedule by
// about this much, which would make requests wait until their events have happened.
constexpr TimeMs kBehindMs = 3000;
constexpr double kBlockSeconds = 0.1;  // of the schedule, at most
constexpr std::size_t kMostRequestsPerBlock = 256;
constexpr std::int64_t kStartDelayNs = 5 * kMsNs;    // for all senders to hear of the start
constexpr std::int64_t kLastSendsNs = 1000 * kMsNs;  // for what is a little late at the end
constexpr TimeMs kShownEveryMs = 1000;

/// Events per session of these visits, from a sample of them.
double events_per_session(GeneratorOptions options) {
  options.sessions = kSampleSessions;
  options.keep_truth = false;
  Generator generator(options);
  std::string line;
  std::uint64_t events = 0;
  while (generator.next(line)) ++events;
  return static_cast<double>(events) / static_cast<double>(kSampleSessions);
}

LoadFeedOptions feed_options(const LoadCommand& command, const LoadTarget& target) {
  LoadVisits visits = visits_of(command, SystemClock());
  LoadFeedOptions options;
  options.visits = std::move(visits.options);
  options.events = visits.events;
  if (target.kind == LoadTarget::Kind::kHttp) {
    options.head =
        fmt::format("POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: {}\r\nContent-Length: ", target.path,
                    to_string(target.address), command.batch == 1 ? "application/json" : "application/x-ndjson");
  }
  options.batch = command.batch;
  options.senders = command.threads;
  // The next block of one sender must not be far from that of another: order within the lateness is kept by time.
  const double requests_per_second = command.rate / static_cast<double>(command.batch * command.threads);
  options.requests_per_block =
      std::clamp<std::size_t>(static_cast<std::size_t>(requests_per_second * kBlockSeconds), 1, kMostRequestsPerBlock);
  return options;
}

/// None in no time.
double per_second(std::uint64_t events, double seconds) {
  return seconds > 0 ? static_cast<double>(events) / seconds : 0.0;
}

/// The senders of a load, and who watches them.
class Run {
 public:
  Run(const LoadCommand& command, const LoadTarget& target)
      : command_(command), feed_options_(feed_options(command, target)), feed_(feed_options_) {
    for (std::size_t i = 0; i < command.threads; ++i) add_sender(target, i);
  }

  Result<LoadResult> finish() {
    std::string problem;
    bool any = false;
    for (auto& sender : senders_) {
      const std::string found = sender->wait_for_connections();
      any |= found.empty();
      if (!found.empty()) problem = found;
    }
    if (!any) return Error{problem};
    feed_.wait_until_full();
    begin();
    loop_.run();
    return result();
  }

 private:
  void add_sender(const LoadTarget& target, std::size_t index) {
    LoadSenderOptions options;
    options.target = target;
    options.requests_per_second = command_.rate / static_cast<double>(command_.batch);
    options.index = index;
    options.senders = command_.threads;
    options.connections = command_.connections / command_.threads + (index < command_.connections % command_.threads);
    options.pipeline = command_.pipeline;
    options.batch = command_.batch;
    options.events = feed_options_.events;
    options.holds_for_events = !command_.verify.empty();
    options.timeout_ns = command_.timeout_ms * kMsNs;
    senders_.push_back(
        std::make_unique<LoadSender>(options, feed_, [this] { loop_.post([this] { one_finished(); }); }));
  }

  void begin() {
    start_ns_ = steady_ns() + kStartDelayNs;
    // Whole visits need not last exactly as long as asked, and all of them are needed.
    const std::int64_t longer_ns =
        command_.verify.empty() ? kLastSendsNs : (command_.for_ms + command_.timeout_ms) * kMsNs;
    for (auto& sender : senders_) sender->begin(start_ns_, start_ns_ + command_.for_ms * kMsNs + longer_ns);
    loop_.on_signals({SIGINT, SIGTERM}, [this](int number) { interrupt(number); });
    const bool shown = !command_.quiet && ::isatty(STDERR_FILENO) != 0;
    if (shown) loop_.every(kShownEveryMs, [this] { show_progress(); });
  }

  /// The first time it waits for the answers under way; whoever asks again does not want to.
  void interrupt(int number) {
    if (interrupted_) {
      std::signal(number, SIG_DFL);
      std::raise(number);
    }
    interrupted_ = true;
    for (auto& sender : senders_) sender->stop();
  }

  void show_progress() {
    LoadProgress sum;
    for (const auto& sender : senders_) {
      const LoadProgress one = sender->progress();
      sum.accepted_events += one.accepted_events;
      sum.refused_events += one.refused_events;
      sum.failed_events += one.failed_events;
      sum.p99_ns = std::max(sum.p99_ns, one.p99_ns);
    }
    const std::int64_t now_ns = steady_ns();
    const double seconds = static_cast<double>(now_ns - start_ns_) / 1e9;
    const double since_shown = static_cast<double>(now_ns - std::max(shown_ns_, start_ns_)) / 1e9;
    const double rate = per_second(sum.accepted_events - shown_events_, since_shown);
    const std::string line = render_load_progress(command_, sum, seconds, rate);
    shown_events_ = sum.accepted_events;
    shown_ns_ = now_ns;
    fmt::print(stderr, "\r{}\x1b[K", line);
    std::fflush(stderr);
    shown_ = true;
  }

  void one_finished() {
    if (++finished_ < senders_.size()) return;
    if (shown_) fmt::print(stderr, "\r\x1b[K");
    loop_.stop_timers();
  }

  LoadResult result() {
    LoadResult result;
    result.asked_rate = command_.rate;
    for (auto& sender : senders_) result.counts.add(sender->finish());
    feed_.stop();
    result.interrupted = interrupted_;
    const auto seconds_until = [this](std::int64_t then_ns) {
      return std::max(0.0, static_cast<double>(then_ns - start_ns_) / 1e9);
    };
    result.sending_seconds = seconds_until(result.counts.sending_ended_ns);
    result.answering_seconds = seconds_until(result.counts.last_answer_ns);
    if (result.counts.sent.events == feed_.made_events()) result.truth_json = feed_.truth_json();
    return result;
  }

  LoadCommand command_;
  LoadFeedOptions feed_options_;
  LoadFeed feed_;
  EventLoop loop_;
  std::vector<std::unique_ptr<LoadSender>> senders_;
  std::int64_t start_ns_ = 0;
  std::size_t finished_ = 0;
  std::uint64_t shown_events_ = 0;
  std::int64_t shown_ns_ = 0;
  bool shown_ = false;
  bool interrupted_ = false;
};

}  // namespace

double LoadResult::sent_rate() const { return per_second(counts.sent.events, sending_seconds); }
double LoadResult::answered_rate() const { return per_second(counts.answered_meanwhile, sending_seconds); }
double LoadResult::accepted_rate() const { return per_second(counts.accepted_meanwhile, sending_seconds); }

LoadVisits visits_of(const LoadCommand& command, const Clock& clock) {
  LoadVisits visits;
  GeneratorOptions& options = visits.options;
  options.seed = command.seed.value_or(random_seed());
  options.speed = kVisitSpeed;
  options.timeout_ms = kTimeoutMs;
  options.same_times = false;  // on two connections they may arrive in either order, which the truth does not know
  options.return_ratio = 0;    // they would come back after the timeout, which is longer than most loads
  // Not from the seed: the same visits sent twice to one server must be other visitors' visits.
  options.visitor_prefix = fmt::format("{:012x}", random_seed() >> 16);
  const double per_session = events_per_session(options);
  options.start_ms = clock.now_ms() - kBehindMs;
  options.sessions_per_second = std::clamp(command.rate / per_session, 1e-6, 1e6);
  const double events = command.rate * static_cast<double>(command.for_ms) / 1000;
  options.keep_truth = !command.verify.empty();
  if (options.keep_truth) {
    options.sessions = static_cast<std::uint64_t>(std::max(1.0, std::round(events / per_session)));
  } else {
    options.sessions = kEndlessSessions;
    visits.events = static_cast<std::uint64_t>(std::max(1.0, std::round(events)));
  }
  return visits;
}

TimeMs wait_before_load_ms(TimeMs not_before_ms, TimeMs now_ms) { return not_before_ms + kBehindMs - now_ms; }

Result<LoadResult> run_one_load(const LoadCommand& command, const LoadTarget& target) {
  return Run(command, target).finish();
}

}  // namespace weir
