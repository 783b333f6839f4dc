// Implementation of field_values.h. Numbers are read from their digits, so "1667000000.123" is exact.
#include "field_values.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <system_error>

#include "weir/core/ascii.h"
#include "weir/core/time_text.h"
#include "weir/model/currency.h"

namespace weir {
namespace {

constexpr std::uint64_t kSecondsBelow = 100'000'000'000;
constexpr std::uint64_t kMillisecondsBelow = 100'000'000'000'000;

std::optional<double> double_of_number(std::string_view number) {
  double value = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<TimeMs> in_range(std::optional<TimeMs> instant) {
  if (!instant || *instant < 0 || *instant > kLastInstantMs) return std::nullopt;
  return instant;
}

/// The first three digits of a fraction, as thousandths.
std::uint64_t thousandths(std::string_view digits) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    value = value * 10 + (i < digits.size() ? static_cast<std::uint64_t>(digits[i] - '0') : 0);
  }
  return value;
}

/// Instants written with an exponent: rare enough for floating point.
std::optional<TimeMs> instant_of_exponent(std::string_view number) {
  const std::optional<double> value = double_of_number(number);
  if (!value || *value > 1e18) return std::nullopt;
  if (*value < static_cast<double>(kSecondsBelow)) return in_range(std::llround(*value * 1000));
  if (*value < static_cast<double>(kMillisecondsBelow)) return in_range(static_cast<TimeMs>(*value));
  return in_range(static_cast<TimeMs>(*value / 1000));
}

/// Two digits as a number; 100 or more when they are none.
unsigned two_digits(const char* text) {
  const unsigned tens = static_cast<unsigned char>(text[0]) - unsigned{'0'};
  const unsigned ones = static_cast<unsigned char>(text[1]) - unsigned{'0'};
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones;
}

bool all_digits(std::string_view text) {
  for (const char character : text) {
    if (!is_digit(character)) return false;
  }
  return true;
}

}  // namespace

std::optional<std::uint64_t> whole_of_number(std::string_view number) {
  std::uint64_t value = 0;
  constexpr std::size_t kNeverOverflows = 19;  // digits
  if (!number.empty() && number.size() <= kNeverOverflows) {
    for (const char character : number) {
      const unsigned digit = static_cast<unsigned char>(character) - unsigned{'0'};
      if (digit > 9) return std::nullopt;
      value = value * 10 + digit;
    }
    return value;
  }
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || end != number.data() + number.size()) return std::nullopt;
  return value;
}

std::optional<double> amount_of_number(std::string_view number) {
  if (number.starts_with('-')) return std::nullopt;
  const std::optional<double> value = double_of_number(number);
  if (!value || *value > kMaxValue) return std::nullopt;
  return value;
}

std::optional<TimeMs> instant_of_whole(std::uint64_t number) {
  if (number < kSecondsBelow) return in_range(static_cast<TimeMs>(number * 1000));
  return in_range(static_cast<TimeMs>(number < kMillisecondsBelow ? number : number / 1000));
}

std::optional<TimeMs> instant_of_number(std::string_view number) {
  if (number.starts_with('-')) return std::nullopt;
  const std::size_t point = std::min(number.find('.'), number.size());
  const std::string_view fraction = number.substr(std::min(point + 1, number.size()));
  const std::optional<std::uint64_t> whole = whole_of_number(number.substr(0, point));
  if (!whole || !all_digits(fraction)) {
    return number.find_first_of("eE") == std::string_view::npos ? std::nullopt : instant_of_exponent(number);
  }
  if (*whole >= kSecondsBelow) return instant_of_whole(*whole);
  return in_range(static_cast<TimeMs>(*whole * 1000 + thousandths(fraction)));
}

std::optional<TimeMs> InstantReader::read(std::string_view text) {
  constexpr std::size_t kShortest = 20;  // YYYY-MM-DDTHH:MM:SSZ
  constexpr std::size_t kLongest = 40;   // as parse_rfc3339
  const bool usual = text.size() >= kShortest && text.size() <= kLongest && text[10] == 'T' && text[13] == ':' &&
                     text[16] == ':' && text.back() == 'Z';
  if (!usual) return in_range(parse_rfc3339(text));
  const std::string_view fraction = text.substr(kShortest - 1, text.size() - kShortest);
  const unsigned hour = two_digits(text.data() + 11);
  const unsigned minute = two_digits(text.data() + 14);
  const unsigned second = two_digits(text.data() + 17);
  const bool fraction_plain =
      fraction.empty() || (fraction.size() > 1 && fraction[0] == '.' && all_digits(fraction.substr(1)));
  if (hour > 23 || minute > 59 || second > 59 || !fraction_plain) return in_range(parse_rfc3339(text));
  if (std::memcmp(text.data(), date_.data(), date_.size()) != 0 && !remember_date(text)) return std::nullopt;
  const std::uint64_t fraction_ms = fraction.empty() ? 0 : thousandths(fraction.substr(1));
  const unsigned seconds = hour * 3600 + minute * 60 + second;
  return in_range(midnight_ms_ + TimeMs{seconds} * 1000 + static_cast<TimeMs>(fraction_ms));
}

bool InstantReader::remember_date(std::string_view date) {
  char midnight[] = "YYYY-MM-DDT00:00:00Z";
  std::memcpy(midnight, date.data(), date_.size());
  const std::optional<TimeMs> midnight_ms = parse_rfc3339({midnight, sizeof midnight - 1});
  if (!midnight_ms) return false;
  std::memcpy(date_.data(), date.data(), date_.size());
  midnight_ms_ = *midnight_ms;
  return true;
}

}  // namespace weir
