#include "generator_oracle.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "weir/core/time_text.h"

namespace weir::test {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* key) { return object.value(key, std::string()); }

std::int64_t time_of(const json& ts) {
  if (ts.is_string()) return *parse_rfc3339(ts.get<std::string>());
  if (ts.is_number_float()) return std::llround(ts.get<double>() * 1000);
  return ts.get<std::int64_t>();
}

/// Host and what follows it of an absolute url; no host for a path.
std::pair<std::string, std::string> split_host(const std::string& url) {
  const std::string scheme = "https://";
  if (!url.starts_with(scheme)) return {"", url};
  const std::size_t end = std::min(url.find_first_of("/?#", scheme.size()), url.size());
  return {url.substr(scheme.size(), end - scheme.size()), url.substr(end)};
}

std::string page_of(std::string path) {
  path = path.substr(0, path.find_first_of("?#"));
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path.empty() ? "/" : path;
}

std::string query_value(const std::string& rest, const std::string& key) {
  const std::string url = rest.substr(0, rest.find('#'));
  std::size_t at = url.find('?');
  while (at != std::string::npos) {
    const std::size_t end = url.find('&', at + 1);
    const std::string pair = url.substr(at + 1, end == std::string::npos ? end : end - at - 1);
    at = end;
    if (!pair.starts_with(key + "=")) continue;
    std::string value;
    for (std::size_t i = key.size() + 1; i < pair.size(); ++i) {
      if (pair[i] == '+') {
        value += ' ';
      } else if (pair[i] == '%') {
        value += static_cast<char>(std::stoi(pair.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        value += pair[i];
      }
    }
    return value;
  }
  return "";
}

std::string channel_of(const std::string& medium, const std::string& referrer_host, const std::string& site) {
  if (medium == "cpc") return "Paid Search";
  if (medium == "email") return "Email";
  if (medium == "referral") return "Referral";
  if (!medium.empty()) return "unexpected medium " + medium;
  if (referrer_host.empty() || referrer_host == site) return "Direct";
  if (referrer_host == "www.google.com") return "Organic Search";
  if (referrer_host == "www.facebook.com") return "Organic Social";
  if (referrer_host == "chatgpt.com") return "AI Assistants";
  if (referrer_host == "blog.example.net") return "Referral";
  return "unexpected referrer " + referrer_host;
}

bool is_custom(const ReadEvent& event) {
  return event.type != "page_view" && event.type != "conversion" && event.type != "engagement" && event.type != "error";
}

bool fits(const std::string& pattern, const std::string& text) {
  if (pattern.ends_with('*')) return text.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == text;
}

bool takes(const FunnelStep& step, const ReadEvent& event) {
  if (step.kind == FunnelStep::Kind::kPage) return event.type == "page_view" && fits(step.pattern, event.page);
  if (step.kind == FunnelStep::Kind::kConversion) return event.type == "conversion" && fits(step.pattern, event.name);
  return is_custom(event) &&
         (fits(step.pattern, event.type) || (!event.name.empty() && fits(step.pattern, event.name)));
}

/// Steps reached and the index of the first event after the last of them.
std::pair<std::size_t, std::size_t> walk(const Funnel& funnel, const ReadSession& session) {
  std::size_t reached = 0;
  std::size_t next = 0;
  for (std::size_t i = 0; i < session.size(); ++i) {
    if (reached == funnel.steps.size() || !takes(funnel.steps[reached], session[i])) continue;
    ++reached;
    next = i + 1;
  }
  return {reached, next};
}

std::string cause_after(const ReadSession& session, std::size_t first, std::int64_t slow_ms) {
  const auto any = [&](auto is) {
    return std::any_of(session.begin() + static_cast<std::ptrdiff_t>(first), session.end(), is);
  };
  if (any([](const ReadEvent& e) { return e.status >= 500 || e.type == "error"; })) return "error";
  if (any([&](const ReadEvent& e) { return e.duration_ms > slow_ms; })) return "slow";
  if (any([](const ReadEvent& e) { return e.type == "page_view"; })) return "wandered";
  return "left";
}

json funnel_json(const Funnel& funnel, const std::vector<const ReadSession*>& sessions, std::int64_t slow_ms) {
  std::vector<std::int64_t> reached(funnel.steps.size() + 1, 0);
  std::vector<json> causes(funnel.steps.size() + 1, json{{"error", 0}, {"slow", 0}, {"wandered", 0}, {"left", 0}});
  causes[funnel.steps.size()] = json::object();
  for (const ReadSession* session : sessions) {
    const auto [steps, next] = walk(funnel, *session);
    for (std::size_t step = 1; step <= steps; ++step) ++reached[step];
    if (steps == 0 || steps == funnel.steps.size()) continue;
    json& count = causes[steps][cause_after(*session, next, slow_ms)];
    count = count.get<std::int64_t>() + 1;
  }
  json steps = json::array();
  for (std::size_t step = 1; step <= funnel.steps.size(); ++step) {
    json leakage;
    if (step < funnel.steps.size() && reached[step] > 0) {
      leakage = 1 - static_cast<double>(reached[step + 1]) / static_cast<double>(reached[step]);
    }
    steps.push_back({{"step", funnel.steps[step - 1].name},
                     {"reached", reached[step]},
                     {"leakage_ratio", leakage},
                     {"causes", causes[step]}});
  }
  return steps;
}

json quotient(double numerator, double denominator) {
  if (denominator == 0) return nullptr;
  return numerator / denominator;
}

json dwell_json(const std::vector<const ReadSession*>& sessions) {
  std::vector<std::int64_t> known;
  for (const ReadSession* session : sessions) {
    if (session->size() > 1) known.push_back(session->back().time_ms - session->front().time_ms);
  }
  std::sort(known.begin(), known.end());
  double sum_ms = 0;
  for (const std::int64_t dwell_ms : known) sum_ms += static_cast<double>(dwell_ms);
  const auto quantile = [&](std::size_t percent) -> json {
    if (known.empty()) return nullptr;
    std::size_t rank = 1;
    while (rank * 100 < percent * known.size()) ++rank;
    return static_cast<double>(known[rank - 1]) / 1000;
  };
  return {{"known", known.size()}, {"unknown", sessions.size() - known.size()},
          {"sum", sum_ms / 1000},  {"mean", quotient(sum_ms / 1000, static_cast<double>(known.size()))},
          {"p50", quantile(50)},   {"p95", quantile(95)}};
}

/// One row without its labels. `first_orders` are the conversions that are the first of their order id.
json cell_json(const std::vector<const ReadSession*>& sessions, const std::set<const ReadEvent*>& first_orders,
               const OracleOptions& options) {
  std::int64_t landed = 0, bounced = 0, engaged = 0, converted = 0, page_views = 0, orders = 0;
  std::set<std::string> visitors;
  std::map<std::string, std::int64_t> cents;
  for (const ReadSession* session : sessions) {
    std::int64_t pages = 0, conversions = 0, customs = 0, engaged_ms = 0;
    for (const ReadEvent& event : *session) {
      visitors.insert(event.site + " " + event.visitor);
      pages += event.type == "page_view";
      customs += is_custom(event);
      engaged_ms += event.engaged_ms;
      if (event.type != "conversion") continue;
      ++conversions;
      const bool counts = event.order.empty() ? event.cents > 0 : first_orders.contains(&event);
      orders += counts;
      if (counts) cents[event.currency] += event.cents;
    }
    page_views += pages;
    landed += pages > 0;
    bounced += pages == 1 && conversions == 0 && customs == 0;
    converted += conversions > 0;
    const std::int64_t dwell_ms = session->back().time_ms - session->front().time_ms;
    engaged += pages >= 2 || conversions > 0 || engaged_ms >= 10'000 || dwell_ms >= 10'000;
  }
  json revenue = json::object();
  json average = json::object();
  for (const auto& [currency, sum] : cents) {
    revenue[currency] = static_cast<double>(sum) / 100;
    average[currency] = quotient(static_cast<double>(sum) / 100, static_cast<double>(orders));
  }
  json row{{"sessions", sessions.size()},
           {"landed_sessions", landed},
           {"bounced_sessions", bounced},
           {"engaged_sessions", engaged},
           {"converted_sessions", converted},
           {"page_views", page_views},
           {"visitors", visitors.size()},
           {"orders", orders},
           {"revenue", revenue},
           {"average_order_value", average},
           {"dwell_seconds", dwell_json(sessions)},
           {"funnels", json::object()}};
  row["bounce_ratio"] = quotient(static_cast<double>(bounced), static_cast<double>(landed));
  row["pages_per_session"] = quotient(static_cast<double>(page_views), static_cast<double>(landed));
  row["conversion_ratio"] = quotient(static_cast<double>(converted), static_cast<double>(sessions.size()));
  for (const Funnel& funnel : options.funnels)
    row["funnels"][funnel.name] = funnel_json(funnel, sessions, options.slow_ms);
  return row;
}

/// Labels of a session by dimension: of its first page view, or of its first event when it has none.
std::map<std::string, std::string> labels_of(const ReadSession& session) {
  const auto page_view =
      std::find_if(session.begin(), session.end(), [](const ReadEvent& event) { return event.type == "page_view"; });
  const ReadEvent& event = page_view == session.end() ? session.front() : *page_view;
  return {{"site", event.site},
          {"landing_page", page_view == session.end() ? "(none)" : event.page},
          {"channel", event.channel},
          {"campaign", event.campaign.empty() ? "(none)" : event.campaign},
          {"device", event.device}};
}

json rollup_json(const std::vector<ReadSession>& sessions, const std::vector<std::string>& dimensions,
                 const std::set<const ReadEvent*>& first_orders, const OracleOptions& options) {
  std::map<std::vector<std::string>, std::vector<const ReadSession*>> cells;
  for (const ReadSession& session : sessions) {
    const auto labels = labels_of(session);
    std::vector<std::string> key;
    for (const std::string& dimension : dimensions) key.push_back(labels.at(dimension));
    cells[key].push_back(&session);
  }
  std::vector<json> rows;
  for (const auto& [key, members] : cells) {
    json row = cell_json(members, first_orders, options);
    for (std::size_t i = 0; i < key.size(); ++i) row[dimensions[i]] = key[i];
    rows.push_back(row);
  }
  // The map has put them in order of the labels already.
  std::stable_sort(rows.begin(), rows.end(),
                   [](const json& a, const json& b) { return a["sessions"] > b["sessions"]; });
  return rows;
}

/// Sorts the lines into counted, malformed, late and duplicate, as the contract's sections 2 and 3 tell.
std::vector<ReadEvent> admit(const std::vector<std::string>& lines, const OracleOptions& options, json& counts) {
  std::vector<ReadEvent> events;
  std::set<std::tuple<std::string, std::string, std::string>> seen;
  std::int64_t malformed = 0, late = 0, duplicate = 0;
  std::int64_t newest_ms = INT64_MIN / 2;
  for (const std::string& line : lines) {
    const std::optional<ReadEvent> event = read_event(line);
    if (!event) {
      ++malformed;
    } else if (!event->id.empty() && !seen.insert({event->site, event->visitor, event->id}).second) {
      ++duplicate;
    } else if (event->time_ms < newest_ms - options.lateness_ms) {
      ++late;
    } else {
      newest_ms = std::max(newest_ms, event->time_ms);
      events.push_back(*event);
    }
  }
  counts = {{"received", lines.size()},
            {"counted", events.size()},
            {"rejected", {{"malformed", malformed}}},
            {"late", late},
            {"duplicate", duplicate}};
  return events;
}

std::vector<ReadSession> sessionize(const std::vector<ReadEvent>& events, std::int64_t timeout_ms) {
  std::map<std::tuple<std::string, std::string, std::string>, std::vector<ReadSession>> streams;
  for (const ReadEvent& event : events) {
    std::vector<ReadSession>& stream = streams[{event.site, event.visitor, event.session}];
    if (stream.empty() || event.time_ms - stream.back().back().time_ms > timeout_ms) stream.emplace_back();
    stream.back().push_back(event);
  }
  std::vector<ReadSession> sessions;
  for (const auto& [key, stream] : streams) sessions.insert(sessions.end(), stream.begin(), stream.end());
  return sessions;
}

std::set<const ReadEvent*> find_first_orders(const std::vector<ReadSession>& sessions) {
  std::map<std::tuple<std::string, std::string, std::string>, const ReadEvent*> first;
  for (const ReadSession& session : sessions) {
    for (const ReadEvent& event : session) {
      if (event.type != "conversion" || event.order.empty()) continue;
      const ReadEvent*& holder = first[{event.site, event.visitor, event.order}];
      if (holder == nullptr || event.time_ms < holder->time_ms) holder = &event;
    }
  }
  std::set<const ReadEvent*> events;
  for (const auto& [key, event] : first) events.insert(event);
  return events;
}

}  // namespace

std::optional<ReadEvent> read_event(const std::string& line) {
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return std::nullopt;
  const auto [host, rest] = split_host(text_of(object, "url"));
  ReadEvent event;
  event.time_ms = time_of(object.at("ts"));
  event.type = text_of(object, "type");
  event.name = text_of(object, "name");
  event.site = object.contains("site") ? text_of(object, "site") : host;
  event.visitor = text_of(object, "visitor");
  event.session = text_of(object, "session");
  event.id = text_of(object, "id");
  if (event.type == "page_view") event.page = page_of(rest);
  const std::string medium = object.contains("medium") ? text_of(object, "medium") : query_value(rest, "utm_medium");
  event.campaign = object.contains("campaign") ? text_of(object, "campaign") : query_value(rest, "utm_campaign");
  event.channel = channel_of(medium, split_host(text_of(object, "referrer")).first, event.site);
  event.device = text_of(object, "device");
  event.order = text_of(object, "order");
  event.currency = object.value("currency", "USD");
  event.cents = std::llround(object.value("value", 0.0) * 100);
  event.engaged_ms = event.type == "engagement" ? object.value("engaged_ms", std::int64_t{0}) : 0;
  event.status = object.value("status", std::int64_t{0});
  event.duration_ms = object.value("duration_ms", std::int64_t{0});
  return event;
}

OracleResult recompute(const std::vector<std::string>& lines, const OracleOptions& options) {
  OracleResult result;
  std::vector<ReadEvent> events = admit(lines, options, result.report["events"]);
  std::stable_sort(events.begin(), events.end(),
                   [](const ReadEvent& a, const ReadEvent& b) { return a.time_ms < b.time_ms; });
  result.report["first_event"] = format_rfc3339(events.front().time_ms);
  result.report["last_event"] = format_rfc3339(events.back().time_ms);
  result.sessions = sessionize(events, options.timeout_ms);
  const std::set<const ReadEvent*> first_orders = find_first_orders(result.sessions);
  const std::map<std::string, std::vector<std::string>> rollups{
      {"site", {"site"}},
      {"landing", {"site", "landing_page"}},
      {"channel", {"site", "channel"}},
      {"campaign", {"site", "campaign"}},
      {"device", {"site", "device"}},
      {"landing_channel", {"site", "landing_page", "channel"}}};
  for (const auto& [name, dimensions] : rollups) {
    result.report["rollups"][name] = rollup_json(result.sessions, dimensions, first_orders, options);
  }
  return result;
}

}  // namespace weir::test
