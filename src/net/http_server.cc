// HttpServer: joins the acceptor, the connections and one coarse timer that looks after their deadlines.
#include "weir/net/http_server.h"

#include <algorithm>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "acceptor.h"
#include "http_connection.h"
#include "listening_socket.h"
#include "weir/net/descriptor_limit.h"

namespace weir {
namespace {

constexpr std::int64_t kScarceIdleMs = 1000;  // long enough for whoever connects to send a request

/// What lives as long as the last connection or pending operation. All on the io thread.
class HttpServerState final : public HttpConnectionOwner, public std::enable_shared_from_this<HttpServerState> {
 public:
  HttpServerState(asio::io_context& io, HttpServerOptions options, HttpHandler handler, StatBoard* stats,
                  StatBoard* request_stats)
      : options_(std::move(options)),
        handler_(std::move(handler)),
        stats_(stats),
        request_stats_(request_stats),
        sweep_timer_(io.get_executor()) {}

  void start(asio::io_context& io, ListeningSocket socket) {
    acceptor_ = std::make_shared<Acceptor>(io, std::move(socket),
                                           [this](AcceptedConnection accepted) { take(std::move(accepted)); });
    acceptor_->start();
  }

  void stop() {
    if (stopping_) return;
    acceptor_->stop();
    stopping_ = true;
    for_each_connection([](HttpConnection& connection) { connection.stop(); });
  }

  /// Closes everything at once and forgets what others own.
  void abandon() {
    stopping_ = true;
    acceptor_->close();
    for_each_connection([](HttpConnection& connection) { connection.close(); });
    handler_ = nullptr;
    stats_ = nullptr;
    request_stats_ = nullptr;
  }

  void use_tls(std::shared_ptr<const TlsContext> tls) { tls_ = std::move(tls); }

  const HttpServerOptions& options() const override { return options_; }
  bool stopping() const override { return stopping_; }
  bool keeps_connections() const override { return !stopping_ && !is_scarce(); }
  std::int64_t idle_timeout_ms() const override {
    return is_scarce() ? std::min(kScarceIdleMs, options_.idle_timeout_ms) : options_.idle_timeout_ms;
  }
  HttpResponse answer(const HttpRequest& request) override {
    HttpResponse response = handler_(request);
    if (response.held_until > released_ && options_.keep_held) keep_held_soon();
    return response;
  }

  void count_response(unsigned status) override {
    if (request_stats_ == nullptr) return;
    const Stat stat = status >= 500   ? Stat::kHttpRequests5xx
                      : status >= 400 ? Stat::kHttpRequests4xx
                                      : Stat::kHttpRequests2xx;
    request_stats_->add(stat);
  }

  bool reserve_body_memory(std::size_t bytes) override {
    if (bytes > options_.body_memory_bytes - body_memory_bytes_) return false;
    body_memory_bytes_ += bytes;
    return true;
  }
  void release_body_memory(std::size_t bytes) override { body_memory_bytes_ -= bytes; }

  std::uint64_t released() const override { return released_; }
  void release(std::uint64_t number) {
    if (number <= released_) return;
    released_ = number;
    const std::vector<std::shared_ptr<HttpConnection>> held = std::exchange(held_, {});
    for (const auto& connection : held) connection->answers_released();
  }
  void hold(std::shared_ptr<HttpConnection> connection) override { held_.push_back(std::move(connection)); }

  void connection_closed(HttpConnection& connection) override {
    connections_.erase(&connection);
    std::erase_if(held_, [&](const auto& held) { return held.get() == &connection; });
    release_client(connection.peer_address());
    count(Stat::kConnectionsOpen, -1);
    if (connections_.empty()) sweep_timer_.cancel();
  }

 private:
  bool is_scarce() const { return options_.scarce && options_.scarce(); }
  void count(Stat stat, std::int64_t by = 1) {
    if (stats_ != nullptr) stats_->add(stat, by);
  }

  bool is_proxy(const std::string& address) const {
    const std::optional<IpAddress> parsed = parse_ip_address(address);
    return parsed && std::any_of(options_.proxies.begin(), options_.proxies.end(),
                                 [&](const IpNetwork& network) { return network.contains(*parsed); });
  }

  /// Behind all requests that lie there already.
  void keep_held_soon() {
    if (keeping_) return;
    keeping_ = true;
    asio::post(sweep_timer_.get_executor(), [self = shared_from_this()] {
      self->keeping_ = false;
      if (self->handler_) self->release(self->options_.keep_held());
    });
  }

  /// Counts a connection for its address; false when that has too many.
  bool reserve_client(const std::string& address) {
    if (options_.client_connections == 0 || is_proxy(address)) return true;
    std::size_t& open = connections_of_client_[address];
    if (open >= options_.client_connections) return false;
    ++open;
    return true;
  }
  void release_client(const std::string& address) {
    const auto client = connections_of_client_.find(address);
    if (client != connections_of_client_.end() && --client->second == 0) connections_of_client_.erase(client);
  }

  void take(AcceptedConnection accepted) {
    // When it is refused, the socket closes as it goes away.
    if (connections_.size() >= options_.connections) return count(Stat::kConnectionsRefused);
    const bool spare = options_.keeps_spare_descriptors && is_spare(accepted.socket.native_handle());
    if (spare) return count(Stat::kConnectionsRefusedDescriptors);
    if (!reserve_client(accepted.peer_address)) return count(Stat::kConnectionsRefusedClient);
    const auto connection = std::make_shared<HttpConnection>(shared_from_this(), std::move(accepted.socket),
                                                             std::move(accepted.peer_address), tls_);
    connections_.insert(connection.get());
    count(Stat::kConnectionsAccepted);
    count(Stat::kConnectionsOpen);
    connection->start();
    if (connections_.size() == 1) schedule_sweep();
  }

  /// Often enough that a configured deadline is overrun by a quarter at most, rarely enough to cost nothing.
  void schedule_sweep() {
    const std::int64_t shortest = std::min(options_.request_timeout_ms, options_.idle_timeout_ms);
    sweep_timer_.expires_after(std::chrono::milliseconds(std::clamp<std::int64_t>(shortest / 4, 5, 500)));
    sweep_timer_.async_wait([self = shared_from_this()](error_code error) {
      if (error) return;
      const SteadyTime now = std::chrono::steady_clock::now();
      self->for_each_connection([now](HttpConnection& connection) { connection.check_deadlines(now); });
      if (!self->connections_.empty()) self->schedule_sweep();
    });
  }

  /// Connections may close, and so leave the set, while they are visited.
  template <class Visitor>
  void for_each_connection(Visitor visitor) {
    std::vector<std::shared_ptr<HttpConnection>> visited;
    visited.reserve(connections_.size());
    for (HttpConnection* connection : connections_) visited.push_back(connection->shared_from_this());
    for (const auto& connection : visited) visitor(*connection);
  }

  HttpServerOptions options_;
  HttpHandler handler_;
  StatBoard* stats_;
  StatBoard* request_stats_;
  std::shared_ptr<Acceptor> acceptor_;
  std::unordered_set<HttpConnection*> connections_;                     // kept alive by their pending waits, or held_
  std::unordered_map<std::string, std::size_t> connections_of_client_;  // by address; of no proxy
  SteadyTimer sweep_timer_;
  std::shared_ptr<const TlsContext> tls_;  // of connections accepted from now on; null: plain
  std::size_t body_memory_bytes_ = 0;
  std::uint64_t released_ = 0;                         // answers held until then may go
  std::vector<std::shared_ptr<HttpConnection>> held_;  // whose answers may not
  bool keeping_ = false;                               // keep_held_soon() was asked
  bool stopping_ = false;
};

class AsioHttpServer final : public HttpServer {
 public:
  AsioHttpServer(asio::io_context& io, std::shared_ptr<HttpServerState> state, std::uint16_t port)
      : io_(io), state_(std::move(state)), port_(port) {}
  ~AsioHttpServer() override { state_->abandon(); }
  AsioHttpServer(const AsioHttpServer&) = delete;
  AsioHttpServer& operator=(const AsioHttpServer&) = delete;

  std::uint16_t port() const override { return port_; }
  void release(std::uint64_t number) override {
    asio::dispatch(io_, [state = state_, number] { state->release(number); });
  }
  void use_tls(std::shared_ptr<const TlsContext> tls) override { state_->use_tls(std::move(tls)); }
  void stop() override { state_->stop(); }

 private:
  asio::io_context& io_;
  std::shared_ptr<HttpServerState> state_;
  std::uint16_t port_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::listen(asio::io_context& io, const HttpServerOptions& options,
                                                       HttpHandler handler, StatBoard* stats, bool count_requests) {
  Result<ListeningSocket> socket = listen_tcp(options.listen);
  if (!socket) return socket.error();
  const std::uint16_t port = socket->port;
  auto state =
      std::make_shared<HttpServerState>(io, options, std::move(handler), stats, count_requests ? stats : nullptr);
  state->start(io, std::move(*socket));
  return std::unique_ptr<HttpServer>(std::make_unique<AsioHttpServer>(io, std::move(state), port));
}

}  // namespace weir
