// Acceptor: takes connections from a listening socket and hands them on. Survives a lack of descriptors by
// pausing; must never spin.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "asio_types.h"
#include "listening_socket.h"

namespace weir {

/// A connection as accepted.
struct AcceptedConnection {
  Socket socket;             // does not block
  std::string peer_address;  // numeric, without port; empty for unix sockets
};

/// Accepts until stopped. All on the io thread; kept alive by its own pending operations.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  using Taker = std::function<void(AcceptedConnection)>;

  Acceptor(asio::io_context& io, ListeningSocket socket, Taker taker);
  void start() { wait(); }
  /// Takes what already waits in the kernel's queue, then closes the listener and removes its file. The taker is
  /// not called any more afterwards.
  void stop();
  /// Closes the listener at once.
  void close();
  std::uint16_t port() const { return port_; }

 private:
  enum class Taken { kOne, kNone, kExhausted };
  void wait();
  void accept_some();
  Taken accept_one();
  void pause();

  asio::io_context& io_;
  ListeningSocket socket_;  // its descriptor is owned by listener_
  std::uint16_t port_;
  Taker taker_;
  StreamDescriptor listener_;
  SteadyTimer pause_timer_;
};

}  // namespace weir
