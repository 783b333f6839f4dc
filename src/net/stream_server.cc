// StreamServer: bytes of each connection into its receiver, a buffer at a time, so that many connections share the
// thread fairly. Knows nothing of lines.
#include "weir/net/stream_server.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <unordered_set>
#include <utility>
#include <vector>

#include "acceptor.h"
#include "listening_socket.h"
#include "weir/core/check.h"
#include "weir/net/descriptor_limit.h"

namespace weir {
namespace {

class StreamConnection;

/// What lives as long as the last connection or pending operation. All on the io thread.
class StreamServerState final : public std::enable_shared_from_this<StreamServerState> {
 public:
  StreamServerState(const StreamServerOptions& options, StreamReceiverFactory factory, StatBoard* stats)
      : limit_(options.connections), scarce_(options.scarce), factory_(std::move(factory)), stats_(stats) {}

  void start(asio::io_context& io, ListeningSocket socket) {
    acceptor_ = std::make_shared<Acceptor>(io, std::move(socket),
                                           [this](AcceptedConnection accepted) { take(std::move(accepted)); });
    acceptor_->start();
  }
  void stop();
  void connection_closed(StreamConnection& connection) {
    connections_.erase(&connection);
    if (stats_ != nullptr) stats_->add(Stat::kConnectionsOpen, -1);
  }

 private:
  void take(AcceptedConnection accepted);
  void count(Stat stat) {
    if (stats_ != nullptr) stats_->add(stat);
  }

  std::size_t limit_;
  std::function<bool()> scarce_;
  StreamReceiverFactory factory_;
  StatBoard* stats_;
  std::shared_ptr<Acceptor> acceptor_;
  std::unordered_set<StreamConnection*> connections_;  // kept alive by their pending waits
};

class StreamConnection final : public std::enable_shared_from_this<StreamConnection> {
 public:
  StreamConnection(std::shared_ptr<StreamServerState> owner, Socket socket, std::unique_ptr<StreamReceiver> receiver)
      : owner_(std::move(owner)),
        socket_(std::move(socket)),
        pause_(socket_.get_executor()),
        receiver_(std::move(receiver)) {}

  void wait() {
    if (!receiver_->ready()) return pause();
    socket_.async_wait(Socket::wait_read, [self = shared_from_this()](error_code error) {
      if (!self->receiver_) return;  // closed meanwhile
      if (error || !self->read_some()) return self->close();
      self->wait();
    });
  }

  /// Reads what the kernel holds at this moment, then closes; a sender that goes on cannot hold it up.
  void drain() {
    error_code error;
    std::size_t left = socket_.available(error);
    while (!error && left > 0) {
      const std::span<char> room = receiver_->prepare();
      WEIR_CHECK(!room.empty());
      const std::size_t size = socket_.read_some(asio::buffer(room.data(), std::min(room.size(), left)), error);
      if (error == asio::error::interrupted) error.clear();
      if (size > 0) receiver_->commit(size);
      left -= size;
    }
    close();
  }

  void close() {
    error_code ignored;  // a failed close leaves nothing to do
    socket_.close(ignored);
    pause_.cancel();
    receiver_->finish();
    receiver_.reset();
    owner_->connection_closed(*this);
  }

 private:
  /// The kernel keeps what comes, and then the sender.
  void pause() {
    pause_.expires_after(std::chrono::milliseconds(kReceiverPauseMs));
    pause_.async_wait([self = shared_from_this()](error_code) {
      if (self->receiver_) self->wait();
    });
  }

  /// False when the peer is gone.
  bool read_some() {
    const std::span<char> room = receiver_->prepare();
    WEIR_CHECK(!room.empty());
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(room.data(), room.size()), error);
    if (size > 0) receiver_->commit(size);
    return size > 0 || error == asio::error::would_block || error == asio::error::interrupted;
  }

  std::shared_ptr<StreamServerState> owner_;
  Socket socket_;
  SteadyTimer pause_;
  std::unique_ptr<StreamReceiver> receiver_;  // null when closed
};

void StreamServerState::take(AcceptedConnection accepted) {
  // When it is refused, the socket closes as it goes away.
  const bool full = connections_.size() >= limit_ || is_spare(accepted.socket.native_handle());
  if (full) return count(Stat::kConnectionsRefused);
  if (scarce_ && scarce_()) return count(Stat::kConnectionsRefusedMemory);
  const auto connection =
      std::make_shared<StreamConnection>(shared_from_this(), std::move(accepted.socket), factory_());
  connections_.insert(connection.get());
  count(Stat::kConnectionsAccepted);
  count(Stat::kConnectionsOpen);
  connection->wait();
}

void StreamServerState::stop() {
  acceptor_->stop();
  std::vector<std::shared_ptr<StreamConnection>> open;
  open.reserve(connections_.size());
  for (StreamConnection* connection : connections_) open.push_back(connection->shared_from_this());
  for (const auto& connection : open) connection->drain();
}

class AsioStreamServer final : public StreamServer {
 public:
  AsioStreamServer(std::shared_ptr<StreamServerState> state, std::uint16_t port)
      : state_(std::move(state)), port_(port) {}
  ~AsioStreamServer() override { state_->stop(); }
  AsioStreamServer(const AsioStreamServer&) = delete;
  AsioStreamServer& operator=(const AsioStreamServer&) = delete;

  std::uint16_t port() const override { return port_; }
  void stop() override { state_->stop(); }

 private:
  std::shared_ptr<StreamServerState> state_;
  std::uint16_t port_;
};

}  // namespace

Result<std::unique_ptr<StreamServer>> StreamServer::listen(asio::io_context& io, const StreamServerOptions& options,
                                                           StreamReceiverFactory factory, StatBoard* stats) {
  const std::string* const path = std::get_if<std::string>(&options.listen);
  Result<ListeningSocket> socket = path ? listen_unix(*path) : listen_tcp(std::get<ListenAddress>(options.listen));
  if (!socket) return socket.error();
  const std::uint16_t port = socket->port;
  auto state = std::make_shared<StreamServerState>(options, std::move(factory), stats);
  state->start(io, std::move(*socket));
  return std::unique_ptr<StreamServer>(std::make_unique<AsioStreamServer>(std::move(state), port));
}

}  // namespace weir
