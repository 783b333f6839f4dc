// The result of a load as JSON.
#include <nlohmann/json.hpp>

#include "load_report.h"

namespace weir {
namespace {

using nlohmann::ordered_json;

ordered_json json_of(const LoadTally& tally) { return {{"requests", tally.requests}, {"events", tally.events}}; }

double milliseconds(std::int64_t latency_ns) { return static_cast<double>(latency_ns) / 1e6; }

ordered_json json_of(const LatencyHistogram& latencies) {
  ordered_json json{{"count", latencies.count()}};
  const auto add = [&](const char* name, double value_ms) {
    json[name] = latencies.count() == 0 ? ordered_json(nullptr) : ordered_json(value_ms);
  };
  add("p50", milliseconds(latencies.percentile_ns(50)));
  add("p90", milliseconds(latencies.percentile_ns(90)));
  add("p99", milliseconds(latencies.percentile_ns(99)));
  add("p999", milliseconds(latencies.percentile_ns(99.9)));
  add("max", milliseconds(latencies.max_ns()));
  add("mean", latencies.mean_ns() / 1e6);
  return json;
}

ordered_json json_of(const LoadResult& result) {
  const LoadCounts& counts = result.counts;
  ordered_json json{{"asked_rate", result.asked_rate},
                    {"sent_rate", result.sent_rate()},
                    {"answered_rate", result.answered_rate()},
                    {"accepted_rate", result.accepted_rate()},
                    {"sending_seconds", result.sending_seconds},
                    {"answering_seconds", result.answering_seconds},
                    {"answered_later_events", result.answered_later()},
                    {"interrupted", result.interrupted}};
  json["sent"] = json_of(counts.sent);
  json["accepted"] = json_of(counts.accepted);
  json["rejected"] = json_of(counts.rejected);
  json["refused"] = json_of(counts.refused);
  json["failed"] = json_of(counts.failed);
  json["not_sent"] = json_of(counts.not_sent);
  json["unanswered_events"] = counts.unanswered_events;
  json["latency_ms"] = json_of(counts.latency);
  json["service_ms"] = json_of(counts.service);
  json["lag_ms"] = json_of(counts.lag);
  ordered_json statuses = ordered_json::object();
  for (const auto& [status, count] : counts.statuses) statuses[std::to_string(status)] = count;
  json["statuses"] = std::move(statuses);
  ordered_json errors = ordered_json::object();
  for (const auto& [words, count] : counts.errors) errors[words] = count;
  json["errors"] = std::move(errors);
  json["reconnects"] = counts.reconnects;
  json["retry_after_seconds"] = counts.retry_after_seconds;
  json["fed_late_requests"] = counts.fed_late;
  return json;
}

}  // namespace

std::string render_load_json(const LoadCommand& command, const LoadStory& story) {
  ordered_json json{{"target", to_string(story.target)},
                    {"connections", command.connections},
                    {"pipeline", command.pipeline},
                    {"batch", command.batch},
                    {"threads", command.threads}};
  if (command.ramp) {
    json["knee"] = story.last_good_rate ? ordered_json(*story.last_good_rate) : ordered_json(nullptr);
    json["too_much"] = story.first_bad_rate ? ordered_json(*story.first_bad_rate) : ordered_json(nullptr);
    json["own_limit"] = story.is_own_limit;
    json["interrupted"] = story.interrupted;
    ordered_json& steps = json["steps"] = ordered_json::array();
    for (const LoadStep& step : story.steps) {
      ordered_json one = json_of(step.result);
      one["repeated"] = step.was_repeated;
      one["strain"] = step.strain.empty() ? ordered_json(nullptr) : ordered_json(step.strain);
      steps.push_back(std::move(one));
    }
  } else {
    json.update(json_of(story.steps.front().result));
  }
  if (story.verdict) {
    const std::string& undecided = story.verdict->undecided;
    json["verification"] = {{"verified", story.verdict->is_verified()},
                            {"undecided", undecided.empty() ? ordered_json(nullptr) : ordered_json(undecided)},
                            {"compared", story.verdict->compared},
                            {"sessions_compared", story.verdict->sessions_compared},
                            {"differences", story.verdict->differences},
                            {"notes", story.verdict->notes}};
  }
  return json.dump(1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace weir
