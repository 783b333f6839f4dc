// Verification of a load: a server's report before and after it, set against what was sent and against the generator's
// truth. It reads reports and compares; it never sends an event.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "load_run.h"
#include "weir/core/clock.h"
#include "weir/core/result.h"
#include "weir/net/address.h"

namespace weir {

/// What a verification found.
struct LoadVerdict {
  std::vector<std::string> differences;  // one sentence each; empty: the server counted what was sent
  std::vector<std::string> notes;        // what could not be compared, and why
  std::size_t compared = 0;              // figures that were
  bool sessions_compared = false;        // not events alone
};

/// A server's report as JSON, in the shape of the contract.
struct ReportText {
  std::string json;
};

/// The report, read once nothing is under way in the server any more: no event queued. Asks again until then, at
/// most for `patience_ms` without any change. Fails when the report cannot be read.
Result<ReportText> read_quiet_report(const ListenAddress& admin, TimeMs patience_ms);

/// The same, once at least `received` events were received.
Result<ReportText> read_report_with(const ListenAddress& admin, std::int64_t received, TimeMs patience_ms);

/// Time of the newest event a report counts; 0 when there is none.
TimeMs last_event_in(const ReportText& report);
/// Events a report counts as received.
std::int64_t received_in(const ReportText& report);

/// Compares what a server counted between two reports with a load and its truth.
LoadVerdict verify_load(const ReportText& before, const ReportText& after, const LoadResult& result);

}  // namespace weir
