// KPIs of the naive model: from a visit's list of events to report rows, each figure by its definition. Part of
// the oracle in naive_model.h; it must never include a header of the engine.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/naive_event.h"
#include "support/naive_model.h"

namespace weir::support {

/// A session's events in event-time order; at least one.
using NaiveVisit = std::vector<const NaiveEvent*>;

/// How far a visit got in one funnel, and what it did after that.
struct NaiveProgress {
  std::size_t reached = 0;
  std::string cause = "left";
};

/// One visit as it stood at some time.
struct NaiveFacts {
  std::string site;
  std::string visitor;
  std::map<std::string, std::string> labels;  // landing_page, channel, campaign, device
  std::int64_t dwell_ms = 0;
  std::int64_t events = 0;
  std::int64_t page_views = 0;
  std::int64_t conversions = 0;
  std::int64_t custom_events = 0;
  std::int64_t engaged_ms = 0;
  std::int64_t orders = 0;
  std::map<std::string, double> revenue;
  std::vector<NaiveProgress> funnels;

  bool landed() const { return page_views > 0; }
  bool dwell_known() const { return events > 1; }
  bool bounced() const { return page_views == 1 && conversions == 0 && custom_events == 0; }
  bool engaged() const { return page_views >= 2 || conversions >= 1 || engaged_ms >= 10'000 || dwell_ms >= 10'000; }
};

/// The campaign of a visit, empty: none.
std::string naive_campaign_of(const NaiveVisit& visit);

/// Visits whose first event lies in [from_ms, until_ms], as they stood after all events up to until_ms.
std::vector<NaiveFacts> naive_facts(const std::vector<NaiveVisit>& visits, std::int64_t from_ms, std::int64_t until_ms,
                                    const NaiveOptions& options);

/// Rows of one rollup, most sessions first, then by labels.
std::vector<nlohmann::json> naive_rows(const std::vector<NaiveFacts>& facts, const NaiveRollup& rollup,
                                       const NaiveOptions& options);

}  // namespace weir::support
