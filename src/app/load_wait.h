// Waiting between the parts of a load, which Ctrl-C ends without ending the program: what there is can still be told.
#pragma once

#include <csignal>

#include "weir/core/clock.h"

namespace weir {

/// Keeps SIGINT and SIGTERM back on this thread, until wait_for() hears them or it goes: for work that takes a moment
/// and must not be cut off.
class HeldSignals {
 public:
  HeldSignals();
  ~HeldSignals();
  HeldSignals(const HeldSignals&) = delete;
  HeldSignals& operator=(const HeldSignals&) = delete;

 private:
  ::sigset_t before_;
};

/// Does nothing for so long. False when SIGINT or SIGTERM ended it early.
[[nodiscard]] bool wait_for(TimeMs span_ms);

}  // namespace weir
