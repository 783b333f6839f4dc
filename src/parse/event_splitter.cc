// Implementation of event_splitter.h. Each byte is looked at a bounded number of times, whatever it is.
#include "event_splitter.h"

#include <algorithm>
#include <cstring>

#include "json_text.h"

namespace weir {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string_view between(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

/// The end of the value at `at`, of whatever kind, within an array: nullptr when it has none before `limit`.
const char* end_of_element(const char* at, const char* limit) {
  if (*at == '{' || *at == '[') return end_of_brackets(at, limit);
  if (*at == '"') return end_of_string(at + 1, limit);
  return std::find_if(at, limit, [](char byte) { return byte == ',' || byte == ']' || byte == '\n'; });
}

}  // namespace

void EventSplitter::begin(std::string_view text, Framing framing) {
  start(text);
  at_body_ = framing == Framing::kDocument;
  // A body is a stream of its own, so its mark is removed here; the mark of other streams is LineBuffer's.
  if (at_body_ && text.starts_with(kByteOrderMark)) at_ += kByteOrderMark.size();
}

void EventSplitter::start(std::string_view text) {
  text_ = text;
  at_ = counted_ = text.data();
  end_ = at_ + text.size();
  line_number_ = 1;
  array_ = ArrayState::kOutside;
  at_body_ = array_is_body_ = after_broken_body_ = false;
}

void EventSplitter::reread_as_lines() {
  begin(text_, Framing::kDocument);
  at_body_ = false;
}

bool EventSplitter::next(Piece& piece) {
  piece.fault.reset();
  piece.whole_body = false;
  if (at_body_ && take_body(piece)) return true;
  while (true) {
    if (array_ != ArrayState::kOutside) {
      if (take_from_array(piece) == Step::kPiece) return true;
    } else if (at_ == end_) {
      return false;
    } else if (take_line(piece) == Step::kPiece) {
      return true;
    }
  }
}

/// Decides what a body is. True when it is one object that spans lines, which becomes the piece. An array that
/// starts the body is opened here; everything else is left to the lines.
bool EventSplitter::take_body(Piece& piece) {
  at_body_ = false;
  const char* const first = skip_space(at_, end_);
  if (first == end_) return false;
  if (*first == '[') {
    count_lines_to(first);
    open_array(first, end_);
    array_is_body_ = true;
    return false;
  }
  const bool complete_on_its_line = *first != '{' || end_of_brackets(first, line_end(first)) != nullptr;
  if (complete_on_its_line) return false;
  const char* const object_end = end_of_brackets(first, end_);
  if (object_end == nullptr || skip_space(object_end, end_) != end_) return false;
  count_lines_to(first);
  piece.text = between(first, object_end);
  piece.line_number = line_number_;
  piece.whole_body = true;
  if (piece.text.size() > line_bytes_) piece.fault = Rejection::kTooLong;
  at_ = end_;
  return true;
}

EventSplitter::Step EventSplitter::take_line(Piece& piece) {
  const char* const from = at_;
  const char* const to = line_end(from);
  std::string_view line = trim_json_space(between(from, to));
  piece.line_number = line_number_;
  // An array on this line stays on this line number; close_array() and break_array() move on.
  const bool opens_array = !line.empty() && line.front() == '[' && static_cast<std::size_t>(to - from) <= line_bytes_;
  if (opens_array) {
    open_array(line.data(), to);
    return Step::kNothing;
  }
  at_ = counted_ = to == end_ ? to : to + 1;
  ++line_number_;
  if (line.empty()) return Step::kNothing;
  if (after_broken_body_) {
    if (line == "]") return Step::kNothing;
    if (line.front() == '{' && line.back() == ',') line.remove_suffix(1);
  }
  piece.text = line;
  if (static_cast<std::size_t>(to - from) > line_bytes_) piece.fault = Rejection::kTooLong;
  return Step::kPiece;
}

void EventSplitter::open_array(const char* bracket, const char* limit) {
  array_ = ArrayState::kAtFirstElement;
  array_limit_ = limit;
  array_is_body_ = false;
  mark_ = bracket;
  at_ = bracket + 1;
}

EventSplitter::Step EventSplitter::take_from_array(Piece& piece) {
  return array_ == ArrayState::kAtSeparator ? take_separator(piece) : take_element(piece);
}

EventSplitter::Step EventSplitter::take_element(Piece& piece) {
  const char* const element = skip_space(at_, array_limit_);
  if (element == array_limit_) return break_array(piece);
  if (*element == ']' && array_ == ArrayState::kAtFirstElement) {
    at_ = element + 1;
    return close_array(piece);
  }
  count_lines_to(element);
  at_ = mark_ = element;
  const char* const element_end = end_of_element(element, array_limit_);
  if (element_end == nullptr) return break_array(piece);
  piece.text = trim_json_space(between(element, element_end));
  piece.line_number = line_number_;
  if (piece.text.size() > line_bytes_) piece.fault = Rejection::kTooLong;
  at_ = element_end;
  array_ = ArrayState::kAtSeparator;
  return Step::kPiece;
}

EventSplitter::Step EventSplitter::take_separator(Piece& piece) {
  const char* const separator = skip_space(at_, array_limit_);
  if (separator == array_limit_) return break_array(piece);
  if (*separator == ',') {
    at_ = separator + 1;
    array_ = ArrayState::kAtElement;
    return Step::kNothing;
  }
  if (*separator != ']') return break_array(piece);
  at_ = separator + 1;
  return close_array(piece);
}

/// Leaves the array behind its bracket. The rest of that line must be blank.
EventSplitter::Step EventSplitter::close_array(Piece& piece) {
  array_ = ArrayState::kOutside;
  const char* const line_to = line_end(at_);
  const std::string_view rest = trim_json_space(between(at_, line_to));
  count_lines_to(at_);
  piece.line_number = line_number_;
  at_ = line_to == end_ ? line_to : line_to + 1;
  count_lines_to(at_);
  if (rest.empty()) return Step::kNothing;
  piece.text = rest;
  piece.fault = Rejection::kMalformed;
  return Step::kPiece;
}

/// Gives the array up: its last line so far is refused once, and lines follow.
EventSplitter::Step EventSplitter::break_array(Piece& piece) {
  array_ = ArrayState::kOutside;
  after_broken_body_ = array_is_body_;
  const char* const line_to = line_end(at_);
  piece.text = trim_json_space(between(mark_, line_to));
  piece.fault = Rejection::kMalformed;
  count_lines_to(at_);
  piece.line_number = line_number_;
  at_ = line_to == end_ ? line_to : line_to + 1;
  count_lines_to(at_);
  return Step::kPiece;
}

void EventSplitter::count_lines_to(const char* position) {
  line_number_ += static_cast<std::size_t>(std::count(counted_, position, '\n'));
  counted_ = position;
}

const char* EventSplitter::line_end(const char* from) const {
  const auto* newline = static_cast<const char*>(std::memchr(from, '\n', static_cast<std::size_t>(end_ - from)));
  return newline == nullptr ? end_ : newline;
}

const char* EventSplitter::skip_space(const char* from, const char* limit) const {
  while (from < limit && is_json_space(*from)) ++from;
  return from;
}

}  // namespace weir
