// The accept loop; see acceptor.h.
#include "acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

namespace weir {
namespace {

constexpr int kAcceptsPerWake = 64;   // then others get their turn
constexpr int kAcceptsAtStop = 4096;  // as many as the kernel's queue holds; further ones cannot hold a stop up
constexpr auto kPause = std::chrono::milliseconds(100);

/// The peer as numeric text; IPv4 seen through an IPv6 socket is written as IPv4.
std::string address_text(const sockaddr_storage& peer) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (peer.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(peer);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
  } else if (peer.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(peer);
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
    const void* binary = mapped ? static_cast<const void*>(&v6.sin6_addr.s6_addr[12]) : &v6.sin6_addr;
    ::inet_ntop(mapped ? AF_INET : AF_INET6, binary, text.data(), text.size());
  }
  return text.data();
}

}  // namespace

Acceptor::Acceptor(asio::io_context& io, ListeningSocket socket, Taker taker)
    : io_(io),
      socket_(std::move(socket)),
      port_(socket_.port),
      taker_(std::move(taker)),
      listener_(io.get_executor(), socket_.descriptor.release()),
      pause_timer_(io.get_executor()) {}

void Acceptor::wait() {
  listener_.async_wait(asio::posix::descriptor_base::wait_read, [self = shared_from_this()](error_code error) {
    if (error || !self->listener_.is_open()) return;
    self->accept_some();
  });
}

void Acceptor::accept_some() {
  for (int i = 0; i < kAcceptsPerWake; ++i) {
    const Taken taken = accept_one();
    if (!listener_.is_open()) return;  // the taker stopped the server
    if (taken == Taken::kExhausted) return pause();
    if (taken == Taken::kNone) break;
  }
  wait();
}

Acceptor::Taken Acceptor::accept_one() {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  Descriptor accepted(
      ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&peer), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.open()) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) return Taken::kExhausted;
    // Anything but "nothing waits" is the fate of one connection (it was reset in the queue): go on with the next.
    return errno == EAGAIN || errno == EBADF || errno == EINVAL ? Taken::kNone : Taken::kOne;
  }
  const bool tcp = socket_.unix_path.empty();
  if (tcp) {
    const int on = 1;  // answers are written whole, so waiting for more only costs time
    ::setsockopt(accepted.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  }
  Socket socket(io_.get_executor());
  error_code error;
  const asio::generic::stream_protocol protocol(tcp ? peer.ss_family : AF_UNIX, 0);
  if (socket.assign(protocol, accepted.get(), error)) return Taken::kExhausted;
  accepted.release();
  socket.non_blocking(true, error);
  taker_(AcceptedConnection{std::move(socket), tcp ? address_text(peer) : std::string()});
  return Taken::kOne;
}

void Acceptor::pause() {
  pause_timer_.expires_after(kPause);
  pause_timer_.async_wait([self = shared_from_this()](error_code error) {
    if (error || !self->listener_.is_open()) return;
    self->wait();
  });
}

void Acceptor::stop() {
  if (!listener_.is_open()) return;
  for (int i = 0; i < kAcceptsAtStop; ++i) {
    if (accept_one() != Taken::kOne || !listener_.is_open()) break;
  }
  close();
}

void Acceptor::close() {
  if (!listener_.is_open()) return;
  error_code ignored;  // a failed close leaves nothing to do
  listener_.close(ignored);
  pause_timer_.cancel();
  remove_socket_file(socket_);
}

}  // namespace weir
