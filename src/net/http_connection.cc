// The life of one HTTP connection: waiting, reading, writing, closing. Parsing is in http_connection_parse.cc.
#include "http_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/error.hpp>
#include <chrono>
#include <exception>
#include <utility>

namespace weir {
namespace {

constexpr std::size_t kInputBytesBehindHeader = 16 * 1024;  // bodies up to this size are used where they lie
constexpr std::size_t kFlushBytes = 64 * 1024;              // answers to pipelined requests gathered at most
constexpr std::size_t kKeptOutputBytes = 64 * 1024;         // memory an idle connection keeps
constexpr auto kLingerTime = std::chrono::seconds(2);
constexpr int kStreamKernelBytes = 256 * 1024;  // what the kernel may keep for a slow reader of a stream
constexpr int kStreamDeadPeerMs = 30'000;       // a stream ends when the peer has acknowledged nothing for so long

using DeadPeerTimeout = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_USER_TIMEOUT>;

std::chrono::milliseconds milliseconds(std::int64_t count) { return std::chrono::milliseconds(count); }

}  // namespace

HttpConnection::HttpConnection(std::shared_ptr<HttpConnectionOwner> owner, Socket socket, std::string peer_address,
                               std::shared_ptr<const TlsContext> tls)
    : owner_(std::move(owner)),
      socket_(std::move(socket)),
      tls_(tls == nullptr ? nullptr : std::make_unique<TlsSession>(std::move(tls), socket_.native_handle())),
      peer_address_(std::move(peer_address)),
      active_at_(std::chrono::steady_clock::now()),
      request_started_at_(active_at_),
      capacity_(owner_->options().header_bytes + kInputBytesBehindHeader) {}

HttpConnection::~HttpConnection() { close(); }

void HttpConnection::start() { wait_readable(); }

void HttpConnection::wait_readable() {
  if (read_wait_pending_) return;
  read_wait_pending_ = true;
  const auto ready = [self = shared_from_this()](error_code error) {
    self->read_wait_pending_ = false;
    if (error) return self->close();
    self->on_readable();
  };
  if (tls_ && tls_->has_pending()) return asio::post(socket_.get_executor(), [ready] { ready({}); });
  socket_.async_wait(tls_ && tls_->waits_for_room() ? Socket::wait_write : Socket::wait_read, ready);
}

void HttpConnection::wait_writable() {
  if (write_wait_pending_) return;
  write_wait_pending_ = true;
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](error_code error) {
    self->write_wait_pending_ = false;
    if (error) return self->close();
    if (self->state_ == State::kWriting) self->flush();
  });
}

void HttpConnection::on_readable() {
  // Not before: a connection that says nothing costs next to nothing.
  if (input_ == nullptr) input_ = std::make_unique_for_overwrite<char[]>(capacity_ + kHttpBodyPadding);
  if (state_ == State::kLingering) return discard_input();
  if (state_ == State::kStreaming) return look_at_stream();
  if (state_ != State::kReading) return;
  if (read_some() == 0) return;
  active_at_ = std::chrono::steady_clock::now();
  if (!request_started_) request_started_at_ = active_at_;
  request_started_ = true;
  process();
}

/// The peer has gone, or talks where it should listen; or TLS had something to say that is none of ours.
void HttpConnection::look_at_stream() {
  error_code error;
  read_bytes(input_.get(), capacity_, error);
  if (error == asio::error::would_block) return wait_readable();
  close();
}

/// As other servers do: the client wants to know that it should have said https.
void HttpConnection::refuse_plain_http() {
  tls_.reset();
  output_ = "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis port speaks https.\n";
  close_after_output_ = true;
  refused_ = true;
  flush();
}

std::size_t HttpConnection::read_bytes(char* where, std::size_t size, error_code& error) {
  return tls_ ? tls_->read(where, size, error) : socket_.read_some(asio::buffer(where, size), error);
}

std::size_t HttpConnection::write_bytes(std::string_view bytes, error_code& error) {
  return tls_ ? tls_->write(bytes.data(), bytes.size(), error)
              : socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
}

/// Reads once. Returns 0 when nothing came, after waiting again or closing.
std::size_t HttpConnection::read_some() {
  const bool large = large_body_ != nullptr;
  char* const where = large ? large_body_.get() + large_body_received_ : input_.get() + end_;
  const std::size_t room = large ? body_size_ - large_body_received_ : capacity_ - end_;
  error_code error;
  const std::size_t size = read_bytes(where, room, error);
  if (error == asio::error::would_block || error == asio::error::interrupted) {
    wait_readable();
    return 0;
  }
  if (tls_ && tls_->met_plain_http()) {
    refuse_plain_http();
    return 0;
  }
  if (error || size == 0) {
    close();
    return 0;
  }
  (large ? large_body_received_ : end_) += size;
  return size;
}

void HttpConnection::process() {
  while (state_ == State::kReading && !close_after_output_ && !streaming_) {
    const Step step = parse();
    if (step == Step::kNeedMore) break;
    if (output_.size() >= kFlushBytes) flush();
  }
  if (state_ != State::kReading) return;
  if (!output_.empty()) return flush();
  wait_readable();
}

void HttpConnection::answer_request(std::string_view body) {
  std::string_view target = parser_->target();
  // Absolute form ("http://host/path") comes from clients that take this for a proxy.
  if (const std::size_t scheme = target.find("://"); !target.starts_with('/') && scheme != std::string_view::npos) {
    const std::size_t path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? "/" : target.substr(path);
  }
  const std::size_t mark = target.find('?');
  const HttpRequest request{
      .method = parser_->method(),
      .path = target.substr(0, mark),
      .query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1),
      .body = body,
      .peer_address = peer_address_,
      .header = [this](std::string_view name) { return parser_->field(name); },
      .headers = [this](std::string_view name) { return parser_->fields(name); },
  };
  const auto send_body = request.method == "HEAD" ? ResponseBody::kOmit : ResponseBody::kSend;
  HttpResponse response;
  try {
    response = owner_->answer(request);
  } catch (const std::exception&) {
    response = refusal(500);  // handlers must not throw; the other clients must not pay for one that does
  }
  AfterResponse after = parser_->version() < 11 ? AfterResponse::kKeepOpenAndSaySo : AfterResponse::kKeepOpen;
  if (!parser_->keep_alive() || !owner_->keeps_connections()) after = AfterResponse::kClose;
  streaming_ = response.on_stream && send_body == ResponseBody::kSend && !owner_->stopping();
  if (streaming_) {
    limit_stream();  // before its first piece, so that this one is under the limits too
    after = AfterResponse::kStream;
  }
  send(response, after, send_body);
  if (streaming_) response.on_stream(weak_from_this());
}

void HttpConnection::send(const HttpResponse& response, AfterResponse after, ResponseBody body) {
  owner_->count_response(response.status);
  held_until_ = std::max(held_until_, response.held_until);
  append_response(output_, response, after, body);
  if (after == AfterResponse::kClose) close_after_output_ = true;
}

void HttpConnection::answers_released() {
  if (state_ == State::kHolding) flush();
}

void HttpConnection::flush() {
  if (held_until_ > owner_->released()) {
    if (state_ != State::kHolding) active_at_ = std::chrono::steady_clock::now();
    state_ = State::kHolding;  // meanwhile nothing is read: what else comes waits with the kernel
    return owner_->hold(shared_from_this());
  }
  while (output_sent_ < output_.size()) {
    error_code error;
    output_sent_ += write_bytes(std::string_view(output_).substr(output_sent_), error);
    if (error == asio::error::would_block) {
      if (state_ != State::kWriting) active_at_ = std::chrono::steady_clock::now();
      state_ = State::kWriting;
      return wait_writable();
    }
    if (error && error != asio::error::interrupted) return close();
  }
  output_.clear();
  output_sent_ = 0;
  if (output_.capacity() > kKeptOutputBytes) std::string().swap(output_);
  output_sent();
}

/// Goes on after all output is with the kernel.
void HttpConnection::output_sent() {
  if (close_after_output_) return linger();
  if (streaming_) {  // which takes the next piece from now on; the wait tells when the peer goes
    state_ = State::kStreaming;
    return wait_readable();
  }
  const bool was_blocked = state_ == State::kWriting || state_ == State::kHolding;
  state_ = State::kReading;
  if (was_blocked) {
    active_at_ = std::chrono::steady_clock::now();
    if (request_started_) request_started_at_ = active_at_;  // the rest waited for us, not for the client
    process();
    if (owner_->stopping()) stop();  // which may have come while the answer was on its way
    return;
  }
  wait_readable();
}

void HttpConnection::limit_stream() {
  error_code ignored;  // a connection that just went; the next use of it finds out
  socket_.set_option(asio::socket_base::send_buffer_size(kStreamKernelBytes), ignored);
  socket_.set_option(DeadPeerTimeout(kStreamDeadPeerMs), ignored);
}

bool HttpConnection::try_send(std::string_view piece) {
  if (state_ != State::kStreaming) return false;
  output_.append(piece);
  flush();
  return true;
}

/// Closing with unread input makes the kernel send a reset, which can overtake the answer. So the write side is
/// closed first and input thrown away for a while.
void HttpConnection::linger() {
  error_code error;
  const bool input_left = refused_ || end_ > begin_ || socket_.available(error) > 0;
  if (!input_left) return close();
  state_ = State::kLingering;
  active_at_ = std::chrono::steady_clock::now();
  if (tls_) tls_->close();
  if (socket_.shutdown(Socket::shutdown_send, error)) return close();
  discard_input();
}

void HttpConnection::discard_input() {
  error_code error;
  const std::size_t size = socket_.read_some(asio::buffer(input_.get(), capacity_), error);
  const bool blocked = error == asio::error::would_block;
  if ((error && !blocked) || (!error && size == 0)) return close();
  wait_readable();
}

/// Whether more has come that we did not get round to read: then it was us who were late. Once for each request, as a
/// client could see to it that there is always something.
bool HttpConnection::is_owed_a_read() {
  error_code error;
  if (given_a_read_ || socket_.available(error) == 0 || error) return false;
  given_a_read_ = true;
  return true;
}

void HttpConnection::check_deadlines(SteadyTime now) {
  const HttpServerOptions& options = owner_->options();
  const auto since_active = now - active_at_;
  switch (state_) {
    case State::kReading:
      if (!request_started_) {
        if (since_active >= milliseconds(owner_->idle_timeout_ms()) && !is_owed_a_read()) close();
        return;
      }
      if (now - request_started_at_ < milliseconds(options.request_timeout_ms) || is_owed_a_read()) return;
      refuse(408);
      return flush();
    case State::kHolding:
    case State::kWriting:
      if (!streaming_ && since_active >= milliseconds(options.request_timeout_ms)) close();
      return;
    case State::kStreaming:
      return;
    case State::kLingering:
      if (since_active >= kLingerTime) close();
      return;
    case State::kClosed:
      return;
  }
}

void HttpConnection::stop() {
  if (streaming_) return close();
  if (state_ != State::kReading || request_started_) return;
  error_code error;
  // A request that already lies in the kernel counts as under way.
  if (socket_.available(error) > 0 && !error) return;
  close();
}

void HttpConnection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  const std::shared_ptr<HttpConnection> self = weak_from_this().lock();  // only the owner may keep this alive
  if (tls_) tls_->close();
  error_code ignored;  // a failed close leaves nothing to do
  socket_.close(ignored);
  reset_request();
  owner_->connection_closed(*this);
}

}  // namespace weir
