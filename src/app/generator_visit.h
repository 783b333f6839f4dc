// Plans one visit: which events a visitor sends, and when. A visit is one session by the contract's rules, built that
// way on purpose; generator.cc decides when visits begin and in which order the events arrive.
#pragma once

#include <cstdint>
#include <vector>

#include "generator_random.h"
#include "weir/app/generator.h"

namespace weir::generator {

enum class PlannedType : std::uint8_t { kPageView, kConversion, kEngagement, kError, kCustom };

/// One event of a plan. Small and copyable: it becomes text only when it is written. 0 means "none" for numbers.
struct PlannedEvent {
  TimeMs time_ms = 0;
  std::uint64_t wording = 0;  // seed of everything about the line that changes no number: formats, order, escapes
  std::uint32_t visitor = 0;
  std::uint32_t session = 0;   // explicit session id
  std::uint32_t delivery = 0;  // delivery id, counted per visitor
  std::uint32_t order = 0;     // order id, counted per visitor
  std::uint32_t cents = 0;     // value of a conversion
  std::uint32_t engaged_ms = 0;
  std::uint32_t duration_ms = 0;
  std::uint16_t status = 0;
  std::uint16_t page = 0;      // where the visitor is
  std::uint16_t previous = 0;  // internal referrer of a page view that is not the first
  PlannedType type = PlannedType::kPageView;
  std::uint8_t traffic = 0;  // source of the visit, index in kTraffic; told by the first page view only
  std::uint8_t campaign = 0;
  std::uint8_t device = 0;
  std::uint8_t currency = 0;
  std::uint8_t name = 0;  // of a conversion or custom event
  bool first_page_view = false;
  bool first_of_visit = false;
  bool order_repeated = false;  // the visitor has sent this order id before
  bool generic_type = false;    // a custom event that tells its name in `name` instead of `type`
  bool reports_time = false;    // an engagement event with engaged_ms
};

/// What lasts from visit to visit.
struct Visitor {
  std::uint32_t number = 0;
  std::uint32_t session = 0;  // explicit session id of the next visit; 0: this visitor's tracker sends none
  std::uint32_t deliveries = 0;
  std::uint32_t orders = 0;
  TimeMs busy_until_ms = 0;  // last event of the visits so far
  Random random{0};
};

/// A visit in event-time order, times never decreasing, never empty.
struct PlannedVisit {
  std::uint32_t visitor = 0;
  std::uint8_t traffic = 0;
  std::uint8_t campaign = 0;
  std::uint8_t device = 0;
  std::vector<PlannedEvent> events;
};

/// Visit planner. Reused from visit to visit. One thread.
class VisitPlanner {
 public:
  explicit VisitPlanner(const GeneratorOptions& options);

  /// A visitor who comes for the first time.
  Visitor make_visitor(std::uint32_t number) const;

  /// Plans the visit whose first event is at `start_ms`. The result lives until the next call.
  const PlannedVisit& plan(Visitor& visitor, TimeMs start_ms);

  /// When the visitor begins another visit, which must be another session; moves the visitor's explicit session
  /// on where that is what parts the two. Later than `visit`'s first event.
  TimeMs plan_return(Visitor& visitor, const PlannedVisit& visit) const;

 private:
  void bounce();
  void browse();
  void shop();
  void sign_up();
  void stray_heartbeats();
  void server_side_conversion();
  void give_up();
  void wander(std::uint32_t pages);
  void maybe_engage(double probability);

  void page_view(std::uint16_t page);
  void failing_page_view();
  void conversion(std::uint8_t name);
  void purchase();
  void repeat_order();
  void custom(std::uint8_t name);
  void error();
  void engagement();
  PlannedEvent& add(PlannedType type);
  void think();

  std::uint16_t any_landing();
  std::uint16_t any_product();
  Random& random() { return visitor_->random; }

  TimeMs timeout_ms_;
  TimeMs slow_ms_;
  double speed_;
  TimeMs least_pause_ms_;
  std::uint64_t seed_;
  std::vector<double> landing_shares_;   // cumulative, Zipf
  std::vector<std::uint16_t> products_;  // by popularity
  Visitor* visitor_ = nullptr;           // of the visit being planned
  PlannedVisit visit_;
  TimeMs now_ms_ = 0;
  std::uint16_t page_ = 0;
  bool paused_long_ = false;  // had its one pause of exactly the timeout
  bool may_repeat_orders_ = false;
};

}  // namespace weir::generator
