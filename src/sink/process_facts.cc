#include "weir/sink/process_facts.h"

#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>

namespace weir {
namespace {

// Positions in /proc/self/stat behind the command's name (proc(5) numbers its fields from 1; the state is 3).
constexpr std::size_t kFirstField = 3;
constexpr std::size_t kUserTicks = 14 - kFirstField;
constexpr std::size_t kSystemTicks = 15 - kFirstField;
constexpr std::size_t kStartTicks = 22 - kFirstField;
constexpr std::size_t kVirtualBytes = 23 - kFirstField;
constexpr std::size_t kResidentPages = 24 - kFirstField;
constexpr std::size_t kFieldCount = kResidentPages + 1;

/// Seconds since 1970 at which the machine started: "btime" of /proc/stat.
std::optional<double> boot_time_seconds() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    double seconds = 0;
    if (line.starts_with("btime ") && std::istringstream(line.substr(6)) >> seconds) return seconds;
  }
  return std::nullopt;
}

void read_stat(ProcessFacts& facts) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const std::size_t name_end = line.rfind(')');  // the command's name may itself hold spaces and brackets
  if (name_end == std::string::npos) return;
  std::istringstream fields(line.substr(name_end + 1));
  std::string state;
  std::array<double, kFieldCount> values{};
  fields >> state;
  for (std::size_t i = 1; i < kFieldCount; ++i) {
    if (!(fields >> values[i])) return;
  }
  const auto ticks_per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  facts.cpu_seconds = (values[kUserTicks] + values[kSystemTicks]) / ticks_per_second;
  facts.virtual_memory_bytes = values[kVirtualBytes];
  facts.resident_memory_bytes = values[kResidentPages] * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (const auto boot = boot_time_seconds()) facts.start_time_seconds = *boot + values[kStartTicks] / ticks_per_second;
}

std::optional<double> count_open_fds() {
  std::error_code error;
  std::filesystem::directory_iterator entry("/proc/self/fd", error);
  double count = 0;
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) ++count;
  if (error) return std::nullopt;
  return count - 1;  // the listing's own
}

std::optional<double> read_max_fds() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

ProcessFacts read_process_facts() {
  ProcessFacts facts;
  read_stat(facts);
  facts.open_fds = count_open_fds();
  facts.max_fds = read_max_fds();
  return facts;
}

}  // namespace weir
