#include "live_traffic.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "input.h"
#include "weir/core/check.h"
#include "weir/core/time_text.h"
#include "weir/session/options.h"

namespace weir::bench {
namespace {

constexpr std::size_t kLongestLine = 512;
constexpr std::size_t kPages = 40;
constexpr std::array<std::string_view, 4> kQueries{"", "", "", "?utm_source=google&utm_medium=cpc&utm_campaign=spring"};
constexpr std::array<std::string_view, 4> kReferrers{"www.google.com", "www.bing.com", "shop.example.com",
                                                     "news.example"};
constexpr std::array<std::string_view, 3> kDevices{"desktop", "mobile", "tablet"};
constexpr TimeMs kStartMs = 1'767'225'600'000;

}  // namespace

std::string_view LiveTraffic::next(std::size_t most) {
  text_.clear();
  while (most-- > 0 && text_.size() + kLongestLine < kRunBytes) add_line();
  return text_;
}

void LiveTraffic::add_line() {
  const std::uint64_t chance = random_();
  const std::uint64_t visitor = events_ < sessions_ ? events_ : (chance >> 16) % sessions_;
  const TimeMs time_ms = kStartMs + static_cast<TimeMs>(events_ / kEventsPerMs);
  const std::string time = chance & 1 ? fmt::to_string(time_ms) : '"' + format_rfc3339(time_ms) + '"';
  fmt::format_to(
      std::back_inserter(text_),
      R"({{"type":"page_view","ts":{},"visitor":"visitor-{}","id":"{:x}","site":"shop.example.com",)"
      R"("url":"https://shop.example.com/product/{}{}","referrer":"https://{}/","status":200,"device":"{}"}})"
      "\n",
      time, visitor, events_, (chance >> 1) % kPages, kQueries[(chance >> 7) % kQueries.size()],
      kReferrers[(chance >> 10) % kReferrers.size()], kDevices[(chance >> 13) % kDevices.size()]);
  ++events_;
}

void LiveTraffic::check(const Report& report) const {
  WEIR_CHECK(static_cast<TimeMs>(events_ / kEventsPerMs) < SessionOptions{}.timeout_ms);
  const Totals& site = report.rollups[0].cells.at(0).totals;
  const auto sessions = static_cast<std::int64_t>(std::min(sessions_, events_));
  // What a full queue refused came again.
  WEIR_CHECK(report.stats.received() - report.stats.shed() == static_cast<std::int64_t>(events_));
  WEIR_CHECK(report.stats.counted() == static_cast<std::int64_t>(events_));
  WEIR_CHECK(site[Part::kSessions] == sessions);
  WEIR_CHECK(site[Part::kPageViews] == static_cast<std::int64_t>(events_));
}

LiveLines::LiveLines(std::size_t sessions, std::size_t events) : traffic(sessions) {
  while (traffic.events() < events) text += traffic.next(events - traffic.events());
}

}  // namespace weir::bench
