// Implementation of weir/parse/line_buffer.h. Memory is one vector: the lines not taken yet, the start of the line
// still arriving, room for more, and padding. Only oversize lines cause bytes to move within it.
#include "weir/parse/line_buffer.h"

#include <algorithm>
#include <cstring>

#include "weir/core/check.h"
#include "weir/parse/parser.h"

namespace weir {
namespace {

constexpr std::size_t kRoomBytes = 64 * 1024;
constexpr std::size_t kOversizeHeadBytes = 512;
constexpr std::size_t kUntakenBytes = 16 * 1024 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

LineBuffer::LineBuffer(std::size_t line_bytes) : line_bytes_(line_bytes) {
  WEIR_CHECK(line_bytes >= 1);
  bytes_.resize(line_bytes + kRoomBytes + kParserPadding);
}

std::span<char> LineBuffer::prepare() {
  heads_.clear();
  head_ends_.clear();
  heads_taken_ = 0;
  if (begin_ > 0) {
    std::memmove(bytes_.data(), bytes_.data() + begin_, end_ - begin_);
    line_start_ -= begin_;
    end_ -= begin_;
    begin_ = 0;
  }
  WEIR_CHECK(line_start_ <= kUntakenBytes);
  if (bytes_.size() < end_ + kRoomBytes + kParserPadding) bytes_.resize(end_ + kRoomBytes + kParserPadding);
  return {bytes_.data() + end_, bytes_.size() - kParserPadding - end_};
}

void LineBuffer::commit(std::size_t size) {
  WEIR_CHECK(size <= bytes_.size() - kParserPadding - end_);
  const std::size_t searched = end_;
  if (mark_possible_) {
    end_ += size;
    if (!strip_mark()) return;
    sift(line_start_, line_start_, end_);
  } else {
    sift(line_start_, searched, end_ + size);
  }
}

/// Removes a byte order mark at the start of the stream. False while too few bytes are there to tell.
bool LineBuffer::strip_mark() {
  const std::string_view start(bytes_.data() + begin_, std::min(end_ - begin_, kByteOrderMark.size()));
  if (!kByteOrderMark.starts_with(start)) {
    mark_possible_ = false;
  } else if (start.size() == kByteOrderMark.size()) {
    mark_possible_ = false;
    begin_ = line_start_ = begin_ + kByteOrderMark.size();
  }
  return !mark_possible_;
}

/// Goes through the bytes in [from, limit), of which those before `searched` are known to hold no newline, finds
/// where the last line starts and closes the gaps that oversize lines leave. Looks at one newline per line_bytes_
/// bytes only: where two newlines are that close, no line between them can be too long.
void LineBuffer::sift(std::size_t from, std::size_t searched, std::size_t limit) {
  std::size_t write = line_start_;
  if (skipping_) {
    from = find_newline(searched, limit);
    if (from == limit) return;
    skipping_ = false;
    searched = from;
  }
  const auto keep = [&](std::size_t to) {
    if (write != from) std::memmove(bytes_.data() + write, bytes_.data() + from, to - from);
    write += to - from;
    from = to;
  };
  while (true) {
    searched = std::max(searched, from);
    const std::size_t window_end = limit - from > line_bytes_ ? from + line_bytes_ + 1 : limit;
    const std::string_view window(bytes_.data() + searched, window_end - std::min(searched, window_end));
    const std::size_t newline = window.rfind('\n');
    if (newline != std::string_view::npos) {
      keep(searched + newline + 1);
    } else if (limit - from <= line_bytes_) {
      line_start_ = write;
      keep(limit);
      end_ = write;
      return;
    } else {
      remember_oversize(from);
      from = find_newline(std::max(searched, window_end), limit);
      if (from < limit) continue;
      skipping_ = true;
      line_start_ = end_ = write;
      return;
    }
  }
}

std::size_t LineBuffer::find_newline(std::size_t from, std::size_t limit) const {
  const void* newline = std::memchr(bytes_.data() + from, '\n', limit - from);
  return newline == nullptr ? limit : static_cast<std::size_t>(static_cast<const char*>(newline) - bytes_.data());
}

/// Keeps the head of the oversize line at `at`. The same bytes whatever pieces the line arrived in.
void LineBuffer::remember_oversize(std::size_t at) {
  const char* const head = bytes_.data() + at;
  heads_.insert(heads_.end(), head, head + std::min(kOversizeHeadBytes, line_bytes_));
  head_ends_.push_back(heads_.size());
}

std::string_view LineBuffer::take_lines() {
  const std::string_view lines(bytes_.data() + begin_, line_start_ - begin_);
  begin_ = line_start_;
  return lines;
}

std::string_view LineBuffer::take_rest() {
  const std::string_view rest(bytes_.data() + begin_, end_ - begin_);
  begin_ = line_start_ = end_;
  return rest;
}

std::string_view LineBuffer::take_oversize() {
  if (heads_taken_ == head_ends_.size()) return {};
  const std::size_t from = heads_taken_ == 0 ? 0 : head_ends_[heads_taken_ - 1];
  return {heads_.data() + from, head_ends_[heads_taken_++] - from};
}

}  // namespace weir
