// ClientConnection: one kept connection of a load generator. Requests queued on it go out together, answers come back
// in order, none of it waits. When to send, what an answer means and whether to connect again is its owner's affair.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "weir/net/address.h"
#include "weir/net/event_loop.h"
#include "weir/net/http_answer.h"

namespace weir {

class ClientConnection;

/// Hears what becomes of its connections, on their loop's thread. It may queue, flush, open and close from within.
class ClientConnectionOwner {
 public:
  virtual ~ClientConnectionOwner() = default;
  virtual void opened(ClientConnection& connection) = 0;
  virtual void answered(ClientConnection& connection, const HttpAnswer& answer) = 0;
  /// answered() was called for all answers that came together: the time to send what they made room for.
  virtual void caught_up(ClientConnection& connection) = 0;
  /// All that was queued is with the kernel now.
  virtual void written(ClientConnection& connection) = 0;
  /// How a connection ended: the server has closed it in order, or it failed or could not be opened.
  enum class End { kClosed, kFailed };
  /// The connection ended. Not called after close().
  virtual void closed(ClientConnection& connection, End end, std::string_view why) = 0;
};

/// All members on the loop's thread.
class ClientConnection {
 public:
  /// What comes back: HTTP answers, or nothing at all (then the end of the stream is the only thing heard of the peer).
  enum class Answers { kHttp, kNone };

  /// `loop` and `owner` outlive the connection. `number` is the owner's to tell its connections apart.
  ClientConnection(EventLoop& loop, ClientConnectionOwner& owner, ListenAddress server, Answers answers,
                   std::size_t number);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  std::size_t number() const;
  bool is_open() const;

  /// Begins to connect; opened() or closed() follows. Not while open or opening.
  void open();
  /// Adds bytes to what goes out with the next flush().
  void queue(std::string_view bytes);
  /// Hands what is queued to the kernel, now and as room appears there; written() follows when that is done.
  void flush();
  /// Bytes it keeps: those the kernel has not taken yet, and at most about as many that it has.
  std::size_t kept_bytes() const;
  /// Ends our side, so that the peer reads to the end of what was written. Nothing may be queued behind it.
  void finish();
  /// Closes at once.
  void close();

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;  // kept alive by its own pending waits
};

}  // namespace weir
