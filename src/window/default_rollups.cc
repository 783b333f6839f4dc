// The rollups of a configuration that names none. Kept small enough that the default configuration stays
// under 20,000 exported series at full cardinality; never grows with the traffic.
#include "weir/window/options.h"

namespace weir {

std::vector<Rollup> default_rollups() {
  using enum Dimension;
  return {
      {.name = "site", .dimensions = {}, .limit = 10},
      {.name = "landing", .dimensions = {kLandingPage}, .limit = 100},
      {.name = "channel", .dimensions = {kChannel}, .limit = 25},
      {.name = "campaign", .dimensions = {kCampaign}, .limit = 25},
      {.name = "device", .dimensions = {kDevice}, .limit = 8},
      {.name = "landing_channel", .dimensions = {kLandingPage, kChannel}, .limit = 40},
  };
}

}  // namespace weir
