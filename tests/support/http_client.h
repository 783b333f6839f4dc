// A small blocking client for tests: plain sockets, no code shared with the server. Every wait ends after
// kClientTimeoutSeconds, so a test that hangs fails instead.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::support {

inline constexpr int kClientTimeoutSeconds = 120;

/// One HTTP answer. `status` is 0 when the connection ended without one.
struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case; of a repeated one all values
  std::string body;

  /// Value of a header, empty when absent; `name` in lower case.
  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

/// A connection to a listener on this machine. One thread.
class SocketClient {
 public:
  /// Connects to 127.0.0.1; not connected when that fails (see connected()).
  explicit SocketClient(std::uint16_t port);
  /// Connects to a unix socket.
  explicit SocketClient(const std::string& unix_path);
  ~SocketClient();
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  bool connected() const { return descriptor_ >= 0; }
  /// Sends all of it; false when the peer is gone.
  bool send(std::string_view bytes);
  /// Ends our side; the peer reads the end of the stream.
  void finish_sending();
  /// Reads one answer. `head` is the answer to HEAD: no body follows its header.
  enum class Expect { kBody, kHead };
  HttpReply read_reply(Expect expect = Expect::kBody);
  /// Everything up to `words` and with them, for answers that do not end; empty when they do not come.
  std::string read_until(std::string_view words);
  /// Everything until the peer closes; nullopt when it does not close in time.
  std::optional<std::string> read_to_end();
  /// True when the peer closes (or resets) without sending more.
  bool closed_by_peer();

 private:
  bool read_more();
  std::string take(std::size_t size);

  int descriptor_ = -1;
  bool timed_out_ = false;
  std::string received_;
};

/// The wire form of a request; adds Host and, for a body, Content-Length unless given.
std::string request_text(std::string_view method, std::string_view path, const HttpHeaders& headers,
                         std::string_view body);

/// One request on a connection of its own.
HttpReply http_request(std::uint16_t port, std::string_view method, std::string_view path,
                       const HttpHeaders& headers = {}, std::string_view body = {});

}  // namespace weir::support
