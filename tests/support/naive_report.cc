#include "support/naive_report.h"

#include <algorithm>
#include <set>
#include <utility>

namespace weir::support {
namespace {

using nlohmann::json;

/// The event a visit's channel, campaign and device are taken from: the first page view, else the first event.
const NaiveEvent& attribution_of(const NaiveVisit& visit) {
  const auto landing = std::find_if(visit.begin(), visit.end(), [](const NaiveEvent* e) { return e->is_page_view(); });
  return landing == visit.end() ? *visit.front() : **landing;
}

std::string or_none(const std::string& text) { return text.empty() ? "(none)" : text; }

bool matches(const NaiveStep& step, const NaiveEvent& event) {
  if (step.kind == "page") return event.is_page_view() && naive_glob(step.glob, event.page);
  if (step.kind == "conversion") return event.is_conversion() && naive_glob(step.glob, event.name);
  if (!event.is_custom()) return false;
  return naive_glob(step.glob, event.type) || (!event.name.empty() && naive_glob(step.glob, event.name));
}

/// What an event says about why a visit went no further, worst first: 0 error, 1 slow, 2 wandered, 3 nothing.
int badness(const NaiveEvent& event, const NaiveOptions& options) {
  if (event.is_error() || event.status >= 500) return 0;
  if (event.duration_ms > options.slow_ms) return 1;
  return event.is_page_view() ? 2 : 3;
}

NaiveProgress progress_of(const NaiveVisit& visit, const NaiveFunnel& funnel, const NaiveOptions& options) {
  static const char* const kCauses[] = {"error", "slow", "wandered", "left"};
  NaiveProgress progress;
  std::size_t after = 0;  // index of the first event behind the last step
  for (std::size_t i = 0; i < visit.size() && progress.reached < funnel.steps.size(); ++i) {
    if (!matches(funnel.steps[progress.reached], *visit[i])) continue;
    ++progress.reached;
    after = i + 1;
  }
  int worst = 3;
  for (std::size_t i = after; i < visit.size(); ++i) worst = std::min(worst, badness(*visit[i], options));
  progress.cause = kCauses[worst];
  return progress;
}

void add_event(const NaiveEvent& event, NaiveFacts& facts) {
  ++facts.events;
  if (event.is_page_view()) ++facts.page_views;
  if (event.is_custom()) ++facts.custom_events;
  if (event.is_engagement()) facts.engaged_ms += event.engaged_ms;
  if (!event.is_conversion()) return;
  ++facts.conversions;
  const bool is_order = event.order.empty() ? event.value > 0 : event.first_of_order;
  if (!is_order) return;
  ++facts.orders;
  if (event.value > 0) facts.revenue[event.currency] += event.value;
}

NaiveFacts facts_of(const NaiveVisit& visit, const NaiveOptions& options) {
  NaiveFacts facts;
  facts.site = visit.front()->site;
  facts.visitor = visit.front()->visitor;
  facts.dwell_ms = visit.back()->ts_ms - visit.front()->ts_ms;
  for (const NaiveEvent* event : visit) add_event(*event, facts);
  const NaiveEvent& attribution = attribution_of(visit);
  facts.labels["landing_page"] = or_none(attribution.page);
  facts.labels["channel"] = attribution.channel;
  facts.labels["campaign"] = or_none(attribution.campaign);
  facts.labels["device"] = or_none(attribution.device);
  for (const NaiveFunnel& funnel : options.funnels) facts.funnels.push_back(progress_of(visit, funnel, options));
  return facts;
}

using Cell = std::vector<const NaiveFacts*>;

template <class Property>
std::int64_t count(const Cell& cell, Property property) {
  return std::count_if(cell.begin(), cell.end(), [&](const NaiveFacts* facts) { return property(*facts); });
}

template <class Property>
std::int64_t sum(const Cell& cell, Property property) {
  std::int64_t total = 0;
  for (const NaiveFacts* facts : cell) total += property(*facts);
  return total;
}

json ratio(double numerator, std::int64_t denominator) {
  return denominator == 0 ? json(nullptr) : json(numerator / static_cast<double>(denominator));
}

json dwell_of(const Cell& cell) {
  std::vector<std::int64_t> known;
  for (const NaiveFacts* facts : cell) {
    if (facts->dwell_known()) known.push_back(facts->dwell_ms);
  }
  std::sort(known.begin(), known.end());
  std::int64_t total_ms = 0;
  for (const std::int64_t dwell_ms : known) total_ms += dwell_ms;
  const auto size = static_cast<std::int64_t>(known.size());
  const auto percentile = [&](std::size_t percent) {
    if (known.empty()) return json(nullptr);
    const std::size_t rank = (known.size() * percent + 99) / 100;  // nearest rank, counted from 1
    return json(static_cast<double>(known[rank - 1]) / 1000.0);
  };
  const double total_s = static_cast<double>(total_ms) / 1000.0;
  json dwell = json::object();
  dwell["known"] = size;
  dwell["unknown"] = static_cast<std::int64_t>(cell.size()) - size;
  dwell["sum"] = total_s;
  dwell["mean"] = ratio(total_s, size);
  dwell["p50"] = percentile(50);
  dwell["p95"] = percentile(95);
  return dwell;
}

json funnel_of(const Cell& cell, std::size_t index, const NaiveFunnel& funnel) {
  const auto reached = [&](std::size_t step) {
    return count(cell, [&](const NaiveFacts& facts) { return facts.funnels[index].reached >= step; });
  };
  json steps = json::array();
  for (std::size_t step = 1; step <= funnel.steps.size(); ++step) {
    json entry = json::object();
    entry["step"] = funnel.steps[step - 1].name;
    entry["reached"] = reached(step);
    entry["leakage_ratio"] = nullptr;
    entry["causes"] = json::object();
    if (step < funnel.steps.size()) {
      entry["leakage_ratio"] = ratio(static_cast<double>(reached(step) - reached(step + 1)), reached(step));
      for (const NaiveFacts* facts : cell) {
        const NaiveProgress& progress = facts->funnels[index];
        if (progress.reached != step) continue;
        json& cause = entry["causes"][progress.cause];
        cause = cause.is_null() ? 1 : cause.get<int>() + 1;
      }
    }
    steps.push_back(std::move(entry));
  }
  return steps;
}

json row_of(const Cell& cell, const NaiveOptions& options) {
  const auto sessions = static_cast<std::int64_t>(cell.size());
  const std::int64_t landed = count(cell, [](const NaiveFacts& f) { return f.landed(); });
  const std::int64_t bounced = count(cell, [](const NaiveFacts& f) { return f.bounced(); });
  const std::int64_t converted = count(cell, [](const NaiveFacts& f) { return f.conversions > 0; });
  const std::int64_t page_views = sum(cell, [](const NaiveFacts& f) { return f.page_views; });
  const std::int64_t orders = sum(cell, [](const NaiveFacts& f) { return f.orders; });
  std::set<std::pair<std::string, std::string>> visitors;
  std::map<std::string, double> revenue;
  for (const NaiveFacts* facts : cell) {
    visitors.insert({facts->site, facts->visitor});
    for (const auto& [currency, amount] : facts->revenue) revenue[currency] += amount;
  }
  json row = json::object();  // filled member by member: initializer lists of json copy every value twice
  row["sessions"] = sessions;
  row["landed_sessions"] = landed;
  row["bounced_sessions"] = bounced;
  row["engaged_sessions"] = count(cell, [](const NaiveFacts& f) { return f.engaged(); });
  row["page_views"] = page_views;
  row["visitors"] = visitors.size();
  row["bounce_ratio"] = ratio(static_cast<double>(bounced), landed);
  row["pages_per_session"] = ratio(static_cast<double>(page_views), landed);
  row["dwell_seconds"] = dwell_of(cell);
  row["converted_sessions"] = converted;
  row["conversion_ratio"] = ratio(static_cast<double>(converted), sessions);
  row["orders"] = orders;
  row["revenue"] = revenue;
  row["average_order_value"] = json::object();
  row["funnels"] = json::object();
  for (const auto& [currency, amount] : revenue) row["average_order_value"][currency] = ratio(amount, orders);
  for (std::size_t i = 0; i < options.funnels.size(); ++i) {
    row["funnels"][options.funnels[i].name] = funnel_of(cell, i, options.funnels[i]);
  }
  return row;
}

}  // namespace

std::string naive_campaign_of(const NaiveVisit& visit) { return attribution_of(visit).campaign; }

std::vector<NaiveFacts> naive_facts(const std::vector<NaiveVisit>& visits, std::int64_t from_ms, std::int64_t until_ms,
                                    const NaiveOptions& options) {
  std::vector<NaiveFacts> facts;
  for (const NaiveVisit& visit : visits) {
    const std::int64_t start_ms = visit.front()->ts_ms;
    if (start_ms < from_ms || start_ms > until_ms) continue;
    NaiveVisit so_far = visit;
    while (so_far.back()->ts_ms > until_ms) so_far.pop_back();
    facts.push_back(facts_of(so_far, options));
  }
  return facts;
}

std::vector<json> naive_rows(const std::vector<NaiveFacts>& facts, const NaiveRollup& rollup,
                             const NaiveOptions& options) {
  std::map<std::vector<std::string>, Cell> cells;  // by site and labels
  for (const NaiveFacts& one : facts) {
    std::vector<std::string> key{one.site};
    for (const std::string& label : rollup.labels) key.push_back(one.labels.at(label));
    cells[key].push_back(&one);
  }
  std::vector<json> rows;
  for (const auto& [key, cell] : cells) {
    json row = row_of(cell, options);
    row["site"] = key[0];
    for (std::size_t i = 0; i < rollup.labels.size(); ++i) row[rollup.labels[i]] = key[i + 1];
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const json& a, const json& b) { return a["sessions"] > b["sessions"]; });
  return rows;
}

}  // namespace weir::support
