// FuzzServer: what stands behind every listener in the fuzz targets, a pipeline and an event loop that go on only when
// they are told to; nothing depends on the time. And a client that says what it has to say in pieces.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "weir/core/check.h"
#include "weir/ingest/source.h"
#include "weir/pipeline/pipeline.h"
#include "weir/window/options.h"

namespace weir::fuzz {

/// Whoever waits lets the one shard work.
class OneShard final : public Turns {
 public:
  void wait(Pipeline& pipeline, WaitFor) override { static_cast<void>(pipeline.step(PipelinePart::kShard)); }
};

/// Tables so small that a fuzzer reaches their ends.
inline PipelineOptions small_options() {
  PipelineOptions options;
  options.shards = 1;
  options.hash_seed = 1;
  options.reader.parser.line_bytes = 1024;
  options.reader.parser.depth = 6;
  options.reader.symbols = options.windows.visitors = options.windows.cells = 1000;
  options.sessions.sessions = options.sessions.reorder_events = 1000;
  options.sessions.delivery_ids = options.sessions.orders = 1000;
  options.windows.rollups = default_rollups();
  return options;
}

/// One thread.
class FuzzServer {
 public:
  Pipeline& pipeline() { return *pipeline_; }
  boost::asio::io_context& io() { return io_; }
  ManualClock& clock() { return clock_; }
  StatBoard& stats() { return stats_; }
  SourceContext context() { return {io_, *pipeline_, stats_, {}, tail_stats_, {}}; }
  /// Starts a source of THE source table.
  std::unique_ptr<Source> start(SourceKind kind, const SourceOptions& options) {
    const auto row = std::ranges::find_if(source_table(), [&](const SourceRow& any) { return any.kind == kind; });
    Result<std::unique_ptr<Source>> source = row->start(options, context());
    WEIR_CHECK(source.has_value());
    return std::move(*source);
  }

  /// Connects to the port, sends all of it in pieces, reads until the other side closes, and returns what it said.
  /// `before_end` is called, if all was taken, while the client still listens.
  std::string talk(std::uint16_t port, std::string_view bytes, std::size_t piece,
                   const std::function<void()>& before_end = {}) {
    const int client = connected(port);
    std::string said;
    bool open = true;
    while (open && !bytes.empty()) {
      const ssize_t sent = ::send(client, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
      const bool taken = sent > 0 || errno == EAGAIN || errno == EINTR;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      io_.poll();
      open = listen_to(client, said) && taken;
    }
    if (open && before_end) {
      before_end();
      open = listen_to(client, said);
    }
    ::shutdown(client, SHUT_WR);
    for (int turns = 0; open; ++turns) {
      constexpr int kMostTurns = 40;
      WEIR_CHECK(turns < kMostTurns);
      io_.run_one_for(std::chrono::milliseconds(100));
      io_.poll();
      open = listen_to(client, said);
    }
    ::close(client);
    io_.poll();
    return said;
  }

  /// Takes what came to a report, in which nothing may be missing.
  void report() {
    clock_.advance(1000);
    static_cast<void>(pipeline_->tick());
    while (pipeline_->step(PipelinePart::kShard)) continue;
    static_cast<void>(pipeline_->step(PipelinePart::kPublisher));
    const StatValues& stats = pipeline_->report()->stats;
    WEIR_CHECK(stats.received() == stats.settled() + stats[Stat::kQueued]);
  }

 private:
  /// Ends by a reset, so that ends of connections do not pile up in the system.
  static int connected(std::uint16_t port) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    WEIR_CHECK(client >= 0);
    const linger reset{1, 0};
    WEIR_CHECK(::setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool connected = ::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    WEIR_CHECK(connected || (errno == EINTR && goes_on_connecting(client)));
    return client;
  }
  /// The fuzzer's own alarm may come in between.
  static bool goes_on_connecting(int client) {
    pollfd socket{client, POLLOUT, 0};
    while (::poll(&socket, 1, -1) < 0 && errno == EINTR) continue;
    int error = 0;
    socklen_t size = sizeof error;
    return ::getsockopt(client, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
  }
  /// Reads what there is. False when the other side has closed.
  static bool listen_to(int client, std::string& said) {
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t size = ::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size <= 0) return size < 0 && errno == EAGAIN;
      said.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }

  ManualClock clock_{1'800'000'000'000};
  OneShard turns_;
  std::unique_ptr<Pipeline> pipeline_ = *Pipeline::start({small_options(), PipelineMode::kServe, 0, &turns_}, clock_);
  StatBoard stats_;
  StatBoard tail_stats_;
  boost::asio::io_context io_;
};

/// What stands behind a target, made anew every so many inputs: time only goes on in it, and what the seeds say would
/// soon be long ago.
template <class Server>
class Renewed {
 public:
  Server& next() {
    constexpr int kInputs = 100;
    if (inputs_++ % kInputs == 0) {
      server_.reset();
      server_ = std::make_unique<Server>();
    }
    return *server_;
  }

 private:
  std::unique_ptr<Server> server_;
  unsigned inputs_ = 0;
};

}  // namespace weir::fuzz
