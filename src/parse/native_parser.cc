// Implementation of native_parser.h. simdjson's On-Demand is fast because it validates lazily, so every token is
// checked here as it goes by, and an object is always walked to its end.
#include "native_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "digits.h"
#include "event_fields.h"
#include "field_values.h"
#include "json_text.h"
#include "weir/core/ascii.h"
#include "weir/core/check.h"

namespace weir {
namespace {

namespace ondemand = simdjson::ondemand;

static_assert(kParserPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kTextBytes = 64 * 1024;  // least room for decoded strings of one group of events

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

/// The value inside a result without error. Copying it out instead makes the processor read in one piece what it has
/// just written in several, which costs more than all the rest of a field.
template <class Value>
Value& value_in(simdjson::simdjson_result<Value>& result) {
  auto&& value = std::move(result).value_unsafe();
  return value;
}

/// The characters of a scalar, without white space; empty unless `,` or `closer` follows it. That check is ours
/// to make: simdjson 3.0.1 takes a string value that is followed by a colon for a key and walks on.
std::string_view scalar_token(std::string_view token, char closer) {
  if (token.empty()) return {};
  const char follower = token.data()[token.size()];
  if (follower != ',' && follower != closer) return {};
  while (!token.empty() && is_json_space(token.back())) token.remove_suffix(1);
  return token;
}

/// The inside of a key that starts at `key`, given where the value is: what lies between them is a quote, a colon and
/// white space, as simdjson has checked that a colon comes next.
std::string_view text_of_key(const char* key, const char* value) {
  const char* end = value - 1;
  while (*end != ':') --end;
  do --end;
  while (*end != '"');
  return {key, static_cast<std::size_t>(end - key)};
}

}  // namespace

/// Reads one object into a RawEvent. Keeps the buffers that make that free of allocation.
class NativeParser::ObjectReader {
 public:
  explicit ObjectReader(const ParserOptions& options)
      : depth_limit_(options.depth), decoded_(std::max(kTextBytes, options.line_bytes)) {
    // One level more for each container than the limit, as simdjson counts the document as well.
    WEIR_CHECK(parser_.allocate(options.line_bytes, options.depth + 2) == simdjson::SUCCESS);
  }

  /// True when the strings of an object of this size can be decoded before forget_texts().
  bool has_room(std::size_t bytes) const { return bytes <= decoded_.size() - decoded_size_; }
  /// Ends the life of decoded strings.
  void forget_texts() { decoded_size_ = 0; }
  /// Starts on a text: the objects read next stand in it, in this order.
  void begin(std::string_view input);

  /// Fills `event` from `text`, a part of the input; the reason when it is refused.
  Fault read(std::string_view text, RawEvent& event);

 private:
  Fault read_fields(std::string_view text, RawEvent& event);
  bool is_wanted(std::size_t index);
  bool take_plain(std::size_t index, std::string_view token, RawEvent& event);
  Fault read_value(std::size_t index, ondemand::value value, std::string_view token, RawEvent& event);
  Fault read_scalar(std::size_t index, std::string_view token, RawEvent& event);
  Fault read_text(std::size_t index, std::string_view token, std::string_view& target);
  Fault read_time(std::string_view token, std::optional<TimeMs>& target);
  void take_time(std::optional<TimeMs> instant, std::optional<TimeMs>& target);
  Fault check_required(const RawEvent& event) const;

  Fault check_value(ondemand::value value, char closer, std::size_t depth);
  Fault check_container(ondemand::value& value, char opener, std::size_t depth);
  Fault check_scalar(std::string_view token);

  bool has_backslash(std::string_view text);
  bool has_escapes(std::string_view text) { return has_escapes_ && has_backslash(text); }
  bool find_escaped_key(std::string_view key, std::size_t& index);
  DecodeOutcome decode(std::string_view inside, std::string_view& decoded);

  std::size_t depth_limit_;
  ondemand::parser parser_;
  InstantReader instants_;
  std::vector<char> decoded_;  // fixed size; strings with escapes, decoded, up to decoded_size_
  std::size_t decoded_size_ = 0;

  std::string_view input_;
  std::size_t backslash_at_ = 0;    // the first in input_ that does not lie before what was looked at last
  const char* text_end_ = nullptr;  // of the object being read
  bool has_escapes_ = false;        // the object has a backslash somewhere
  bool bad_time_ = false;
  FieldSet seen_ = 0;         // keys met so far, as the first of duplicates wins, and the unknown one
  FieldSet undecodable_ = 0;  // strings with a lone surrogate
};

void NativeParser::ObjectReader::begin(std::string_view input) {
  input_ = input;
  backslash_at_ = input.find('\\');
  forget_texts();
}

/// True when `text`, which must not lie before what was asked about last, has a backslash. They are rare: one search
/// finds the next of them, often many objects ahead.
bool NativeParser::ObjectReader::has_backslash(std::string_view text) {
  const auto text_at = static_cast<std::size_t>(text.data() - input_.data());
  if (backslash_at_ < text_at) backslash_at_ = input_.find('\\', text_at);
  return backslash_at_ < text_at + text.size();
}

Fault NativeParser::ObjectReader::read(std::string_view text, RawEvent& event) {
  clear_fields(event);
  text_end_ = text.data() + text.size();
  has_escapes_ = has_backslash(text);
  bad_time_ = false;
  seen_ = kUnknownField;
  undecodable_ = 0;
  const Fault fault = read_fields(text, event);
  // simdjson has checked the encoding only if it got that far; a wrong encoding outweighs what it led to.
  if (fault == Rejection::kMalformed && !simdjson::validate_utf8(text.data(), text.size())) {
    return Rejection::kInvalidUtf8;
  }
  // A string that was there points somewhere even when it is empty.
  event.visitor_given = event.visitor.data() != nullptr;
  return fault ? fault : check_required(event);
}

Fault NativeParser::ObjectReader::read_fields(std::string_view text, RawEvent& event) {
  if (text.empty() || text.front() != '{') return Rejection::kMalformed;
  ondemand::document document;
  ondemand::object object;
  const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + kParserPadding);
  if (parser_.iterate(padded).get(document) != simdjson::SUCCESS) return Rejection::kMalformed;
  if (document.get_object().get(object) != simdjson::SUCCESS) return Rejection::kMalformed;
  for (auto result : object) {
    if (result.error() != simdjson::SUCCESS) return Rejection::kMalformed;
    ondemand::field& field = value_in(result);
    const std::string_view token = field.value().raw_json_token();
    const std::string_view key = text_of_key(field.key().raw(), token.data());
    // Asked for a string, simdjson moves on behind it and need not look at it again to skip it; other values stay.
    static_cast<void>(field.value().get_raw_json_string());
    std::size_t index = find_field(key);
    if (has_escapes(key) && !find_escaped_key(key, index)) return Rejection::kMalformed;
    if (!is_wanted(index)) {
      if (const Fault fault = check_value(field.value(), '}', 1)) return fault;
    } else if (!take_plain(index, token, event)) {
      if (const Fault fault = read_value(index, field.value(), token, event)) return fault;
    }
  }
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? Fault() : Rejection::kMalformed;
}

/// True when a field is in the table and was not asked about before.
inline bool NativeParser::ObjectReader::is_wanted(std::size_t index) {
  const FieldSet field = FieldSet{1} << index;
  const bool seen = (seen_ & field) != 0;
  seen_ |= field;
  return !seen;
}

/// Takes what most values are: a string without escapes for a text, up to 16 digits for a number or a time. False,
/// and nothing is done, when it is something else. What follows the value is left to simdjson to check.
inline bool NativeParser::ObjectReader::take_plain(std::size_t index, std::string_view token, RawEvent& event) {
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

/// Takes any value to where the field table says; `token` is its first token.
Fault NativeParser::ObjectReader::read_value(std::size_t index, ondemand::value value, std::string_view token,
                                             RawEvent& event) {
  const bool container = token.starts_with('{') || token.starts_with('[');
  if (!container) return read_scalar(index, scalar_token(token, '}'), event);
  const Fault fault = read_scalar(index, token.substr(0, 1), event);
  return fault ? fault : check_value(value, '}', 1);
}

/// Reads a scalar, or just the bracket of a container.
Fault NativeParser::ObjectReader::read_scalar(std::size_t index, std::string_view token, RawEvent& event) {
  if (token.empty()) return Rejection::kMalformed;
  const bool number = token.front() == '-' || is_digit(token.front());
  const auto read_number = [&](auto& target, auto&& convert) -> Fault {
    if (!number) return check_scalar(token);
    if (!is_json_number(token)) return Rejection::kMalformed;
    target = convert(token);
    return {};
  };
  return std::visit(Overloaded{
                        [&](TextTarget target) { return read_text(index, token, event.*target); },
                        [&](TimeTarget target) { return read_time(token, event.*target); },
                        [&](WholeTarget target) { return read_number(event.*target, whole_of_number); },
                        [&](AmountTarget target) { return read_number(event.*target, amount_of_number); },
                    },
                    kFieldTable[index].target);
}

Fault NativeParser::ObjectReader::read_text(std::size_t index, std::string_view token, std::string_view& target) {
  if (!is_quoted(token)) return check_scalar(token);
  const std::string_view inside = without_quotes(token);
  if (!has_escapes(token)) {
    target = inside;
    return {};
  }
  const DecodeOutcome outcome = decode(inside, target);
  if (outcome == DecodeOutcome::kUndecodable) undecodable_ |= FieldSet{1} << index;
  return outcome == DecodeOutcome::kMalformed ? Fault(Rejection::kMalformed) : Fault();
}

Fault NativeParser::ObjectReader::read_time(std::string_view token, std::optional<TimeMs>& target) {
  if (token == "null") return {};
  if (is_quoted(token)) {
    std::string_view inside = without_quotes(token);
    if (has_escapes(token)) {
      const DecodeOutcome outcome = decode(without_quotes(token), inside);
      if (outcome == DecodeOutcome::kMalformed) return Rejection::kMalformed;
      if (outcome == DecodeOutcome::kUndecodable) inside = {};
    }
    take_time(instants_.read(inside), target);
  } else if (is_json_number(token)) {
    take_time(instant_of_number(token), target);
  } else {
    bad_time_ = true;
    return check_scalar(token);
  }
  return {};
}

inline void NativeParser::ObjectReader::take_time(std::optional<TimeMs> instant, std::optional<TimeMs>& target) {
  if (instant) target = *instant;
  bad_time_ |= !instant.has_value();
}

Fault NativeParser::ObjectReader::check_required(const RawEvent& event) const {
  constexpr FieldSet kType = field_bit("type");
  constexpr FieldSet kUrl = field_bit("url");
  if (event.type.empty()) return (undecodable_ & kType) != 0 ? Rejection::kBadString : Rejection::kMissingField;
  if (event.url.empty() && event.type == "page_view") {
    return (undecodable_ & kUrl) != 0 ? Rejection::kBadString : Rejection::kMissingField;
  }
  return bad_time_ ? Fault(Rejection::kBadTime) : Fault();
}

/// Checks the grammar of a value whose content is not wanted. `depth` is the nesting it stands in.
Fault NativeParser::ObjectReader::check_value(ondemand::value value, char closer, std::size_t depth) {
  const std::string_view token = value.raw_json_token();
  // simdjson 3.0.1 does not notice when an unclosed array runs out of text: it takes the byte behind the text for a
  // comma, then that byte for an element. Objects are safe, as no byte is a comma and a quote at once.
  if (token.empty() || token.data() >= text_end_) return Rejection::kMalformed;
  const char first = token.front();
  if (first == '{' || first == '[') return check_container(value, first, depth + 1);
  return check_scalar(scalar_token(token, closer));
}

Fault NativeParser::ObjectReader::check_container(ondemand::value& value, char opener, std::size_t depth) {
  if (depth > depth_limit_) return Rejection::kTooDeep;
  if (opener == '[') {
    ondemand::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Rejection::kMalformed;
    for (auto result : array) {
      if (result.error() != simdjson::SUCCESS) return Rejection::kMalformed;
      if (const Fault fault = check_value(value_in(result), ']', depth)) return fault;
    }
    return {};
  }
  ondemand::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) return Rejection::kMalformed;
  for (auto result : object) {
    if (result.error() != simdjson::SUCCESS) return Rejection::kMalformed;
    ondemand::field& field = value_in(result);
    std::size_t index = 0;
    const std::string_view key = text_of_key(field.key().raw(), field.value().raw_json_token().data());
    if (has_escapes(key) && !find_escaped_key(key, index)) return Rejection::kMalformed;
    if (const Fault fault = check_value(field.value(), '}', depth)) return fault;
  }
  return {};
}

/// Checks a scalar nobody reads. A lone bracket is passed: its container is checked by itself.
Fault NativeParser::ObjectReader::check_scalar(std::string_view token) {
  if (is_quoted(token)) {
    if (!has_escapes(token)) return {};
    std::size_t size = 0;
    const DecodeOutcome outcome = decode_json_string(without_quotes(token), nullptr, size);
    return outcome == DecodeOutcome::kMalformed ? Fault(Rejection::kMalformed) : Fault();
  }
  if (token == "{" || token == "[" || is_json_word(token)) return {};
  return Rejection::kMalformed;
}

/// The index of a key that has escapes. False when one of them is none of JSON's.
bool NativeParser::ObjectReader::find_escaped_key(std::string_view key, std::size_t& index) {
  std::string_view decoded;
  const DecodeOutcome outcome = decode(key, decoded);
  index = outcome == DecodeOutcome::kDecoded ? field_index(decoded) : kFieldTable.size();
  return outcome != DecodeOutcome::kMalformed;
}

/// Decodes into decoded_. has_room() was asked for the whole object, and decoding never lengthens a string.
DecodeOutcome NativeParser::ObjectReader::decode(std::string_view inside, std::string_view& decoded) {
  WEIR_CHECK(has_room(inside.size()));
  char* const out = decoded_.data() + decoded_size_;
  std::size_t size = 0;
  const DecodeOutcome outcome = decode_json_string(inside, out, size);
  if (outcome != DecodeOutcome::kDecoded) return outcome;
  decoded = {out, size};
  decoded_size_ += size;
  return outcome;
}

NativeParser::NativeParser(const ParserOptions& options)
    : splitter_(options.line_bytes), reader_(std::make_unique<ObjectReader>(options)) {
  constexpr std::size_t kLargestLine = 64 * 1024 * 1024;
  constexpr std::size_t kLargestDepth = 1024;
  WEIR_CHECK(options.line_bytes >= 1 && options.line_bytes <= kLargestLine);
  WEIR_CHECK(options.depth >= 1 && options.depth <= kLargestDepth);
}

NativeParser::~NativeParser() = default;

void NativeParser::begin(std::string_view text, Framing framing, const Call&) {
  splitter_.begin(text, framing);
  reader_->begin(text);
  piece_waits_ = false;
}

std::size_t NativeParser::next(std::span<ParsedEvent> out) {
  reader_->forget_texts();
  std::size_t count = 0;
  while (count < out.size()) {
    if (!piece_waits_ && !splitter_.next(piece_)) break;
    piece_waits_ = !piece_.fault && !reader_->has_room(piece_.text.size());
    if (piece_waits_) break;
    ParsedEvent& parsed = out[count];
    Fault fault = piece_.fault;
    if (!fault) {
      fault = reader_->read(piece_.text, parsed.event);
    } else if (fault == Rejection::kMalformed && !simdjson::validate_utf8(piece_.text.data(), piece_.text.size())) {
      fault = Rejection::kInvalidUtf8;
    }
    if (piece_.whole_body && fault == Rejection::kMalformed) {
      splitter_.reread_as_lines();
      reader_->begin(splitter_.text());  // A whole body is the first piece, so `out` holds nothing yet.
      continue;
    }
    parsed.line = piece_.text;
    parsed.line_number = piece_.line_number;
    parsed.rejected = fault.has_value();
    parsed.reason = fault.value_or(Rejection::kMalformed);
    ++count;
  }
  return count;
}

std::unique_ptr<Parser> make_native_parser(const ParserOptions& options) {
  return std::make_unique<NativeParser>(options);
}

}  // namespace weir
