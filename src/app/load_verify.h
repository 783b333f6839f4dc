// Verification of a load: a server's report before and after it, set against what was sent and against the generator's
// truth. It reads reports and compares; it never sends an event.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "load_rest.h"
#include "load_run.h"
#include "weir/core/clock.h"
#include "weir/core/result.h"
#include "weir/net/address.h"

namespace weir {

/// What a verification found.
struct LoadVerdict {
  std::vector<std::string> differences;  // one sentence each; empty: the server counted what was sent
  std::vector<std::string> notes;        // what could not be compared, and why
  std::string undecided;                 // why nothing can be said; empty: what is above holds
  std::size_t compared = 0;              // figures that were
  bool sessions_compared = false;        // not events alone

  bool is_verified() const { return undecided.empty() && differences.empty(); }
};

/// A server's report as JSON, in the shape of the contract: is_report() holds of it.
struct ReportText {
  std::string json;
  std::string unsettled = {};  // why the server had not come to rest; empty: it had
};

/// Whether a text is a report that can be verified with.
bool is_report(std::string_view text);

/// The report, read once the server is at rest by a RestWatch, or that gave up, or a signal came. Fails when the report
/// cannot be read.
Result<ReportText> read_settled_report(const ListenAddress& admin, RestBounds bounds);

/// Time of the newest event a report counts; 0 when there is none.
TimeMs last_event_in(const ReportText& report);
/// Events a report counts as received.
std::int64_t received_in(const ReportText& report);

/// What a server may have received when a load has ended before which it had received `earlier` events.
RestBounds bounds_behind(std::int64_t earlier, const LoadCounts& counts);

/// Compares what a server counted between two reports with a load and its truth.
LoadVerdict verify_load(const ReportText& before, const ReportText& after, const LoadResult& result);

}  // namespace weir
