// FieldReader: reads the values of one object's fields, token by token, to where THE field table of the native format
// says. Sits below the two ways of walking an object, FlatWalk and ObjectWalk. Must never know how tokens are found.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
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

  /// Starts on `object`, a part of the text.
  void begin_object(std::string_view object);
  /// Fills `event` from all fields of the object at once. False when one of them is wrong.
  bool read_fields(const FieldTokens& tokens, RawEvent& event);
  /// Starts on the same object again, field by field, and empties `event`.
  void restart_object(RawEvent& event);
  /// What is wrong with an object whose fields are all read.
  Fault end_object(RawEvent& event) const;

  /// True when `text`, a part of the object, has a backslash.
  bool has_escapes(std::string_view text) const { return has_escapes_ && text.find('\\') != std::string_view::npos; }
  /// The index of a key that has escapes. False when one of them is none of JSON's.
  bool find_escaped_key(std::string_view key, std::size_t& index);
  /// True when a field is in the table and was not asked about before.
  bool is_wanted(std::size_t index);
  /// Reads a scalar, or just the bracket of a container.
  Fault read_scalar(std::size_t index, std::string_view token, RawEvent& event);
  /// Checks a scalar nobody reads. A lone bracket is passed: its container is checked by itself.
  Fault check_scalar(std::string_view token);

 private:
  // Take what most values are: a string without escapes for a text, up to 16 digits for a number or a time. False, and
  // nothing is done, when it is something else.
  bool take_plain(std::string_view token, std::string_view& target) const;
  bool take_plain(std::string_view token, std::optional<TimeMs>& target);
  bool take_plain(std::string_view token, std::optional<std::uint64_t>& target) const;
  bool take_plain(std::string_view, std::optional<double>&) const { return false; }
  // Read what is left, or check it and leave the target empty.
  Fault read_value(std::size_t index, std::string_view token, std::string_view& target);
  Fault read_value(std::size_t index, std::string_view token, std::optional<TimeMs>& target);
  Fault read_value(std::size_t index, std::string_view token, std::optional<std::uint64_t>& target);
  Fault read_value(std::size_t index, std::string_view token, std::optional<double>& target);
  template <class Number>
  Fault read_number(std::string_view token, std::optional<Number>& target,
                    std::optional<Number> (*convert)(std::string_view));
  void take_time(std::optional<TimeMs> instant, std::optional<TimeMs>& target);
  DecodeOutcome decode(std::string_view inside, std::string_view& decoded);

  InstantReader instants_;
  std::vector<char> decoded_;  // fixed size; strings with escapes, decoded, up to decoded_size_
  std::size_t decoded_size_ = 0;

  std::string_view input_;
  std::size_t backslash_at_ = 0;         // the first in input_ that does not lie before what was looked at last
  std::size_t object_decoded_size_ = 0;  // decoded_size_ before the object
  bool has_escapes_ = false;             // the object has a backslash somewhere
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

inline bool FieldReader::take_plain(std::string_view token, std::string_view& target) const {
  if (!is_quoted(token) || has_escapes(token)) return false;
  target = without_quotes(token);
  return true;
}

inline bool FieldReader::take_plain(std::string_view token, std::optional<TimeMs>& target) {
  const std::optional<std::uint64_t> number = whole_of_token(token);
  if (number) take_time(instant_of_whole(*number), target);
  return number.has_value();
}

inline bool FieldReader::take_plain(std::string_view token, std::optional<std::uint64_t>& target) const {
  const std::optional<std::uint64_t> number = whole_of_token(token);
  if (number) target = *number;
  return number.has_value();
}

inline void FieldReader::take_time(std::optional<TimeMs> instant, std::optional<TimeMs>& target) {
  if (instant) target = *instant;
  bad_time_ |= !instant.has_value();
}

}  // namespace weir
