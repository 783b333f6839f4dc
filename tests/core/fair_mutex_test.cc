#include "weir/core/fair_mutex.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

namespace weir {
namespace {

TEST(FairMutex, goes_on_in_the_order_in_which_it_was_asked_for) {
  FairMutex mutex;
  std::vector<int> order;
  std::vector<std::thread> threads;
  mutex.lock();
  for (int i = 0; i < 5; ++i) {
    threads.emplace_back([&mutex, &order, i] {
      const std::lock_guard lock(mutex);
      order.push_back(i);
    });
    while (mutex.wanted_by() != static_cast<std::uint32_t>(i) + 2) std::this_thread::yield();
  }
  mutex.unlock();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
  EXPECT_EQ(mutex.wanted_by(), 0U);
}

TEST(FairMutex, one_thread_at_a_time_holds_it) {
  constexpr int kTimes = 20'000;
  FairMutex mutex;
  int sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int time = 0; time < kTimes; ++time) {
        const std::lock_guard lock(mutex);
        ++sum;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(sum, 4 * kTimes);
}

}  // namespace
}  // namespace weir
