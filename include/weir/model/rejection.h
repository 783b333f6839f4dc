// Why an event was refused. Counted per reason, never thrown; the same words stand in answers, in
// weir_events_rejected_total{reason} and in the dead-letter file.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/core/stats.h"

namespace weir {

/// Reasons in the order of the `weir_events_rejected_total` rows of core/stats.h.
enum class Rejection : std::uint8_t {
  kMalformed,     // not one complete JSON object
  kInvalidUtf8,   // ill-formed UTF-8 anywhere in the line
  kMissingField,  // a required field is absent, empty or of the wrong kind
  kBadString,     // a required string cannot be decoded (lone surrogate)
  kBadNumber,     // a required number is out of range
  kBadTime,       // ts or sent_at is neither a number in range nor RFC 3339
  kBadUrl,        // url is neither absolute http(s) with a host nor a path
  kTooLong,       // line or visitor over its limit
  kTooDeep,       // nesting over the limit
  kUnknownSite,   // `sites` does not list it, or not for the web origin that sent the event
  kCount
};

/// Why an event is refused; empty when it is not.
using Fault = std::optional<Rejection>;

/// The word for a reason, such as "malformed".
inline std::string_view name_of(Rejection reason) {
  return stat_table()[static_cast<std::size_t>(Stat::kRejectedMalformed) + static_cast<std::size_t>(reason)]
      .label_value;
}

/// The counter of a reason.
inline Stat stat_of(Rejection reason) {
  return static_cast<Stat>(static_cast<std::size_t>(Stat::kRejectedMalformed) + static_cast<std::size_t>(reason));
}

static_assert(static_cast<std::size_t>(Stat::kRejectedMalformed) + static_cast<std::size_t>(Rejection::kCount) ==
              static_cast<std::size_t>(Stat::kLate));

}  // namespace weir
