// Wordings of a line. Whatever is drawn here must not change what the line means by the contract's section 2.
#include "generator_line.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "generator_world.h"
#include "weir/core/time_text.h"

namespace weir::generator {
namespace {

/// Every tenth visitor's tracker counts its delivery and order ids from 1: ids that mean something per visitor only.
bool counts_from_one(std::uint32_t visitor) { return visitor % 10 == 3; }

template <class... Arguments>
void append(std::string& line, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(line), format, std::forward<Arguments>(arguments)...);
}

void write_type(const PlannedEvent& event, std::string& line) {
  switch (event.type) {
    case PlannedType::kPageView:
      line += R"("type":"page_view")";
      return;
    case PlannedType::kConversion:
      append(line, R"("type":"conversion","name":"{}")", kConversionNames[event.name]);
      return;
    case PlannedType::kEngagement:
      line += R"("type":"engagement")";
      return;
    case PlannedType::kError:
      line += R"("type":"error")";
      return;
    case PlannedType::kCustom:
      if (event.generic_type) {
        append(line, R"("type":"{}","name":"{}")", kGenericCustomType, kCustomNames[event.name]);
      } else {
        append(line, R"("type":"{}")", kCustomNames[event.name]);
      }
      return;
  }
}

void write_time(TimeMs time_ms, Random& wording, std::string& line) {
  const std::uint32_t form = wording.below(20);
  if (form < 12) {
    append(line, R"(,"ts":{})", time_ms);
  } else if (form < 16) {
    append(line, R"(,"ts":"{}")", format_rfc3339(time_ms));
  } else if (form < 17) {
    constexpr TimeMs kTwoHoursMs = 7'200'000;
    std::string text = format_rfc3339(time_ms + kTwoHoursMs);
    text.replace(text.size() - 1, 1, "+02:00");
    append(line, R"(,"ts":"{}")", text);
  } else {
    append(line, R"(,"ts":{}.{:03})", time_ms / 1000, time_ms % 1000);
  }
}

/// A campaign's name as it stands in a query: a space is a plus or an escape.
void write_query_value(std::string_view value, Random& wording, std::string& line) {
  const std::string_view space = wording.below(2) == 0 ? "+" : "%20";
  for (const char letter : value) {
    if (letter == ' ') {
      line += space;
    } else {
      line += letter;
    }
  }
}

void write_money(const PlannedEvent& event, Random& wording, std::string& line) {
  if (event.order != 0) {
    if (counts_from_one(event.visitor)) {
      append(line, R"(,"order":"A{}")", 1000 + event.order);
    } else {
      append(line, R"(,"order":"W-{}-{}")", event.visitor, event.order);
    }
  }
  if (event.cents == 0) return;
  append(line, R"(,"value":{}.{:02})", event.cents / 100, event.cents % 100);
  if (event.currency != 0 || wording.below(2) == 0) append(line, R"(,"currency":"{}")", kCurrencies[event.currency]);
}

}  // namespace

LineWriter::LineWriter(std::uint32_t sites, std::string visitor_prefix) : visitor_prefix_(std::move(visitor_prefix)) {
  for (std::uint32_t site = 0; site < sites; ++site) sites_.push_back(site_name(site));
}

void LineWriter::write(const PlannedEvent& event, std::string& line) const {
  Random wording(event.wording);
  const bool time_last = wording.below(4) == 0;
  line += '{';
  write_type(event, line);
  if (!time_last) write_time(event.time_ms, wording, line);
  write_visitor(event, wording, line);
  if (event.delivery != 0) {
    if (counts_from_one(event.visitor)) {
      append(line, R"(,"id":"{}")", event.delivery);
    } else {
      append(line, R"(,"id":"{:x}-{:x}")", event.visitor, event.delivery);
    }
  }
  write_place(event, wording, line);
  if (event.type == PlannedType::kPageView) write_page_view(event, wording, line);
  if (event.type == PlannedType::kConversion) write_money(event, wording, line);
  if (event.type == PlannedType::kEngagement && event.reports_time)
    append(line, R"(,"engaged_ms":{})", event.engaged_ms);
  if (event.first_page_view || event.first_of_visit || wording.below(2) == 0) {
    append(line, R"(,"device":"{}")", kDevices[event.device]);
  }
  if (wording.below(16) == 0) line += R"(,"title":"Caf\u00e9 \"Noir\" \\ d\u00e9j\u00e0 vu \ud83d\ude00")";
  if (time_last) write_time(event.time_ms, wording, line);
  line += '}';
}

void LineWriter::write_late(const PlannedEvent& like, TimeMs time_ms, std::uint64_t late_number,
                            std::string& line) const {
  Random wording(like.wording ^ late_number);
  line += wording.below(2) == 0 ? R"({"type":"page_view","url":"/blog/late-events","status":500)"
                                : R"({"type":"conversion","name":"purchase","value":1000000.01)";
  write_time(time_ms, wording, line);
  write_visitor(like, wording, line);
  append(line, R"(,"site":"{}","id":"late-{}"}})", sites_[like.visitor % sites_.size()], late_number);
}

void LineWriter::write_malformed(const std::string& whole, Random& random, std::string& line) const {
  constexpr std::array<std::string_view, 3> kTexts{"upstream connect error or disconnect/reset before headers",
                                                   "GET /pricing HTTP/1.1", "{]"};
  const std::uint32_t form = random.below(4);
  if (form < kTexts.size()) {
    line += kTexts[form];
    return;
  }
  std::size_t size = 1 + random.below(whole.size() - 1);
  // Not inside a character, which would be another fault.
  while (size > 1 && (static_cast<unsigned char>(whole[size]) & 0xc0U) == 0x80U) --size;
  line.append(whole, 0, size);
}

void LineWriter::write_visitor(const PlannedEvent& event, Random& wording, std::string& line) const {
  // The same words on every site: a visitor's id means nothing beyond its site.
  const auto number = static_cast<std::uint32_t>(event.visitor / sites_.size());
  if (number % 100 == 7) {
    append(line, R"(,"visitor":"{}{}-{}")", visitor_prefix_, wording.below(2) == 0 ? "zo\\u00eb" : "zo\xc3\xab",
           number);
  } else {
    append(line, R"(,"visitor":"{}v{}")", visitor_prefix_, number);
  }
  if (event.session != 0) append(line, R"(,"session":"s{}")", event.session);
}

void LineWriter::write_place(const PlannedEvent& event, Random& wording, std::string& line) const {
  const std::string& site = sites_[event.visitor % sites_.size()];
  const bool has_url = event.type == PlannedType::kPageView || wording.below(3) == 0;
  const bool absolute = has_url && wording.below(2) == 0;
  if (!absolute || wording.below(3) == 0) append(line, R"(,"site":"{}")", site);
  if (has_url) write_url(event, wording, absolute, line);
}

void LineWriter::write_url(const PlannedEvent& event, Random& wording, bool absolute, std::string& line) const {
  const std::string_view page = kPages[event.page];
  line += R"(,"url":")";
  if (absolute) append(line, "https://{}", sites_[event.visitor % sites_.size()]);
  if (wording.below(100) == 0) {
    for (const char letter : page) line += letter == '/' ? std::string_view("\\/") : std::string_view(&letter, 1);
  } else if (page != "/" || !absolute || wording.below(4) != 0) {
    line += page;
  }
  if (page != "/" && wording.below(12) == 0) line += wording.below(8) == 0 ? "//" : "/";

  const TrafficSource& traffic = kTraffic[event.traffic];
  bool has_query = false;
  const auto separate = [&] {
    line += has_query ? '&' : '?';
    has_query = true;
  };
  if (wording.below(8) == 0) {
    separate();
    append(line, "ref={}", wording.below(1000));
  }
  if (event.first_page_view && !traffic.source.empty() && event.wording % 4 != 0) {
    separate();
    append(line, "utm_source={}&utm_medium={}", traffic.source, traffic.medium);
    if (event.campaign != 0) {
      line += "&utm_campaign=";
      write_query_value(kCampaigns[event.campaign], wording, line);
    }
  }
  if (wording.below(10) == 0) line += "#reviews";
  line += '"';
}

void LineWriter::write_page_view(const PlannedEvent& event, Random& wording, std::string& line) const {
  const TrafficSource& traffic = kTraffic[event.traffic];
  if (!event.first_page_view) {
    if (wording.below(4) != 0) {
      append(line, R"(,"referrer":"https://{}{}")", sites_[event.visitor % sites_.size()], kPages[event.previous]);
    }
  } else {
    if (!traffic.referrer.empty()) append(line, R"(,"referrer":"{}")", traffic.referrer);
    if (!traffic.source.empty() && event.wording % 4 == 0) {  // the tracker's own fields instead of the url's
      append(line, R"(,"source":"{}","medium":"{}")", traffic.source, traffic.medium);
      if (event.campaign != 0) append(line, R"(,"campaign":"{}")", kCampaigns[event.campaign]);
    }
  }
  if (event.status != 0) append(line, R"(,"status":{})", event.status);
  if (event.duration_ms != 0) append(line, R"(,"duration_ms":{})", event.duration_ms);
}

}  // namespace weir::generator
