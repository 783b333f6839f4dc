// AccessHit: one line of an access log as its format reads it, and how it becomes an event. The one place that knows
// what an access log's fields mean; formats only find them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "page_like.h"
#include "text_room.h"
#include "weir/core/clock.h"
#include "weir/model/raw_event.h"
#include "weir/parse/access_log_options.h"

namespace weir {

/// Fields of one hit, decoded. Absent ones are empty. "-" is an empty text, too: see without_dash().
struct AccessHit {
  std::optional<TimeMs> time_ms;
  std::string_view address;
  std::string_view method;
  std::string_view target;     // of the request: a path and query, an absolute url, "*", or junk
  std::string_view arguments;  // the query, when the log keeps it apart from the path
  std::string_view host;
  std::string_view referrer;
  std::string_view user_agent;
  std::string_view visitor;
  std::string_view id;
  std::optional<std::uint64_t> status;
  std::optional<std::uint64_t> duration_ms;
  bool repeated = false;  // a second line about a hit, which has one of its own
};

/// Splits "GET /a?b HTTP/1.1" into method and target. The protocol may be missing (HTTP/0.9); a text that is no
/// request leaves both empty.
void take_request_line(std::string_view request, AccessHit& hit);

/// A field as logs write it: "-" and white space mean nothing.
std::string_view without_dash(std::string_view field);

/// Makes events of hits. Owned by one parser.
class AccessEvents {
 public:
  explicit AccessEvents(const AccessLogOptions& options);
  /// Bytes of TextRoom that fill() gets by with for a line of `size` bytes.
  static constexpr std::size_t room_of(std::size_t size) { return 2 * size + 512; }
  /// Fills `event`, which is as new. A url that is more than the
  /// hit's target is put together in `texts`.
  void fill(const AccessHit& hit, TextRoom& texts, RawEvent& event) const;

 private:
  PageLike page_like_;
  std::string default_host_;  // empty: none
};

}  // namespace weir
