// RecoveryWatch: brings the kept state of `weir serve` back on a thread of its own, and tells the log and the service
// manager how far that is. Belongs to the main thread.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <variant>

#include "service_watch.h"
#include "weir/core/result.h"
#include "weir/net/event_loop.h"
#include "weir/pipeline/options.h"
#include "weir/pipeline/pipeline.h"

namespace weir {

class RecoveryWatch {
 public:
  using Then = std::function<void(const Result<std::monostate>& result)>;

  /// All of them outlive it.
  RecoveryWatch(Pipeline& pipeline, const StateOptions& state, const ServiceWatch& service, EventLoop& loop)
      : pipeline_(pipeline), state_(state), service_(service), loop_(loop) {}
  ~RecoveryWatch() {
    if (thread_.joinable()) thread_.join();
  }
  RecoveryWatch(const RecoveryWatch&) = delete;
  RecoveryWatch& operator=(const RecoveryWatch&) = delete;

  /// Begins, and calls `then` on the loop's thread when it is over. `admin` is where operators can look meanwhile.
  void run(const std::string& admin, Then then);
  /// How far it is. Call every few seconds.
  void log_progress() const;
  /// What it found, in `then`.
  void log_found(const Result<std::monostate>& result) const;

 private:
  Pipeline& pipeline_;
  const StateOptions& state_;
  const ServiceWatch& service_;
  EventLoop& loop_;
  std::thread thread_;
};

}  // namespace weir
