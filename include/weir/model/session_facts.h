// SessionFacts: what one session contributes to KPIs as it stands now. The session layer makes it, the
// window layer adds it to cells and, when the session goes on, takes it back.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "weir/model/currency.h"
#include "weir/model/dimension.h"
#include "weir/model/funnel.h"

namespace weir {

/// Whether the session's visit is already among its visitor's visits.
enum class VisitState : std::uint8_t {
  kNew,    // not yet
  kSame,   // yes, under the same dimensions
  kMoved,  // yes, but under other dimensions: its landing page came later
};

/// One session's contribution. `revenue` views the session's own storage: use it before the session changes.
struct SessionFacts {
  std::uint64_t visitor = 0;       // hash of (site, visitor)
  std::uint64_t serial = 0;        // number of the session within its shard, never reused
  std::uint64_t put_sequence = 0;  // what the window layer answered when this contribution was put in
  TimeMs start_ms = 0;             // time of the first event
  std::uint32_t dwell_ms = 0;      // last event - first event
  std::uint32_t page_views = 0;
  std::uint32_t orders = 0;
  VisitState visit = VisitState::kNew;
  bool landed = false;       // has a landing page: belongs to D of the contract
  bool bounced = false;      // one page view, no conversion, no custom event
  bool engaged = false;      // GA4's definition
  bool converted = false;    // >= 1 conversion
  bool dwell_known = false;  // more than one event
  DimensionValues dimensions{};
  std::span<const Money> revenue;  // one entry per currency
  std::array<FunnelProgress, kMaxFunnels> funnels{};
};

}  // namespace weir
