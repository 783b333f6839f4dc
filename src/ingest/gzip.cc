// See gzip.h.
#include "gzip.h"

#include <algorithm>

#include "weir/core/check.h"

namespace weir {
namespace {

constexpr int kGzipWindow = 15 + 16;  // largest window, gzip framing only

}  // namespace

GzipInflater::GzipInflater() { WEIR_CHECK(::inflateInit2(&stream_, kGzipWindow) == Z_OK); }

GzipInflater::~GzipInflater() { ::inflateEnd(&stream_); }

void GzipInflater::set_input(std::string_view input) {
  // zlib reads through a pointer to non-const, but does not write.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream_.avail_in = static_cast<uInt>(input.size());
}

/// Behind a member come further members, or zero bytes to the end (tape padding). False for anything else.
bool GzipInflater::begin_member() {
  while (stream_.avail_in > 0 && *stream_.next_in == 0) {
    padding_ = true;
    ++stream_.next_in;
    --stream_.avail_in;
    ++consumed_;
  }
  if (stream_.avail_in == 0) return true;
  if (padding_) return false;
  complete_ = false;
  return ::inflateReset(&stream_) == Z_OK;
}

GzipInflater::Status GzipInflater::inflate(std::span<char> output, std::size_t& produced) {
  produced = 0;
  while (true) {
    if (complete_ && !begin_member()) return Status::kCorrupt;
    if (stream_.avail_in == 0 && complete_) return Status::kInputUsed;
    const uInt input_before = stream_.avail_in;
    stream_.next_out = reinterpret_cast<Bytef*>(output.data() + produced);
    stream_.avail_out = static_cast<uInt>(output.size() - produced);
    const int result = ::inflate(&stream_, Z_NO_FLUSH);
    produced = output.size() - stream_.avail_out;
    consumed_ += input_before - stream_.avail_in;
    if (result == Z_STREAM_END) {
      complete_ = true;
      continue;
    }
    if (result != Z_OK && result != Z_BUF_ERROR) return Status::kCorrupt;
    if (stream_.avail_out == 0) return Status::kOutputFull;
    return Status::kInputUsed;
  }
}

InflateResult inflate_body(std::string_view body, const InflateLimits& limits, std::string& output, std::size_t& size) {
  const std::size_t limit = std::min(limits.output_bytes, std::max(limits.free_bytes, body.size() * limits.ratio));
  GzipInflater inflater;
  inflater.set_input(body);
  size = 0;
  while (true) {
    // One byte more than the limit, so that reaching it and passing it differ.
    const std::size_t room = std::min(limit + 1, std::max(limits.free_bytes, size * 2));
    if (output.size() < room + limits.padding_bytes) output.resize(room + limits.padding_bytes);
    std::size_t produced = 0;
    const auto status = inflater.inflate(std::span(output).subspan(size, room - size), produced);
    size += produced;
    if (size > limit) return InflateResult::kTooLarge;
    if (status == GzipInflater::Status::kCorrupt) return InflateResult::kCorrupt;
    if (status == GzipInflater::Status::kInputUsed) break;
  }
  return inflater.complete() ? InflateResult::kDone : InflateResult::kCorrupt;
}

}  // namespace weir
