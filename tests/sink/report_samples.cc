#include "report_samples.h"

#include <array>

namespace weir {
namespace {

SessionFacts facts_of(const SampleSession& session) {
  SessionFacts facts;
  facts.page_views = session.page_views;
  facts.orders = session.orders;
  facts.landed = session.landed;
  facts.converted = session.orders > 0;
  facts.bounced = session.landed && session.page_views == 1 && !facts.converted;
  facts.engaged = session.page_views >= 2 || facts.converted;
  facts.dwell_known = session.dwell_seconds >= 0;
  if (facts.dwell_known) facts.dwell_ms = static_cast<std::uint32_t>(session.dwell_seconds * 1000.0 + 0.5);
  facts.revenue = session.revenue;
  facts.funnels[0] = {session.funnel_reached, session.cause};
  return facts;
}

WindowTotals& window_of(Report& report, std::size_t rollup) {
  for (WindowTotals& window : report.windows) {
    if (window.rollup == rollup) return window;
  }
  report.windows_wanted = true;
  return report.windows.emplace_back(WindowTotals{1'767'225'900'000, 300'000, rollup, {}});
}

}  // namespace

std::shared_ptr<const FunnelSet> checkout_funnel() {
  using enum FunnelStep::Kind;
  return std::make_shared<const FunnelSet>(
      std::vector<Funnel>{
          {"checkout", {{"product", kPage, "/product*"}, {"cart", kPage, "/cart"}, {"purchase", kConversion, "*"}}}},
      3000);
}

Totals totals_of(const std::vector<SampleSession>& sessions, const FunnelSet& funnels, std::int64_t visitors) {
  Totals totals;
  for (const SampleSession& session : sessions) totals.add(facts_of(session), funnels, +1);
  totals[Part::kVisitors] = visitors;
  return totals;
}

Counters counters_of(const std::vector<SampleSession>& sessions, const FunnelSet& funnels) {
  Counters counters;
  for (const SampleSession& session : sessions) counters.add(facts_of(session), funnels);
  return counters;
}

void add_cell(Report& report, std::size_t rollup, std::vector<std::string> labels,
              const std::vector<SampleSession>& sessions) {
  const auto visitors = static_cast<std::int64_t>(sessions.size());
  const Totals totals = totals_of(sessions, *report.funnels, visitors);
  report.rollups[rollup].counters.push_back({labels, counters_of(sessions, *report.funnels)});
  window_of(report, rollup).cells.push_back({labels, totals});
  report.rollups[rollup].cells.push_back({std::move(labels), totals});
}

Report small_report() {
  const Money euros{pack_currency("EUR"), to_nanos(30.5)};
  const Money dollars{kDollar, to_nanos(0.1)};
  Report report;
  report.funnels = checkout_funnel();
  report.rollup_specs = {{"landing", {Dimension::kLandingPage}, 100}};
  report.rollups.resize(1);
  report.stats[Stat::kReceivedHttp] = 15;
  report.stats[Stat::kCountedPageView] = 10;
  report.stats[Stat::kCountedConversion] = 1;
  report.stats[Stat::kRejectedBadUrl] = 2;
  report.stats[Stat::kLate] = 1;
  report.stats[Stat::kQueued] = 1;
  report.first_event_ms = 1'767'225'600'000;
  report.last_event_ms = 1'767'225'845'678;
  report.watermark_ms = 1'767'225'840'678;
  add_cell(report, 0, {"shop", "/"},
           {{.page_views = 1},
            {.page_views = 4, .dwell_seconds = 6.4, .funnel_reached = 1, .cause = LeakCause::kSlow},
            {.page_views = 3, .dwell_seconds = 125, .orders = 2, .revenue = {euros, dollars}, .funnel_reached = 3},
            {.page_views = 1, .dwell_seconds = 12}});
  add_cell(report, 0, {"shop", "/cart"}, {{.page_views = 1}});
  return report;
}

Report big_report(std::size_t cells) {
  using enum Dimension;
  Report report;
  report.funnels = checkout_funnel();
  report.rollup_specs = {{"site", {}, 10},
                         {"landing", {kLandingPage}, 100},
                         {"channel", {kChannel}, 100},
                         {"campaign", {kCampaign}, 100},
                         {"device", {kDevice}, 100},
                         {"landing_channel", {kLandingPage, kChannel}, 100}};
  report.rollups.resize(report.rollup_specs.size());
  report.watermark_ms = 1'767'225'840'678;
  for (std::size_t r = 0; r < report.rollup_specs.size(); ++r) {
    for (std::size_t c = 0; c < cells; ++c) {
      std::vector<std::string> labels{"site" + std::to_string(r == 0 ? c : c % 3)};
      for (std::size_t d = 0; d < report.rollup_specs[r].dimensions.size(); ++d) {
        labels.push_back("/value/" + std::to_string(c));
      }
      const auto step = static_cast<std::uint8_t>(c % 4);
      add_cell(report, r, std::move(labels),
               {{.page_views = 1},
                {.page_views = 2, .dwell_seconds = 0.75 * static_cast<double>(c), .funnel_reached = step},
                {.page_views = 2, .dwell_seconds = 4000, .orders = 1, .revenue = {{kDollar, to_nanos(9.99)}}}});
    }
    if (cells == 0) continue;
    WindowTotals hour = report.windows.back();
    hour.length_ms = 3'600'000;
    report.windows.push_back(std::move(hour));
  }
  return report;
}

std::string hostile_text(std::mt19937_64& random, std::size_t most) {
  static constexpr std::array<std::string_view, 14> kPieces{
      "\"",        "\\",           "\n",           "\\n",          "} 1\n",
      "{a=\"b\"}", "\xEF\xBF\xBD", "\xE2\x80\xAE", "\xE6\xB0\xB4", "\xF0\x9F\x98\x80",
      "\xC3\xA9",  "\xED\xA0\x80", "/products/",   "\x1b[31m"};
  const std::size_t length = random() % (most + 1);
  std::string text;
  while (text.size() < length) {
    if (random() % 2 == 0) {
      text += static_cast<char>(random() % 256);
    } else {
      text += kPieces[random() % kPieces.size()];
    }
  }
  return text;
}

}  // namespace weir
