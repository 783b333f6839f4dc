#include "support/naive_event.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

namespace weir::support {
namespace {

using nlohmann::json;

std::string text_field(const json& object, const char* key) {
  const auto field = object.find(key);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string();
}

std::int64_t whole_field(const json& object, const char* key) {
  const auto field = object.find(key);
  return field != object.end() && field->is_number_unsigned() ? field->get<std::int64_t>() : 0;
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return text;
}

struct Url {
  bool valid = false;
  std::string host;  // lower_case case, without port
  std::string path;
  std::string query;
};

Url read_url(std::string url) {
  Url parts;
  url = url.substr(0, url.find('#'));
  const std::size_t scheme = url.find("://");
  const bool absolute = scheme != std::string::npos && scheme < url.find_first_of("/?");
  if (absolute) {
    const std::string name = lower_case(url.substr(0, scheme));
    if (name != "http" && name != "https") return parts;
    url.erase(0, scheme + 3);
    const std::size_t end = std::min(url.find_first_of("/?"), url.size());
    const std::string authority = url.substr(0, end);
    parts.host = lower_case(authority.substr(0, authority.find(':')));
    if (parts.host.empty()) return parts;
    url.erase(0, end);
  } else if (url.empty() || url[0] != '/') {
    return parts;  // the streams hold no other kind of path
  }
  const std::size_t question = url.find('?');
  parts.path = url.substr(0, question);
  if (question != std::string::npos) parts.query = url.substr(question + 1);
  parts.valid = true;
  return parts;
}

std::string page_of(std::string path) {
  while (!path.empty() && path.back() == '/') path.pop_back();
  return path.empty() ? "/" : path;
}

std::string percent_decoded(const std::string& text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
                        std::isxdigit(static_cast<unsigned char>(text[i + 2]));
    if (escape) {
      decoded += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      decoded += text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

/// The first value of each parameter of a query.
std::map<std::string, std::string> query_parameters(const std::string& query) {
  std::map<std::string, std::string> parameters;
  std::size_t start = 0;
  while (start <= query.size()) {
    const std::size_t end = std::min(query.find('&', start), query.size());
    const std::string pair = query.substr(start, end - start);
    const std::size_t equals = pair.find('=');
    if (equals != std::string::npos) {
      parameters.emplace(pair.substr(0, equals), percent_decoded(pair.substr(equals + 1)));
    }
    start = end + 1;
  }
  return parameters;
}

/// Channels of the cases nobody disputes; the streams hold no others.
std::string channel_of(const std::string& source, const std::string& medium, const std::string& referrer_host,
                       const std::string& own_host) {
  if (source == "google" && medium == "cpc") return "Paid Search";
  if (medium == "email") return "Email";
  if (!source.empty() || !medium.empty()) return "Unassigned";
  if (referrer_host.empty() || referrer_host == own_host) return "Direct";
  if (referrer_host == "www.google.com") return "Organic Search";
  if (referrer_host == "www.facebook.com") return "Organic Social";
  return "Referral";
}

std::string currency_of(std::string code) {
  if (code.empty()) return "USD";
  for (char& letter : code) {
    if (!std::isalpha(static_cast<unsigned char>(letter))) return "XXX";
    letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  }
  return code.size() == 3 ? code : "XXX";
}

std::optional<std::int64_t> time_field(const json& object) {
  const auto field = object.find("ts");
  if (field == object.end()) return std::nullopt;
  if (field->is_string()) return naive_time_of(field->get<std::string>());
  if (!field->is_number_integer()) return std::nullopt;
  const auto number = field->get<std::int64_t>();
  if (number < 0) return std::nullopt;
  if (number < 100'000'000'000) return number * 1000;
  if (number < 100'000'000'000'000) return number;
  return number / 1000;
}

void read_traffic(const json& object, const Url& url, NaiveEvent& event) {
  std::map<std::string, std::string> parameters = query_parameters(url.query);
  const auto own_or_query = [&](const char* key) {
    const std::string own = text_field(object, key);
    return own.empty() ? parameters[std::string("utm_") + key] : own;
  };
  event.campaign = own_or_query("campaign");
  const std::string referrer_host = read_url(text_field(object, "referrer")).host;
  event.channel = channel_of(own_or_query("source"), own_or_query("medium"), referrer_host, url.host);
}

NaiveReading refused(const char* reason) { return {std::nullopt, reason}; }

NaiveReading read_object(const json& object) {
  NaiveEvent event;
  event.type = text_field(object, "type");
  event.visitor = text_field(object, "visitor");
  if (event.type.empty() || event.visitor.empty()) return refused("missing_field");
  const std::string url_text = text_field(object, "url");
  if (event.is_page_view() && url_text.empty()) return refused("missing_field");
  const Url url = read_url(url_text);
  if (!url_text.empty() && !url.valid) return refused("bad_url");
  const std::optional<std::int64_t> ts_ms = time_field(object);
  if (!ts_ms) return refused("bad_time");

  event.ts_ms = *ts_ms;
  event.site = text_field(object, "site");
  if (event.site.empty()) event.site = url.host.empty() ? "default" : url.host;
  if (event.is_page_view()) event.page = page_of(url.path);
  event.session = text_field(object, "session");
  event.id = text_field(object, "id");
  event.name = text_field(object, "name");
  event.order = text_field(object, "order");
  event.device = text_field(object, "device");
  event.currency = currency_of(text_field(object, "currency"));
  event.engaged_ms = whole_field(object, "engaged_ms");
  event.status = whole_field(object, "status");
  event.duration_ms = whole_field(object, "duration_ms");
  const auto value = object.find("value");
  if (value != object.end() && value->is_number()) event.value = value->get<double>();
  read_traffic(object, url, event);
  return {event, ""};
}

}  // namespace

NaiveReading read_naive_event(const std::string& line, std::size_t line_bytes) {
  if (line.size() > line_bytes) return refused("too_long");
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return refused("malformed");
  return read_object(object);
}

std::string naive_time_text(std::int64_t ts_ms) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds{ts_ms}};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text.data();
}

std::optional<std::int64_t> naive_time_of(const std::string& text) {
  using namespace std::chrono;
  int year_number = 0, month_number = 0, day_number = 0, hour = 0, minute = 0, second = 0, used = 0;
  const int read = std::sscanf(text.c_str(), "%4d-%2d-%2d%*[Tt ]%2d:%2d:%2d%n", &year_number, &month_number,
                               &day_number, &hour, &minute, &second, &used);
  if (read != 6 || used != 19) return std::nullopt;
  std::size_t at = 19;
  std::int64_t fraction_ms = 0;
  if (at < text.size() && text[at] == '.') {
    std::string digits;
    for (++at; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at) digits += text[at];
    if (digits.empty()) return std::nullopt;
    fraction_ms = std::stoi((digits + "00").substr(0, 3));
  }
  const std::string zone = text.substr(at);
  std::int64_t offset_minutes = 0;
  if (zone != "Z" && zone != "z") {
    char sign = 0;
    int zone_hour = 0, zone_minute = 0;
    if (zone.size() != 6 || std::sscanf(zone.c_str(), "%c%2d:%2d", &sign, &zone_hour, &zone_minute) != 3)
      return std::nullopt;
    if (sign != '+' && sign != '-') return std::nullopt;
    offset_minutes = (sign == '+' ? 1 : -1) * (zone_hour * 60 + zone_minute);
  }
  const year_month_day date{year{year_number}, month{static_cast<unsigned>(month_number)},
                            day{static_cast<unsigned>(day_number)}};
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  const std::int64_t days_since = sys_days{date}.time_since_epoch().count();
  const std::int64_t minutes = (days_since * 24 + hour) * 60 + minute - offset_minutes;
  return (minutes * 60 + second) * 1000 + fraction_ms;
}

bool naive_glob(const std::string& pattern, const std::string& text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return naive_glob(pattern.substr(1), text) || (!text.empty() && naive_glob(pattern, text.substr(1)));
  }
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && naive_glob(pattern.substr(1), text.substr(1));
}

}  // namespace weir::support
