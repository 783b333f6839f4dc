// EventLoop: one thread's io_context with the few things the program needs of it: timers, signals, posted work.
// Keeps Boost.Asio out of the layers above.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class io_context;
}

namespace weir {

/// Runs handlers on the thread that calls run(), its owner. Handlers must not throw.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// For listeners that live on this loop.
  boost::asio::io_context& io();

  /// Calls `action` every `interval_ms` until stop_timers(); the first time after one interval. Before run(), or from
  /// a handler.
  void every(std::int64_t interval_ms, std::function<void()> action);
  /// Calls `action` once, after `delay_ms`, unless stop_timers() comes first.
  void after(std::int64_t delay_ms, std::function<void()> action);
  /// Calls `action` for each of these signals, until stop_timers().
  void on_signals(const std::vector<int>& signals, std::function<void(int)> action);
  /// Runs `action` on the loop's thread. Any thread.
  void post(std::function<void()> action);

  /// Runs until nothing is left to do or stop(). Once.
  void run();
  /// Ends timers and signal watching, so that run() returns when listeners and connections are gone. Loop thread.
  void stop_timers();
  /// Makes run() return at once. Any thread.
  void stop();

 private:
  struct Parts;
  void arm(std::size_t timer, std::int64_t interval_ms);
  void wait_for_signal();
  std::unique_ptr<Parts> parts_;
};

}  // namespace weir
