// StateCollector: where shards hand in their state as bytes, all behind the same point of the order of arrival.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

namespace weir {

/// Thread-safe, guarded by one mutex. One collection at a time: every shard hands in once for each wait().
class StateCollector {
 public:
  explicit StateCollector(std::size_t shard_count) : states_(shard_count) {}

  void hand_in(std::size_t shard, std::string bytes) {
    {
      const std::lock_guard lock(mutex_);
      states_[shard] = std::move(bytes);
      if (++handed_in_ < states_.size()) return;
    }
    changed_.notify_all();
  }

  /// Whether wait() would not wait.
  bool is_whole() {
    const std::lock_guard lock(mutex_);
    return handed_in_ == states_.size();
  }

  /// Waits for all shards and hands out their states by index.
  std::vector<std::string> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return handed_in_ == states_.size(); });
    handed_in_ = 0;
    std::vector<std::string> states(states_.size());
    states.swap(states_);
    return states;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> states_;  // guarded by mutex_, as is all below
  std::size_t handed_in_ = 0;
};

}  // namespace weir
