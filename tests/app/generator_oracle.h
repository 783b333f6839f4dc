// A second, naive way to the report: reads generated lines back and recomputes everything from the contract's wording
// with maps and sorts. Shares no code with the generator or the engine. For tests only.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "weir/model/funnel.h"

namespace weir::test {

/// One event as read back from a line.
struct ReadEvent {
  std::int64_t time_ms = 0;
  std::string type;
  std::string name;
  std::string site;
  std::string visitor;
  std::string session;
  std::string id;
  std::string page;  // of a page view
  std::string channel;
  std::string campaign;
  std::string device;
  std::string order;
  std::string currency;
  std::int64_t cents = 0;
  std::int64_t engaged_ms = 0;
  std::int64_t status = 0;
  std::int64_t duration_ms = 0;
};

/// Reads one line; nullopt when it is not one JSON object.
std::optional<ReadEvent> read_event(const std::string& line);

/// A session, its events in order of time.
using ReadSession = std::vector<ReadEvent>;

struct OracleOptions {
  std::int64_t timeout_ms = 30 * 60 * 1000;
  std::int64_t lateness_ms = 5000;
  std::int64_t slow_ms = 3000;
  std::vector<Funnel> funnels;  // patterns: a literal, or a literal and a final '*'
};

struct OracleResult {
  std::vector<ReadSession> sessions;
  nlohmann::json report;  // the contract's section 7
};

/// Recomputes the report from all lines, in order of arrival.
OracleResult recompute(const std::vector<std::string>& lines, const OracleOptions& options);

}  // namespace weir::test
