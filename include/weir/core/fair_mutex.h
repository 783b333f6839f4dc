// FairMutex: a mutex that is handed on in the order in which it was asked for.
#pragma once

#include <atomic>
#include <cstdint>

namespace weir {

/// Like std::mutex, and as cheap while nobody else wants it. With std::mutex a thread that lets go and asks again at
/// once nearly always wins over those that sleep: one busy source would keep the others from being read. Any thread;
/// for std::lock_guard.
class FairMutex {
 public:
  FairMutex() = default;
  FairMutex(const FairMutex&) = delete;
  FairMutex& operator=(const FairMutex&) = delete;

  void lock() {
    const std::uint32_t turn = next_.fetch_add(1, std::memory_order_relaxed);
    std::uint32_t now = turn_.load(std::memory_order_acquire);
    while (now != turn) {
      turn_.wait(now, std::memory_order_acquire);
      now = turn_.load(std::memory_order_acquire);
    }
  }
  void unlock() {
    turn_.fetch_add(1, std::memory_order_release);
    turn_.notify_all();
  }
  /// Threads that hold it or wait for it, at this moment.
  std::uint32_t wanted_by() const {
    return next_.load(std::memory_order_relaxed) - turn_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint32_t> next_{0};  // the turn of the next one who asks
  std::atomic<std::uint32_t> turn_{0};  // of who holds it, or of the next one when nobody does
};

}  // namespace weir
