// DatagramServer: takes datagrams at a UDP address or a unix socket, and hands them out in batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "weir/core/result.h"
#include "weir/core/stats.h"
#include "weir/net/address.h"

namespace boost::asio {
class io_context;
}

namespace weir {

/// Longest datagram taken whole. UDP has none that is longer; unix sockets may.
inline constexpr std::size_t kDatagramBytes = 65'535;

/// Receives datagrams. Called on the io thread only; while a call blocks, the kernel's buffer fills, which holds the
/// senders of a unix socket back and makes the kernel drop those of UDP.
class DatagramReceiver {
 public:
  virtual ~DatagramReceiver() = default;
  /// One datagram; the view lives during the call.
  virtual void take(std::string_view datagram) = 0;
  /// One that was longer than kDatagramBytes: its first bytes.
  virtual void take_cut(std::string_view beginning) = 0;
  /// No more for the moment.
  virtual void end_batch() = 0;
  /// The server stops.
  virtual void finish() = 0;
  /// False while nothing may be received; asked again some milliseconds later.
  virtual bool ready() const { return true; }
};

struct DatagramServerOptions {
  std::variant<ListenAddress, std::string> listen;  // UDP, or the path of a unix socket (made with mode 0660)
  std::size_t buffer_bytes = 4 * 1024 * 1024;       // asked of the kernel, which may give less
};

/// A bound socket on an io_context run by one thread. Destroying it stops it first, so the receiver must still be
/// usable then; the io_context must outlive it.
class DatagramServer {
 public:
  /// Binds and starts to receive. A stale unix socket file that nobody has open is replaced. `stats` (may be null)
  /// receives kSyslogOverruns: datagrams of UDP the kernel had no room for.
  static Result<std::unique_ptr<DatagramServer>> listen(boost::asio::io_context& io,
                                                        const DatagramServerOptions& options,
                                                        std::unique_ptr<DatagramReceiver> receiver, StatBoard* stats);
  virtual ~DatagramServer() = default;
  virtual std::uint16_t port() const = 0;  // 0 for a unix socket. Any thread.
  /// Takes what the kernel already holds, then closes and removes the socket file. io thread.
  virtual void stop() = 0;
};

}  // namespace weir
