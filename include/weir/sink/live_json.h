// The live feed: what the live page and others who watch get of each report, as one line of JSON. docs/live-page.md
// documents it. Like every sink it only reads a report.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/core/result.h"
#include "weir/kpi/report.h"

namespace weir {

inline constexpr std::string_view kLivePath = "/api/v1/live";
inline constexpr std::size_t kLiveRows = 25;       // of a rollup, unless asked otherwise
inline constexpr std::size_t kMostLiveRows = 200;  // that may be asked for

/// What a reader wants to see.
struct LiveQuery {
  std::string window{};                // "5m"; empty: the first one
  std::vector<std::string> rollups{};  // empty: all
  std::optional<std::string> site{};   // absent: rows of all sites
  std::size_t rows = kLiveRows;        // most of each rollup that has dimensions, 1 to kMostLiveRows

  bool operator==(const LiveQuery&) const = default;
};

/// Fails when there is no such window or rollup, and says which there are.
Result<std::monostate> check_live_query(const Report& report, const LiveQuery& query);

/// The feed's JSON, without a newline anywhere. A window or rollup that is not there has no rows.
std::string render_live_json(const Report& report, const LiveQuery& query, TimeMs now_ms);

}  // namespace weir
