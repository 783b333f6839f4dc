#include "support/naive_model.h"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "support/naive_event.h"
#include "support/naive_report.h"

namespace weir::support {
namespace {

using nlohmann::json;

constexpr std::int64_t kDayMs = 24 * 3'600'000;

struct Counts {
  std::int64_t received = 0;
  std::map<std::string, std::int64_t> rejected;
  std::int64_t late = 0;
  std::int64_t duplicate = 0;
  std::int64_t queued = 0;
};

bool is_blank(const std::string& line) { return line.find_first_not_of(" \t\r\n") == std::string::npos; }

/// The events that count, in order of arrival: not rejected, duplicate or late. Of an id used again outside the
/// dedup span the newest use is remembered, whatever arrived last, so that copies of the newest are still known.
std::vector<NaiveEvent> kept_events(const std::vector<NaiveLine>& lines, const NaiveOptions& options, Counts& counts) {
  std::vector<NaiveEvent> kept;
  std::optional<std::int64_t> newest_ms;
  std::map<std::tuple<std::string, std::string, std::string>, std::int64_t> newest_of_id;
  for (const NaiveLine& line : lines) {
    if (is_blank(line.text)) continue;
    ++counts.received;
    const NaiveReading reading = read_naive_event(line.text, options.line_bytes);
    if (!reading.event) {
      ++counts.rejected[reading.reason];
      continue;
    }
    const NaiveEvent& event = *reading.event;
    newest_ms = std::max({newest_ms.value_or(event.ts_ms), event.ts_ms, line.newest_ms});
    const std::int64_t watermark_ms = *newest_ms - options.lateness_ms;
    if (event.ts_ms < watermark_ms - options.dedup_ms) {  // too old for its id to be looked up
      ++counts.late;
      continue;
    }
    if (!event.id.empty()) {
      const auto [place, first_seen] = newest_of_id.try_emplace({event.site, event.visitor, event.id}, event.ts_ms);
      if (!first_seen && std::abs(place->second - event.ts_ms) <= options.dedup_ms) {
        ++counts.duplicate;
        continue;
      }
      place->second = std::max(place->second, event.ts_ms);
    }
    if (event.ts_ms < watermark_ms) {
      ++counts.late;
      continue;
    }
    kept.push_back(event);
  }
  return kept;
}

/// Marks, in event-time order, the first conversion of each order id of a visitor.
void mark_orders(std::vector<NaiveEvent>& events) {
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  for (NaiveEvent& event : events) {
    if (!event.is_conversion() || event.order.empty()) continue;
    event.first_of_order = seen.insert({event.site, event.visitor, event.order}).second;
  }
}

bool starts_new_session(const NaiveVisit& visit, const NaiveEvent& event, const NaiveOptions& options) {
  const std::int64_t first_ms = visit.front()->ts_ms;
  if (event.ts_ms - visit.back()->ts_ms > options.timeout_ms) return true;
  if (event.ts_ms - first_ms > options.max_duration_ms) return true;
  if (options.split_on_midnight && event.ts_ms / kDayMs != first_ms / kDayMs) return true;
  return options.split_on_campaign && !event.campaign.empty() && event.campaign != naive_campaign_of(visit);
}

/// Cuts events in event-time order into visits.
std::vector<NaiveVisit> visits_of(const std::vector<NaiveEvent>& events, const NaiveOptions& options) {
  std::vector<NaiveVisit> visits;
  std::map<std::tuple<std::string, std::string, std::string>, std::size_t> current;
  for (const NaiveEvent& event : events) {
    const auto key = std::make_tuple(event.site, event.visitor, event.session);
    const auto open = current.find(key);
    if (open == current.end() || starts_new_session(visits[open->second], event, options)) {
      current[key] = visits.size();
      visits.push_back({&event});
    } else {
      visits[open->second].push_back(&event);
    }
  }
  return visits;
}

NaiveSession session_of(const NaiveVisit& visit) {
  const NaiveEvent& first = *visit.front();
  NaiveSession session{first.site, first.visitor, first.session, first.ts_ms, visit.back()->ts_ms};
  session.events = static_cast<std::int64_t>(visit.size());
  session.page_views = std::count_if(visit.begin(), visit.end(), [](const NaiveEvent* e) { return e->is_page_view(); });
  return session;
}

json rollups_of(const std::vector<NaiveVisit>& visits, const NaiveOptions& options) {
  constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
  const std::vector<NaiveFacts> all = naive_facts(visits, 0, kForever, options);
  json rollups = json::object();
  for (const NaiveRollup& rollup : options.rollups) {
    rollups[rollup.name] = naive_rows(all, rollup, options);
  }
  return rollups;
}

std::string window_name(std::int64_t length_ms) {
  if (length_ms % 3'600'000 == 0) return std::to_string(length_ms / 3'600'000) + "h";
  if (length_ms % 60'000 == 0) return std::to_string(length_ms / 60'000) + "m";
  if (length_ms % 1000 == 0) return std::to_string(length_ms / 1000) + "s";
  return std::to_string(length_ms) + "ms";
}

std::int64_t round_up(std::int64_t number, std::int64_t unit) { return (number + unit - 1) / unit * unit; }

std::int64_t step_of(std::int64_t length_ms) { return std::max<std::int64_t>(1000, length_ms / 60); }

/// Rows of all rollups of one window at one time.
void add_window(const std::vector<NaiveVisit>& visits, std::int64_t at_ms, std::int64_t length_ms,
                const NaiveOptions& options, json& windows) {
  const std::vector<NaiveFacts> inside = naive_facts(visits, at_ms - length_ms + 1, at_ms, options);
  for (const NaiveRollup& rollup : options.rollups) {
    for (json& row : naive_rows(inside, rollup, options)) {
      row["at"] = naive_time_text(at_ms);
      row["window"] = window_name(length_ms);
      row["rollup"] = rollup.name;
      windows.push_back(std::move(row));
    }
  }
}

json windows_of(const std::vector<NaiveVisit>& visits, std::int64_t first_ms, std::int64_t last_ms,
                const NaiveOptions& options) {
  json windows = json::array();
  const std::int64_t end_ms = round_up(last_ms, options.every_ms);
  for (std::int64_t at_ms = round_up(first_ms, options.every_ms); at_ms <= end_ms; at_ms += options.every_ms) {
    for (const std::int64_t length_ms : options.windows) {
      if (options.every_ms % step_of(length_ms) != 0) continue;
      add_window(visits, at_ms, length_ms, options, windows);
    }
  }
  return windows;
}

/// Takes away the events that wait to be put in order.
void take_waiting(std::vector<NaiveEvent>& events, std::int64_t waiting_ms, Counts& counts) {
  counts.queued = static_cast<std::int64_t>(
      std::erase_if(events, [&](const NaiveEvent& event) { return event.ts_ms >= waiting_ms; }));
}

/// The report but for its windows; `visits` point into `events`.
NaiveResult result_of(const std::vector<NaiveEvent>& events, const std::vector<NaiveVisit>& visits,
                      const Counts& counts, const NaiveOptions& options) {
  NaiveResult result;
  for (const NaiveVisit& visit : visits) result.sessions.push_back(session_of(visit));
  result.report["events"] = {{"received", counts.received},   {"counted", events.size()},
                             {"rejected", counts.rejected},   {"late", counts.late},
                             {"duplicate", counts.duplicate}, {"queued", counts.queued}};
  result.report["rollups"] = rollups_of(visits, options);
  result.report["first_event"] = events.empty() ? json() : json(naive_time_text(events.front().ts_ms));
  result.report["last_event"] = events.empty() ? json() : json(naive_time_text(events.back().ts_ms));
  return result;
}

void put_in_order(std::vector<NaiveEvent>& events) {
  std::stable_sort(events.begin(), events.end(),
                   [](const NaiveEvent& a, const NaiveEvent& b) { return a.ts_ms < b.ts_ms; });
  mark_orders(events);
}

}  // namespace

NaiveResult run_naive_model(const std::vector<std::string>& lines, const NaiveOptions& options) {
  Counts counts;
  std::vector<NaiveLine> live;
  for (const std::string& line : lines) live.push_back({line, 0});
  std::vector<NaiveEvent> events = kept_events(live, options, counts);
  put_in_order(events);
  const std::vector<NaiveVisit> visits = visits_of(events, options);
  NaiveResult result = result_of(events, visits, counts, options);
  if (options.every_ms > 0) result.report["windows"] = json::array();
  if (options.every_ms > 0 && !events.empty()) {
    result.report["windows"] = windows_of(visits, events.front().ts_ms, events.back().ts_ms, options);
  }
  return result;
}

NaiveResult run_naive_model(const std::vector<NaiveLine>& lines, const NaiveOptions& options,
                            const NaiveMoment& moment) {
  Counts counts;
  std::vector<NaiveEvent> events = kept_events(lines, options, counts);
  take_waiting(events, moment.waiting_ms, counts);
  put_in_order(events);
  const std::vector<NaiveVisit> visits = visits_of(events, options);
  NaiveResult result = result_of(events, visits, counts, options);
  result.report["windows"] = json::array();
  for (const std::int64_t length_ms : options.windows) {
    add_window(visits, round_up(moment.now_ms, step_of(length_ms)), length_ms, options, result.report["windows"]);
  }
  return result;
}

}  // namespace weir::support
