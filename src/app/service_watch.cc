#include "service_watch.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <string_view>

namespace weir {
namespace {

constexpr TimeMs kBeatsPerWatch = 3;   // two may go missing
constexpr TimeMs kReportsPerBeat = 4;  // with fewer a report may rightly be the one of the last beat
constexpr std::uint64_t kMicrosecondsPerMs = 1000;

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

/// 0 when it is no number.
std::uint64_t number_in(const char* name) {
  const std::string_view text = environment(name);
  std::uint64_t number = 0;
  const auto [rest, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && rest == text.data() + text.size() ? number : 0;
}

}  // namespace

ServiceWatch::ServiceWatch() : manager_(environment("NOTIFY_SOCKET")) {
  const bool ours =
      environment("WATCHDOG_PID").empty() || number_in("WATCHDOG_PID") == static_cast<std::uint64_t>(::getpid());
  if (ours) beat_ms_ = static_cast<TimeMs>(number_in("WATCHDOG_USEC") / kMicrosecondsPerMs) / kBeatsPerWatch;
}

void ServiceWatch::start(EventLoop& admin, EventLoop& ingest, const Pipeline& pipeline, TimeMs publish_interval_ms) {
  if (beat_ms_ <= 0 || !manager_.listens()) return;
  const bool reports_tell = publish_interval_ms * kReportsPerBeat <= beat_ms_;
  admin.every(beat_ms_, [this, &ingest, &pipeline, reports_tell] {
    const std::uint64_t report = pipeline.report()->number;
    if (reports_tell && report == last_report_) {
      return spdlog::warn("no new report since the last look: the service manager is not told that all is well");
    }
    last_report_ = report;
    ingest.post([this] { tell("WATCHDOG=1"); });
  });
}

void ServiceWatch::tell(const char* state) const {
  if (!manager_.tell(state)) spdlog::warn("the service manager could not be told {}", state);
}

}  // namespace weir
