// TlsSession: TLS over a socket that does not block, from the server's side. The handshake happens inside the first
// reads. Owned by its connection; io thread.
#pragma once

#include <cstddef>
#include <memory>

#include "asio_types.h"
#include "weir/net/tls.h"

struct ssl_st;

namespace weir {

class TlsSession {
 public:
  /// `descriptor` stays the connection's, and open as long as the session is used.
  TlsSession(std::shared_ptr<const TlsContext> context, int descriptor);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Reads as a socket does: 0 without an error is the end. would_block: see waits_for_room().
  std::size_t read(char* where, std::size_t size, error_code& error);
  std::size_t write(const char* from, std::size_t size, error_code& error);
  /// True when bytes can be read that are not in the socket any more.
  bool has_pending() const;
  /// True when the last read must wait until the socket takes bytes, not until it has some.
  bool waits_for_room() const { return waits_for_room_; }
  /// True when the peer spoke HTTP in the place of TLS.
  bool met_plain_http() const { return met_plain_http_; }
  /// Tells the peer that nothing more comes, as far as the socket takes it now.
  void close();

 private:
  error_code failure(int result);

  struct Free {
    void operator()(ssl_st* session) const;
  };
  std::shared_ptr<const TlsContext> context_;
  std::unique_ptr<ssl_st, Free> session_;
  int descriptor_;  // its BIO points here
  bool waits_for_room_ = false;
  bool met_plain_http_ = false;
  bool broken_ = false;
};

}  // namespace weir
