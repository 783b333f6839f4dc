// Clients that ask a server for pages all the time, so that a test can do things to it under load.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/http_client.h"

namespace weir::e2e {

/// Each client is a thread with a connection it keeps while the server does. Used by one thread. The clients wait when
/// they are kAhead answers ahead of what was waited for, so that a slow machine does not fill its disk.
class PageLoad {
 public:
  static constexpr std::int64_t kAhead = 20'000;

  struct Options {
    std::uint16_t port = 0;
    int clients = 1;
    std::string quiet_path;  // answered with 200 and not logged; empty: there is none
    std::string host = "localhost";
  };

  explicit PageLoad(Options options);
  ~PageLoad() { static_cast<void>(finish()); }
  PageLoad(const PageLoad&) = delete;
  PageLoad& operator=(const PageLoad&) = delete;

  /// Pages answered with 200 so far.
  std::int64_t answered() const;
  /// Waits for so many more answers. False when one was not 200, or when they do not come.
  bool wait_for_more(std::int64_t count);
  /// Waits until all clients rest. What was answered is in the log then, if there is a quiet path.
  void pause();
  void resume();
  /// Ends all clients. Returns how many pages were answered.
  std::int64_t finish();

 private:
  enum class Order { kAsk, kRest, kEnd };

  void run(int client);
  bool ask(std::unique_ptr<support::SocketClient>& connection, const std::string& path);
  /// Waits for leave to ask for another page; what to do.
  Order next_order();
  void rest();

  const Options options_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Order order_ = Order::kAsk;  // this and all below: guarded by mutex_
  std::int64_t limit_ = kAhead;
  std::int64_t answered_ = 0;
  int resting_ = 0;
  bool failed_ = false;
  std::vector<std::thread> clients_;
};

}  // namespace weir::e2e
