// LoadFeed: makes requests ahead of the senders on a thread of its own, so that sending one is a copy. Between the
// generator and the senders of a load; it never looks at the time.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "weir/app/generator.h"

namespace weir {

/// Requests in a row, ready to be sent.
struct LoadBlock {
  struct Request {
    std::uint32_t size = 0;    // bytes
    std::uint32_t events = 0;  // lines
    TimeMs newest_ms = 0;      // event time; a server would put an event of the future at its time of receipt
  };
  std::string bytes;
  std::vector<Request> requests;
};

struct LoadFeedOptions {
  GeneratorOptions visits;
  std::string head;                    // of an HTTP request, up to the value of Content-Length; empty: lines alone
  std::size_t batch = 1;               // events per request
  std::uint64_t events = 0;            // how many to make; 0: whole visits, all of them
  std::size_t senders = 1;             // requests go to them in turn, as long as each takes what is made for it
  std::size_t requests_per_block = 1;  // few enough that the senders' blocks cover about the same time
};

/// Made on one thread; take() by each sender's, the rest by the maker's.
class LoadFeed {
 public:
  enum class State { kReady, kNotYet, kEnded };
  /// Bytes made ahead for all senders; each may be ahead by one more block, which ends with the request that fills it.
  static constexpr std::size_t kAheadBytes = 16 * 1024 * 1024;
  static constexpr std::size_t kBlocksAhead = 8;  // of each sender, at least

  explicit LoadFeed(LoadFeedOptions options);
  ~LoadFeed() { stop(); }
  LoadFeed(const LoadFeed&) = delete;
  LoadFeed& operator=(const LoadFeed&) = delete;

  /// Returns when as much is made ahead as may be.
  void wait_until_full();
  /// kReady: `block` holds the sender's next requests; its old storage is used again.
  State take(std::size_t sender, LoadBlock& block);
  /// Makes no more.
  void stop();
  /// The truth of everything made, as JSON, when all whole visits were made; else empty. After stop().
  std::string truth_json() const;
  /// Events made. After stop().
  std::uint64_t made_events() const { return made_; }

 private:
  struct Queue {
    std::deque<LoadBlock> blocks;
    std::size_t bytes = 0;
    bool ended = false;  // nothing comes behind its blocks
  };
  /// What is made for one sender.
  struct Share {
    LoadBlock block;
    std::uint64_t requests = 0;  // made
    bool over = false;
  };
  void run();
  /// Makes the next request of each share that has room; false when there was none.
  bool make_round();
  /// How many events the next request of a share has; 0: it is over.
  std::uint64_t events_of_next(std::size_t sender) const;
  /// False when there are no more visits.
  bool make_request(Share& share, std::uint64_t events);
  /// False when the sender has enough, or it is time to stop; not with `end`, behind which it gets nothing.
  bool hand_over(std::size_t sender, bool end);
  std::size_t most_bytes() const { return kAheadBytes / options_.senders; }
  bool is_full(const LoadBlock& block) const;
  /// False when it is time to stop.
  bool wait_for_room();

  LoadFeedOptions options_;
  Generator generator_;        // the thread's, until it is joined
  std::vector<Share> shares_;  // the thread's
  std::string line_;           // the thread's
  std::string body_;           // the thread's
  std::uint64_t made_ = 0;     // events; the thread's
  bool all_visits_ = false;    // the thread's
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Queue> queues_;  // guarded by mutex_, as is the rest
  std::vector<LoadBlock> used_;
  bool full_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace weir
