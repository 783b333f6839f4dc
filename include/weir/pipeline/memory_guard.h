// MemoryGuard: how near the process is to limits.memory, in grades that others answer to. Looks when it is told to, and
// does nothing about it itself but give free memory back to the system.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>

namespace weir {

/// How short memory is. Each grade keeps the answers of those before it.
enum class MemoryGrade : std::uint8_t {
  kAmple,
  kScarce,  // 80 %: heartbeats over HTTP are left out, connections that do nothing are closed
  kShort,   // 90 %: the oldest sessions are closed early, old visits are forgotten
  kFull,    // 95 %: events are refused
};

inline constexpr std::size_t kAutoMemory = 0;
inline constexpr std::size_t kNoMemoryLimit = std::numeric_limits<std::size_t>::max();

/// Bytes of the process that are resident, as process_resident_memory_bytes says; 0 when the system does not tell. Two
/// system calls, no allocation.
std::size_t resident_bytes();

/// What kAutoMemory stands for: nine tenths of the memory that the control group (cgroup v2) of this process, or one it
/// is in, may have, as the kernel's buffers count there too; kNoMemoryLimit when there is no such bound. `root` is
/// where the groups are mounted, `own` the file that names the group of this process.
std::size_t cgroup_memory_limit(const std::string& root = "/sys/fs/cgroup",
                                const std::string& own = "/proc/self/cgroup");

/// look() on one thread at a time, all else on any.
class MemoryGuard {
 public:
  using Reading = std::function<std::size_t()>;

  /// `reading` says how many bytes are in use; empty: resident_bytes().
  MemoryGuard(std::size_t limit_bytes, Reading reading);

  /// Reads how much is in use, and grades it. A grade is left only when use is 5 % of the limit below where it begins,
  /// so that it does not come and go with every request.
  MemoryGrade look();

  MemoryGrade grade() const { return grade_.load(std::memory_order_relaxed); }
  bool limited() const { return limit_bytes_ != kNoMemoryLimit; }
  std::size_t limit_bytes() const { return limit_bytes_; }
  std::size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  const std::size_t limit_bytes_;
  Reading reading_;
  std::atomic<MemoryGrade> grade_{MemoryGrade::kAmple};
  std::atomic<std::size_t> used_bytes_{0};
  unsigned looks_until_trim_ = 0;
};

}  // namespace weir
