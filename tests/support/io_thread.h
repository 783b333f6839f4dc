// IoThread: an io_context run by a thread of its own, for tests that talk to a server in this process.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <optional>
#include <thread>
#include <utility>

namespace weir::support {

/// Runs until finish(). Make it before and destroy it after whatever uses its io_context.
class IoThread {
 public:
  IoThread() : work_(boost::asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~IoThread() {
    if (!thread_.joinable()) return;
    io_.stop();
    thread_.join();
  }
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  boost::asio::io_context& io() { return io_; }

  /// Runs `action` on the thread, waits for it and returns what it returns.
  template <class Action>
  auto run(Action action) {
    std::packaged_task<decltype(action())()> task(std::move(action));
    auto result = task.get_future();
    boost::asio::post(io_, std::move(task));
    return result.get();
  }

  /// Waits until the io_context has nothing left to do: returns only when everything on it has stopped.
  void finish() {
    work_.reset();
    thread_.join();
  }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace weir::support
