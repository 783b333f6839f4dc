// What the operating system says about this process, read from /proc/self. Facts that cannot be read are
// absent, never 0.
#pragma once

#include <optional>

namespace weir {

/// The standard process metrics.
struct ProcessFacts {
  std::optional<double> cpu_seconds;  // user and system
  std::optional<double> resident_memory_bytes;
  std::optional<double> virtual_memory_bytes;
  std::optional<double> open_fds;
  std::optional<double> max_fds;
  std::optional<double> start_time_seconds;  // since 1970
};

/// Reads them now: three small files and one directory. Any thread.
ProcessFacts read_process_facts();

}  // namespace weir
