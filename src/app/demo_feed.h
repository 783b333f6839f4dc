// DemoFeed: generated visitors who browse now, sent to our own HTTP port as browsers would send them.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "weir/net/address.h"

namespace weir {

/// Sends traffic from construction to stop(), on a thread of its own. Problems are logged, once each time they begin.
class DemoFeed {
 public:
  explicit DemoFeed(const ListenAddress& server);
  ~DemoFeed() { stop(); }
  DemoFeed(const DemoFeed&) = delete;
  DemoFeed& operator=(const DemoFeed&) = delete;

  /// Sends no more; returns when the request under way is answered.
  void stop();

 private:
  void run();
  /// False when it is time to stop.
  bool wait_ms(std::int64_t delay_ms);

  ListenAddress server_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace weir
