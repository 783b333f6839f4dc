#include "load_wait.h"

#include "weir/net/event_loop.h"

namespace weir {
namespace {

::sigset_t ends_of_program() {
  ::sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGINT);
  ::sigaddset(&signals, SIGTERM);
  return signals;
}

}  // namespace

HeldSignals::HeldSignals() {
  const ::sigset_t signals = ends_of_program();
  ::pthread_sigmask(SIG_BLOCK, &signals, &before_);
}

HeldSignals::~HeldSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

bool wait_for(TimeMs span_ms) {
  EventLoop loop;
  bool interrupted = false;
  loop.after(span_ms, [&loop] { loop.stop_timers(); });
  loop.on_signals({SIGINT, SIGTERM}, [&](int) {
    interrupted = true;
    loop.stop_timers();
  });
  const ::sigset_t signals = ends_of_program();
  ::sigset_t before;
  ::pthread_sigmask(SIG_UNBLOCK, &signals, &before);  // one that was held back comes now
  loop.run();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return !interrupted;
}

}  // namespace weir
