// The naive model: an independent oracle for what a replay must report. Everything is kept, sorted and counted
// exactly, nothing is incremental, nothing is fast. It must never include a header of the engine.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace weir::support {

/// `kind` is "page", "conversion" or "event".
struct NaiveStep {
  std::string name;
  std::string kind;
  std::string glob;
};

struct NaiveFunnel {
  std::string name;
  std::vector<NaiveStep> steps;
};

/// `labels` are of landing_page, channel, campaign, device.
struct NaiveRollup {
  std::string name;
  std::vector<std::string> labels;
};

/// What a configuration would say. Times are in milliseconds.
struct NaiveOptions {
  std::int64_t timeout_ms = 30 * 60'000;
  std::int64_t max_duration_ms = 24 * 3'600'000;
  std::int64_t lateness_ms = 5000;
  std::int64_t dedup_ms = 10 * 60'000;
  bool split_on_campaign = false;
  bool split_on_midnight = false;
  std::vector<std::int64_t> windows{5 * 60'000, 60 * 60'000, 24 * 3'600'000};
  std::int64_t every_ms = 0;  // 0: no window series
  std::vector<NaiveRollup> rollups{{"site", {}},
                                   {"landing", {"landing_page"}},
                                   {"channel", {"channel"}},
                                   {"campaign", {"campaign"}},
                                   {"device", {"device"}},
                                   {"landing_channel", {"landing_page", "channel"}}};
  std::vector<NaiveFunnel> funnels;
  std::int64_t slow_ms = 3000;
  std::size_t line_bytes = 16 * 1024;
};

/// One session as it ended, for comparison with sessions published elsewhere.
struct NaiveSession {
  std::string site;
  std::string visitor;
  std::string session_id;  // empty: none
  std::int64_t start_ms = 0;
  std::int64_t end_ms = 0;
  std::int64_t events = 0;
  std::int64_t page_views = 0;
};

struct NaiveResult {
  nlohmann::json report;               // the contract's report; windows only with every_ms
  std::vector<NaiveSession> sessions;  // by start of the session, then order of arrival
};

/// Replays `lines` in their order of arrival.
NaiveResult run_naive_model(const std::vector<std::string>& lines, const NaiveOptions& options);

/// A line of a live stream.
struct NaiveLine {
  std::string text;
  std::int64_t newest_ms = 0;  // time had passed to here when it came, whatever the newest event is
};

/// Where a live stream stands.
struct NaiveMoment {
  std::int64_t now_ms = 0;      // all events before it have been applied
  std::int64_t waiting_ms = 0;  // events from here on wait to be put in order, and are counted as `queued`
};

/// The same of a live stream, with all windows as they are now.
NaiveResult run_naive_model(const std::vector<NaiveLine>& lines, const NaiveOptions& options,
                            const NaiveMoment& moment);

}  // namespace weir::support
