#include "log_values.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <system_error>

#include "json_text.h"
#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr TimeMs kMinuteMs = 60 * 1000;
constexpr std::size_t kZoneAt = 20;  // " +0000" in a time of a common log

/// The digits at `at` as a number; -1 when one of them is none.
int digits_at(std::string_view text, std::size_t at, std::size_t size) {
  int value = 0;
  for (const char character : text.substr(at, size)) {
    if (!is_digit(character)) return -1;
    value = value * 10 + (character - '0');
  }
  return value;
}

int month_of(std::string_view name) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == name) return static_cast<int>(i) + 1;
  }
  return 0;
}

/// Minutes of "+0130"; nullopt when it is no zone.
std::optional<int> zone_minutes(std::string_view zone) {
  const int hours = digits_at(zone, 1, 2);
  const int minutes = digits_at(zone, 3, 2);
  const bool sound = (zone[0] == '+' || zone[0] == '-') && hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
  if (!sound) return std::nullopt;
  return (zone[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
}

/// RFC 3339 with a zone that lacks its colon, as some loggers write it.
std::optional<TimeMs> instant_without_colon(std::string_view text, InstantReader& instants) {
  constexpr std::size_t kZone = 5;      // +0100
  constexpr std::size_t kLongest = 40;  // as InstantReader
  if (text.size() < 2 * kZone || text.size() >= kLongest) return std::nullopt;
  const char sign = text[text.size() - kZone];
  if (sign != '+' && sign != '-') return std::nullopt;
  std::array<char, kLongest> spelled{};
  const std::size_t head = text.size() - 2;
  std::memcpy(spelled.data(), text.data(), head);
  spelled[head] = ':';
  std::memcpy(spelled.data() + head + 1, text.data() + head, 2);
  return instants.read({spelled.data(), text.size() + 1});
}

struct SpanUnit {
  std::string_view suffix;
  double milliseconds;
};
constexpr std::array<SpanUnit, 7> kSpanUnits{
    {{"", 1000}, {"s", 1000}, {"ms", 1}, {"us", 1e-3}, {"\xC2\xB5s", 1e-3}, {"ns", 1e-6}, {"m", 60'000}}};

}  // namespace

std::optional<TimeMs> CommonLogInstants::read(std::string_view text) {
  if (text.size() != kCommonLogTimeBytes || text[17] != ':') return std::nullopt;
  const bool same_hour = std::memcmp(text.data(), hour_.data(), hour_.size()) == 0 &&
                         std::memcmp(text.data() + kZoneAt, zone_.data(), zone_.size()) == 0;
  if (!same_hour && !remember_hour(text)) return std::nullopt;
  const int minute = digits_at(text, 15, 2);
  const int second = digits_at(text, 18, 2);
  if (minute < 0 || minute > 59 || second < 0 || second > 60) return std::nullopt;
  // A leap second counts as the one before it.
  const TimeMs instant = hour_ms_ + minute * kMinuteMs + TimeMs{std::min(second, 59)} * 1000;
  if (instant < 0 || instant > kLastInstantMs) return std::nullopt;
  return instant;
}

/// False when there is no such hour.
bool CommonLogInstants::remember_hour(std::string_view text) {
  const bool shaped = text[2] == '/' && text[6] == '/' && text[11] == ':' && text[14] == ':' && text[20] == ' ';
  if (!shaped) return false;
  const std::chrono::year_month_day date{std::chrono::year{digits_at(text, 7, 4)},
                                         std::chrono::month{static_cast<unsigned>(month_of(text.substr(3, 3)))},
                                         std::chrono::day{static_cast<unsigned>(std::max(0, digits_at(text, 0, 2)))}};
  const int hour = digits_at(text, 12, 2);
  const std::optional<int> zone = zone_minutes(text.substr(kZoneAt + 1));
  if (!date.ok() || hour < 0 || hour > 23 || !zone) return false;
  const TimeMs days = std::chrono::sys_days{date}.time_since_epoch().count();
  hour_ms_ = ((days * 24 + hour) * 60 - *zone) * kMinuteMs;
  text.copy(hour_.data(), hour_.size());
  text.copy(zone_.data(), zone_.size(), kZoneAt);
  return true;
}

std::optional<TimeMs> instant_of_log(std::string_view text, InstantReader& instants, CommonLogInstants& common) {
  if (is_json_number(text)) return instant_of_number(text);
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (text.size() == kCommonLogTimeBytes && text[2] == '/') return common.read(text);
  if (const std::optional<TimeMs> instant = instants.read(text)) return instant;
  return instant_without_colon(text, instants);
}

std::optional<std::uint64_t> span_of_log(std::string_view text) {
  constexpr double kYearMs = 366.0 * 24 * 60 * 60 * 1000;
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const SpanUnit& unit : kSpanUnits) {
    if (unit.suffix != suffix) continue;
    const double span_ms = number * unit.milliseconds;
    if (!(span_ms >= 0 && span_ms <= kYearMs)) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(span_ms));
  }
  return std::nullopt;
}

std::optional<std::uint64_t> status_of_log(std::string_view text) {
  if (text == "0") return 0;
  const int status = text.size() == 3 ? digits_at(text, 0, 3) : -1;
  if (status < 0) return std::nullopt;
  return static_cast<std::uint64_t>(status);
}

}  // namespace weir
