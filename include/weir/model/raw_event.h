// RawEvent: one event as a format reads it, before anything is looked up: views into the input.
// Formats (parse) fill it, the reader (pipeline) turns it into an Event with the help of classify.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/core/clock.h"

namespace weir {

/// One event's fields as text. Views live until the parser reads the next event. Absent text is empty:
/// the contract treats empty and absent alike, except where a field is required.
struct RawEvent {
  std::string_view type;       // required
  std::string_view visitor;    // empty: derived from address and user agent
  bool visitor_given = false;  // the field was there, even if empty
  std::string_view session;
  std::string_view site;
  std::string_view url;
  std::string_view referrer;
  std::string_view id;  // delivery id
  std::string_view name;
  std::string_view currency;
  std::string_view order;
  std::string_view source;
  std::string_view medium;
  std::string_view campaign;
  std::string_view term;
  std::string_view content;
  std::string_view user_agent;
  std::string_view device;
  std::string_view country;
  std::string_view address;  // of the client, numeric, when the format carries it; else that of the connection counts
  std::optional<TimeMs> ts_ms;       // event time as sent
  std::optional<TimeMs> sent_at_ms;  // client clock at sending
  std::optional<double> value;       // >= 0, finite
  std::optional<std::uint64_t> engaged_ms;
  std::optional<std::uint64_t> status;
  std::optional<std::uint64_t> duration_ms;
  bool resource = false;  // no page but a part of one, as access logs have: counted, and nothing else
};

}  // namespace weir
