#include "load_report.h"

#include <fmt/format.h>

#include <iterator>

#include "weir/core/time_text.h"
#include "weir/sink/display.h"

namespace weir {
namespace {

constexpr std::size_t kColumns = 80;

template <class... Arguments>
void append(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

std::string count_text(std::uint64_t count) { return format_count(static_cast<std::int64_t>(count)); }

std::string rate_text(double events_per_second) {
  return events_per_second < 100 ? fmt::format("{:.3g}", events_per_second)
                                 : format_count(static_cast<std::int64_t>(events_per_second + 0.5));
}

/// "1 connection", "16 connections".
std::string number_of(std::uint64_t count, std::string_view thing) {
  return fmt::format("{} {}{}", count_text(count), thing, count == 1 ? "" : "s");
}

void add_tally(std::string& text, std::string_view name, const LoadTally& tally, std::uint64_t all_events) {
  const double part = all_events == 0 ? 0 : static_cast<double>(tally.events) / static_cast<double>(all_events);
  append(text, "{:<14}{:>14}{:>16}{:>9}\n", name, count_text(tally.requests), count_text(tally.events),
         format_percent(part));
}

void add_latencies(std::string& text, std::string_view name, const LatencyHistogram& latencies) {
  append(text, "{:<20}", name);
  for (const double percent : {50.0, 90.0, 99.0, 99.9}) {
    append(text, "{:>10}", latencies.count() == 0 ? "-" : format_latency(latencies.percentile_ns(percent)));
  }
  append(text, "{:>10}", latencies.count() == 0 ? "-" : format_latency(latencies.max_ns()));
  append(text, "{:>10}\n",
         latencies.count() == 0 ? "-" : format_latency(static_cast<std::int64_t>(latencies.mean_ns())));
}

void add_outcomes(std::string& text, const LoadCounts& counts) {
  append(text, "\n{:<14}{:>14}{:>16}\n", "", "requests", "events");
  add_tally(text, "sent", counts.sent, counts.sent.events);
  add_tally(text, "  accepted", counts.accepted, counts.sent.events);
  add_tally(text, "  rejected", counts.rejected, counts.sent.events);
  add_tally(text, "  refused", counts.refused, counts.sent.events);
  add_tally(text, "  failed", counts.failed, counts.sent.events);
  if (counts.not_sent.requests > 0) {
    append(text, "{:<14}{:>14}{:>16}  still waiting at the end\n", "not sent", count_text(counts.not_sent.requests),
           count_text(counts.not_sent.events));
  }
}

void add_answers(std::string& text, const LoadCounts& counts) {
  std::string answers;
  for (const auto& [status, count] : counts.statuses) {
    append(answers, "{}{} x {}", answers.empty() ? "" : ", ", count_text(count), status);
  }
  if (!answers.empty()) append(text, "\nanswers by status: {}\n", answers);
  for (const auto& [words, count] : counts.errors)
    append(text, "failed: {} x {}\n", count_text(count), printable(words));
  if (counts.reconnects > 0) append(text, "connected again: {}\n", number_of(counts.reconnects, "time"));
  if (counts.retry_after_seconds > 0) {
    append(text, "Retry-After: up to {}s (an open-loop load does not wait for it)\n", counts.retry_after_seconds);
  }
  if (counts.fed_late > 0) {
    append(text, "{} late because events were not made as fast: this machine is the limit\n",
           number_of(counts.fed_late, "request"));
  }
}

void add_result(std::string& text, const LoadTarget& target, const LoadResult& result) {
  append(text, "{} of {} events/s in {:.1f}s{}\n", rate_text(result.rate()), rate_text(result.asked_rate),
         result.seconds, result.interrupted ? ", interrupted" : "");
  add_outcomes(text, result.counts);
  append(text, "\n{:<20}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "latency", "p50", "p90", "p99", "p99.9", "max",
         "mean");
  if (target.kind == LoadTarget::Kind::kTcp) {  // nothing comes back: when the kernel took it is all there is to time
    add_latencies(text, "written, since due", result.counts.latency);
    text += "A stream sends no answers: these are the send lag behind the schedule.\n";
  } else {
    add_latencies(text, "answered, since due", result.counts.latency);
    add_latencies(text, "answered, since sent", result.counts.service);
    add_latencies(text, "sent, since due", result.counts.lag);
  }
  add_answers(text, result.counts);
}

void add_ramp(std::string& text, const LoadStory& story) {
  append(text, "{:>12}{:>12}{:>10}{:>10}\n", "events/s", "achieved", "p50", "p99");
  for (const LoadStep& step : story.steps) {
    const LatencyHistogram& latency = step.result.counts.latency;
    append(text, "{:>12}{:>12}{:>10}{:>10}  {}\n", rate_text(step.result.asked_rate), rate_text(step.result.rate()),
           format_latency(latency.percentile_ns(50)), format_latency(latency.percentile_ns(99)),
           step.result.interrupted ? "interrupted"
           : step.strain.empty()   ? "ok"
                                   : step.strain);
  }
  if (story.last_good_rate) {
    append(text, "\nknee: {} events/s taken", rate_text(*story.last_good_rate));
    if (story.first_bad_rate) append(text, ", {} not", rate_text(*story.first_bad_rate));
    text += '\n';
  }
  if (story.is_own_limit) text += "The ramp ended at the limit of this machine; the target may take more.\n";
}

void add_verdict(std::string& text, const LoadVerdict& verdict) {
  if (verdict.differences.empty() && !verdict.sessions_compared) {
    append(text, "\nevents verified; sessions not compared ({})\n", number_of(verdict.compared, "figure"));
  } else if (verdict.differences.empty()) {
    append(text, "\nverified: the server counted what was sent, in {}\n", number_of(verdict.compared, "figure"));
  } else {
    append(text, "\nNOT verified: {} of what was sent and counted\n",
           number_of(verdict.differences.size(), "difference"));
  }
  for (const std::string& difference : verdict.differences) append(text, "  {}\n", difference);
  for (const std::string& note : verdict.notes) append(text, "  ({})\n", note);
}

}  // namespace

std::string format_latency(std::int64_t latency_ns) {
  const double milliseconds = static_cast<double>(latency_ns) / 1e6;
  if (milliseconds < 10) return fmt::format("{:.3f}ms", milliseconds);
  if (milliseconds < 1000) return fmt::format("{:.1f}ms", milliseconds);
  if (milliseconds < 60'000) return fmt::format("{:.2f}s", milliseconds / 1000);
  return format_dwell(milliseconds / 1000);
}

std::string render_load_progress(const LoadCommand& command, const LoadProgress& progress, double seconds,
                                 std::uint64_t last_second) {
  const double rate = command.rate < 100 ? command.rate : static_cast<double>(static_cast<std::int64_t>(command.rate));
  std::string line = fmt::format("{:.0f}s of {}: {} of {} events/s, p99 {}", seconds, format_duration(command.for_ms),
                                 format_short_count(static_cast<double>(last_second)), format_short_count(rate),
                                 format_latency(progress.p99_ns));
  const auto add = [&line](std::uint64_t count, std::string_view what) {
    if (count > 0) append(line, ", {} {}", format_short_count(static_cast<double>(count)), what);
  };
  add(progress.refused_events, "refused");
  add(progress.failed_events, "failed");
  return fit_to_width(line, kColumns - 1);  // a full line would wrap
}

std::string render_load_table(const LoadCommand& command, const LoadStory& story) {
  std::string text = to_string(story.target) + "\n";
  append(text, "{}, {} under way on each, {} per request\n\n", number_of(command.connections, "connection"),
         number_of(command.pipeline, "request"), number_of(command.batch, "event"));
  if (command.ramp) {
    add_ramp(text, story);
  } else {
    add_result(text, story.target, story.steps.front().result);
  }
  if (story.verdict) add_verdict(text, *story.verdict);
  return text;
}

}  // namespace weir
