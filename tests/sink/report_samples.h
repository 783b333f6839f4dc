// Reports made by hand for the tests of the sinks.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "weir/kpi/report.h"

namespace weir {

/// A session in the words of a test. Dwell below 0 is unknown.
struct SampleSession {
  std::uint32_t page_views = 1;
  double dwell_seconds = -1;
  std::uint32_t orders = 0;
  std::vector<Money> revenue{};
  std::uint8_t funnel_reached = 0;
  LeakCause cause = LeakCause::kLeft;
  bool landed = true;
};

/// The funnel "checkout": product, cart, purchase.
std::shared_ptr<const FunnelSet> checkout_funnel();

Totals totals_of(const std::vector<SampleSession>& sessions, const FunnelSet& funnels, std::int64_t visitors);
Counters counters_of(const std::vector<SampleSession>& sessions, const FunnelSet& funnels);

/// Adds a cell with these sessions to a rollup: its totals, its counters and a 5 m window of all of them.
void add_cell(Report& report, std::size_t rollup, std::vector<std::string> labels,
              const std::vector<SampleSession>& sessions);

/// One rollup `landing` with the cells "/" (four sessions) and "/cart" (one), and a funnel.
Report small_report();

/// The rollups site, landing, channel, campaign, device, landing_channel with `cells` cells each and two windows.
Report big_report(std::size_t cells);

/// Up to `most` random bytes with a liking for quotes, backslashes, newlines and multi-byte characters.
std::string hostile_text(std::mt19937_64& random, std::size_t most);

}  // namespace weir
