// A server under steady load for minutes holds no more memory at the end than when it had warmed up. It costs little,
// so that it can go on beside other tests.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "running_server.h"
#include "support/exposition.h"
#include "support/long_run.h"
#include "support/sanitized.h"

namespace weir::e2e {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr int kRate = 1000;  // events a second
constexpr int kWarmUpRate = 8000;
constexpr std::size_t kSteadyMiB = std::size_t{1} << 20;
constexpr double kMostGrowth = 1.5 * kSteadyMiB;  // of two minutes: 12 bytes an event
constexpr seconds kBetweenLooks(1);

// Spans so short that all that comes and goes has done so in the warm-up.
constexpr const char* kSteadyConfig =
    "pipeline: {publish_interval: 1s}\n"
    "windows: [1m]\n"
    "sessions: {timeout: 10s, dedup: 10s, max_duration: 1m}\n"
    "limits: {symbols: 2000, visitors: 5000, delivery_ids: 5000, orders: 1000}\n";

/// Resident memory at a time since the load began.
struct MemorySample {
  double at_seconds = 0;
  double bytes = 0;
};

/// Slope of the line that fits the samples best, in bytes a second.
double slope_of(const std::vector<MemorySample>& samples) {
  double at = 0;
  double bytes = 0;
  for (const MemorySample& sample : samples) {
    at += sample.at_seconds / static_cast<double>(samples.size());
    bytes += sample.bytes / static_cast<double>(samples.size());
  }
  double up = 0;
  double down = 0;
  for (const MemorySample& sample : samples) {
    up += (sample.at_seconds - at) * (sample.bytes - bytes);
    down += (sample.at_seconds - at) * (sample.at_seconds - at);
  }
  return up / down;
}

/// `weir load` at a steady rate.
std::vector<std::string> load_command(const RunningServer& server, int rate, seconds duration) {
  return {kProgram,        "load",
          "--target",      fmt::format("http://127.0.0.1:{}/v1/events", server.http_port()),
          "--rate",        std::to_string(rate),
          "--batch",       "20",
          "--connections", "4",
          "--p99",         "30s",
          "--for",         fmt::format("{}s", duration.count()),
          "--quiet"};
}

TEST(SteadyLoad, memory_is_flat) {
  if (support::kSanitized) GTEST_SKIP() << "sanitizers keep what is freed";
  const seconds warm_up_time(support::repetitions(30, 600));
  constexpr seconds kSettling(20);
  const seconds judged(support::repetitions(130, 3550));
  RunningServer server(listeners_config() + kSteadyConfig);
  // As many events as make everything that is bounded as large as it gets. The last to grow are histograms: times that
  // hardly any visit takes fill their columns, a few more in each million events.
  support::ChildProcess warm_up(load_command(server, kWarmUpRate, warm_up_time));
  ASSERT_EQ(warm_up.wait_for_exit(2 * warm_up_time + kSettling), 0) << warm_up.output() << warm_up.log();

  support::ChildProcess load(load_command(server, kRate, kSettling + judged));
  const auto began = Clock::now();
  std::vector<MemorySample> samples;
  std::optional<int> ended;
  while (!ended && Clock::now() - began < 2 * (kSettling + judged)) {
    const std::map<std::string, double> scrape = support::parse_exposition(server.scrape());
    ASSERT_TRUE(events_add_up(scrape));
    const double at = std::chrono::duration<double>(Clock::now() - began).count();
    const bool settled = at >= static_cast<double>(kSettling.count());
    if (settled) {
      samples.push_back({at, scrape.at("process_resident_memory_bytes")});
      EXPECT_GT(scrape.at("weir_active_sessions"), kRate / 10);
    }
    ended = load.wait_for_exit(kBetweenLooks);
  }
  ASSERT_EQ(ended, 0) << load.output() << load.log();
  ASSERT_GE(samples.size(), static_cast<std::size_t>(judged.count()) / 2) << "the machine was too busy to tell";
  const double growth = slope_of(samples) * static_cast<double>(judged.count());
  fmt::print("{} s: from {:.2f} to {:.2f} MiB, a slope of {:.3f} MiB over all\n", judged.count(),
             samples.front().bytes / kSteadyMiB, samples.back().bytes / kSteadyMiB, growth / kSteadyMiB);
  EXPECT_LE(growth, kMostGrowth);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_GE(server.stopped_counts().counted, kRate * static_cast<std::int64_t>(judged.count()));
}

}  // namespace
}  // namespace weir::e2e
