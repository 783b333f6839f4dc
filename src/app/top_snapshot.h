// TopSnapshot: what `weir top` shows of a running instance, read from an event of its live feed (docs/live-page.md).
// Must never trust the other side: any bytes give a snapshot or an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.h"

namespace weir {

/// One cell, or several added up. Ratios are 0..1, times seconds; what is not known is nullopt.
struct TopRow {
  std::string site;
  std::string label;  // values of the dimensions
  std::int64_t sessions = 0;
  std::int64_t landed = 0;
  std::int64_t bounced = 0;
  std::int64_t converted = 0;
  std::int64_t page_views = 0;
  std::int64_t orders = 0;
  std::optional<double> dwell_p50;
  std::optional<double> dwell_p95;
  std::optional<std::int64_t> entered, finished;  // first and last step of the first funnel

  std::optional<double> bounce_ratio() const;
  std::optional<double> pages_per_session() const;
  std::optional<double> conversion_ratio() const;
  std::optional<double> leakage() const;  // share of the first funnel's sessions lost between its ends
};

struct TopSnapshot {
  std::string time;     // of the server, RFC 3339
  std::string version;  // of the server
  std::int64_t received = 0, counted = 0, rejected = 0, late = 0, duplicate = 0, shed = 0, queued = 0;
  std::int64_t open_sessions = 0;
  std::vector<std::string> sites;
  std::vector<std::string> windows;  // "5m"
  std::vector<std::string> rollups;
  std::string window;  // of the rows
  std::string rollup;  // of the rows
  std::string funnel;  // name of the first; empty: none
  std::vector<std::string> dimensions;
  std::vector<TopRow> rows;     // by sessions, then label
  std::optional<TopRow> total;  // of the chosen site or all
  std::int64_t left_out = 0;    // cells there was no room for
};

/// Reads the JSON of one event. `rollup` is the one whose cells are wanted; fails when there is none of that name. The
/// rollup without dimensions, if there is one, gives the total.
Result<TopSnapshot> read_top_snapshot(std::string_view json, const std::string& rollup);

/// The reason in the JSON of a refusal; the text itself when it is none.
std::string reason_of_refusal(std::string_view json);

}  // namespace weir
