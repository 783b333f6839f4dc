// Set-up of listening sockets; see listening_socket.h. Runs once per listener, so clarity of errors comes first.
#include "listening_socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr mode_t kSocketMode = 0660;

union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

Error listen_error(std::string_view where, int error) {
  std::string_view cure = "check the address";
  if (error == EADDRINUSE) cure = "another program listens there; choose another port or stop it";
  if (error == EADDRNOTAVAIL) cure = "no interface of this machine has that address; choose another host";
  if (error == EACCES) cure = "not permitted; choose a port from 1024 up, or grant the right";
  if (error == EMFILE || error == ENFILE) cure = "raise the limit of open files";
  return Error{fmt::format("cannot listen on {}: {} ({})", where, std::strerror(error), cure)};
}

socklen_t fill_address(const ListenAddress& address, SocketAddress& out) {
  std::memset(&out, 0, sizeof(out));
  if (::inet_pton(AF_INET6, address.host.c_str(), &out.v6.sin6_addr) == 1) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(address.port);
    return sizeof(out.v6);
  }
  std::memset(&out, 0, sizeof(out));
  if (::inet_pton(AF_INET, address.host.c_str(), &out.v4.sin_addr) != 1) return 0;
  out.v4.sin_family = AF_INET;
  out.v4.sin_port = htons(address.port);
  return sizeof(out.v4);
}

/// `type` is SOCK_STREAM or SOCK_DGRAM.
Descriptor open_socket(int family, int type) {
  return Descriptor(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

std::uint16_t bound_port(const Descriptor& descriptor) {
  SocketAddress bound{};
  socklen_t size = sizeof(bound);
  WEIR_CHECK(::getsockname(descriptor.get(), &bound.any, &size) == 0);
  return ntohs(bound.any.sa_family == AF_INET6 ? bound.v6.sin6_port : bound.v4.sin_port);
}

/// Makes way for a new socket file: nothing there, or a socket nobody answers on. Returns the text of a refusal.
std::string clear_path(const std::string& path, const SocketAddress& address, int type) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return errno == ENOENT ? "" : std::strerror(errno);
  if (!S_ISSOCK(status.st_mode)) return "a file that is not a socket is there; choose another path or remove it";
  const Descriptor probe = open_socket(AF_UNIX, type);
  if (!probe.open()) return std::strerror(errno);
  // A socket of the other type is found to be one only when somebody has it open.
  if (::connect(probe.get(), &address.any, sizeof(address.local)) == 0 || errno == EPROTOTYPE) {
    return "another program listens there; choose another path or stop it";
  }
  if (errno != ECONNREFUSED) return std::strerror(errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return std::strerror(errno);
  return "";
}

bool begin_to_listen(const Descriptor& descriptor, int type) {
  return type == SOCK_DGRAM || ::listen(descriptor.get(), kBacklog) == 0;
}

Result<ListeningSocket> bind_address(const ListenAddress& address, int type) {
  const std::string where = (type == SOCK_DGRAM ? "UDP " : "") + to_string(address);
  SocketAddress binary{};
  const socklen_t size = fill_address(address, binary);
  if (size == 0) return listen_error(where, EINVAL);
  ListeningSocket socket{.descriptor = open_socket(binary.any.sa_family, type), .unix_path = {}};
  if (!socket.descriptor.open()) return listen_error(where, errno);
  // Without it a restart fails for a minute while old connections are in TIME_WAIT. With it two programs could share
  // the datagrams of one address without knowing.
  const int reuse = type == SOCK_STREAM ? 1 : 0;
  if (::setsockopt(socket.descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof(reuse)) != 0 ||
      ::bind(socket.descriptor.get(), &binary.any, size) != 0 || !begin_to_listen(socket.descriptor, type)) {
    return listen_error(where, errno);
  }
  socket.port = bound_port(socket.descriptor);
  return socket;
}

Result<ListeningSocket> bind_path(const std::string& path, int type) {
  const std::string where = "unix socket " + path;
  SocketAddress address{};
  std::memset(&address, 0, sizeof(address));
  address.local.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(address.local.sun_path)) {
    return Error{fmt::format("cannot listen on {}: the path must have 1 to {} bytes, not {}; choose a shorter one",
                             where, sizeof(address.local.sun_path) - 1, path.size())};
  }
  path.copy(address.local.sun_path, path.size());
  if (const std::string refusal = clear_path(path, address, type); !refusal.empty()) {
    return Error{fmt::format("cannot listen on {}: {}", where, refusal)};
  }
  ListeningSocket socket{.descriptor = open_socket(AF_UNIX, type), .unix_path = path};
  if (!socket.descriptor.open()) return listen_error(where, errno);
  // The file is born with the mode of the descriptor less the process's mask, so that it never lets anybody in with a
  // wider one. The mask is made up for afterwards.
  if (::fchmod(socket.descriptor.get(), kSocketMode) != 0 ||
      ::bind(socket.descriptor.get(), &address.any, sizeof(address.local)) != 0) {
    return listen_error(where, errno);
  }
  struct stat status {};
  if (::chmod(path.c_str(), kSocketMode) != 0 || !begin_to_listen(socket.descriptor, type) ||
      ::lstat(path.c_str(), &status) != 0) {
    const int error = errno;
    ::unlink(path.c_str());
    return listen_error(where, error);
  }
  socket.device = status.st_dev;
  socket.inode = status.st_ino;
  return socket;
}

}  // namespace

Result<ListeningSocket> listen_tcp(const ListenAddress& address) { return bind_address(address, SOCK_STREAM); }

Result<ListeningSocket> listen_unix(const std::string& path) { return bind_path(path, SOCK_STREAM); }

Result<ListeningSocket> bind_udp(const ListenAddress& address) { return bind_address(address, SOCK_DGRAM); }

Result<ListeningSocket> bind_unix_datagrams(const std::string& path) { return bind_path(path, SOCK_DGRAM); }

void remove_socket_file(const ListeningSocket& socket) {
  if (socket.unix_path.empty()) return;
  struct stat status {};
  if (::lstat(socket.unix_path.c_str(), &status) != 0) return;
  if (status.st_dev != socket.device || status.st_ino != socket.inode) return;
  ::unlink(socket.unix_path.c_str());
}

}  // namespace weir
