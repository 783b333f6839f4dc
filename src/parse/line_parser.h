// LineParser: the Parser of formats whose events are one line each. It cuts lines, keeps their limits and the room
// for texts; a Reader reads one line. Must never let one bad line cost another.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "json_text.h"
#include "text_room.h"
#include "weir/core/check.h"
#include "weir/parse/parser.h"

namespace weir {

/// Lines of a text without white space at their ends; empty ones are passed over but counted.
class LineCutter {
 public:
  struct Line {
    std::string_view text;
    std::size_t number = 0;  // counts from 1
  };

  void begin(std::string_view text, Framing framing) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (framing == Framing::kDocument && text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
    rest_ = text;
    number_ = 0;
  }
  /// False when the text is used up.
  bool next(Line& line) {
    while (!rest_.empty()) {
      const std::size_t size = std::min(rest_.find('\n'), rest_.size());
      line = {trim_json_space(rest_.substr(0, size)), ++number_};
      rest_.remove_prefix(std::min(size + 1, rest_.size()));
      if (!line.text.empty()) return true;
    }
    return false;
  }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

/// A Reader has
///   explicit Reader(const ParserOptions&);
///   static constexpr bool kQueryIsEvent;          // a request without body is one event, its query
///   void begin(const Call&);                      // before the lines of a text
///   std::size_t room_of(std::size_t size) const;  // bytes of TextRoom that any line of this size gets by with
///   Fault read(std::string_view line, RawEvent& event, TextRoom& texts);
/// `event` is as new when read() is called.
template <class Reader>
class LineParser final : public Parser {
 public:
  explicit LineParser(const ParserOptions& options)
      : line_bytes_(options.line_bytes),
        reader_(options),
        texts_(std::max(kTextBytes, reader_.room_of(options.line_bytes))) {
    constexpr std::size_t kLargestLine = 64 * 1024 * 1024;
    WEIR_CHECK(line_bytes_ >= 1 && line_bytes_ <= kLargestLine);
  }

  using Parser::begin;
  void begin(std::string_view text, Framing framing, const Call& call) override {
    const bool query_alone = Reader::kQueryIsEvent && trim_json_space(text).empty() && !call.query.empty();
    lines_.begin(query_alone ? call.query : text, framing);
    reader_.begin(query_alone ? Call{call.name, {}} : call);
    line_waits_ = false;
  }

  std::size_t next(std::span<ParsedEvent> out) override {
    texts_.forget();
    std::size_t count = 0;
    while (count < out.size()) {
      if (!line_waits_ && !lines_.next(line_)) break;
      const bool too_long = line_.text.size() > line_bytes_;
      line_waits_ = !too_long && !texts_.has_room(reader_.room_of(line_.text.size()));
      if (line_waits_) break;
      ParsedEvent& parsed = out[count++];
      parsed.event = RawEvent{};
      const Fault fault = too_long ? Rejection::kTooLong : reader_.read(line_.text, parsed.event, texts_);
      parsed.line = line_.text;
      parsed.line_number = line_.number;
      parsed.rejected = fault.has_value();
      parsed.reason = fault.value_or(Rejection::kMalformed);
    }
    return count;
  }

 private:
  static constexpr std::size_t kTextBytes = 64 * 1024;

  std::size_t line_bytes_;
  Reader reader_;
  TextRoom texts_;
  LineCutter lines_;
  LineCutter::Line line_;
  bool line_waits_ = false;  // line_ was cut off but there was no room for its texts
};

}  // namespace weir
