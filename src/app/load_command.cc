// weir load.
#include <fmt/format.h>

#include <cstdio>

#include "load_options.h"
#include "load_ramp.h"
#include "load_report.h"
#include "load_run.h"
#include "load_verify.h"
#include "weir/app/commands.h"

namespace weir {
namespace {

constexpr TimeMs kPatienceMs = 90'000;  // for a server that still has events queued
constexpr TimeMs kDefaultP99Ms = 100;   // of a ramp
constexpr TimeMs kRestMs = 1000;        // between the steps of a ramp, for queues to empty

int fail(const std::string& message) {
  fmt::print(stderr, "weir: {}\n", message);
  return kExitFailed;
}

std::string cure_of(const LoadTarget& target) {
  return target.kind == LoadTarget::Kind::kHttp
             ? "is `weir serve` running there? --target names its public listener"
             : "is `weir serve` running there, with sources.tcp.listen? That is off unless configured";
}

/// False when a step could not be run at all; the story has those before it.
bool run_steps(const LoadCommand& command, TimeMs not_before_ms, LoadStory& story, std::string& problem) {
  LoadRamp ramp(command.rate);
  LoadCommand step = command;
  while (const std::optional<double> rate = ramp.rate()) {
    if (!story.steps.empty()) wait_for(kRestMs);
    step.rate = *rate;
    story.last_good_rate = ramp.last_good();
    story.first_bad_rate = ramp.first_bad();
    Result<LoadResult> result = run_one_load(step, story.target, not_before_ms);
    if (!result) {
      problem = fmt::format("cannot connect to {}: {}; {}", to_string(story.target), result.error().message,
                            cure_of(story.target));
      return false;
    }
    const bool interrupted = result->interrupted;
    const bool is_ramp = command.ramp && !interrupted;
    std::string strain = is_ramp ? reason_of_strain(*result, command.p99_ms.value_or(kDefaultP99Ms)) : std::string();
    const bool strained = !strain.empty();
    story.is_own_limit = is_ramp && is_own_limit(*result);
    story.steps.push_back({std::move(*result), std::move(strain)});
    if (!is_ramp || story.is_own_limit) break;
    strained ? ramp.strained() : ramp.took_it();
  }
  story.last_good_rate = ramp.last_good();
  story.first_bad_rate = ramp.first_bad();
  return true;
}

/// False when it does not come to its end; what there is of it can be told. Runs the load, between two looks at the
/// server's report when that is to be verified.
bool tell_story(const LoadCommand& command, LoadStory& story, std::string& problem) {
  if (command.verify.empty()) return run_steps(command, 0, story, problem);
  const ListenAddress admin = *parse_admin_url(command.verify);
  const Result<ReportText> before = read_quiet_report(admin, kPatienceMs);
  if (!before) {
    problem = before.error().message;
    return false;
  }
  // The last visits of an earlier load may lie a little ahead of the clock; behind them, ours would be late.
  if (!run_steps(command, last_event_in(*before), story, problem)) return false;
  const LoadResult& result = story.steps.front().result;
  const std::int64_t earlier = received_in(*before);
  const auto accepted = static_cast<std::int64_t>(result.counts.accepted.events);
  const Result<ReportText> after = read_report_with(admin, earlier + accepted, kPatienceMs);
  if (!after) {
    problem = after.error().message;
    return false;
  }
  story.verdict = verify_load(*before, *after, result);
  return true;
}

/// What makes a finished load a failed one; empty when nothing does.
std::string failure_of(const LoadCommand& command, const LoadStory& story) {
  if (command.ramp && story.is_own_limit && !story.last_good_rate) return "this machine cannot send the first rate";
  if (command.ramp) return story.last_good_rate ? "" : "no rate was taken without strain";
  const LoadCounts& counts = story.steps.front().result.counts;
  if (counts.accepted.events == 0) return "no event was accepted";
  if (story.verdict && !story.verdict->differences.empty()) return "the server did not count what was sent";
  if (command.p99_ms && counts.latency.percentile_ns(99) > *command.p99_ms * 1'000'000) {
    return fmt::format("p99 is over --p99: {}", format_latency(counts.latency.percentile_ns(99)));
  }
  return {};
}

}  // namespace

int run_load(const LoadCommand& command) {
  if (const std::string problem = problem_of(command); !problem.empty()) {
    fmt::print(stderr, "weir load: {}\n", problem);
    return kExitUsage;
  }
  LoadStory story;
  story.target = *parse_load_target(command.target);
  std::string problem;
  const bool whole = tell_story(command, story, problem);
  if (story.steps.empty()) return fail(problem);
  const std::string text = command.json ? render_load_json(command, story) : render_load_table(command, story);
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) return fail("cannot write the result");
  if (whole) problem = failure_of(command, story);
  return problem.empty() ? kExitOk : fail(problem);
}

}  // namespace weir
