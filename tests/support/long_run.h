// How often a test repeats what it does: a few times, or as often as its promise says, under `scripts/test --long`.
#pragma once

#include <cstdlib>

namespace weir::support {

inline int repetitions(int usually, int under_long) {
  return std::getenv("WEIR_LONG") == nullptr ? usually : under_long;
}

}  // namespace weir::support
