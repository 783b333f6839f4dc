// EventSplitter: cuts a text into the pieces that should each be one event object: lines, elements of an array, or
// a whole body. Knows where values end, not whether they are right: every piece still has to be parsed. Must
// never let one bad piece cost another line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "weir/model/rejection.h"
#include "weir/parse/parser.h"

namespace weir {

/// One piece of input: a candidate for an event, or already a refusal.
struct Piece {
  std::string_view text;        // without white space around it
  std::size_t line_number = 0;  // 1-based line on which it starts
  Fault fault;                  // set: refused without parsing
  bool whole_body = false;      // an object that spans lines; if it is malformed, see reread_as_lines()
};

/// Walks one text. Owned by one thread.
class EventSplitter {
 public:
  /// `line_bytes`: a line or array element longer than this is refused as too_long.
  explicit EventSplitter(std::size_t line_bytes) : line_bytes_(line_bytes) {}

  /// Starts on `text`, which must stay readable until the last next().
  void begin(std::string_view text, Framing framing);
  /// The next piece; false when the text is used up.
  bool next(Piece& piece);
  /// What begin() was given.
  std::string_view text() const { return text_; }
  /// Starts again and takes the text line by line: for a body that looked like one object and is not.
  void reread_as_lines();

 private:
  /// Where in an array the walk stands.
  enum class ArrayState : std::uint8_t { kOutside, kAtFirstElement, kAtElement, kAtSeparator };
  enum class Step : std::uint8_t { kPiece, kNothing };

  void start(std::string_view text);
  bool take_body(Piece& piece);
  Step take_line(Piece& piece);
  void open_array(const char* bracket, const char* limit);
  Step take_from_array(Piece& piece);
  Step take_element(Piece& piece);
  Step take_separator(Piece& piece);
  Step close_array(Piece& piece);
  Step break_array(Piece& piece);
  void count_lines_to(const char* position);
  const char* line_end(const char* from) const;
  const char* skip_space(const char* from, const char* limit) const;

  std::size_t line_bytes_;
  std::string_view text_;
  const char* at_ = nullptr;       // first byte not dealt with
  const char* end_ = nullptr;      // end of text_
  const char* counted_ = nullptr;  // newlines before this are in line_number_
  std::size_t line_number_ = 1;
  ArrayState array_ = ArrayState::kOutside;
  const char* array_limit_ = nullptr;  // the array must end before this
  const char* mark_ = nullptr;         // start of the last element, or of the array
  bool at_body_ = false;               // nothing of a Framing::kDocument text was taken yet
  bool array_is_body_ = false;         // the array began the body and may span lines
  bool after_broken_body_ = false;     // the body's array broke: its elements may follow one per line
};

}  // namespace weir
