// HealthLog: tells the log when events can no longer be kept or memory gets short, and when all is well again. Belongs
// to the main thread.
#pragma once

#include "weir/kpi/report.h"
#include "weir/pipeline/pipeline.h"

namespace weir {

class HealthLog {
 public:
  /// Says what changed since the last look at memory. Call several times a second.
  void look_at_memory(const MemoryGuard& memory);
  /// The same for the journal, once state is back.
  void look_at_journal(const Pipeline& pipeline);
  /// What became of all events, behind Pipeline::finish(). False when some could not be kept.
  static bool tell_end(const Pipeline& pipeline, const Report& report);

 private:
  bool keeps_ = true;  // events can be kept as durability asks
  MemoryGrade memory_grade_ = MemoryGrade::kAmple;
};

}  // namespace weir
