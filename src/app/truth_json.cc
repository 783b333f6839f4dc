// The truth as the report JSON of the contract's section 7, written by hand: no code in common with the engine's sink.
#include <fmt/format.h>

#include <iterator>
#include <numeric>
#include <optional>

#include "truth.h"
#include "weir/app/generator.h"
#include "weir/core/time_text.h"

namespace weir {
namespace {

template <class... Arguments>
void append(std::string& json, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(json), format, std::forward<Arguments>(arguments)...);
}

std::string json_quoted(std::string_view text) {
  std::string json = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      json += '\\';
      json += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      append(json, "\\u{:04x}", static_cast<unsigned>(letter));
    } else {
      json += letter;
    }
  }
  json += '"';
  return json;
}

/// A quotient as the shortest text that reads back the same; null when it is undefined.
std::string ratio(std::int64_t numerator, std::int64_t denominator) {
  if (denominator == 0) return "null";
  return fmt::format("{}", static_cast<double>(numerator) / static_cast<double>(denominator));
}

std::string seconds(std::int64_t time_ms) { return fmt::format("{}", static_cast<double>(time_ms) / 1000.0); }

/// Nearest rank: the ceil(percent / 100 * n)-th smallest value.
std::string percentile(const std::vector<std::uint32_t>& sorted_ms, std::size_t percent) {
  if (sorted_ms.empty()) return "null";
  const std::size_t rank = (percent * sorted_ms.size() + 99) / 100;
  return seconds(sorted_ms[rank - 1]);
}

void write_dwell(const TruthCell& cell, std::string& json) {
  const auto known = static_cast<std::int64_t>(cell.dwell_ms.size());
  append(json, R"("dwell_seconds": {{"known": {}, "unknown": {}, "sum": {}, "mean": {}, "p50": {}, "p95": {}}})", known,
         cell.dwell_unknown, seconds(cell.dwell_sum_ms), ratio(cell.dwell_sum_ms, known * 1000),
         percentile(cell.dwell_ms, 50), percentile(cell.dwell_ms, 95));
}

/// One entry per currency with revenue: {"USD": value(cents)}.
template <class Value>
void write_by_currency(std::string_view name, const TruthCell& cell, std::string& json, Value value) {
  append(json, R"("{}": {{)", name);
  std::string_view separator;
  for (std::size_t i = 0; i < cell.cents.size(); ++i) {
    if (cell.cents[i] == 0) continue;
    append(json, R"({}"{}": {})", separator, generator::kCurrencies[i], value(cell.cents[i]));
    separator = ", ";
  }
  json += '}';
}

void write_funnel(const Funnel& funnel, const std::vector<std::array<std::int64_t, kLeakCauseCount>>& stopped,
                  std::string& json) {
  // Whoever stopped at a later step has reached the earlier ones.
  std::vector<std::int64_t> reached(stopped.size() + 1, 0);
  for (std::size_t i = stopped.size(); i-- > 0;) {
    reached[i] = reached[i + 1] + std::accumulate(stopped[i].begin(), stopped[i].end(), std::int64_t{0});
  }
  append(json, "{}: [", json_quoted(funnel.name));
  for (std::size_t i = 0; i < funnel.steps.size(); ++i) {
    const bool is_last = i + 1 == funnel.steps.size();
    append(json, R"({}{{"step": {}, "reached": {}, "leakage_ratio": {}, "causes": {{)", i == 0 ? "" : ", ",
           json_quoted(funnel.steps[i].name), reached[i],
           is_last ? "null" : ratio(reached[i] - reached[i + 1], reached[i]));
    for (std::size_t cause = 0; !is_last && cause < kLeakCauseCount; ++cause) {
      append(json, R"({}"{}": {})", cause == 0 ? "" : ", ", kLeakCauseNames[cause], stopped[i][cause]);
    }
    json += "}}";
  }
  json += ']';
}

void write_cell(const Truth& truth, const TruthRollup& rollup, const TruthCell& cell, std::string& json) {
  json += "   {";
  for (std::size_t i = 0; i < cell.labels.size(); ++i) {
    append(json, R"("{}": {}, )", rollup.label_names[i], json_quoted(cell.labels[i]));
  }
  append(json,
         R"("sessions": {}, "landed_sessions": {}, "bounced_sessions": {}, "engaged_sessions": {}, "page_views": {}, )"
         R"("visitors": {}, "bounce_ratio": {}, "pages_per_session": {}, )",
         cell.sessions, cell.landed_sessions, cell.bounced_sessions, cell.engaged_sessions, cell.page_views,
         cell.visitors.size(), ratio(cell.bounced_sessions, cell.landed_sessions),
         ratio(cell.page_views, cell.landed_sessions));
  write_dwell(cell, json);
  append(json, R"(, "converted_sessions": {}, "conversion_ratio": {}, "orders": {}, )", cell.converted_sessions,
         ratio(cell.converted_sessions, cell.sessions), cell.orders);
  write_by_currency("revenue", cell, json, [](std::int64_t cents) { return ratio(cents, 100); });
  json += ", ";
  write_by_currency("average_order_value", cell, json,
                    [&](std::int64_t cents) { return ratio(cents, 100 * cell.orders); });
  json += R"(, "funnels": {)";
  for (std::size_t i = 0; i < truth.funnels().size(); ++i) {
    if (i > 0) json += ", ";
    write_funnel(truth.funnels()[i], cell.funnels[i], json);
  }
  json += "}}";
}

std::string instant(std::optional<TimeMs> time_ms) {
  return time_ms ? fmt::format("\"{}\"", format_rfc3339(*time_ms)) : "null";
}

}  // namespace

std::string render_truth_json(const Truth& truth) {
  std::string json = "{\n";
  append(json,
         " \"events\": {{\"received\": {}, \"counted\": {}, \"rejected\": {{\"malformed\": {}}}, \"late\": {}, "
         "\"duplicate\": {}}},\n",
         truth.received(), truth.counted(), truth.malformed(), truth.late(), truth.duplicate());
  append(json, " \"first_event\": {},\n \"last_event\": {},\n \"rollups\": {{", instant(truth.first_event_ms()),
         instant(truth.last_event_ms()));
  std::string_view rollup_separator = "\n";
  for (const TruthRollup& rollup : truth.rollups()) {
    append(json, "{}  \"{}\": [", rollup_separator, rollup.name);
    rollup_separator = ",\n";
    std::string_view cell_separator = "\n";
    for (const TruthCell& cell : rollup.cells) {
      json += cell_separator;
      cell_separator = ",\n";
      write_cell(truth, rollup, cell, json);
    }
    json += rollup.cells.empty() ? "]" : "\n  ]";
  }
  json += "\n }\n}\n";
  return json;
}

std::vector<std::vector<std::uint32_t>> truth_dwell_ms(const Truth& truth, std::string_view rollup) {
  std::vector<std::vector<std::uint32_t>> rows;
  for (const TruthRollup& candidate : truth.rollups()) {
    if (candidate.name != rollup) continue;
    for (const TruthCell& cell : candidate.cells) rows.push_back(cell.dwell_ms);
  }
  return rows;
}

}  // namespace weir
