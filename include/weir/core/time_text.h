// Times and durations as text: RFC 3339 for instants, "30m" for spans.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/core/clock.h"

namespace weir {

/// Parses an RFC 3339 instant ("2026-01-01T00:00:00.123Z", offsets and a lower-case t/z allowed, a space
/// instead of T too). Digits beyond milliseconds are cut off; a leap second counts as the last
/// millisecond-bearing second of its minute. nullopt when `text` is anything else, or before year 1 or
/// after year 9999 in UTC.
std::optional<TimeMs> parse_rfc3339(std::string_view text);

/// "2026-01-01T00:00:00.000Z": always UTC, always three digits of milliseconds.
std::string format_rfc3339(TimeMs time_ms);

/// Parses a span: a whole number and one of ms, s, m, h, d ("500ms", "30m"). "0" needs no unit.
/// nullopt when malformed or longer than ten years.
std::optional<TimeMs> parse_duration(std::string_view text);

/// The shortest text that `parse_duration` reads back, in the largest of ms, s, m, h that divides it: "24h".
std::string format_duration(TimeMs span_ms);

}  // namespace weir
