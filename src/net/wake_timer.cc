#include "weir/net/wake_timer.h"

#include "asio_types.h"

namespace weir {

std::int64_t steady_ns() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

struct WakeTimer::Parts : std::enable_shared_from_this<Parts> {
  Parts(EventLoop& loop, std::function<void()> call) : timer(loop.io().get_executor()), action(std::move(call)) {}

  SteadyTimer timer;
  std::function<void()> action;
  std::uint64_t wish = 0;  // an outdated one may have fired already
};

WakeTimer::WakeTimer(EventLoop& loop, std::function<void()> action)
    : parts_(std::make_shared<Parts>(loop, std::move(action))) {}

WakeTimer::~WakeTimer() { cancel(); }

void WakeTimer::wake_at(std::int64_t time_ns) {
  const std::uint64_t wish = ++parts_->wish;
  parts_->timer.expires_at(SteadyTime(std::chrono::nanoseconds(time_ns)));
  parts_->timer.async_wait([parts = parts_, wish](error_code error) {
    if (!error && wish == parts->wish) parts->action();
  });
}

void WakeTimer::cancel() {
  ++parts_->wish;
  parts_->timer.cancel();
}

}  // namespace weir
