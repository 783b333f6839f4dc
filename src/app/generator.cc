// Order of arrival: visits begin one after the other, their events wait in a heap for the moment they arrive, and
// noise (copies, broken and late lines) is put between them.
#include "weir/app/generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <queue>

#include "generator_line.h"
#include "generator_random.h"
#include "generator_visit.h"
#include "generator_world.h"
#include "truth.h"
#include "weir/core/check.h"

namespace weir {
namespace {

using generator::derive_seed;
using generator::LineWriter;
using generator::PlannedEvent;
using generator::PlannedVisit;
using generator::Random;
using generator::Visitor;
using generator::VisitPlanner;

constexpr std::size_t kLongestPrefix = 64;
constexpr TimeMs kOldestLateMs = 3'600'000;  // late events are up to so much older than they must be
constexpr std::uint32_t kFewestLandingPages = generator::kPricingPage + 1;  // every kind of visit can begin
constexpr std::uint64_t kArrivalStream = 1ULL << 40;                        // beyond all visitor numbers
constexpr std::uint64_t kNoiseStream = kArrivalStream + 1;

constexpr bool is_ascii_word(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

/// A visit to come. Small: one for every visitor who will return.
struct ComingVisit {
  TimeMs start_ms;
  std::uint64_t sequence;
  bool first_time;
  Visitor visitor;
};

/// An event, or a copy of one, on its way.
struct Delivery {
  TimeMs arrival_ms;
  std::uint64_t sequence;  // ties: what was planned first comes first
  std::uint32_t slot;      // in the pool of planned events
  bool copy;
};

struct ComesLater {
  bool operator()(const ComingVisit& a, const ComingVisit& b) const {
    return a.start_ms != b.start_ms ? a.start_ms > b.start_ms : a.sequence > b.sequence;
  }
  bool operator()(const Delivery& a, const Delivery& b) const {
    return a.arrival_ms != b.arrival_ms ? a.arrival_ms > b.arrival_ms : a.sequence > b.sequence;
  }
};

/// Planned events under way, each with the number of deliveries that still need it.
class EventPool {
 public:
  std::uint32_t put(const PlannedEvent& event, std::uint32_t users) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(slots_.size()));
      slots_.emplace_back();
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = {event, users};
    return slot;
  }
  PlannedEvent take(std::uint32_t slot) {
    if (--slots_[slot].users == 0) free_.push_back(slot);
    return slots_[slot].event;
  }

 private:
  struct Slot {
    PlannedEvent event;
    std::uint32_t users = 0;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace

std::vector<Funnel> default_generator_funnels() {
  using Kind = FunnelStep::Kind;
  return {{"checkout",
           {{"product", Kind::kPage, "/product/*"},
            {"cart", Kind::kEvent, "add_to_cart"},
            {"checkout", Kind::kPage, "/checkout"},
            {"purchase", Kind::kConversion, "purchase"}}},
          {"signup",
           {{"pricing", Kind::kPage, "/pricing"},
            {"form", Kind::kPage, "/signup"},
            {"signup", Kind::kConversion, "signup"}}}};
}

std::string problem_of(const GeneratorOptions& options) {
  const auto is_ratio = [](double ratio) { return ratio >= 0 && ratio <= 1; };
  if (options.sessions < 1 || options.sessions > 4'000'000'000) return "sessions must be 1 to 4000000000";
  if (options.sites < 1 || options.sites > 1000) return "sites must be 1 to 1000";
  if (options.landing_pages < kFewestLandingPages || options.landing_pages > generator::kLandingPages) {
    return fmt::format("landing pages must be {} to {}", kFewestLandingPages, generator::kLandingPages);
  }
  if (options.timeout_ms < 1000 || options.timeout_ms > 7'200'000) return "the session timeout must be 1s to 2h";
  if (options.lateness_ms < 0 || options.lateness_ms > 86'400'000) return "the lateness must be 0s to 24h";
  if (options.slow_ms < 10 || options.slow_ms > 100'000) return "the limit of slow pages must be 10ms to 100s";
  if (options.start_ms < 100'000'000'000 || options.start_ms > 10'000'000'000'000) {
    return "the start must be between the years 1973 and 2286";
  }
  if (options.disorder_ms < 0 || options.disorder_ms > options.lateness_ms) {
    return fmt::format("disorder must be 0 to {} ms, the lateness: more would be late", options.lateness_ms);
  }
  if (!is_ratio(options.duplicate_ratio)) return "the ratio of duplicates must be 0 to 1";
  if (!is_ratio(options.malformed_ratio)) return "the ratio of malformed lines must be 0 to 1";
  if (!is_ratio(options.late_ratio)) return "the ratio of late events must be 0 to 1";
  if (!is_ratio(options.return_ratio)) return "the ratio of returning visitors must be 0 to 1";
  if (options.visitor_prefix.size() > kLongestPrefix || !std::ranges::all_of(options.visitor_prefix, is_ascii_word)) {
    return fmt::format("the prefix of visitors must be at most {} letters and digits", kLongestPrefix);
  }
  if (!(options.sessions_per_second >= 1e-6 && options.sessions_per_second <= 1e6)) {
    return "sessions per second must be 0.000001 to 1000000";
  }
  if (!(options.speed >= 1e-3 && options.speed <= 1e6)) return "speed must be 0.001 to 1000000";
  if (options.funnels.size() > kMaxFunnels) return fmt::format("there may be {} funnels at most", kMaxFunnels);
  for (const Funnel& funnel : options.funnels) {
    if (funnel.steps.empty() || funnel.steps.size() > kMaxFunnelSteps) {
      return fmt::format("funnel '{}' must have 1 to {} steps", funnel.name, kMaxFunnelSteps);
    }
  }
  return {};
}

class Generator::Implementation {
 public:
  explicit Implementation(GeneratorOptions options);
  bool next(std::string& line);
  TimeMs time_ms() const { return now_ms_; }
  const Truth& truth() const { return truth_; }

 private:
  void expect_newcomer();
  void expect(ComingVisit visit);
  void begin_visit();
  void schedule(const PlannedVisit& visit);
  void deliver(const Delivery& delivery, std::string& line);
  void add_noise(const PlannedEvent& event, const std::string& line);

  GeneratorOptions options_;
  VisitPlanner planner_;
  LineWriter writer_;
  Truth truth_;
  Random arrivals_;
  Random noise_;
  std::priority_queue<ComingVisit, std::vector<ComingVisit>, ComesLater> visits_;
  std::priority_queue<Delivery, std::vector<Delivery>, ComesLater> deliveries_;
  EventPool events_;
  std::deque<std::string> noise_lines_;  // at most two
  double newcomer_ms_ = 0;               // since the start
  std::uint32_t visitors_ = 0;
  std::uint64_t sessions_left_;
  std::uint64_t sequence_ = 0;
  std::uint64_t late_events_ = 0;
  TimeMs now_ms_;
  TimeMs newest_ms_;
  bool finished_ = false;
};

Generator::Implementation::Implementation(GeneratorOptions options)
    : options_(std::move(options)),
      planner_(options_),
      writer_(static_cast<std::uint32_t>(options_.sites), options_.visitor_prefix),
      truth_(options_.funnels, options_.slow_ms),
      arrivals_(derive_seed(options_.seed, kArrivalStream)),
      noise_(derive_seed(options_.seed, kNoiseStream)),
      sessions_left_(options_.sessions),
      now_ms_(options_.start_ms),
      newest_ms_(options_.start_ms) {
  WEIR_CHECK(problem_of(options_).empty());
  expect_newcomer();
}

bool Generator::Implementation::next(std::string& line) {
  line.clear();
  if (!noise_lines_.empty()) {
    line.swap(noise_lines_.front());
    noise_lines_.pop_front();
    return true;
  }
  // A visit's events arrive at its start or later: plan all visits that may be first.
  while (!visits_.empty() && (deliveries_.empty() || visits_.top().start_ms <= deliveries_.top().arrival_ms)) {
    begin_visit();
  }
  if (deliveries_.empty()) {
    if (!finished_) truth_.finish();
    finished_ = true;
    return false;
  }
  const Delivery delivery = deliveries_.top();
  deliveries_.pop();
  deliver(delivery, line);
  return true;
}

void Generator::Implementation::expect_newcomer() {
  if (sessions_left_ == 0) return;
  newcomer_ms_ += arrivals_.exponential(1000.0 / options_.sessions_per_second);
  expect({options_.start_ms + static_cast<TimeMs>(newcomer_ms_), 0, true, planner_.make_visitor(visitors_++)});
}

void Generator::Implementation::expect(ComingVisit visit) {
  --sessions_left_;
  visit.sequence = sequence_++;
  visits_.push(visit);
}

void Generator::Implementation::begin_visit() {
  ComingVisit coming = visits_.top();
  visits_.pop();
  const PlannedVisit& visit = planner_.plan(coming.visitor, coming.start_ms);
  schedule(visit);
  if (options_.keep_truth) {
    truth_.add(visit, generator::site_name(static_cast<std::uint32_t>(visit.visitor % options_.sites)));
  }
  if (sessions_left_ > 0 && coming.visitor.random.chance(options_.return_ratio)) {
    const TimeMs start_ms = planner_.plan_return(coming.visitor, visit);
    expect({start_ms, 0, false, coming.visitor});
  }
  if (coming.first_time) expect_newcomer();
}

void Generator::Implementation::schedule(const PlannedVisit& visit) {
  TimeMs previous_ms = 0;
  TimeMs previous_arrival_ms = 0;
  for (const PlannedEvent& event : visit.events) {
    TimeMs arrival_ms = event.time_ms + noise_.between(0, options_.disorder_ms);
    // Events of one visitor and one time keep their order.
    if (event.time_ms == previous_ms) arrival_ms = std::max(arrival_ms, previous_arrival_ms);
    previous_ms = event.time_ms;
    previous_arrival_ms = arrival_ms;
    const bool copied = event.delivery != 0 && noise_.chance(options_.duplicate_ratio);
    const std::uint32_t slot = events_.put(event, copied ? 2 : 1);
    deliveries_.push({arrival_ms, sequence_++, slot, false});
    if (!copied) continue;
    const TimeMs latest_ms = event.time_ms + options_.disorder_ms;
    deliveries_.push({noise_.between(arrival_ms, latest_ms), sequence_++, slot, true});
  }
}

void Generator::Implementation::deliver(const Delivery& delivery, std::string& line) {
  const PlannedEvent event = events_.take(delivery.slot);
  now_ms_ = delivery.arrival_ms;
  newest_ms_ = std::max(newest_ms_, event.time_ms);
  writer_.write(event, line);
  if (delivery.copy) {
    truth_.count_duplicate();
  } else {
    truth_.count_event(event.time_ms);
  }
  add_noise(event, line);
}

void Generator::Implementation::add_noise(const PlannedEvent& event, const std::string& line) {
  if (options_.malformed_ratio > 0 && noise_.chance(options_.malformed_ratio)) {
    writer_.write_malformed(line, noise_, noise_lines_.emplace_back());
    truth_.count_malformed();
  }
  if (options_.late_ratio > 0 && noise_.chance(options_.late_ratio)) {
    const TimeMs youngest_ms = newest_ms_ - options_.lateness_ms - 1001;
    writer_.write_late(event, noise_.between(youngest_ms - kOldestLateMs, youngest_ms), late_events_++,
                       noise_lines_.emplace_back());
    truth_.count_late();
  }
}

Generator::Generator(GeneratorOptions options)
    : implementation_(std::make_unique<Implementation>(std::move(options))) {}
Generator::~Generator() = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(Generator&&) noexcept = default;

bool Generator::next(std::string& line) { return implementation_->next(line); }
TimeMs Generator::time_ms() const { return implementation_->time_ms(); }
const Truth& Generator::truth() const { return implementation_->truth(); }

}  // namespace weir
