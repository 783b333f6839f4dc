#include "weir/core/time_text.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr TimeMs kTenYearsMs = TimeMs{10} * 366 * 24 * 3600 * 1000;

/// Reads exactly `count` digits at `position`; -1 when one is not a digit.
int digits(std::string_view text, std::size_t position, std::size_t count) {
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[position + i]) - unsigned{'0'};
    if (digit > 9) return -1;
    value = value * 10 + static_cast<int>(digit);
  }
  return value;
}

/// Days from 1970-01-01 to a civil date. Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
constexpr std::int64_t days_from_civil(int year, int month, int day) {
  year -= month <= 2;
  const int era = (year >= 0 ? year : year - 399) / 400;
  const int year_of_era = year - era * 400;
  const int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

constexpr std::int64_t kFirstSecond = days_from_civil(1, 1, 1) * 86400;
constexpr std::int64_t kLastSecond = days_from_civil(10000, 1, 1) * 86400 - 1;

constexpr int days_in_month(int year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

/// Minutes east of UTC written at the end of an instant; nullopt when malformed.
std::optional<int> parse_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const int hours = digits(text, 1, 2);
  const int minutes = digits(text, 4, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  return (text[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/// Reads ".123456" at the front of `text` and removes it; milliseconds, or -1 when there is no digit.
int take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  std::size_t end = 1;
  int value = 0;
  while (end < text.size() && is_digit(text[end])) {
    if (end <= 3) value = value * 10 + (text[end] - '0');
    ++end;
  }
  if (end == 1) return -1;
  for (std::size_t have = end - 1; have < 3; ++have) value *= 10;
  text.remove_prefix(end);
  return value;
}

}  // namespace

std::optional<TimeMs> parse_rfc3339(std::string_view text) {
  constexpr std::size_t kFixedSize = 19;  // YYYY-MM-DDTHH:MM:SS
  if (text.size() <= kFixedSize || text.size() > 40) return std::nullopt;
  const bool separated = text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == 't' || text[10] == ' ') &&
                         text[13] == ':' && text[16] == ':';
  if (!separated) return std::nullopt;
  const int year = digits(text, 0, 4);
  const int month = digits(text, 5, 2);
  const int day = digits(text, 8, 2);
  const int hour = digits(text, 11, 2);
  const int minute = digits(text, 14, 2);
  const int second = digits(text, 17, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  std::string_view rest = text.substr(kFixedSize);
  const int fraction_ms = take_fraction(rest);
  if (fraction_ms < 0) return std::nullopt;
  const std::optional<int> offset_minutes = parse_offset(rest);
  if (!offset_minutes) return std::nullopt;
  const std::int64_t seconds = days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 +
                               (second == 60 ? 59 : second) - std::int64_t{*offset_minutes} * 60;
  // An offset may carry the instant out of the years that can be written with four digits.
  if (seconds < kFirstSecond || seconds > kLastSecond) return std::nullopt;
  return seconds * 1000 + fraction_ms;
}

std::string format_rfc3339(TimeMs time_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds{time_ms}};
  const sys_days midnight = floor<days>(time);
  const year_month_day date{midnight};
  const hh_mm_ss clock{time - midnight};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

namespace {

struct Unit {
  std::string_view suffix;
  TimeMs length_ms;
};
constexpr std::array<Unit, 5> kUnits{{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

}  // namespace

std::optional<TimeMs> parse_duration(std::string_view text) {
  std::size_t end = 0;
  TimeMs count = 0;
  while (end < text.size() && is_digit(text[end])) {
    count = count * 10 + (text[end] - '0');
    if (count > kTenYearsMs) return std::nullopt;
    ++end;
  }
  if (end == 0) return std::nullopt;
  const std::string_view suffix = text.substr(end);
  if (suffix.empty() && count == 0) return 0;
  for (const Unit& unit : kUnits) {
    if (suffix != unit.suffix) continue;
    if (count > kTenYearsMs / unit.length_ms) return std::nullopt;
    return count * unit.length_ms;
  }
  return std::nullopt;
}

std::string format_duration(TimeMs span_ms) {
  if (span_ms == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (unit.suffix != "d" && span_ms % unit.length_ms == 0) {
      return fmt::format("{}{}", span_ms / unit.length_ms, unit.suffix);
    }
  }
  return fmt::format("{}ms", span_ms);
}

}  // namespace weir
