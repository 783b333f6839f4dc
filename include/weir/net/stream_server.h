// StreamServer: listens on TCP or a unix stream socket and hands out bytes per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>

#include "weir/core/result.h"
#include "weir/core/stats.h"
#include "weir/net/address.h"

namespace boost::asio {
class io_context;
}

namespace weir {

/// Receives one connection's bytes. Called on the io thread only; blocking in commit() stops reading, which is
/// how back-pressure reaches the sender.
class StreamReceiver {
 public:
  virtual ~StreamReceiver() = default;
  virtual std::span<char> prepare() = 0;      // where to read into, at least one byte
  virtual void commit(std::size_t size) = 0;  // bytes arrived
  virtual void finish() = 0;                  // peer closed, or the server stops
  /// False while nothing may be read; asked again kReceiverPauseMs later.
  virtual bool ready() const { return true; }
};
inline constexpr int kReceiverPauseMs = 50;
using StreamReceiverFactory = std::function<std::unique_ptr<StreamReceiver>()>;

struct StreamServerOptions {
  std::variant<ListenAddress, std::string> listen;  // TCP, or the path of a unix socket (made with mode 0660)
  std::size_t connections = 4096;
  std::function<bool()> scarce{};  // while true, new connections are refused
};

/// A listener and its connections, all on one io_context run by one thread. Destroying it closes everything at
/// once, on the io thread or when nothing runs the io_context any more, and finishes no receiver; the io_context must
/// outlive it.
class StreamServer {
 public:
  /// Binds and starts accepting. A stale unix socket file that nobody listens on is replaced.
  static Result<std::unique_ptr<StreamServer>> listen(boost::asio::io_context& io, const StreamServerOptions& options,
                                                      StreamReceiverFactory factory, StatBoard* stats);
  virtual ~StreamServer() = default;
  virtual std::uint16_t port() const = 0;  // 0 for a unix socket. Any thread.
  /// Stops accepting. What the kernel holds of each connection at this moment is still read, a buffer at a turn of the
  /// io thread; then the connection is finished and closed. io thread.
  virtual void stop() = 0;
};

}  // namespace weir
