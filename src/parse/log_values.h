// Values as access logs write them: instants and spans. Must never allocate.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "field_values.h"
#include "weir/core/clock.h"

namespace weir {

/// Bytes of "17/May/2015:10:05:03 +0000".
inline constexpr std::size_t kCommonLogTimeBytes = 26;

/// Reads instants of common logs, fast when they are of the same hour as the one before. Owned by one thread.
class CommonLogInstants {
 public:
  /// `text`: exactly kCommonLogTimeBytes. nullopt when it is none, or not one from 1970 to 9999.
  std::optional<TimeMs> read(std::string_view text);

 private:
  bool remember_hour(std::string_view text);

  std::array<char, 15> hour_{};       // "17/May/2015:10:" of the instant read last
  std::array<char, 6> zone_{};        // " +0000"
  TimeMs hour_ms_ = -kLastInstantMs;  // its first moment; so early that no instant comes of it when there is none
};

/// An instant in any of the ways of JSON logs: seconds, milliseconds or microseconds since 1970, RFC 3339 (the zone
/// with or without its colon), or as in common logs.
std::optional<TimeMs> instant_of_log(std::string_view text, InstantReader& instants, CommonLogInstants& common);

/// A span in milliseconds, rounded: "0.005" is seconds; "ms", "us", "µs", "ns", "s" and "m" behind the number are
/// understood. nullopt when it is none, negative, or longer than a year.
std::optional<std::uint64_t> span_of_log(std::string_view text);

/// A status of three digits, or a lone 0 where the server never answered.
std::optional<std::uint64_t> status_of_log(std::string_view text);

}  // namespace weir
