// StreamServer: bytes of each connection into its receiver, a buffer at a time, so that many connections share the
// thread fairly. Knows nothing of lines.
#include "weir/net/stream_server.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <optional>
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
  /// Closes everything at once.
  void abandon();
  void connection_closed(StreamConnection& connection) {
    connections_.erase(&connection);
    if (stats_ != nullptr) stats_->add(Stat::kConnectionsOpen, -1);
  }

 private:
  void take(AcceptedConnection accepted);
  std::vector<std::shared_ptr<StreamConnection>> open_connections() const;
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
      if (!self->receiver_ || self->left_) return;  // closed or stopped meanwhile
      if (error || !self->read_some()) return self->close();
      self->wait();
    });
  }

  /// Reads what the kernel holds at this moment, then closes; a sender that goes on cannot hold it up.
  void stop() {
    if (left_) return;
    error_code error;
    const std::size_t size = socket_.available(error);
    left_ = error ? 0 : size;
    read_rest();
  }

  void close() {
    receiver_->finish();
    abandon();
  }

  void abandon() {
    error_code ignored;  // a failed close leaves nothing to do
    socket_.close(ignored);
    pause_.cancel();
    receiver_.reset();
    owner_->connection_closed(*this);
  }

 private:
  /// The kernel keeps what comes, and then the sender.
  void pause() {
    pause_.expires_after(std::chrono::milliseconds(kReceiverPauseMs));
    pause_.async_wait([self = shared_from_this()](error_code) {
      if (self->receiver_ && !self->left_) self->wait();
    });
  }

  /// A buffer at a time, so that a backlog keeps the io thread from neither other connections nor its end.
  void read_rest() {
    if (*left_ == 0) return close();
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (!self->receiver_) return;  // closed meanwhile
      if (!self->read_some()) return self->close();
      self->read_rest();
    });
  }

  /// False when the peer is gone.
  bool read_some() {
    const std::span<char> room = receiver_->prepare();
    WEIR_CHECK(!room.empty());
    error_code error;
    const std::size_t wanted = left_ ? std::min(room.size(), *left_) : room.size();
    const std::size_t size = socket_.read_some(asio::buffer(room.data(), wanted), error);
    if (size > 0) receiver_->commit(size);
    if (left_) *left_ = error == asio::error::would_block ? 0 : *left_ - size;
    return size > 0 || error == asio::error::would_block || error == asio::error::interrupted;
  }

  std::shared_ptr<StreamServerState> owner_;
  Socket socket_;
  SteadyTimer pause_;
  std::unique_ptr<StreamReceiver> receiver_;  // null when closed
  std::optional<std::size_t> left_;           // once stopped: bytes still to be read
};

void StreamServerState::take(AcceptedConnection accepted) {
  // When it is refused, the socket closes as it goes away.
  if (connections_.size() >= limit_) return count(Stat::kConnectionsRefused);
  if (is_spare(accepted.socket.native_handle())) return count(Stat::kConnectionsRefusedDescriptors);
  if (scarce_ && scarce_()) return count(Stat::kConnectionsRefusedMemory);
  const auto connection =
      std::make_shared<StreamConnection>(shared_from_this(), std::move(accepted.socket), factory_());
  connections_.insert(connection.get());
  count(Stat::kConnectionsAccepted);
  count(Stat::kConnectionsOpen);
  connection->wait();
}

std::vector<std::shared_ptr<StreamConnection>> StreamServerState::open_connections() const {
  std::vector<std::shared_ptr<StreamConnection>> open;  // they leave the set when they close
  open.reserve(connections_.size());
  for (StreamConnection* connection : connections_) open.push_back(connection->shared_from_this());
  return open;
}

void StreamServerState::stop() {
  acceptor_->stop();
  for (const auto& connection : open_connections()) connection->stop();
}

void StreamServerState::abandon() {
  acceptor_->close();
  for (const auto& connection : open_connections()) connection->abandon();
  stats_ = nullptr;
}

class AsioStreamServer final : public StreamServer {
 public:
  AsioStreamServer(std::shared_ptr<StreamServerState> state, std::uint16_t port)
      : state_(std::move(state)), port_(port) {}
  ~AsioStreamServer() override { state_->abandon(); }
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
