#include "weir/net/event_loop.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <utility>

namespace weir {
namespace asio = boost::asio;

struct EventLoop::Parts {
  struct Timer {
    asio::steady_timer timer;
    std::function<void()> action;
    bool repeats;
  };
  asio::io_context io{1};
  std::deque<Timer> timers;  // a deque, so that handlers may add timers
  asio::signal_set signals{io};
  std::function<void(int)> on_signal;
};

EventLoop::EventLoop() : parts_(std::make_unique<Parts>()) {}
EventLoop::~EventLoop() = default;

asio::io_context& EventLoop::io() { return parts_->io; }

void EventLoop::every(std::int64_t interval_ms, std::function<void()> action) {
  parts_->timers.push_back({asio::steady_timer(parts_->io), std::move(action), true});
  parts_->timers.back().timer.expires_after(std::chrono::milliseconds(0));
  arm(parts_->timers.size() - 1, interval_ms);
}

void EventLoop::after(std::int64_t delay_ms, std::function<void()> action) {
  parts_->timers.push_back({asio::steady_timer(parts_->io), std::move(action), false});
  parts_->timers.back().timer.expires_after(std::chrono::milliseconds(0));
  arm(parts_->timers.size() - 1, delay_ms);
}

void EventLoop::arm(std::size_t index, std::int64_t interval_ms) {
  Parts::Timer& timer = parts_->timers[index];
  // From the last expiry, not from now: a slow action does not make a timer drift; but a missed one is not made up for.
  const auto next = timer.timer.expiry() + std::chrono::milliseconds(interval_ms);
  timer.timer.expires_at(std::max(next, std::chrono::steady_clock::now()));
  timer.timer.async_wait([this, index, interval_ms](const boost::system::error_code& error) {
    if (error) return;
    Parts::Timer& fired = parts_->timers[index];
    fired.action();
    if (fired.repeats) arm(index, interval_ms);
  });
}

void EventLoop::on_signals(const std::vector<int>& signals, std::function<void(int)> action) {
  for (const int signal : signals) parts_->signals.add(signal);
  parts_->on_signal = std::move(action);
  wait_for_signal();
}

void EventLoop::wait_for_signal() {
  parts_->signals.async_wait([this](const boost::system::error_code& error, int signal) {
    if (error) return;
    wait_for_signal();
    parts_->on_signal(signal);
  });
}

void EventLoop::post(std::function<void()> action) { asio::post(parts_->io, std::move(action)); }

void EventLoop::run() { parts_->io.run(); }

void EventLoop::stop_timers() {
  for (Parts::Timer& timer : parts_->timers) {
    timer.repeats = false;
    timer.timer.cancel();
  }
  boost::system::error_code ignored;
  parts_->signals.cancel(ignored);
}

void EventLoop::stop() { parts_->io.stop(); }

}  // namespace weir
