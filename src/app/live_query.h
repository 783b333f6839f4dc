// The query of the live feed's url as a LiveQuery. Hostile input: whatever it says, it becomes texts or an error.
#pragma once

#include <string_view>

#include "weir/sink/live_json.h"

namespace weir {

/// Reads "window=5m&rollup=site,landing&site=shop&rows=50", each at most once and percent-encoded or not. Fails on
/// other names and on numbers of rows that are not allowed.
Result<LiveQuery> parse_live_query(std::string_view query);

}  // namespace weir
