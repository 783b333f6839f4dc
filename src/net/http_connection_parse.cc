// How a connection turns its input into requests. The bytes of a header stay where they are until the request is
// answered, because fields are views; a request that turns out incomplete is moved to the front once and parsed anew.
#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>

#include "http_connection.h"

namespace weir {
namespace {

namespace http = boost::beast::http;
constexpr std::size_t kSmallestChunk = 5;  // "0\r\n\r\n"
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

HttpConnection::Step HttpConnection::parse() {
  Step step = parse_buffered();
  if (step != Step::kNeedMore || begin_ == 0) return step;
  move_to_front();
  return parse_buffered();
}

HttpConnection::Step HttpConnection::parse_buffered() {
  if (!parser_ || !parser_->is_header_done()) {
    const Step step = parse_header();
    if (step != Step::kComplete) return step;
  }
  const Step step = chunked_ ? take_chunked_body() : take_sized_body();
  if (step == Step::kComplete) finish_request();
  return step;
}

/// Complete means: the header is there and good, and the body may follow.
HttpConnection::Step HttpConnection::parse_header() {
  // Empty lines before a request are ignored, as RFC 9112 section 2.2 asks.
  while (!parser_ && begin_ < end_ && (input_[begin_] == '\r' || input_[begin_] == '\n')) ++begin_;
  const HttpServerOptions& options = owner_->options();
  if (begin_ + consumed_ == end_) {
    if (begin_ == end_) request_started_ = false;
    return Step::kNeedMore;
  }
  if (!parser_) parser_.emplace(scratch_, options.header_bytes, options.body_bytes);
  const char* const start = input_.get() + begin_;
  error_code error;
  consumed_ += parser_->put(asio::const_buffer(start + consumed_, end_ - begin_ - consumed_), error);
  if (error == http::error::need_more) {
    return end_ - begin_ >= options.header_bytes ? refuse(431) : Step::kNeedMore;
  }
  if (error) return refuse(HttpParser::status_of(error));
  if (!parser_->is_header_done()) return Step::kNeedMore;
  if (consumed_ > options.header_bytes) return refuse(431);
  if (has_folded_line({start, consumed_})) return refuse(400);
  return begin_body();
}

HttpConnection::Step HttpConnection::begin_body() {
  if (parser_->expects_unknown()) return refuse(417);
  header_size_ = consumed_;
  chunked_ = parser_->chunked();
  parser_->eager(true);
  const HttpServerOptions& options = owner_->options();
  body_size_ = static_cast<std::size_t>(parser_->content_length().value_or(0));  // at most body_bytes, or refused
  const bool fits = !chunked_ && consumed_ + body_size_ <= capacity_;
  if (!fits) {
    const std::size_t memory = chunked_ ? options.body_bytes : body_size_;
    if (!owner_->reserve_body_memory(memory)) return refuse(503);
    body_memory_reserved_ = memory;
  }
  const bool body_comes = chunked_ || begin_ + consumed_ + body_size_ > end_;
  if (parser_->expects_continue() && body_comes && !continue_sent_) {
    output_.append(kContinue);
    continue_sent_ = true;
  }
  if (fits || chunked_) return Step::kComplete;
  large_body_ = std::make_unique_for_overwrite<char[]>(body_size_ + kHttpBodyPadding);
  std::memset(large_body_.get() + body_size_, 0, kHttpBodyPadding);
  large_body_received_ = std::min(end_ - begin_ - consumed_, body_size_);
  std::memcpy(large_body_.get(), input_.get() + begin_ + consumed_, large_body_received_);
  return Step::kComplete;
}

HttpConnection::Step HttpConnection::take_sized_body() {
  if (large_body_) {
    if (large_body_received_ < body_size_) return Step::kNeedMore;
    answer_request({large_body_.get(), body_size_});
    // What was copied from the input when the body began is consumed with it.
    consumed_ = std::min(consumed_ + body_size_, end_ - begin_);
    return Step::kComplete;
  }
  if (end_ - begin_ - consumed_ < body_size_) return Step::kNeedMore;
  answer_request({input_.get() + begin_ + consumed_, body_size_});
  consumed_ += body_size_;
  return Step::kComplete;
}

HttpConnection::Step HttpConnection::take_chunked_body() {
  error_code error;
  const std::size_t left = end_ - begin_ - consumed_;
  // Every chunked body ends in at least five bytes, so waiting for five costs nothing; Beast asserts on fewer.
  if (left >= kSmallestChunk)
    consumed_ += parser_->put(asio::const_buffer(input_.get() + begin_ + consumed_, left), error);
  if (error && error != http::error::need_more) return refuse(HttpParser::status_of(error));
  if (parser_->is_done()) {
    std::string& body = scratch_.chunked_body;
    const std::size_t size = body.size();
    body.append(kHttpBodyPadding, '\0');
    answer_request({body.data(), size});
    return Step::kComplete;
  }
  if (begin_ > 0) return Step::kNeedMore;  // moved to the front and parsed anew first
  // Taken chunks make room for the next ones; only the header must stay.
  const std::size_t rest = end_ - consumed_;
  std::memmove(input_.get() + header_size_, input_.get() + consumed_, rest);
  consumed_ = header_size_;
  end_ = header_size_ + rest;
  return end_ == capacity_ ? refuse(400) : Step::kNeedMore;
}

HttpConnection::Step HttpConnection::refuse(unsigned status) {
  refused_ = true;
  send(refusal(status), AfterResponse::kClose, ResponseBody::kSend);
  return Step::kRefused;
}

/// Makes ready for the next request, which may already lie in the input.
void HttpConnection::finish_request() {
  begin_ += consumed_;
  reset_request();
  continue_sent_ = false;
  given_a_read_ = false;
  if (begin_ == end_) begin_ = end_ = 0;
  request_started_ = begin_ != end_;
  request_started_at_ = active_at_;
}

void HttpConnection::reset_request() {
  constexpr std::size_t kKeptBodyBytes = 16 * 1024;
  parser_.reset();
  if (scratch_.chunked_body.capacity() > kKeptBodyBytes) std::string().swap(scratch_.chunked_body);
  large_body_.reset();
  large_body_received_ = 0;
  body_size_ = 0;
  consumed_ = 0;
  chunked_ = false;
  owner_->release_body_memory(body_memory_reserved_);
  body_memory_reserved_ = 0;
}

void HttpConnection::move_to_front() {
  std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  reset_request();
}

}  // namespace weir
