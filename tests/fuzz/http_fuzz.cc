// Fuzz target of the public listener: what a client may send over one connection, in pieces of any size, with the
// routes, the formats and all of a server's pipeline behind it. The first byte of the input is the size of the pieces,
// 0: all at once. Must not crash or read outside its buffers, must answer in HTTP or not at all, and must be done with
// the connection once the client is.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/check.h"
#include "weir/ingest/source.h"
#include "weir/pipeline/pipeline.h"
#include "weir/window/options.h"

namespace {

using namespace weir;

/// Whoever waits lets the one shard work.
class OneShard final : public Turns {
 public:
  void wait(Pipeline& pipeline, WaitFor) override { static_cast<void>(pipeline.step(PipelinePart::kShard)); }
};

PipelineOptions small_options() {
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

/// The listener and the pipeline behind it, which go on when the client lets them: nothing here depends on the time.
class Listener {
 public:
  Listener() {
    SourceOptions options;
    options.http.listen = {"127.0.0.1", 0};
    options.http.body_bytes = 2048;
    options.http.header_bytes = 512;
    options.http.client_connections = 0;
    options.http_origins = {"https://shop.example"};
    options.http_country_header = "Country";
    const auto row =
        std::ranges::find_if(source_table(), [](const SourceRow& any) { return any.kind == SourceKind::kHttp; });
    source_ = *row->start(options, {io_, *pipeline_, stats_, {}, tail_stats_, {}});
  }

  /// Sends all of it in pieces, reads until the listener closes, and returns what it said.
  std::string talk(std::string_view bytes, std::size_t piece) {
    const int client = connected();
    said_.clear();
    bool open = true;
    while (open && !bytes.empty()) {
      const ssize_t sent = ::send(client, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
      const bool taken = sent > 0 || errno == EAGAIN;
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      io_.poll();
      open = listen_to(client) && taken;
    }
    ::shutdown(client, SHUT_WR);
    for (int turns = 0; open; ++turns) {
      constexpr int kMostTurns = 40;
      WEIR_CHECK(turns < kMostTurns);
      io_.run_one_for(std::chrono::milliseconds(100));
      io_.poll();
      open = listen_to(client);
    }
    ::close(client);
    io_.poll();
    return said_;
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
  int connected() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    WEIR_CHECK(client >= 0);
    const linger reset{1, 0};
    WEIR_CHECK(::setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(source_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    WEIR_CHECK(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return client;
  }
  /// Reads what there is. False when the listener has closed.
  bool listen_to(int client) {
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t size = ::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size > 0) {
        said_.append(buffer.data(), static_cast<std::size_t>(size));
      } else {
        return size < 0 && errno == EAGAIN;
      }
    }
  }

  ManualClock clock_{1'800'000'000'000};
  OneShard turns_;
  std::unique_ptr<Pipeline> pipeline_ = *Pipeline::start({small_options(), PipelineMode::kServe, 0, &turns_}, clock_);
  boost::asio::io_context io_;
  StatBoard stats_;
  StatBoard tail_stats_;
  std::unique_ptr<Source> source_;
  std::string said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Listener listener;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string said = listener.talk(bytes, data[0] == 0 ? size : data[0]);
  WEIR_CHECK(said.empty() || said.starts_with("HTTP/1.1 "));
  listener.report();
  return 0;
}
