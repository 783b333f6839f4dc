#include "health_log.h"

#include <spdlog/spdlog.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace weir {

void HealthLog::look_at_memory(const MemoryGuard& memory) {
  constexpr std::array<std::string_view, 4> kAnswers{
      "ample again", "scarce: heartbeats are left out, idle connections are closed",
      "short: the oldest sessions are closed early", "full: events are refused"};
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  const MemoryGrade grade = memory.grade();
  if (grade == memory_grade_) return;
  memory_grade_ = grade;
  spdlog::log(grade == MemoryGrade::kAmple ? spdlog::level::info : spdlog::level::warn,
              "memory is {} ({} MiB in use, limits.memory is {} MiB)", kAnswers[static_cast<std::size_t>(grade)],
              memory.used_bytes() / kMiB, memory.limit_bytes() / kMiB);
}

void HealthLog::look_at_journal(const Pipeline& pipeline) {
  const bool keeps = pipeline.keeps();
  if (keeps == keeps_) return;
  keeps_ = keeps;
  if (keeps) return spdlog::info("events can be kept again, and are taken");
  spdlog::error("events are refused because they cannot be kept: {}; will try again", pipeline.problem());
}

bool HealthLog::tell_end(const Pipeline& pipeline, const Report& report) {
  const StatValues& stats = report.stats;
  spdlog::info("stopped: {} events received, {} counted, {} rejected, {} late, {} duplicate, {} shed", stats.received(),
               stats.counted(), stats.rejected(), stats[Stat::kLate], stats[Stat::kDuplicate], stats.shed());
  if (pipeline.unkept() == 0) return true;
  spdlog::error(
      "{} of these events could not be kept: {}; a start will read those of tailed files again, clients that had no "
      "answer may send theirs again, and lines of other streams are lost",
      pipeline.unkept(), pipeline.problem());
  return false;
}

}  // namespace weir
