#include "load_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "load_wait.h"
#include "weir/core/time_text.h"
#include "weir/net/http_client.h"
#include "weir/sink/display.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr std::string_view kReportPath = "/api/v1/report";
constexpr TimeMs kPauseMs = 200;
constexpr std::size_t kMostDifferences = 20;
constexpr double kRelativeError = 1e-6;  // of sums of fractions, which are added up in another order

/// Figures of a cell by name, "dwell_seconds.known" among them. Only sums: those can be subtracted.
using FiguresByName = std::map<std::string, double>;
/// Cells of a rollup by their labels.
using Cells = std::map<std::string, FiguresByName>;

constexpr std::string_view kSums[] = {
    "sessions",   "landed_sessions", "bounced_sessions", "engaged_sessions", "converted_sessions",
    "page_views", "orders"};
constexpr std::string_view kDwellSums[] = {"known", "unknown", "sum"};

/// The number under a name; 0 when there is none, whatever stands there instead.
double number_of(const json& object, std::string_view name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_number() ? found->get<double>() : 0.0;
}

/// A number of events; one that no server can have counted is the nearest that could be.
std::int64_t whole(double number) {
  constexpr double kMost = 9e15;  // every whole number up to here is one of double
  return static_cast<std::int64_t>(std::clamp(number, 0.0, kMost));
}

std::int64_t count_of(const json& report, std::string_view name) { return whole(number_of(report["events"], name)); }

std::int64_t rejected_of(const json& report) {
  const auto reasons = report["events"].find("rejected");
  if (reasons == report["events"].end() || !reasons->is_object()) return 0;
  double sum = 0;
  for (const auto& [reason, count] : reasons->items()) sum += number_of(*reasons, reason);
  return whole(sum);
}

/// Whether it has the shape that this file relies on.
bool is_report_tree(const json& report) {
  return report.is_object() && report.contains("events") && report["events"].is_object() &&
         report.contains("rollups") && report["rollups"].is_object();
}

FiguresByName figures_of(const json& row) {
  FiguresByName figures;
  for (const std::string_view name : kSums) figures[std::string(name)] = number_of(row, name);
  const auto dwell = row.find("dwell_seconds");
  for (const std::string_view name : kDwellSums) {
    figures[fmt::format("dwell_seconds.{}", name)] = dwell == row.end() ? 0.0 : number_of(*dwell, name);
  }
  const auto revenue = row.find("revenue");
  if (revenue == row.end()) return figures;
  for (const auto& [currency, value] : revenue->items()) figures["revenue." + currency] = number_of(*revenue, currency);
  return figures;
}

Cells cells_of(const json& report, const std::string& rollup) {
  Cells cells;
  const auto rows = report["rollups"].find(rollup);
  if (rows == report["rollups"].end() || !rows->is_array()) return cells;
  for (const json& row : *rows) {
    std::string labels;
    for (const auto& [name, value] : row.items()) {
      if (!value.is_string()) continue;
      labels += fmt::format("{}{}={}", labels.empty() ? "" : " ", name, printable(value.get<std::string>()));
    }
    cells[labels] = figures_of(row);
  }
  return cells;
}

/// What was added between two reports; cells with nothing new are left out.
Cells added(const Cells& before, const Cells& after) {
  Cells cells;
  for (const auto& [labels, figures] : after) {
    const auto earlier = before.find(labels);
    FiguresByName difference;
    bool changed = false;
    for (const auto& [name, value] : figures) {
      const bool known = earlier != before.end() && earlier->second.contains(name);
      difference[name] = value - (known ? earlier->second.at(name) : 0.0);
      changed |= difference[name] != 0;
    }
    if (changed) cells[labels] = std::move(difference);
  }
  return cells;
}

FiguresByName sum_of(const Cells& cells) {
  FiguresByName sum;
  for (const auto& [labels, figures] : cells) {
    for (const auto& [name, value] : figures) sum[name] += value;
  }
  return sum;
}

/// Collects the differences, up to a limit.
class Comparison {
 public:
  explicit Comparison(LoadVerdict& verdict) : verdict_(verdict) {}
  ~Comparison() {
    if (left_out_ > 0) verdict_.differences.push_back(fmt::format("and {} more", left_out_));
  }
  Comparison(const Comparison&) = delete;
  Comparison& operator=(const Comparison&) = delete;

  void number(std::string_view what, double expected, double found) {
    ++verdict_.compared;
    const double allowed = kRelativeError * std::max(std::abs(expected), std::abs(found));
    if (std::abs(expected - found) <= allowed) return;
    differ(fmt::format("{}: {} sent, {} counted", what, expected, found));
  }
  void differ(std::string sentence) {
    if (verdict_.differences.size() < kMostDifferences) {
      verdict_.differences.push_back(std::move(sentence));
    } else {
      ++left_out_;
    }
  }
  void figures(const std::string& what, const FiguresByName& expected, const FiguresByName& found) {
    for (const auto& [name, value] : expected) {
      const auto other = found.find(name);
      number(what + ": " + name, value, other == found.end() ? 0.0 : other->second);
    }
  }
  /// Every cell, where the server has the truth's; else their sums, which hold however the server names its cells.
  void rollup(const std::string& name, const Cells& expected, const Cells& found) {
    const bool same_names = std::ranges::all_of(found, [&](const auto& cell) { return expected.contains(cell.first); });
    if (!same_names) {
      verdict_.notes.push_back(
          fmt::format("{}: sums only, as the server names or folds its cells by rules of its own", name));
      return figures(name, sum_of(expected), sum_of(found));
    }
    for (const auto& [labels, figures_expected] : expected) {
      const auto cell = found.find(labels);
      figures(fmt::format("{}: {}", name, labels), figures_expected,
              cell == found.end() ? FiguresByName{} : cell->second);
    }
  }

 private:
  LoadVerdict& verdict_;
  std::size_t left_out_ = 0;
};

void compare_events(const json& before, const json& after, const LoadCounts& counts, Comparison& comparison) {
  const auto grown = [&](const char* name) { return count_of(after, name) - count_of(before, name); };
  const auto accepted = static_cast<std::int64_t>(counts.accepted.events);
  const auto unanswered = static_cast<std::int64_t>(counts.unanswered_events);
  const std::int64_t rejected = rejected_of(after) - rejected_of(before);
  const std::int64_t shed = grown("shed");  // among them what was refused unread
  const std::int64_t received = grown("received") - rejected - shed;
  if (unanswered == 0) {
    comparison.number("events received", static_cast<double>(accepted), static_cast<double>(received));
  } else if (received < accepted || received > accepted + unanswered) {
    comparison.differ(fmt::format("events received: {} to {} sent, as {} were not answered, {} counted", accepted,
                                  accepted + unanswered, unanswered, received));
  }
  comparison.number("events counted", static_cast<double>(received), static_cast<double>(grown("counted")));
  comparison.number("events rejected", static_cast<double>(counts.rejected.events), static_cast<double>(rejected));
  for (const char* name : {"late", "duplicate"}) {
    comparison.number(fmt::format("events {}", name), 0, static_cast<double>(grown(name)));
  }
  const auto refused = static_cast<std::int64_t>(counts.refused.events);
  comparison.number("events shed", static_cast<double>(std::min(shed, refused)), static_cast<double>(shed));
}

}  // namespace

bool is_report(std::string_view text) { return is_report_tree(json::parse(text, nullptr, false)); }

Result<ReportText> read_settled_report(const ListenAddress& admin, RestBounds bounds) {
  const SystemClock clock;
  HttpClient client(admin);
  RestWatch watch(bounds);
  const HeldSignals held;
  while (true) {
    Result<HttpReply> reply = client.get(kReportPath, "application/json");
    if (!reply) return Error{reply.error().message + "; --verify names the admin listener of the server under load"};
    const json report = json::parse(reply->body, nullptr, false);
    if (reply->status != 200 || !is_report_tree(report)) {
      return Error{fmt::format("http://{}{}: no report, but an answer of status {}; --verify names the admin listener",
                               to_string(admin), kReportPath, reply->status)};
    }
    const auto state = watch.look(count_of(report, "received"), count_of(report, "queued"), clock.steady_ms());
    if (state != RestWatch::State::kBusy) return ReportText{std::move(reply->body), watch.problem()};
    if (!wait_for(kPauseMs)) return ReportText{std::move(reply->body), "interrupted before the server was at rest"};
  }
}

RestBounds bounds_behind(std::int64_t earlier, const LoadCounts& counts) {
  const std::uint64_t least = counts.accepted.events;
  const std::uint64_t most = least + counts.rejected.events + counts.refused.events + counts.unanswered_events;
  return {earlier + static_cast<std::int64_t>(least), earlier + static_cast<std::int64_t>(most)};
}

std::int64_t received_in(const ReportText& report) { return count_of(json::parse(report.json), "received"); }

TimeMs last_event_in(const ReportText& report) {
  const json parsed = json::parse(report.json);
  const auto found = parsed.find("last_event");
  if (found == parsed.end() || !found->is_string()) return 0;
  return parse_rfc3339(found->get<std::string>()).value_or(0);
}

LoadVerdict verify_load(const ReportText& before_text, const ReportText& after_text, const LoadResult& result) {
  LoadVerdict verdict;
  verdict.undecided = before_text.unsettled.empty() ? after_text.unsettled : before_text.unsettled;
  if (!verdict.undecided.empty()) return verdict;
  const json before = json::parse(before_text.json);
  const json after = json::parse(after_text.json);
  Comparison comparison(verdict);
  compare_events(before, after, result.counts, comparison);
  const RestBounds bounds = bounds_behind(count_of(before, "received"), result.counts);
  if (count_of(after, "received") > bounds.most_received) {
    verdict.notes.emplace_back("more events came than were sent: does other traffic reach the server?");
  }
  if (result.counts.accepted.events == 0) comparison.differ("no event was accepted: there is nothing to verify");
  if (result.truth_json.empty() || result.counts.accepted.events != result.counts.sent.events) {
    verdict.notes.emplace_back("sessions were not compared: not every event of their visits was accepted");
    return verdict;
  }
  const json truth = json::parse(result.truth_json);
  for (const auto& [name, rows] : truth["rollups"].items()) {
    if (!after["rollups"].contains(name)) continue;
    verdict.sessions_compared = true;
    comparison.rollup(name, cells_of(truth, name), added(cells_of(before, name), cells_of(after, name)));
  }
  if (!verdict.sessions_compared)
    verdict.notes.emplace_back("sessions were not compared: the report has no such rollup");
  return verdict;
}

}  // namespace weir
