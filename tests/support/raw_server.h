// RawServer: a listener on this machine that answers each request with bytes of the test's choice, for what no proper
// server sends. It never closes a connection first, unless told to.
#pragma once

#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "support/io_thread.h"

namespace weir::support {

/// What comes back for each request; `close`: and then the end of the connection.
struct RawAnswer {
  std::string bytes;
  bool close = false;
};

class RawServer {
 public:
  explicit RawServer(RawAnswer answer) : answer_(std::move(answer)) {
    thread_.run([this] {
      acceptor_ = std::make_unique<Tcp::acceptor>(thread_.io(),
                                                  Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0), false);
      port_ = acceptor_->local_endpoint().port();
      accept();
    });
  }
  ~RawServer() {
    thread_.run([this] { acceptor_->close(); });
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port() const { return port_; }
  /// Connections accepted so far.
  int connections() const { return connections_; }

 private:
  using Tcp = boost::asio::ip::tcp;
  struct Peer {
    explicit Peer(Tcp::socket accepted) : socket(std::move(accepted)) {}
    Tcp::socket socket;
    std::string received;
    std::string room = std::string(64 * 1024, '\0');
  };

  void accept() {
    acceptor_->async_accept([this](boost::system::error_code error, Tcp::socket socket) {
      if (error) return;
      ++connections_;
      read(std::make_shared<Peer>(std::move(socket)));
      accept();
    });
  }

  void read(std::shared_ptr<Peer> peer) {
    Peer& from = *peer;
    from.socket.async_read_some(boost::asio::buffer(from.room),
                                [this, peer = std::move(peer)](boost::system::error_code error, std::size_t size) {
                                  if (error) return;
                                  peer->received.append(peer->room, 0, size);
                                  if (answer(*peer)) read(peer);
                                });
  }

  /// One answer for each head; what stands between two is a body. False when the connection ends.
  bool answer(Peer& peer) {
    constexpr std::string_view kHeadEnd = "\r\n\r\n";
    for (std::size_t end; (end = peer.received.find(kHeadEnd)) != std::string::npos;) {
      peer.received.erase(0, end + kHeadEnd.size());
      boost::system::error_code error;
      boost::asio::write(peer.socket, boost::asio::buffer(answer_.bytes), error);
      if (!error && !answer_.close) continue;
      peer.socket.shutdown(Tcp::socket::shutdown_send, error);
      return false;
    }
    return true;
  }

  RawAnswer answer_;
  std::atomic<int> connections_{0};
  std::uint16_t port_ = 0;
  IoThread thread_;
  std::unique_ptr<Tcp::acceptor> acceptor_;  // of the thread's io_context: goes first
};

}  // namespace weir::support
