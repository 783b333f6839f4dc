#include "weir/net/client_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <vector>

#include "asio_types.h"

namespace weir {
namespace {

constexpr std::size_t kFirstRoomBytes = 4096;
constexpr std::size_t kWriteAtOnceBytes = 256 * 1024;  // then others get their turn

}  // namespace

struct ClientConnection::Parts : std::enable_shared_from_this<Parts> {
  Parts(EventLoop& loop, ClientConnectionOwner& listener, ListenAddress address, Answers kind, std::size_t index)
      : socket(loop.io().get_executor()),
        owner(&listener),
        server(std::move(address)),
        answers(kind),
        number(index),
        in(kFirstRoomBytes) {}

  enum class State { kClosed, kOpening, kOpen };

  void open();
  void connected(error_code error);
  void read();
  void received(error_code error, std::size_t size);
  void ended();
  /// False when the connection was closed.
  bool take_answers();
  void flush();
  void write_later();
  void close();
  void fail(std::string_view why);
  void end_with_server();

  Socket socket;
  ClientConnectionOwner* owner;
  ClientConnection* self = nullptr;  // null once that is gone
  ListenAddress server;
  Answers answers;
  std::size_t number;
  State state = State::kClosed;
  unsigned opened_count = 0;  // tells waits of an earlier connection from this one's
  std::vector<char> in;
  std::size_t in_size = 0;
  std::string out;
  std::size_t out_written = 0;
  bool writing_later = false;
};

void ClientConnection::Parts::open() {
  state = State::kOpening;
  ++opened_count;
  in_size = 0;
  out.clear();
  out_written = 0;
  writing_later = false;
  error_code error;
  const auto address = asio::ip::make_address(server.host, error);
  if (error) return fail(error.message());
  const asio::ip::tcp::endpoint endpoint(address, server.port);
  socket.async_connect(endpoint, [parts = shared_from_this(), count = opened_count](error_code result) {
    if (count == parts->opened_count && parts->state == State::kOpening) parts->connected(result);
  });
}

void ClientConnection::Parts::connected(error_code error) {
  if (error) return fail(error.message());
  const int on = 1;  // requests are written whole, so waiting for more only costs time
  ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  socket.non_blocking(true, error);
  state = State::kOpen;
  read();
  owner->opened(*self);
}

void ClientConnection::Parts::read() {
  socket.async_read_some(asio::buffer(in.data() + in_size, in.size() - in_size),
                         [parts = shared_from_this(), count = opened_count](error_code error, std::size_t size) {
                           if (count != parts->opened_count || parts->state != State::kOpen) return;
                           parts->received(error, size);
                         });
}

void ClientConnection::Parts::received(error_code error, std::size_t size) {
  if (error == asio::error::eof) return ended();
  if (error) return fail(error.message());
  in_size += size;
  if (answers == Answers::kNone) in_size = 0;
  if (!take_answers()) return;
  const unsigned count = opened_count;
  owner->caught_up(*self);
  if (self == nullptr || count != opened_count || state != State::kOpen) return;
  if (in_size == in.size()) in.resize(in.size() * 2);  // bounded by the longest answer, of which more is broken
  read();
}

/// The server has sent all it wants to, which is how some answers end.
void ClientConnection::Parts::ended() {
  const unsigned count = opened_count;
  HttpAnswer answer;
  if (answers == Answers::kHttp && read_http_answer({in.data(), in_size}, answer) == HttpAnswerState::kUntilClose) {
    owner->answered(*self, answer);
    if (self == nullptr || count != opened_count || state != State::kOpen) return;
  }
  end_with_server();
}

bool ClientConnection::Parts::take_answers() {
  const unsigned count = opened_count;
  std::size_t done = 0;
  while (done < in_size) {
    HttpAnswer answer;
    const HttpAnswerState found = read_http_answer({in.data() + done, in_size - done}, answer);
    if (found == HttpAnswerState::kPartial || found == HttpAnswerState::kUntilClose) break;
    if (found == HttpAnswerState::kBroken) {
      fail("an answer that is not HTTP/1.x, or longer than 64 KiB");
      return false;
    }
    done += answer.size;
    owner->answered(*self, answer);
    if (self == nullptr || count != opened_count || state != State::kOpen) return false;
    if (answer.closes) {
      end_with_server();
      return false;
    }
  }
  std::copy(in.begin() + static_cast<std::ptrdiff_t>(done), in.begin() + static_cast<std::ptrdiff_t>(in_size),
            in.begin());
  in_size -= done;
  return true;
}

void ClientConnection::Parts::flush() {
  if (state != State::kOpen || writing_later) return;
  std::size_t at_once = 0;
  while (out_written < out.size()) {
    error_code error;
    if (at_once >= kWriteAtOnceBytes) return write_later();
    const std::size_t size = socket.write_some(asio::buffer(out.data() + out_written, out.size() - out_written), error);
    if (error == asio::error::interrupted) continue;
    if (error == asio::error::would_block) return write_later();
    if (error) return fail(error.message());
    out_written += size;
    at_once += size;
  }
  out.clear();
  out_written = 0;
  owner->written(*self);
}

void ClientConnection::Parts::write_later() {
  writing_later = true;
  if (out_written > out.size() / 2) {  // at a slow reader there may always be something left
    out.erase(0, out_written);
    out_written = 0;
  }
  socket.async_wait(Socket::wait_write, [parts = shared_from_this(), count = opened_count](error_code error) {
    if (count != parts->opened_count || parts->state != State::kOpen) return;
    parts->writing_later = false;
    if (error) return parts->fail(error.message());
    parts->flush();
  });
}

void ClientConnection::Parts::close() {
  state = State::kClosed;
  error_code ignored;  // a failed close leaves nothing to do
  socket.close(ignored);
}

void ClientConnection::Parts::fail(std::string_view why) {
  close();
  owner->closed(*self, ClientConnectionOwner::End::kFailed, why);
}

void ClientConnection::Parts::end_with_server() {
  close();
  owner->closed(*self, ClientConnectionOwner::End::kClosed, "closed by the server");
}

ClientConnection::ClientConnection(EventLoop& loop, ClientConnectionOwner& owner, ListenAddress server, Answers answers,
                                   std::size_t number)
    : parts_(std::make_shared<Parts>(loop, owner, std::move(server), answers, number)) {
  parts_->self = this;
}

ClientConnection::~ClientConnection() {
  parts_->close();
  parts_->self = nullptr;
}

std::size_t ClientConnection::number() const { return parts_->number; }
bool ClientConnection::is_open() const { return parts_->state == Parts::State::kOpen; }
void ClientConnection::open() { parts_->open(); }
void ClientConnection::queue(std::string_view bytes) { parts_->out += bytes; }
void ClientConnection::flush() { parts_->flush(); }
std::size_t ClientConnection::kept_bytes() const { return parts_->out.size(); }

void ClientConnection::finish() {
  error_code ignored;  // a connection that is gone has ended too
  parts_->socket.shutdown(Socket::shutdown_send, ignored);
}

void ClientConnection::close() { parts_->close(); }

}  // namespace weir
