// Measuring: the clocks of processor time, and the one way in which a benchmark reports them. Every benchmark reports
// `cpu_per_event`, seconds of processor time for one event; bench/run reads nothing else of the steps.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace weir::bench {

/// Whose processor time counts.
enum class Cpu : std::uint8_t {
  kThread,   // of the calling thread: steps that have one
  kProcess,  // of all threads together: pipelines
};
/// Seconds of processor time used so far.
double cpu_seconds(Cpu whose);
/// Seconds on a clock that never steps.
double wall_seconds();

/// Bytes of this process that are in memory now.
std::size_t resident_bytes();
/// Bytes the system could give away now.
std::size_t free_bytes();

/// Adds one iteration of `events` events that took so many seconds.
void report_time(benchmark::State& state, double seconds, double events);

/// Times `work`, which is of `events` events. Needs UseManualTime().
template <class Work>
void measure(benchmark::State& state, Cpu whose, std::size_t events, Work work) {
  for (auto _ : state) {
    const double before = cpu_seconds(whose);
    work();
    report_time(state, cpu_seconds(whose) - before, static_cast<double>(events));
  }
}

/// A whole number from the environment; `otherwise` when it is not set.
std::size_t number_from_environment(const char* name, std::size_t otherwise);

}  // namespace weir::bench
