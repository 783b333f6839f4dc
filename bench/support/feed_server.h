// A server's sources and pipeline in this process, with processor time told apart by thread.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include "weir/core/clock.h"
#include "weir/ingest/source.h"
#include "weir/net/event_loop.h"
#include "weir/pipeline/pipeline.h"

namespace weir::bench {

/// Which source to feed; it listens on a port of the loopback device that the system chooses.
enum class Feed : std::uint8_t { kTcp, kHttp };

/// Starts when made. One thread takes in, one shard has another.
class FeedServer {
 public:
  /// With a state directory it keeps what it takes in.
  FeedServer(Feed feed, std::size_t sessions, const StateOptions& state = {});
  ~FeedServer();
  FeedServer(const FeedServer&) = delete;
  FeedServer& operator=(const FeedServer&) = delete;

  std::uint16_t port() const { return source_->port(); }
  /// Waits until so many events were taken in and are with the shard.
  void settle(std::size_t events);
  /// Waits until so many events were taken in, ends the server and returns its last report.
  std::shared_ptr<const Report> finish(std::size_t events);
  /// Processor time of the thread that takes in. After finish().
  double ingest_seconds() const { return ingest_seconds_; }

 private:
  void wait_for(std::size_t events) const;
  void stop();

  const SystemClock clock_;
  StatBoard stats_;
  StatBoard tail_stats_;
  std::unique_ptr<Pipeline> pipeline_;
  EventLoop loop_;
  std::unique_ptr<Source> source_;
  double ingest_seconds_ = 0;
  std::thread ingest_thread_;
};

}  // namespace weir::bench
