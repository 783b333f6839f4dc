// DatagramServer: one receive call per datagram, many datagrams per wakeup. Looks at none, but takes it that syslog is
// all that comes in datagrams: kSyslogOverruns counts those the kernel dropped.
#include "weir/net/datagram_server.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "asio_types.h"
#include "listening_socket.h"

namespace weir {
namespace {

constexpr int kDatagramsPerWake = 256;    // then others get their turn
constexpr int kPauseMs = 50;              // while the receiver is not ready
constexpr int kDatagramsAtStop = 65'536;  // a sender that goes on cannot hold a stop up

/// Kept alive by its own pending wait. All on the io thread.
class DatagramServerState final : public std::enable_shared_from_this<DatagramServerState> {
 public:
  DatagramServerState(asio::io_context& io, ListeningSocket socket, std::unique_ptr<DatagramReceiver> receiver,
                      StatBoard* stats)
      : socket_(std::move(socket)),
        descriptor_(io.get_executor(), socket_.descriptor.release()),
        pause_(io.get_executor()),
        receiver_(std::move(receiver)),
        stats_(stats) {}

  std::uint16_t port() const { return socket_.port; }

  void wait() {
    if (!receiver_->ready()) return pause();
    descriptor_.async_wait(StreamDescriptor::wait_read, [self = shared_from_this()](error_code error) {
      if (error || !self->receiver_) return;
      self->receive(kDatagramsPerWake);
      self->wait();
    });
  }

  void stop() {
    if (!receiver_) return;
    receive(kDatagramsAtStop);
    error_code ignored;  // a failed close leaves nothing to do
    descriptor_.close(ignored);
    pause_.cancel();
    remove_socket_file(socket_);
    receiver_->finish();
    receiver_.reset();
  }

 private:
  enum class Received { kOne, kNone };

  void pause() {
    pause_.expires_after(std::chrono::milliseconds(kPauseMs));
    pause_.async_wait([self = shared_from_this()](error_code) {
      if (self->receiver_) self->wait();
    });
  }

  void receive(int most) {
    for (int i = 0; i < most && receive_one() == Received::kOne; ++i) {
    }
    receiver_->end_batch();
  }

  Received receive_one() {
    iovec room{.iov_base = buffer_.data(), .iov_len = buffer_.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(std::uint32_t))> control;
    msghdr message{};
    message.msg_iov = &room;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t size = ::recvmsg(descriptor_.native_handle(), &message, MSG_DONTWAIT);
    if (size < 0) {
      // Anything but "nothing waits" is the fate of one datagram (its sender was unreachable): go on with the next.
      return errno == EAGAIN || errno == EWOULDBLOCK || errno == EBADF ? Received::kNone : Received::kOne;
    }
    count_overruns(message);
    const std::string_view datagram(buffer_.data(), static_cast<std::size_t>(size));
    if ((message.msg_flags & MSG_TRUNC) != 0) {
      receiver_->take_cut(datagram);
    } else {
      receiver_->take(datagram);
    }
    return Received::kOne;
  }

  /// The kernel says with a datagram how many it has dropped so far.
  void count_overruns(msghdr& message) {
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
      if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SO_RXQ_OVFL) continue;
      std::uint32_t dropped = 0;
      std::memcpy(&dropped, CMSG_DATA(header), sizeof(dropped));
      const std::uint32_t further = dropped - dropped_;  // the kernel's count wraps around
      dropped_ = dropped;
      if (stats_ != nullptr) stats_->add(Stat::kSyslogOverruns, further);
    }
  }

  ListeningSocket socket_;  // its descriptor is owned by descriptor_
  StreamDescriptor descriptor_;
  SteadyTimer pause_;
  std::unique_ptr<DatagramReceiver> receiver_;  // null when stopped
  StatBoard* stats_;
  std::uint32_t dropped_ = 0;
  std::array<char, kDatagramBytes> buffer_;
};

class AsioDatagramServer final : public DatagramServer {
 public:
  explicit AsioDatagramServer(std::shared_ptr<DatagramServerState> state) : state_(std::move(state)) {}
  ~AsioDatagramServer() override { state_->stop(); }
  AsioDatagramServer(const AsioDatagramServer&) = delete;
  AsioDatagramServer& operator=(const AsioDatagramServer&) = delete;

  std::uint16_t port() const override { return state_->port(); }
  void stop() override { state_->stop(); }

 private:
  std::shared_ptr<DatagramServerState> state_;
};

}  // namespace

Result<std::unique_ptr<DatagramServer>> DatagramServer::listen(asio::io_context& io,
                                                               const DatagramServerOptions& options,
                                                               std::unique_ptr<DatagramReceiver> receiver,
                                                               StatBoard* stats) {
  const std::string* const path = std::get_if<std::string>(&options.listen);
  Result<ListeningSocket> socket =
      path != nullptr ? bind_unix_datagrams(*path) : bind_udp(std::get<ListenAddress>(options.listen));
  if (!socket) return socket.error();
  const int descriptor = socket->descriptor.get();
  // Both are wishes: with a smaller buffer or without the count of drops the server works all the same.
  const int bytes = static_cast<int>(std::min<std::size_t>(options.buffer_bytes, 1 << 30));
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)));
  const int on = 1;
  static_cast<void>(::setsockopt(descriptor, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)));
  auto state = std::make_shared<DatagramServerState>(io, std::move(*socket), std::move(receiver), stats);
  state->wait();
  return std::unique_ptr<DatagramServer>(std::make_unique<AsioDatagramServer>(std::move(state)));
}

}  // namespace weir
