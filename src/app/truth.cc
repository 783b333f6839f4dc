// Facts of a visit and their sums. Follows the wording of the contract's section 4 line by line.
#include "truth.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir {
namespace {

using generator::PlannedEvent;
using generator::PlannedType;
using generator::PlannedVisit;

constexpr TimeMs kEngagedMs = 10'000;
constexpr std::string_view kNone = "(none)";

/// Whole-text match; `*` is any run of bytes, `?` is one byte. Plain recursion: patterns here are short.
bool matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern.front() == '*') {
    return matches(pattern.substr(1), text) || (!text.empty() && matches(pattern, text.substr(1)));
  }
  if (text.empty() || (pattern.front() != '?' && pattern.front() != text.front())) return false;
  return matches(pattern.substr(1), text.substr(1));
}

bool takes_step(const FunnelStep& step, const PlannedEvent& event) {
  switch (step.kind) {
    case FunnelStep::Kind::kPage:
      return event.type == PlannedType::kPageView && matches(step.pattern, generator::kPages[event.page]);
    case FunnelStep::Kind::kConversion:
      return event.type == PlannedType::kConversion && matches(step.pattern, generator::kConversionNames[event.name]);
    case FunnelStep::Kind::kEvent:
      if (event.type != PlannedType::kCustom) return false;
      return matches(step.pattern, generator::kCustomNames[event.name]) ||
             (event.generic_type && matches(step.pattern, generator::kGenericCustomType));
  }
  return false;
}

/// What the events from `first` on say about why a visit went no further. The worst counts.
LeakCause cause_of(const std::vector<PlannedEvent>& events, std::size_t first, TimeMs slow_ms) {
  bool failed = false;
  bool slow = false;
  bool wandered = false;
  for (std::size_t i = first; i < events.size(); ++i) {
    failed |= events[i].status >= 500 || events[i].type == PlannedType::kError;
    slow |= static_cast<TimeMs>(events[i].duration_ms) > slow_ms;
    wandered |= events[i].type == PlannedType::kPageView;
  }
  return failed ? LeakCause::kError : slow ? LeakCause::kSlow : wandered ? LeakCause::kWandered : LeakCause::kLeft;
}

WalkedFunnel walk(const Funnel& funnel, const std::vector<PlannedEvent>& events, TimeMs slow_ms) {
  WalkedFunnel walked;
  std::size_t after_last_step = 0;
  for (std::size_t i = 0; i < events.size() && walked.reached < funnel.steps.size(); ++i) {
    if (!takes_step(funnel.steps[walked.reached], events[i])) continue;
    ++walked.reached;
    after_last_step = i + 1;
  }
  walked.cause = cause_of(events, after_last_step, slow_ms);
  return walked;
}

/// The default rollups of the contract's section 1.
std::vector<TruthRollup> default_truth_rollups() {
  std::vector<TruthRollup> rollups;
  const auto add = [&](std::string_view name, std::vector<std::string_view> labels) {
    labels.insert(labels.begin(), "site");
    rollups.push_back({name, std::move(labels), {}, {}});
  };
  add("site", {});
  add("landing", {"landing_page"});
  add("channel", {"channel"});
  add("campaign", {"campaign"});
  add("device", {"device"});
  add("landing_channel", {"landing_page", "channel"});
  return rollups;
}

std::string_view label_value(std::string_view label, std::string_view site, const VisitFacts& facts) {
  if (label == "site") return site;
  if (label == "landing_page") return facts.landing_page;
  if (label == "channel") return facts.channel;
  if (label == "campaign") return facts.campaign;
  WEIR_CHECK(label == "device");
  return facts.device;
}

}  // namespace

void find_facts(const PlannedVisit& visit, const std::vector<Funnel>& funnels, TimeMs slow_ms, VisitFacts& facts) {
  const std::vector<PlannedEvent>& events = visit.events;
  facts.landing_page = kNone;
  facts.channel = generator::kTraffic[visit.traffic].channel;
  facts.campaign = visit.campaign == 0 ? kNone : generator::kCampaigns[visit.campaign];
  facts.device = generator::kDevices[visit.device];
  facts.visitor = visit.visitor;
  facts.page_views = 0;
  facts.orders = 0;
  facts.cents = {};
  std::uint32_t conversions = 0;
  std::uint32_t customs = 0;
  std::int64_t engaged_ms = 0;
  for (const PlannedEvent& event : events) {
    if (event.type == PlannedType::kPageView && ++facts.page_views == 1) {
      facts.landing_page = generator::kPages[event.page];
    }
    customs += event.type == PlannedType::kCustom;
    engaged_ms += event.engaged_ms;
    if (event.type != PlannedType::kConversion) continue;
    ++conversions;
    const bool is_order = event.order != 0 ? !event.order_repeated : event.cents != 0;
    if (!is_order) continue;
    ++facts.orders;
    facts.cents[event.currency] += event.cents;
  }
  const TimeMs dwell_ms = events.back().time_ms - events.front().time_ms;
  facts.dwell_ms = static_cast<std::uint32_t>(dwell_ms);
  facts.dwell_known = events.size() > 1;
  facts.landed = facts.page_views > 0;
  facts.converted = conversions > 0;
  facts.bounced = facts.page_views == 1 && conversions == 0 && customs == 0;
  facts.engaged = facts.page_views >= 2 || conversions > 0 || engaged_ms >= kEngagedMs || dwell_ms >= kEngagedMs;
  facts.funnels.clear();
  for (const Funnel& funnel : funnels) facts.funnels.push_back(walk(funnel, events, slow_ms));
}

Truth::Truth(std::vector<Funnel> funnels, TimeMs slow_ms)
    : funnels_(std::move(funnels)), slow_ms_(slow_ms), rollups_(default_truth_rollups()) {}

void Truth::add(const PlannedVisit& visit, std::string_view site) {
  find_facts(visit, funnels_, slow_ms_, facts_);
  for (TruthRollup& rollup : rollups_) add_to_cell(cell_of(rollup, site));
}

void Truth::count_event(TimeMs time_ms) {
  ++counted_;
  first_event_ms_ = std::min(first_event_ms_.value_or(time_ms), time_ms);
  last_event_ms_ = std::max(last_event_ms_.value_or(time_ms), time_ms);
}

void Truth::finish() {
  for (TruthRollup& rollup : rollups_) {
    rollup.cell_by_labels.clear();
    for (TruthCell& cell : rollup.cells) {
      std::sort(cell.dwell_ms.begin(), cell.dwell_ms.end());
      std::sort(cell.visitors.begin(), cell.visitors.end());
      cell.visitors.erase(std::unique(cell.visitors.begin(), cell.visitors.end()), cell.visitors.end());
    }
    std::sort(rollup.cells.begin(), rollup.cells.end(), [](const TruthCell& a, const TruthCell& b) {
      return a.sessions != b.sessions ? a.sessions > b.sessions : a.labels < b.labels;
    });
  }
}

TruthCell& Truth::cell_of(TruthRollup& rollup, std::string_view site) {
  key_.clear();
  for (const std::string_view label : rollup.label_names) {
    key_ += label_value(label, site, facts_);
    key_ += '\n';
  }
  const auto [found, is_new] = rollup.cell_by_labels.try_emplace(key_, rollup.cells.size());
  if (!is_new) return rollup.cells[found->second];
  TruthCell& cell = rollup.cells.emplace_back();
  for (const std::string_view label : rollup.label_names) cell.labels.emplace_back(label_value(label, site, facts_));
  for (const Funnel& funnel : funnels_) cell.funnels.emplace_back(funnel.steps.size());
  return cell;
}

void Truth::add_to_cell(TruthCell& cell) const {
  ++cell.sessions;
  cell.landed_sessions += facts_.landed;
  cell.bounced_sessions += facts_.bounced;
  cell.engaged_sessions += facts_.engaged;
  cell.converted_sessions += facts_.converted;
  cell.page_views += facts_.page_views;
  cell.orders += facts_.orders;
  for (std::size_t i = 0; i < cell.cents.size(); ++i) cell.cents[i] += facts_.cents[i];
  cell.visitors.push_back(facts_.visitor);
  if (facts_.dwell_known) {
    cell.dwell_sum_ms += facts_.dwell_ms;
    cell.dwell_ms.push_back(facts_.dwell_ms);
  } else {
    ++cell.dwell_unknown;
  }
  for (std::size_t i = 0; i < facts_.funnels.size(); ++i) {
    const WalkedFunnel& walked = facts_.funnels[i];
    if (walked.reached > 0) ++cell.funnels[i][walked.reached - 1][static_cast<std::size_t>(walked.cause)];
  }
}

}  // namespace weir
