// FieldReader: reads the values of one object's fields, token by token, to where THE field table of the native format
// says. Sits below the two ways of walking an object, FlatWalk and ObjectWalk. Must never know how tokens are found.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "digits.h"
#include "event_fields.h"
#include "field_values.h"
#include "json_text.h"
#include "weir/model/rejection.h"
#include "weir/parse/parser.h"

namespace weir {

/// The inside of a key that starts at `key`, given where the value is: what lies between them is a quote, a colon and
/// white space, as was checked before.
inline std::string_view text_of_key(const char* key, const char* value) {
  const char* end = value - 1;
  while (*end != ':') --end;
  do --end;
  while (*end != '"');
  return {key, static_cast<std::size_t>(end - key)};
}

/// State of the object being read, and the room for strings that had to be decoded. A token is the text of a scalar
/// without white space around it; 16 bytes must be readable at it. Owned by one thread.
class FieldReader {
 public:
  explicit FieldReader(const ParserOptions& options);

  /// True when the strings of an object of this size can be decoded before forget_texts().
  bool has_room(std::size_t bytes) const { return bytes <= decoded_.size() - decoded_size_; }
  /// Ends the life of decoded strings.
  void forget_texts() { decoded_size_ = 0; }
  /// Starts on a text: the objects read next stand in it, in this order.
  void begin(std::string_view input);

  /// Starts on `object`, a part of the text, and empties `event`.
  void begin_object(std::string_view object, RawEvent& event);
  /// Starts on the same object again.
  void restart_object(std::string_view object, RawEvent& event);
  /// What is wrong with an object whose fields are all read.
  Fault end_object(RawEvent& event) const;

  /// True when `text`, a part of the object that must not lie before what was asked about last, has a backslash.
  bool has_escapes(std::string_view text) { return has_escapes_ && has_backslash(text); }
  /// The index of a key that has escapes. False when one of them is none of JSON's.
  bool find_escaped_key(std::string_view key, std::size_t& index);
  /// True when a field is in the table and was not asked about before.
  bool is_wanted(std::size_t index);
  /// Takes what most values are: a string without escapes for a text, up to 16 digits for a number or a time. False,
  /// and nothing is done, when it is something else.
  bool take_plain(std::size_t index, std::string_view token, RawEvent& event);
  /// Reads a scalar, or just the bracket of a container.
  Fault read_scalar(std::size_t index, std::string_view token, RawEvent& event);
  /// Checks a scalar nobody reads. A lone bracket is passed: its container is checked by itself.
  Fault check_scalar(std::string_view token);

 private:
  Fault read_text(std::size_t index, std::string_view token, std::string_view& target);
  Fault read_time(std::string_view token, std::optional<TimeMs>& target);
  void take_time(std::optional<TimeMs> instant, std::optional<TimeMs>& target);
  bool has_backslash(std::string_view text);
  DecodeOutcome decode(std::string_view inside, std::string_view& decoded);

  InstantReader instants_;
  std::vector<char> decoded_;  // fixed size; strings with escapes, decoded, up to decoded_size_
  std::size_t decoded_size_ = 0;

  std::string_view input_;
  std::size_t backslash_at_ = 0;         // the first in input_ that does not lie before what was looked at last
  std::size_t object_backslash_at_ = 0;  // these two as they were before the object
  std::size_t object_decoded_size_ = 0;
  bool has_escapes_ = false;  // the object has a backslash somewhere
  bool bad_time_ = false;
  FieldSet seen_ = 0;         // keys met so far, as the first of duplicates wins, and the unknown one
  FieldSet undecodable_ = 0;  // strings with a lone surrogate
};

inline bool FieldReader::is_wanted(std::size_t index) {
  const FieldSet field = FieldSet{1} << index;
  const bool seen = (seen_ & field) != 0;
  seen_ |= field;
  return !seen;
}

inline bool FieldReader::take_plain(std::size_t index, std::string_view token, RawEvent& event) {
  const FieldTarget& target = kFieldTable[index].target;
  if (const auto* const text = std::get_if<TextTarget>(&target)) {
    if (!is_quoted(token) || has_escapes(token)) return false;
    event.*(*text) = without_quotes(token);
    return true;
  }
  const std::optional<std::uint64_t> number = whole_of_token(token);
  if (!number) return false;
  if (const auto* const whole = std::get_if<WholeTarget>(&target)) {
    event.*(*whole) = *number;
    return true;
  }
  const auto* const time = std::get_if<TimeTarget>(&target);
  if (time != nullptr) take_time(instant_of_whole(*number), event.*(*time));
  return time != nullptr;
}

inline void FieldReader::take_time(std::optional<TimeMs> instant, std::optional<TimeMs>& target) {
  if (instant) target = *instant;
  bad_time_ |= !instant.has_value();
}

/// True when `text`, which must not lie before what was asked about last, has a backslash. They are rare: one search
/// finds the next of them, often many objects ahead.
inline bool FieldReader::has_backslash(std::string_view text) {
  const auto text_at = static_cast<std::size_t>(text.data() - input_.data());
  if (backslash_at_ < text_at) backslash_at_ = input_.find('\\', text_at);
  return backslash_at_ < text_at + text.size();
}

}  // namespace weir
