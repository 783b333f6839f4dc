// weir load.
#include <fmt/format.h>

#include <cstdio>

#include "load_options.h"
#include "load_ramp.h"
#include "load_report.h"
#include "load_run.h"
#include "load_verify.h"
#include "load_wait.h"
#include "weir/app/commands.h"

namespace weir {
namespace {

constexpr TimeMs kDefaultP99Ms = 100;  // of a ramp
constexpr TimeMs kRestMs = 1000;       // between the steps of a ramp, for queues to empty
constexpr const char* kInterrupted = "interrupted";

/// What keeps a load from being a good one; no words: nothing does.
struct Problem {
  std::string words = {};
  int exit_code = kExitFailed;
};

int fail(const Problem& problem) {
  fmt::print(stderr, "weir: {}\n", problem.words);
  return problem.exit_code;
}

std::string cure_of(const LoadTarget& target) {
  return target.kind == LoadTarget::Kind::kHttp
             ? "is `weir serve` running there? --target names its public listener"
             : "is `weir serve` running there, with sources.tcp.listen? That is off unless configured";
}

/// Why the next step of a load cannot be run; empty when it was. Interruptions end the story.
std::string run_step(const LoadCommand& command, LoadRamp& ramp, LoadStory& story) {
  LoadCommand step = command;
  step.rate = *ramp.rate();
  Result<LoadResult> result = run_one_load(step, story.target);
  if (!result) {
    return fmt::format("cannot connect to {}: {}; {}", to_string(story.target), result.error().message,
                       cure_of(story.target));
  }
  story.interrupted = result->interrupted;
  const bool is_ramp = command.ramp && !story.interrupted;
  const bool was_repeated = ramp.repeats();
  std::string strain = is_ramp ? reason_of_strain(*result, command.p99_ms.value_or(kDefaultP99Ms)) : std::string();
  const bool strained = !strain.empty();
  story.is_own_limit = is_ramp && was_repeated && is_own_limit(*result);
  story.steps.push_back({std::move(*result), std::move(strain), was_repeated});
  if (is_ramp && !story.is_own_limit) strained ? ramp.strained() : ramp.took_it();
  return {};
}

/// False when a step could not be run at all; the story has those before it.
bool run_steps(const LoadCommand& command, LoadStory& story, Problem& problem) {
  LoadRamp ramp(command.rate);
  while (ramp.rate() && !story.interrupted && !story.is_own_limit) {
    if (!story.steps.empty() && !wait_for(kRestMs)) {
      story.interrupted = true;
      break;
    }
    problem.words = run_step(command, ramp, story);
    story.last_good_rate = ramp.last_good();
    story.first_bad_rate = ramp.first_bad();
    if (!problem.words.empty()) return false;
    if (!command.ramp) break;
  }
  return true;
}

/// Waits until visits of now are younger than all the server has: the last ones of an earlier load may lie a little
/// ahead of the clock, and behind them ours would be late. Why they cannot be, if so.
std::string wait_for_newest_event(TimeMs newest_ms) {
  const TimeMs now_ms = SystemClock().now_ms();
  if (std::string problem = problem_of_newest_event(newest_ms, now_ms); !problem.empty()) return problem;
  const TimeMs early_ms = wait_before_load_ms(newest_ms, now_ms);
  return early_ms <= 0 || wait_for(early_ms) ? std::string() : kInterrupted;
}

/// False when it does not come to its end; what there is of it can be told. Runs the load, between two looks at the
/// server's report when that is to be verified.
bool tell_story(const LoadCommand& command, LoadStory& story, Problem& problem) {
  if (command.verify.empty()) return run_steps(command, story, problem);
  const ListenAddress admin = *parse_admin_url(command.verify);
  const Result<ReportText> before = read_settled_report(admin, {});
  if (!before) {
    problem.words = before.error().message;
    return false;
  }
  problem.words = before->unsettled.empty() ? wait_for_newest_event(last_event_in(*before)) : before->unsettled;
  if (!problem.words.empty()) {
    problem = {"--verify: " + problem.words, kExitUndecided};
    return false;
  }
  if (!run_steps(command, story, problem)) return false;
  const LoadResult& result = story.steps.front().result;
  const Result<ReportText> after = read_settled_report(admin, bounds_behind(received_in(*before), result.counts));
  if (!after) {
    problem.words = after.error().message;
    return false;
  }
  story.verdict = verify_load(*before, *after, result);
  return true;
}

/// What makes a finished load a failed one.
Problem problem_of_story(const LoadCommand& command, const LoadStory& story) {
  if (command.ramp && story.is_own_limit && !story.last_good_rate) return {"this machine cannot send the first rate"};
  if (command.ramp) return {story.last_good_rate ? "" : "no rate was taken without strain"};
  const LoadCounts& counts = story.steps.front().result.counts;
  if (counts.accepted.events == 0) return {"no event was accepted"};
  if (story.verdict && !story.verdict->undecided.empty()) return {"--verify: nothing was decided", kExitUndecided};
  if (story.verdict && !story.verdict->is_verified()) return {"the server did not count what was sent"};
  if (command.p99_ms && counts.latency.percentile_ns(99) > *command.p99_ms * 1'000'000) {
    return {fmt::format("p99 is over --p99: {}", format_latency(counts.latency.percentile_ns(99)))};
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
  Problem problem;
  const bool whole = tell_story(command, story, problem);
  if (story.steps.empty()) return fail(problem);
  const std::string text = command.json ? render_load_json(command, story) : render_load_table(command, story);
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written) return fail({"cannot write the result"});
  if (whole) problem = problem_of_story(command, story);
  return problem.words.empty() ? kExitOk : fail(problem);
}

}  // namespace weir
