// Listening sockets by plain system calls: TCP and unix, with messages a person can act on.
// First step of every server of this layer; accepts nothing itself.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "weir/core/result.h"
#include "weir/net/address.h"
#include "weir/net/descriptor.h"

namespace weir {

/// A socket that listens, does not block and is closed on exec.
struct ListeningSocket {
  Descriptor descriptor;
  std::uint16_t port = 0;  // as bound; 0 for a unix socket
  std::string unix_path;   // empty for TCP
  dev_t device = 0;        // identity of the socket file, so that only our own is removed
  ino_t inode = 0;
};

/// Listens on a TCP address.
Result<ListeningSocket> listen_tcp(const ListenAddress& address);

/// Listens on a unix socket of mode 0660. A socket file that nobody listens on is replaced; any other file is not.
Result<ListeningSocket> listen_unix(const std::string& path);

/// Removes the file of a unix socket if it is still the one that was made. Does nothing for TCP.
void remove_socket_file(const ListeningSocket& socket);

}  // namespace weir
