#include "deferred_stream.h"

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kRoomBytes = 64 * 1024;  // as ByteStream promises
constexpr std::size_t kHeadBytes = 64 * 1024;  // enough to choose by

}  // namespace

DeferredStream::DeferredStream(Intake& intake, const FormatChooser& choose)
    : intake_(intake), choose_(choose), head_(kHeadBytes + kRoomBytes) {}

std::span<char> DeferredStream::prepare() {
  if (stream_ != nullptr) return stream_->prepare();
  return std::span(head_).subspan(size_);
}

void DeferredStream::commit(std::size_t size) {
  if (stream_ != nullptr) return stream_->commit(size);
  if (failure_) return;
  WEIR_CHECK(size <= head_.size() - size_);
  size_ += size;
  if (size_ >= kHeadBytes) open();
}

void DeferredStream::refuse_too_long(std::string_view beginning) {
  if (stream_ == nullptr && !failure_) open();
  if (stream_ != nullptr) stream_->refuse_too_long(beginning);
}

void DeferredStream::finish() {
  if (stream_ == nullptr && !failure_) open();
  if (stream_ != nullptr) stream_->finish();
}

void DeferredStream::open() {
  const Result<std::string_view> format = choose_({head_.data(), size_});
  if (!format) {
    failure_ = format.error();
    size_ = 0;
    return;
  }
  stream_ = intake_.open_stream(SourceKind::kFile, *format);
  stream_->write({head_.data(), size_});
  std::vector<char>().swap(head_);
}

}  // namespace weir
