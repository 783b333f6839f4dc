#include "weir/core/clock.h"

#include <chrono>

namespace weir {
namespace {

template <class ChronoClock>
TimeMs milliseconds_of() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(ChronoClock::now().time_since_epoch()).count();
}

}  // namespace

TimeMs SystemClock::now_ms() const { return milliseconds_of<std::chrono::system_clock>(); }
TimeMs SystemClock::steady_ms() const { return milliseconds_of<std::chrono::steady_clock>(); }

}  // namespace weir
