#include "load_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "weir/core/time_text.h"
#include "weir/sink/display.h"

namespace weir {
namespace {

constexpr std::size_t kColumns = 80;
constexpr std::size_t kColumnsOfStrain = 28;

template <class... Arguments>
void append(std::string& text, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  fmt::format_to(std::back_inserter(text), format, std::forward<Arguments>(arguments)...);
}

std::string count_text(std::uint64_t count) { return format_count(static_cast<std::int64_t>(count)); }

std::string rate_text(double events_per_second) {
  return events_per_second < 100 ? fmt::format("{:.3g}", events_per_second)
                                 : format_count(static_cast<std::int64_t>(events_per_second + 0.5));
}

/// Adds a sentence in lines of at most 80 columns that begin with `indent` spaces, from the second on with two more.
/// Breaks between words; a word longer than a line is cut.
void add_wrapped(std::string& text, std::string_view sentence, std::size_t indent) {
  text.append(indent, ' ');
  std::size_t column = indent;
  indent += 2;
  for (bool begins = true; !sentence.empty(); begins = false) {
    const std::size_t end = std::min(sentence.find(' '), sentence.size());
    const std::string word = fit_to_width(sentence.substr(0, end), kColumns - indent);
    sentence.remove_prefix(std::min(end + 1, sentence.size()));
    const std::size_t width = display_width(word);
    if (!begins && column + 1 + width > kColumns) {
      text += '\n';
      text.append(indent, ' ');
      column = indent;
    } else if (!begins) {
      text += ' ';
      ++column;
    }
    text += word;
    column += width;
  }
  text += '\n';
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
  if (!answers.empty()) {
    text += '\n';
    add_wrapped(text, "answers by status: " + answers, 0);
  }
  for (const auto& [words, count] : counts.errors) {
    add_wrapped(text, fmt::format("failed: {} x {}", count_text(count), printable(words)), 0);
  }
  if (counts.reconnects > 0) append(text, "connected again: {}\n", number_of(counts.reconnects, "time"));
  if (counts.retry_after_seconds > 0) {
    append(text, "Retry-After: up to {}s (an open-loop load does not wait for it)\n", counts.retry_after_seconds);
  }
  if (counts.fed_late > 0) {
    add_wrapped(text,
                fmt::format("{} late because events were not made as fast: this machine is the limit",
                            number_of(counts.fed_late, "request")),
                0);
  }
}

/// What was asked for, and what came of it, in the time of sending.
void add_rates(std::string& text, const LoadTarget& target, const LoadResult& result) {
  const bool answers = target.kind == LoadTarget::Kind::kHttp;
  append(text, "{:<14}{:>14}{:>14}{:>14}{:>14}\n", "events/s", "asked for", "sent", "answered", "accepted");
  append(text, "{:<14}{:>14}{:>14}{:>14}{:>14}\n", fmt::format("in {:.1f}s", result.sending_seconds),
         rate_text(result.asked_rate), rate_text(result.sent_rate()), answers ? rate_text(result.answered_rate()) : "-",
         rate_text(result.accepted_rate()));
  if (result.answered_later() > 0) {
    const double seconds = result.answering_seconds - result.sending_seconds;
    append(text, "{} {}, the last {} behind the end of sending\n", number_of(result.answered_later(), "event"),
           answers ? "answered later" : "taken later", format_latency(static_cast<std::int64_t>(seconds * 1e9)));
  }
  if (result.interrupted) text += "interrupted\n";
}

void add_result(std::string& text, const LoadTarget& target, const LoadResult& result) {
  add_rates(text, target, result);
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

/// What the figures of a step do not say; in the columns that are left.
std::string words_of(const LoadStep& step) {
  if (step.result.interrupted) return "interrupted";
  return step.strain.empty() ? "ok" : fit_to_width(step.strain, kColumnsOfStrain);
}

void add_steps(std::string& text, const std::vector<LoadStep>& steps) {
  append(text, "{:>10}{:>11}{:>11}{:>9}{:>9}\n", "events/s", "sent", "accepted", "p50", "p99");
  std::uint64_t repeated = 0;
  std::uint64_t taken = 0;
  for (const LoadStep& step : steps) {
    const LatencyHistogram& latency = step.result.counts.latency;
    append(text, "{:>10}{:>11}{:>11}{:>9}{:>9}  {}\n", step.was_repeated ? "again" : rate_text(step.result.asked_rate),
           rate_text(step.result.sent_rate()), rate_text(step.result.accepted_rate()),
           format_latency(latency.percentile_ns(50)), format_latency(latency.percentile_ns(99)), words_of(step));
    repeated += step.was_repeated;
    taken += step.was_repeated && step.strain.empty() && !step.result.interrupted;
  }
  if (repeated > 0) append(text, "\n{} repeated, {} taken then\n", number_of(repeated, "step"), count_text(taken));
}

void add_ramp(std::string& text, const LoadStory& story) {
  add_steps(text, story.steps);
  if (story.last_good_rate) {
    append(text, "\n{}: {} events/s taken", story.interrupted ? "so far" : "knee", rate_text(*story.last_good_rate));
    if (story.first_bad_rate) append(text, ", {} not", rate_text(*story.first_bad_rate));
    text += '\n';
  }
  if (story.interrupted) text += "The ramp was interrupted; the target may take more.\n";
  if (story.is_own_limit) text += "The ramp ended at the limit of this machine; the target may take more.\n";
}

void add_verdict(std::string& text, const LoadVerdict& verdict) {
  if (!verdict.undecided.empty()) {
    text += '\n';
    add_wrapped(text, "NOT decided: " + verdict.undecided, 0);
  } else if (verdict.differences.empty() && !verdict.sessions_compared) {
    append(text, "\nevents verified; sessions not compared ({})\n", number_of(verdict.compared, "figure"));
  } else if (verdict.differences.empty()) {
    append(text, "\nverified: the server counted what was sent, in {}\n", number_of(verdict.compared, "figure"));
  } else {
    append(text, "\nNOT verified: {} of what was sent and counted\n",
           number_of(verdict.differences.size(), "difference"));
  }
  for (const std::string& difference : verdict.differences) add_wrapped(text, difference, 2);
  for (const std::string& note : verdict.notes) add_wrapped(text, fmt::format("({})", note), 2);
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
                                 double rate) {
  const double asked = command.rate < 100 ? command.rate : std::floor(command.rate);
  std::string line = fmt::format("{:.0f}s of {}: {} of {} events/s, p99 {}", seconds, format_duration(command.for_ms),
                                 format_short_count(rate < 100 ? rate : std::floor(rate)), format_short_count(asked),
                                 format_latency(progress.p99_ns));
  const auto add = [&line](std::uint64_t count, std::string_view what) {
    if (count > 0) append(line, ", {} {}", format_short_count(static_cast<double>(count)), what);
  };
  add(progress.refused_events, "refused");
  add(progress.failed_events, "failed");
  return fit_to_width(line, kColumns - 1);  // a full line would wrap
}

std::string render_load_table(const LoadCommand& command, const LoadStory& story) {
  std::string text = fit_to_width(printable(to_string(story.target)), kColumns) + "\n";
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
