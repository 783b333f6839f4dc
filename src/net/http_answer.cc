#include "weir/net/http_answer.h"

#include <algorithm>
#include <charconv>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kVersionAt = 7;    // the digit behind "HTTP/1."
constexpr std::size_t kStatusBegin = 9;  // behind "HTTP/1.1 "
constexpr std::size_t kStatusEnd = 12;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// What the fields of a header say about the answer's end.
struct Fields {
  std::optional<std::size_t> body_size;
  std::optional<std::uint32_t> retry_after_seconds;
  bool closes = false;
  bool keeps = false;
  bool in_chunks = false;
  bool broken = false;
};

/// "Connection: keep-alive, X-Other": a list, over as many fields as the server likes.
void read_connection(std::string_view list, Fields& fields) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = trimmed(list.substr(0, comma));
    fields.closes |= equal_ignoring_case(word, "close");
    fields.keeps |= equal_ignoring_case(word, "keep-alive");
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
}

void read_field(std::string_view line, Fields& fields) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    fields.broken = true;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equal_ignoring_case(name, "content-length")) {
    fields.body_size = number_of<std::size_t>(value);
    fields.broken |= !fields.body_size || *fields.body_size > kLongestHttpAnswer;
  } else if (equal_ignoring_case(name, "connection")) {
    read_connection(value, fields);
  } else if (equal_ignoring_case(name, "retry-after")) {
    fields.retry_after_seconds = number_of<std::uint32_t>(value);
  } else if (equal_ignoring_case(name, "transfer-encoding")) {
    fields.in_chunks = equal_ignoring_case(value, "chunked");
    fields.broken |= !fields.in_chunks;
  }
}

/// Where a body ends, and the part of it that is of use.
struct Body {
  HttpAnswerState state = HttpAnswerState::kPartial;
  std::string_view text;
  std::size_t size = 0;  // with what is around the text
};

/// "5;extension\r\nhello\r\n0\r\nTrailer: x\r\n\r\n".
Body read_chunks(std::string_view bytes) {
  Body body;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t line = bytes.find(kLineEnd, at);
    if (line == std::string_view::npos) break;
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(bytes.data() + at, bytes.data() + line, size, 16);
    const std::string_view rest = trimmed({end, static_cast<std::size_t>(bytes.data() + line - end)});
    if (error != std::errc{} || size > kLongestHttpAnswer || (!rest.empty() && rest.front() != ';')) {
      body.state = HttpAnswerState::kBroken;
      return body;
    }
    if (size == 0) {  // the end of this line, or of the last trailer, and an empty one
      const std::size_t empty_line = bytes.find(kHeadEnd, line);
      if (empty_line == std::string_view::npos) break;
      return {HttpAnswerState::kWhole, body.text, empty_line + kHeadEnd.size()};
    }
    const std::size_t begin = line + kLineEnd.size();
    if (bytes.size() < begin + size + kLineEnd.size()) break;
    if (bytes.substr(begin + size, kLineEnd.size()) != kLineEnd) {
      body.state = HttpAnswerState::kBroken;
      return body;
    }
    if (body.text.empty()) body.text = bytes.substr(begin, size);
    at = begin + size + kLineEnd.size();
  }
  return body;
}

/// `bytes` are those behind the head.
Body read_body(std::string_view bytes, unsigned status, const Fields& fields) {
  if (status == 204 || status == 304) return {HttpAnswerState::kWhole, {}, 0};
  if (fields.in_chunks) return read_chunks(bytes);
  if (!fields.body_size) return {HttpAnswerState::kUntilClose, bytes, bytes.size()};
  if (bytes.size() < *fields.body_size) return {HttpAnswerState::kPartial, {}, *fields.body_size};
  return {HttpAnswerState::kWhole, bytes.substr(0, *fields.body_size), *fields.body_size};
}

}  // namespace

HttpAnswerState read_http_answer(std::string_view bytes, HttpAnswer& answer) {
  constexpr std::string_view kStart = "HTTP/1.";
  const std::size_t known = bytes.size() < kStart.size() ? bytes.size() : kStart.size();
  if (bytes.substr(0, known) != kStart.substr(0, known)) return HttpAnswerState::kBroken;
  const std::size_t head_size = bytes.substr(0, kLongestHttpAnswer).find(kHeadEnd);
  if (head_size == std::string_view::npos) {
    return bytes.size() < kLongestHttpAnswer ? HttpAnswerState::kPartial : HttpAnswerState::kBroken;
  }
  const std::string_view head = bytes.substr(0, head_size);
  const std::size_t first_line = std::min(head.find(kLineEnd), head.size());
  if (first_line < kStatusEnd) return HttpAnswerState::kBroken;
  const std::optional<unsigned> status = number_of<unsigned>(head.substr(kStatusBegin, kStatusEnd - kStatusBegin));
  if (!status || *status < 200 || *status > 599) return HttpAnswerState::kBroken;  // we never ask for a 1xx

  Fields fields;
  for (std::size_t at = first_line; at < head.size();) {
    at += kLineEnd.size();
    const std::size_t end = std::min(head.find(kLineEnd, at), head.size());
    read_field(head.substr(at, end - at), fields);
    at = end;
  }
  if (fields.broken) return HttpAnswerState::kBroken;
  const std::size_t body_begin = head_size + kHeadEnd.size();
  const Body body = read_body(bytes.substr(body_begin), *status, fields);
  if (body.state == HttpAnswerState::kBroken || body_begin + body.size > kLongestHttpAnswer) {
    return HttpAnswerState::kBroken;
  }
  const bool ended = body.state == HttpAnswerState::kWhole;
  if (!ended && bytes.size() >= kLongestHttpAnswer) return HttpAnswerState::kBroken;
  if (body.state == HttpAnswerState::kPartial) return body.state;
  // Before HTTP/1.1 a connection was kept only when the server said so.
  const bool kept = !fields.closes && (bytes[kVersionAt] != '0' || fields.keeps);
  answer = {*status, body.text, body_begin + body.size, !ended || !kept, fields.retry_after_seconds};
  return body.state;
}

}  // namespace weir
