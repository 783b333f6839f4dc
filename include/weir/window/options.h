// Options of the window layer, as in configuration under `rollups`, `windows` and `limits`.
#pragma once

#include <cstddef>
#include <vector>

#include "weir/core/clock.h"
#include "weir/model/dimension.h"

namespace weir {

/// Panes per window: its step is length / 60, at least one second.
inline constexpr TimeMs kPanesPerWindow = 60;
inline constexpr TimeMs step_of_window(TimeMs length_ms) {
  const TimeMs step_ms = length_ms / kPanesPerWindow;
  return step_ms < 1000 ? 1000 : step_ms;
}

struct WindowOptions {
  std::vector<Rollup> rollups;
  std::vector<TimeMs> windows{5 * 60'000, 60 * 60'000, 24 * 60 * 60'000};  // multiples of their step
  std::size_t cells = 4096;    // cells each shard tracks per rollup, exported or not; the rest fold into __other__
  std::size_t currencies = 3;  // shown apart in live reports; the rest are summed as XXX
  std::size_t visitors = 2'000'000;  // visits remembered for counting distinct visitors, whole process
};

/// The rollups of the default configuration.
std::vector<Rollup> default_rollups();

}  // namespace weir
