// Event: what crosses threads. A trivially copyable value without pointers; texts are symbols.
#pragma once

#include <cstdint>
#include <type_traits>

#include "weir/core/clock.h"
#include "weir/model/dimension.h"

namespace weir {

/// Kinds of event. Any type that is not one of the first four words is a custom event.
enum class EventType : std::uint8_t { kPageView, kConversion, kEngagement, kError, kCustom, kCount };

/// One event after parsing and classification. Hashes are seeded; 0 means "none".
struct Event {
  TimeMs time_ms = 0;             // event time
  std::uint64_t visitor = 0;      // hash of (site, visitor); routes to a shard
  std::uint64_t session = 0;      // hash of (visitor, session id); equals visitor when no session id was given
  std::uint64_t delivery = 0;     // hash of (visitor, delivery id)
  std::uint64_t order = 0;        // hash of (visitor, order id)
  std::uint64_t steps = 0;        // funnel steps this event matches, one bit per step of the FunnelSet
  double amount = 0;              // revenue of a conversion in `currency`, or engaged milliseconds
  DimensionValues dimensions{};   // kLandingPage holds the page of this event
  std::uint32_t dead_letter = 0;  // handle of the kept line when the event is late
  std::uint16_t currency = 0;     // packed ISO 4217 code (model/currency.h)
  EventType type = EventType::kPageView;
  bool failed : 1 = false;   // status >= 500 or an error event
  bool slow : 1 = false;     // duration over funnels.slow_ms
  bool late : 1 = false;     // older than the watermark when it arrived: only checked for duplicates
  bool derived : 1 = false;  // the visitor was derived from its sender
};
static_assert(std::is_trivially_copyable_v<Event>);
static_assert(sizeof(Event) <= 128);

}  // namespace weir
