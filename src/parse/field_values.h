// Values of fields: numbers and instants out of the text of a JSON token. What does not fit is nullopt; whether
// that costs the field or the event is the parser's business. Must never allocate in the common case.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/core/clock.h"

namespace weir {

inline constexpr TimeMs kLastInstantMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

/// A JSON number (already checked) as a whole number; nullopt when negative, with a point or an exponent, or over
/// 64 bits.
std::optional<std::uint64_t> whole_of_number(std::string_view number);

/// A JSON number (already checked) as an amount; nullopt when written with a minus sign, not finite, over
/// kMaxValue, or too small for a double.
std::optional<double> amount_of_number(std::string_view number);

/// A number as an instant: below 1e11 it is seconds, below 1e14 milliseconds, else
/// microseconds. What is finer than a millisecond is cut off. nullopt when negative or beyond the year 9999.
std::optional<TimeMs> instant_of_whole(std::uint64_t number);
/// The same of a JSON number (already checked).
std::optional<TimeMs> instant_of_number(std::string_view number);

/// Reads RFC 3339 instants, fast when they are UTC and of the same day as the one before. Owned by one thread.
class InstantReader {
 public:
  /// nullopt when `text` is not an instant, or not one from 1970 to 9999.
  std::optional<TimeMs> read(std::string_view text);

 private:
  bool remember_date(std::string_view date);

  std::array<char, 10> date_{};  // "YYYY-MM-DD" of the instant read last
  TimeMs midnight_ms_ = 0;       // its first moment
};

}  // namespace weir
