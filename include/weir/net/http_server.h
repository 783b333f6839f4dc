// HttpServer: HTTP/1.1 over Boost.Beast with every limit a hostile internet needs. Knows nothing of events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/core/ip_address.h"
#include "weir/core/result.h"
#include "weir/core/stats.h"
#include "weir/net/address.h"
#include "weir/net/tls.h"

namespace boost::asio {
class io_context;
}

namespace weir {

struct HttpServerOptions {
  ListenAddress listen{};
  std::size_t body_bytes = 1024 * 1024;               // larger: 413
  std::size_t header_bytes = 8 * 1024;                // larger: 431
  std::int64_t request_timeout_ms = 10'000;           // from the first byte to the last; then 408 and close
  std::int64_t idle_timeout_ms = 15'000;              // between requests of a kept connection
  std::size_t connections = 4096;                     // further ones are accepted and closed, and counted
  std::size_t client_connections = 0;                 // likewise, of one address; 0: no limit
  std::vector<IpNetwork> proxies{};                   // addresses without that limit, as they stand for many
  std::size_t body_memory_bytes = 256 * 1024 * 1024;  // large bodies of all connections together; beyond: 503
  std::function<bool()> scarce{};                     // while true, an answer ends its connection, and idle ones close
  bool keeps_spare_descriptors = true;                // connections leave some: see descriptor_limit.h
  /// Called behind the requests of a turn of the event loop of which some answers are held; returns what release() is
  /// called with then. May be empty: only release() counts.
  std::function<std::uint64_t()> keep_held{};
};

/// One request. Views live during the handler call; `body` has kHttpBodyPadding readable bytes behind it.
struct HttpRequest {
  std::string_view method;  // "POST"
  std::string_view path;    // target up to '?'
  std::string_view query;   // behind '?', may be empty
  std::string_view body;
  std::string_view peer_address;  // numeric, without port
  /// Value of a header, name in any case; empty when absent. Of one that comes in several lines the first.
  std::function<std::string_view(std::string_view name)> header;
  /// The values of all lines of a header, in their order.
  std::function<std::vector<std::string_view>(std::string_view name)> headers;
};
inline constexpr std::size_t kHttpBodyPadding = 64;

/// The connection of a response that goes on. It has no deadline: whoever sends closes one that does not read. It ends
/// by itself when the peer closes, dies (unanswered for 30 s) or sends anything more, and when the server stops. Held
/// by a weak pointer, which expires some time after the end. io thread only.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  virtual bool is_open() const = 0;
  /// Sends a piece of the body. False, and nothing is sent, while the piece before is still under way, so that a slow
  /// reader costs one piece of memory; or when the stream has ended.
  virtual bool try_send(std::string_view piece) = 0;
  /// Ends the stream at once.
  virtual void close() = 0;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;  // empty: no Content-Type
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
  /// When not 0, the answer is held until HttpServer::release() is called with this number or a later one. A
  /// connection whose answers are not released in time is closed without them.
  std::uint64_t held_until = 0;
  /// When set, `body` is only the beginning: called once with the connection, which sends the rest and ends with it.
  /// Not called for HEAD, nor while the server stops. Must not use the stream before the handler's caller goes on.
  std::function<void(std::weak_ptr<HttpStream>)> on_stream = nullptr;
};

/// Called on the io_context's thread, once per request. Must not throw.
using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

/// A listener and its connections, all on one io_context run by one thread (the owner of everything here).
/// Destroying it closes everything at once, on the io thread or when nothing runs the io_context any more; the
/// io_context must outlive it, the handler and `stats` need not.
class HttpServer {
 public:
  /// Binds and starts accepting. Fails with the address and the cause ("address in use: ... choose another").
  /// `stats` (may be null) receives kConnections* and, when `count_requests`, kHttpRequests*.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& io, const HttpServerOptions& options,
                                                    HttpHandler handler, StatBoard* stats, bool count_requests);
  virtual ~HttpServer() = default;
  /// The port bound. Any thread.
  virtual std::uint16_t port() const = 0;
  /// Sends the answers held until `number` or before, on the io thread and soon. Any thread.
  virtual void release(std::uint64_t number) = 0;
  /// Speaks TLS, or with null plain HTTP, on connections accepted from now on. Before the io_context runs, or on its
  /// thread.
  virtual void use_tls(std::shared_ptr<const TlsContext> tls) = 0;
  /// Stops accepting, lets requests under way finish their answer, closes idle connections and streams. io thread only.
  virtual void stop() = 0;
};

}  // namespace weir
