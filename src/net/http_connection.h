// HttpConnection: one client of an HttpServer. Reads, parses, asks the handler, writes; everything non-blocking on the
// io thread. Deadlines are looked at by the server's sweep, so a request costs no timer.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "asio_types.h"
#include "http_parser.h"
#include "http_response.h"
#include "tls_session.h"
#include "weir/net/http_server.h"

namespace weir {

class HttpConnection;

/// What connections see of their server. Lives until the last of them is gone.
class HttpConnectionOwner {
 public:
  virtual ~HttpConnectionOwner() = default;
  virtual const HttpServerOptions& options() const = 0;
  virtual HttpResponse answer(const HttpRequest& request) = 0;
  virtual void count_response(unsigned status) = 0;
  virtual bool stopping() const = 0;
  /// False when an answer is the last one of its connection.
  virtual bool keeps_connections() const = 0;
  /// How long a connection may be silent between two requests.
  virtual std::int64_t idle_timeout_ms() const = 0;
  /// Answers held until this number or before may go.
  virtual std::uint64_t released() const = 0;
  /// Keeps the connection alive, and calls answers_released() when more of them may go.
  virtual void hold(std::shared_ptr<HttpConnection> connection) = 0;
  /// Sets memory for a large body aside; false when the server's budget is used up.
  virtual bool reserve_body_memory(std::size_t bytes) = 0;
  virtual void release_body_memory(std::size_t bytes) = 0;
  virtual void connection_closed(HttpConnection& connection) = 0;
};

/// Kept alive by its own pending waits, or by its owner while its answers are held. All members on the io thread.
class HttpConnection final : public HttpStream, public std::enable_shared_from_this<HttpConnection> {
 public:
  /// `tls` is null for plain HTTP.
  HttpConnection(std::shared_ptr<HttpConnectionOwner> owner, Socket socket, std::string peer_address,
                 std::shared_ptr<const TlsContext> tls);
  const std::string& peer_address() const { return peer_address_; }
  ~HttpConnection() override;
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start();
  /// Acts on deadlines that have passed.
  void check_deadlines(SteadyTime now);
  /// More answers may go: see HttpConnectionOwner::released().
  void answers_released();
  /// Closes at once when no request is under way, or a stream; otherwise after the answer.
  void stop();

  bool is_open() const override { return state_ != State::kClosed; }
  bool try_send(std::string_view piece) override;
  void close() override;

 private:
  enum class State { kReading, kHolding, kWriting, kStreaming, kLingering, kClosed };
  enum class Step { kNeedMore, kComplete, kRefused };

  void wait_readable();
  void wait_writable();
  void on_readable();
  void look_at_stream();
  void refuse_plain_http();
  std::size_t read_bytes(char* where, std::size_t size, error_code& error);
  std::size_t write_bytes(std::string_view bytes, error_code& error);
  std::size_t read_some();
  void process();
  Step parse();
  Step parse_buffered();
  Step parse_header();
  Step begin_body();
  Step take_sized_body();
  Step take_chunked_body();
  Step refuse(unsigned status);
  void answer_request(std::string_view body);
  void limit_stream();
  void finish_request();
  void reset_request();
  void move_to_front();
  void send(const HttpResponse& response, AfterResponse after, ResponseBody body);
  void flush();
  void output_sent();
  void linger();
  void discard_input();
  bool is_owed_a_read();

  std::shared_ptr<HttpConnectionOwner> owner_;
  Socket socket_;
  std::unique_ptr<TlsSession> tls_;  // null: plain HTTP
  std::string peer_address_;
  State state_ = State::kReading;
  bool read_wait_pending_ = false;
  bool write_wait_pending_ = false;
  bool close_after_output_ = false;
  bool streaming_ = false;         // the answer under way has no end yet; it is the last one
  bool refused_ = false;           // the rest of a request may still come
  SteadyTime active_at_;           // last progress
  SteadyTime request_started_at_;  // first byte of the request under way
  bool request_started_ = false;
  bool given_a_read_ = false;  // after the deadline of this request

  // Input: [begin_, end_) is unconsumed; the request under way starts at begin_, `consumed_` bytes of it are parsed.
  std::size_t capacity_;
  std::unique_ptr<char[]> input_;  // capacity_ + kHttpBodyPadding bytes; null until something came
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t consumed_ = 0;

  HttpScratch scratch_;
  std::optional<HttpParser> parser_;
  bool continue_sent_ = false;
  std::size_t header_size_ = 0;
  bool chunked_ = false;
  std::size_t body_size_ = 0;           // of a body with known length
  std::unique_ptr<char[]> large_body_;  // a body that does not fit behind its header
  std::size_t large_body_received_ = 0;
  std::size_t body_memory_reserved_ = 0;

  std::uint64_t held_until_ = 0;  // of the answers in output_
  std::string output_;
  std::size_t output_sent_ = 0;
};

}  // namespace weir
