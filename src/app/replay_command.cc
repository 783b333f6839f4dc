// weir replay.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <thread>

#include "output.h"
#include "weir/app/commands.h"
#include "weir/app/config.h"
#include "weir/app/config_faults.h"
#include "weir/core/time_text.h"
#include "weir/pipeline/replay.h"

namespace weir {
namespace {

/// Bytes of all files, or 0 when one cannot be measured (stdin).
std::uint64_t total_bytes(const std::vector<std::string>& files) {
  std::uint64_t total = 0;
  for (const std::string& file : files) {
    std::error_code error;
    const std::uint64_t size = file == "-" ? 0 : std::filesystem::file_size(file, error);
    if (file == "-" || error) return 0;
    total += size;
  }
  return total;
}

/// Draws how far a replay is, on stderr, ten times a second, from a thread of its own; wipes it at the end.
class ProgressBar {
 public:
  ProgressBar(const FileProgress& progress, std::uint64_t total) : progress_(progress), total_(total) {
    thread_ = std::thread([this] { run(); });
  }
  ~ProgressBar() {
    {
      const std::lock_guard lock(mutex_);
      done_ = true;
    }
    changed_.notify_all();
    thread_.join();
    fmt::print(stderr, "\r\x1b[K");
  }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, std::chrono::milliseconds(100), [this] { return done_; })) draw();
  }

  void draw() const {
    constexpr int kWidth = 40;
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    const auto bytes = static_cast<double>(progress_.bytes_done.load());
    const double speed = bytes / 1e6 / seconds;
    if (total_ == 0) {
      fmt::print(stderr, "\r{:.1f} MB read, {:.0f} MB/s\x1b[K", bytes / 1e6, speed);
    } else {
      const double part = std::min(1.0, bytes / static_cast<double>(total_));
      const int filled = static_cast<int>(part * kWidth);
      fmt::print(stderr, "\r[{:#<{}}{:.<{}}] {:3.0f}% {:.0f} MB/s\x1b[K", "", filled, "", kWidth - filled, part * 100,
                 speed);
    }
    std::fflush(stderr);
  }

  const FileProgress& progress_;
  std::uint64_t total_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;  // guarded by mutex_
  std::thread thread_;
};

/// What a reader of the report should know before trusting it.
void print_warnings(const Report& report) {
  const auto warn = [](std::int64_t count, const char* what) {
    if (count > 0) fmt::print(stderr, "weir: {} {}\n", count, what);
  };
  warn(report.stats[Stat::kSessionsClosedEarly], "sessions were closed early: raise limits.sessions");
  warn(report.stats[Stat::kReorderForced], "events were released early: raise limits.reorder_events");
  warn(report.stats[Stat::kDedupForgotten], "delivery ids were forgotten early: raise limits.delivery_ids");
  warn(report.stats[Stat::kOrdersForgotten], "order ids were forgotten early: raise limits.orders");
  warn(report.stats[Stat::kVisitorsForgotten],
       "visits were forgotten early, visitors may count twice: raise limits.visitors");
  warn(report.stats[Stat::kDeadLetterErrors], "lines could not be written to the dead-letter file: is its disk full?");
  warn(report.stats[Stat::kDeadLettersDropped],
       "lines were dropped from the dead-letter file: raise dead_letter.bytes");
  warn(report.stats[Stat::kBotsIncluded], "of the events are of known bots: bots: exclude leaves them out");
}

/// The default limits of rollups keep a scrape small. A report has no scrape to keep small, so unless the rollups were
/// configured it shows every cell up to this many.
constexpr std::size_t kReportedCells = 10'000;
constexpr TimeMs kMostLatenessMs = 60 * 60 * 1000;  // as for sessions.lateness

void raise_default_limits(std::vector<Rollup>& rollups) {
  if (rollups != default_rollups()) return;
  for (Rollup& rollup : rollups) rollup.limit = kReportedCells;
}

/// True when there is such a rollup; says on stderr which there are when not.
bool is_rollup(const std::string& name, const std::vector<Rollup>& rollups) {
  std::vector<std::string> names;
  for (const Rollup& rollup : rollups) {
    if (rollup.name == name) return true;
    names.push_back(rollup.name);
  }
  fmt::print(stderr, "weir: --rollup: found \"{}\"; expected one of {}\n", name, join_words(names));
  return false;
}

/// Asks before the first file is read, as a missing last one would cost all the work.
bool can_read(const std::vector<std::string>& files) {
  for (const std::string& file : files) {
    if (file == "-" || ::access(file.c_str(), R_OK) == 0) continue;
    fmt::print(stderr, "weir: cannot open {}: {}\n", file, std::strerror(errno));
    return false;
  }
  return true;
}

Result<Config> config_of(const std::string& path) {
  if (path.empty()) return default_config();
  return load_config(path);
}

}  // namespace

int run_replay(const ReplayCommand& command) {
  Result<Config> config = config_of(command.config);
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return kExitConfig;
  }
  if (command.lateness_ms) {
    SessionOptions& sessions = config->pipeline.sessions;
    if (*command.lateness_ms > kMostLatenessMs) {
      fmt::print(stderr, "weir: --lateness: found {}; expected at most 1h\n", format_duration(*command.lateness_ms));
      return kExitUsage;
    }
    sessions.lateness_ms = *command.lateness_ms;
    sessions.dedup_ms = std::max(sessions.dedup_ms, sessions.lateness_ms);  // as configurations must have it
  }
  if (!command.rollup.empty()) {
    if (!is_rollup(command.rollup, config->pipeline.windows.rollups)) return kExitUsage;
    config->sinks.rollup = command.rollup;
  }
  if (!can_read(command.files)) return kExitFailed;
  raise_default_limits(config->pipeline.windows.rollups);
  FileProgress progress;
  Result<Report> report = Error{""};
  {
    std::unique_ptr<ProgressBar> bar;
    if (!command.quiet && isatty(STDERR_FILENO)) {
      bar = std::make_unique<ProgressBar>(progress, total_bytes(command.files));
    }
    report = replay_files({command.files, command.format}, config->pipeline, command.every_ms, progress);
  }
  if (!report) {
    fmt::print(stderr, "weir: {}\n", report.error().message);
    return kExitFailed;
  }
  print_warnings(*report);
  config->sinks.color = config->sinks.color || isatty(STDOUT_FILENO) != 0;
  const std::string text =
      command.json ? render_report_json(*report, config->sinks) : render_table(*report, config->sinks);
  return write_output(text);
}

}  // namespace weir
