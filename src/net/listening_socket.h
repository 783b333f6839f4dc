// Listening sockets by plain system calls: TCP, UDP and unix, with messages a person can act on.
// First step of every server of this layer; accepts and receives nothing itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "weir/core/result.h"
#include "weir/net/address.h"
#include "weir/net/descriptor.h"

namespace weir {

/// A socket that listens (or is bound, for datagrams), does not block and is closed on exec.
struct ListeningSocket {
  Descriptor descriptor;
  std::uint16_t port = 0;  // as bound; 0 for a unix socket
  std::string unix_path;   // empty for TCP and UDP
  dev_t device = 0;        // identity of the socket file, so that only our own is removed
  ino_t inode = 0;
};

/// Listens on a TCP address.
Result<ListeningSocket> listen_tcp(const ListenAddress& address);

/// Listens on a unix socket of mode 0660. A socket file that nobody listens on is replaced; any other file is not.
Result<ListeningSocket> listen_unix(const std::string& path);

/// Takes datagrams at an address.
Result<ListeningSocket> bind_udp(const ListenAddress& address);

/// Takes datagrams at a unix socket; the rules of listen_unix hold for its file.
Result<ListeningSocket> bind_unix_datagrams(const std::string& path);

/// Removes the file of a unix socket if it is still the one that was made. Does nothing for TCP and UDP.
void remove_socket_file(const ListeningSocket& socket);

}  // namespace weir
