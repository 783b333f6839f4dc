// Plans visits: the behaviour of the generated visitors. Knows nothing of lines, noise and sums.
#include "generator_visit.h"

#include <algorithm>

#include "generator_world.h"
#include "weir/core/check.h"

namespace weir::generator {
namespace {

constexpr double kMeanThinkMs = 25'000;
constexpr TimeMs kMinThinkMs = 400;
constexpr TimeMs kBoundaryMs = 10'000;  // where a session becomes engaged
constexpr TimeMs kHourMs = 3'600'000;

/// Index of the first cumulative share above a number drawn from 0..1.
template <class Shares, class ShareOf>
std::size_t draw(Random& random, const Shares& shares, ShareOf share_of) {
  double left = random.unit();
  for (std::size_t i = 0; i + 1 < shares.size(); ++i) {
    left -= share_of(shares[i]);
    if (left < 0) return i;
  }
  return shares.size() - 1;
}

}  // namespace

VisitPlanner::VisitPlanner(const GeneratorOptions& options)
    : timeout_ms_(options.timeout_ms),
      slow_ms_(options.slow_ms),
      speed_(options.speed),
      least_pause_ms_(options.same_times ? 0 : 1),
      seed_(options.seed) {
  double sum = 0;
  for (std::size_t i = 0; i < options.landing_pages; ++i) sum += 1.0 / static_cast<double>(i + 1);
  double share = 0;
  for (std::size_t i = 0; i < options.landing_pages; ++i) {
    share += 1.0 / static_cast<double>(i + 1) / sum;
    landing_shares_.push_back(share);
    if (kPages[i].starts_with("/product/")) products_.push_back(static_cast<std::uint16_t>(i));
  }
}

Visitor VisitPlanner::make_visitor(std::uint32_t number) const {
  Visitor visitor;
  visitor.number = number;
  visitor.random = Random(derive_seed(seed_, number));
  if (visitor.random.chance(0.2)) visitor.session = 1;
  return visitor;
}

const PlannedVisit& VisitPlanner::plan(Visitor& visitor, TimeMs start_ms) {
  visitor_ = &visitor;
  now_ms_ = start_ms;
  page_ = 0;
  paused_long_ = false;
  // Where visits overlap, the visit planned first need not be the one that orders first.
  may_repeat_orders_ = start_ms > visitor.busy_until_ms;
  visit_.events.clear();
  visit_.visitor = visitor.number;
  visit_.traffic =
      static_cast<std::uint8_t>(draw(random(), kTraffic, [](const TrafficSource& row) { return row.share; }));
  const bool tagged = !kTraffic[visit_.traffic].source.empty();
  visit_.campaign = tagged ? static_cast<std::uint8_t>(random().below(kCampaigns.size())) : std::uint8_t{0};
  // A visitor keeps the device; it is drawn from the number so that it needs no memory.
  visit_.device = static_cast<std::uint8_t>(std::min<std::uint32_t>(2, visitor.number * 7 % 10 / 4));

  const double kind = random().unit();
  if (kind < 0.36) {
    bounce();
  } else if (kind < 0.68) {
    browse();
  } else if (kind < 0.88) {
    shop();
  } else if (kind < 0.95) {
    sign_up();
  } else {
    // Nothing but a page view tells where a visit came from.
    visit_.traffic = kDirect;
    visit_.campaign = 0;
    if (kind < 0.98) {
      stray_heartbeats();
    } else {
      server_side_conversion();
    }
  }
  WEIR_CHECK(!visit_.events.empty());
  visitor.busy_until_ms = std::max(visitor.busy_until_ms, visit_.events.back().time_ms);
  return visit_;
}

TimeMs VisitPlanner::plan_return(Visitor& visitor, const PlannedVisit& visit) const {
  const TimeMs first_ms = visit.events.front().time_ms;
  const TimeMs last_ms = visit.events.back().time_ms;
  Random& random = visitor.random;
  const double kind = random.unit();
  if (visitor.session != 0 && kind < 0.6) {
    ++visitor.session;
    if (kind < 0.2) return random.between(first_ms + 1, last_ms + 1);  // a second tab, perhaps before the first closes
    return last_ms + random.between(1, timeout_ms_);
  }
  // Visits without another session id must be apart from all earlier ones, also from a second tab's.
  const TimeMs alone_ms = std::max(last_ms, visitor.busy_until_ms) + timeout_ms_ + 1;
  if (kind < 0.75) return alone_ms;
  return alone_ms + random.between(0, 6 * kHourMs);
}

void VisitPlanner::bounce() {
  page_view(any_landing());
  maybe_engage(0.4);
  if (random().chance(0.02)) error();
}

void VisitPlanner::browse() {
  if (random().chance(0.03)) custom(kSearch);  // sent before the page view, as by a service worker
  page_view(any_landing());
  maybe_engage(0.3);
  wander(1 + random().below(7));
  if (random().chance(0.1)) custom(random().chance(0.5) ? kSearch : kVideoPlay);
  if (random().chance(0.04)) conversion(kNewsletter);
  if (random().chance(0.01)) conversion(kDonation);
  maybe_engage(0.5);
}

void VisitPlanner::shop() {
  if (random().chance(0.4)) page_view(any_landing());
  const std::uint32_t products = 1 + random().below(4);
  for (std::uint32_t i = 0; i < products; ++i) page_view(any_product());
  maybe_engage(0.3);
  if (random().chance(0.2)) custom(kSearch);
  if (!random().chance(0.55)) return give_up();
  custom(kAddToCart);
  if (random().chance(0.6)) page_view(kCartPage);
  if (!random().chance(0.65)) return give_up();
  page_view(kCheckoutPage);
  if (!random().chance(0.7)) return give_up();
  purchase();
  if (random().chance(0.1)) repeat_order();
  if (random().chance(0.05)) purchase();
  if (random().chance(0.3)) wander(1);
  maybe_engage(0.3);
}

void VisitPlanner::sign_up() {
  if (random().chance(0.3)) page_view(any_landing());
  page_view(kPricingPage);
  if (!random().chance(0.6)) return give_up();
  page_view(kSignupPage);
  if (!random().chance(0.5)) return give_up();
  conversion(kSignup);
  maybe_engage(0.5);
}

void VisitPlanner::stray_heartbeats() {
  const std::uint32_t count = 1 + random().below(3);
  for (std::uint32_t i = 0; i < count; ++i) engagement();
}

void VisitPlanner::server_side_conversion() {
  if (visitor_->orders > 0 && may_repeat_orders_ && random().chance(0.5)) return repeat_order();
  if (random().chance(0.5)) return purchase();
  conversion(random().chance(0.5) ? kSignup : kDonation);
}

/// What visitors do who leave a funnel.
void VisitPlanner::give_up() {
  switch (random().below(5)) {
    case 0:
      return error();
    case 1:
      return failing_page_view();
    case 2:
      return wander(1 + random().below(3));
    case 3:
      return maybe_engage(1);
    default:
      return;
  }
}

void VisitPlanner::wander(std::uint32_t pages) {
  for (std::uint32_t i = 0; i < pages; ++i) {
    page_view(any_landing());
    maybe_engage(0.15);
    if (random().chance(0.01)) error();
  }
}

void VisitPlanner::maybe_engage(double probability) {
  if (random().chance(probability)) engagement();
}

void VisitPlanner::page_view(std::uint16_t page) {
  PlannedEvent& event = add(PlannedType::kPageView);
  event.previous = page_;
  event.page = page_ = page;
  event.traffic = visit_.traffic;
  event.campaign = visit_.campaign;
  const auto earlier = [](const PlannedEvent& other) { return other.first_page_view; };
  event.first_page_view = std::none_of(visit_.events.begin(), visit_.events.end(), earlier);
  const double fate = random().unit();
  event.status = static_cast<std::uint16_t>(fate < 0.01    ? 500
                                            : fate < 0.015 ? 503
                                            : fate < 0.03  ? 404
                                            : fate < 0.7   ? 200
                                                           : 0);
  const double pace = random().unit();
  if (pace < 0.02) {
    event.duration_ms = static_cast<std::uint32_t>(slow_ms_ + random().between(1, 9000));
  } else if (pace < 0.03) {
    event.duration_ms = static_cast<std::uint32_t>(slow_ms_);  // at the limit is not over it
  } else if (pace < 0.6) {
    event.duration_ms = 1 + random().below(static_cast<std::uint64_t>(slow_ms_));
  }
}

void VisitPlanner::failing_page_view() {
  page_view(any_landing());
  PlannedEvent& event = visit_.events.back();
  if (random().chance(0.5)) {
    event.status = 500;
  } else {
    event.duration_ms = static_cast<std::uint32_t>(slow_ms_ + random().between(1, 9000));
  }
}

void VisitPlanner::conversion(std::uint8_t name) {
  PlannedEvent& event = add(PlannedType::kConversion);
  event.name = name;
  if (name != kDonation) return;
  event.cents = 100 * (1 + random().below(200));
}

void VisitPlanner::purchase() {
  PlannedEvent& event = add(PlannedType::kConversion);
  event.name = kPurchase;
  event.cents = 199 + random().below(49'800);
  const double currency = random().unit();
  event.currency = currency < 0.85 ? std::uint8_t{0} : currency < 0.97 ? std::uint8_t{1} : std::uint8_t{2};
  if (random().chance(0.9)) event.order = ++visitor_->orders;
}

void VisitPlanner::repeat_order() {
  if (visitor_->orders == 0 || !may_repeat_orders_) return;
  PlannedEvent& event = add(PlannedType::kConversion);
  event.name = kPurchase;
  event.cents = 199 + random().below(49'800);
  event.order = 1 + random().below(visitor_->orders);
  event.order_repeated = true;
}

void VisitPlanner::custom(std::uint8_t name) {
  PlannedEvent& event = add(PlannedType::kCustom);
  event.name = name;
  event.generic_type = random().chance(0.3);
}

void VisitPlanner::error() { add(PlannedType::kError); }

void VisitPlanner::engagement() {
  const TimeMs since_ms = now_ms_;
  PlannedEvent& event = add(PlannedType::kEngagement);
  event.reports_time = random().chance(0.9);
  if (!event.reports_time) return;
  const double kind = random().unit();
  if (kind < 0.02) {
    event.engaged_ms = kBoundaryMs;
  } else if (kind < 0.04) {
    event.engaged_ms = kBoundaryMs - 1;
  } else {
    const TimeMs away_ms = event.time_ms > since_ms ? event.time_ms - since_ms : TimeMs{12'000};
    event.engaged_ms = static_cast<std::uint32_t>(random().between(0, std::min<TimeMs>(away_ms, 600'000)));
  }
}

PlannedEvent& VisitPlanner::add(PlannedType type) {
  if (!visit_.events.empty()) think();
  PlannedEvent event;
  event.type = type;
  event.time_ms = now_ms_;
  event.wording = random().next();
  event.visitor = visitor_->number;
  event.session = visitor_->session;
  event.page = page_;
  event.device = visit_.device;
  event.first_of_visit = visit_.events.empty();
  ++visitor_->deliveries;
  if (random().chance(0.96)) event.delivery = visitor_->deliveries;
  visit_.events.push_back(event);
  return visit_.events.back();
}

/// Moves the time on to the next event of the visit. Some pauses lie exactly on a border of the contract.
void VisitPlanner::think() {
  const double kind = random().unit();
  const TimeMs longest_ms = timeout_ms_ - timeout_ms_ / 4;
  TimeMs pause_ms =
      static_cast<TimeMs>((static_cast<double>(kMinThinkMs) + random().exponential(kMeanThinkMs)) / speed_);
  if (kind < 0.01) {
    pause_ms = 0;
  } else if (kind < 0.02) {
    pause_ms = kBoundaryMs;
  } else if (kind < 0.03) {
    pause_ms = kBoundaryMs - 1;
  }
  pause_ms = std::min(std::max(pause_ms, kind < 0.01 ? least_pause_ms_ : TimeMs{1}), longest_ms);
  if (kind > 0.996 && !paused_long_) {
    paused_long_ = true;
    pause_ms = timeout_ms_;
  }
  now_ms_ += pause_ms;
}

std::uint16_t VisitPlanner::any_landing() {
  const auto found = std::upper_bound(landing_shares_.begin(), landing_shares_.end(), random().unit());
  const auto index = static_cast<std::size_t>(found - landing_shares_.begin());
  return static_cast<std::uint16_t>(std::min(index, landing_shares_.size() - 1));
}

std::uint16_t VisitPlanner::any_product() {
  const double unit = random().unit();
  return products_[static_cast<std::size_t>(unit * unit * static_cast<double>(products_.size()))];
}

}  // namespace weir::generator
