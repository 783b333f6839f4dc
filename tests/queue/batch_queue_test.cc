// Tests of the batch queue: order, the bound, and two threads.
#include "weir/queue/batch_queue.h"

#include <gtest/gtest.h>

#include <thread>

namespace weir {
namespace {

TEST(BatchQueue, batches_come_out_in_the_order_they_went_in) {
  BatchQueue queue(4, 8);
  for (TimeMs number = 1; number <= 4; ++number) {
    Batch* batch = queue.acquire();
    ASSERT_NE(batch, nullptr);
    batch->watermark_ms = number;
    queue.push(batch);
  }
  EXPECT_EQ(queue.batches_under_way(), 4U);
  for (TimeMs number = 1; number <= 4; ++number) {
    Batch* batch = queue.pop();
    EXPECT_EQ(batch->watermark_ms, number);
    queue.release(batch);
  }
  EXPECT_EQ(queue.batches_under_way(), 0U);
}

TEST(BatchQueue, the_stock_is_the_bound) {
  BatchQueue queue(2, 8);
  EXPECT_EQ(queue.batch_count(), 2U);
  EXPECT_TRUE(queue.has_free());
  Batch* first = queue.acquire();
  Batch* second = queue.acquire();
  ASSERT_NE(first, nullptr);
  ASSERT_NE(second, nullptr);
  EXPECT_NE(first, second);
  EXPECT_FALSE(queue.has_free());
  EXPECT_EQ(queue.acquire(), nullptr);
  queue.push(first);
  EXPECT_EQ(queue.acquire(), nullptr) << "a batch that waits for its shard is not free";
  queue.release(queue.pop());
  EXPECT_EQ(queue.acquire(), first);
}

TEST(BatchQueue, a_batch_comes_back_empty_and_keeps_its_room) {
  BatchQueue queue(1, 8);
  Batch* batch = queue.acquire();
  batch->events.resize(8);
  batch->kind = BatchKind::kStop;
  batch->snapshot = 3;
  queue.push(batch);
  queue.release(queue.pop());
  batch = queue.acquire();
  ASSERT_NE(batch, nullptr);
  EXPECT_TRUE(batch->events.empty());
  EXPECT_GE(batch->events.capacity(), 8U);
  EXPECT_EQ(batch->kind, BatchKind::kEvents);
  EXPECT_EQ(batch->snapshot, 0U);
}

TEST(BatchQueue, two_threads_pass_a_hundred_thousand_batches_in_order) {
  constexpr TimeMs kBatches = 100'000;
  BatchQueue queue(16, 1);
  std::thread producer([&] {
    for (TimeMs number = 1; number <= kBatches; ++number) {
      Batch* batch = nullptr;
      while (batch == nullptr) batch = queue.acquire();
      batch->events.emplace_back().time_ms = number;
      queue.push(batch);
    }
  });
  TimeMs misplaced = 0;
  for (TimeMs number = 1; number <= kBatches; ++number) {
    Batch* batch = queue.pop();
    misplaced += batch->events.size() != 1 || batch->events[0].time_ms != number;
    queue.release(batch);
  }
  producer.join();
  EXPECT_EQ(misplaced, 0);
  EXPECT_EQ(queue.batches_under_way(), 0U);
}

}  // namespace
}  // namespace weir
