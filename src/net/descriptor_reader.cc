// Reading of stdin and the like; see descriptor_reader.h.
#include "weir/net/descriptor_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include "asio_types.h"
#include "weir/core/check.h"

namespace weir {
namespace {

/// Kept alive by its own pending operation. All on the io thread.
class ReaderState final : public std::enable_shared_from_this<ReaderState> {
 public:
  ReaderState(asio::io_context& io, int flags, std::unique_ptr<StreamReceiver> receiver, std::function<void()> on_end)
      : io_(io),
        flags_(flags),
        descriptor_(io.get_executor()),
        pause_(io.get_executor()),
        receiver_(std::move(receiver)),
        on_end_(std::move(on_end)) {}

  error_code assign(Descriptor descriptor) {
    error_code error;
    descriptor_.assign(descriptor.get(), error);
    if (!error) descriptor.release();
    return error;
  }

  void wait() {
    if (!receiver_->ready()) return pause();
    if (!pollable_) return asio::post(io_, [self = shared_from_this()] { self->read_some(); });
    descriptor_.async_wait(StreamDescriptor::wait_read, [self = shared_from_this()](error_code error) {
      // Files are always readable, which epoll cannot say of them.
      if (error == asio::error::operation_not_supported) self->pollable_ = false;
      self->read_some();
    });
  }

  void stop() {
    if (!receiver_) return;
    // Waiting made the open file non-blocking, which the other processes that share it do not expect.
    ::fcntl(descriptor_.native_handle(), F_SETFL, flags_);
    error_code ignored;  // a failed close leaves nothing to do
    descriptor_.close(ignored);
    pause_.cancel();
    receiver_->finish();
    receiver_.reset();
  }

 private:
  void pause() {
    pause_.expires_after(std::chrono::milliseconds(kReceiverPauseMs));
    pause_.async_wait([self = shared_from_this()](error_code) {
      if (self->receiver_) self->wait();
    });
  }

  void read_some() {
    if (!receiver_) return;  // stopped meanwhile
    const std::span<char> room = receiver_->prepare();
    WEIR_CHECK(!room.empty());
    const ssize_t size = ::read(descriptor_.native_handle(), room.data(), room.size());
    if (size > 0) receiver_->commit(static_cast<std::size_t>(size));
    if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return wait();
    stop();
    if (on_end_) on_end_();
  }

  asio::io_context& io_;
  int flags_;  // of the open file before we touched it
  StreamDescriptor descriptor_;
  SteadyTimer pause_;
  std::unique_ptr<StreamReceiver> receiver_;  // null when stopped
  std::function<void()> on_end_;
  bool pollable_ = true;
};

class AsioDescriptorReader final : public DescriptorReader {
 public:
  explicit AsioDescriptorReader(std::shared_ptr<ReaderState> state) : state_(std::move(state)) {}
  ~AsioDescriptorReader() override { state_->stop(); }
  AsioDescriptorReader(const AsioDescriptorReader&) = delete;
  AsioDescriptorReader& operator=(const AsioDescriptorReader&) = delete;
  void stop() override { state_->stop(); }

 private:
  std::shared_ptr<ReaderState> state_;
};

}  // namespace

Result<std::unique_ptr<DescriptorReader>> DescriptorReader::start(asio::io_context& io, Descriptor descriptor,
                                                                  std::unique_ptr<StreamReceiver> receiver,
                                                                  std::function<void()> on_end) {
  const int flags = ::fcntl(descriptor.get(), F_GETFL);
  auto state = std::make_shared<ReaderState>(io, flags, std::move(receiver), std::move(on_end));
  if (const error_code error = state->assign(std::move(descriptor)); error) {
    return Error{fmt::format("cannot watch an input descriptor: {}", error.message())};
  }
  state->wait();
  return std::unique_ptr<DescriptorReader>(std::make_unique<AsioDescriptorReader>(std::move(state)));
}

}  // namespace weir
