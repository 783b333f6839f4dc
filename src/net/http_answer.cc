#include "weir/net/http_answer.h"

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kStatusBegin = 9;  // behind "HTTP/1.1 "
constexpr std::size_t kStatusEnd = 12;

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

/// `words` are in lower case.
bool is_word(std::string_view text, std::string_view words) {
  if (text.size() != words.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (lower(text[i]) != words[i]) return false;
  }
  return true;
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
  bool broken = false;
};

void read_field(std::string_view line, Fields& fields) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) {
    fields.broken = true;
    return;
  }
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (is_word(name, "content-length")) {
    fields.body_size = number_of<std::size_t>(value);
    fields.broken |= !fields.body_size || *fields.body_size > kLongestHttpAnswer;
  } else if (is_word(name, "connection")) {
    fields.closes = is_word(value, "close");
  } else if (is_word(name, "retry-after")) {
    fields.retry_after_seconds = number_of<std::uint32_t>(value);
  } else if (is_word(name, "transfer-encoding")) {
    fields.broken = true;
  }
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
  const bool has_no_body = *status == 204 || *status == 304;
  if (fields.broken || (!has_no_body && !fields.body_size)) return HttpAnswerState::kBroken;
  const std::size_t body_size = has_no_body ? 0 : *fields.body_size;
  const std::size_t size = head_size + kHeadEnd.size() + body_size;
  if (size > kLongestHttpAnswer) return HttpAnswerState::kBroken;
  if (bytes.size() < size) return HttpAnswerState::kPartial;
  answer = {*status, bytes.substr(head_size + kHeadEnd.size(), body_size), size, fields.closes,
            fields.retry_after_seconds};
  return HttpAnswerState::kWhole;
}

}  // namespace weir
