#include "measure.h"

#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <fstream>

#include "weir/core/check.h"

namespace weir::bench {
namespace {

double seconds_of(clockid_t clock) {
  timespec time{};
  WEIR_CHECK(clock_gettime(clock, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

double cpu_seconds(Cpu whose) {
  return seconds_of(whose == Cpu::kThread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID);
}

double wall_seconds() { return seconds_of(CLOCK_MONOTONIC); }

std::size_t resident_bytes() {
  std::size_t size = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> size >> resident;
  WEIR_CHECK(resident > 0);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t free_bytes() {
  std::ifstream file("/proc/meminfo");
  std::string name;
  std::size_t kibibytes = 0;
  while (file >> name >> kibibytes) {
    if (name == "MemAvailable:") return kibibytes * 1024;
    file.ignore(80, '\n');
  }
  return 0;
}

void report_time(benchmark::State& state, double seconds, double events) {
  state.SetIterationTime(seconds);
  state.counters["cpu_per_event"] =
      benchmark::Counter(events, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["events"] = events;
}

std::size_t number_from_environment(const char* name, std::size_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace weir::bench
