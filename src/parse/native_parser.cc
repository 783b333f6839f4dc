// Implementation of native_parser.h, the only file that knows simdjson. On-Demand validates lazily, so every
// token is checked here as it goes by, and an object is always walked to its end.
#include "native_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "event_fields.h"
#include "field_values.h"
#include "json_text.h"
#include "weir/core/check.h"

namespace weir {
namespace {

namespace ondemand = simdjson::ondemand;

using Fault = std::optional<Rejection>;

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

bool is_quoted(std::string_view token) { return token.size() >= 2 && token.front() == '"' && token.back() == '"'; }

std::string_view without_quotes(std::string_view token) { return token.substr(1, token.size() - 2); }

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

  /// Fills `event` from `text`; the reason when it is refused.
  Fault read(std::string_view text, RawEvent& event);

 private:
  Fault read_fields(std::string_view text, RawEvent& event);
  Fault read_field(std::size_t index, std::string_view token, RawEvent& event);
  Fault read_text(std::size_t index, std::string_view token, std::string_view& target);
  Fault read_time(std::string_view token, std::optional<TimeMs>& target);
  Fault check_required(const RawEvent& event) const;

  Fault check_value(ondemand::value& value, char closer, std::size_t depth);
  Fault check_container(ondemand::value& value, char opener, std::size_t depth);
  Fault check_scalar(std::string_view token);

  std::size_t index_of_key(const char* key, DecodeOutcome& outcome);
  DecodeOutcome decode(std::string_view inside, std::string_view& decoded);

  std::size_t depth_limit_;
  ondemand::parser parser_;
  InstantReader instants_;
  std::vector<char> decoded_;  // fixed size; strings with escapes, decoded, up to decoded_size_
  std::size_t decoded_size_ = 0;

  const char* text_end_ = nullptr;  // of the object being read
  bool has_escapes_ = false;        // the object has a backslash somewhere
  bool bad_time_ = false;
  FieldSet seen_ = 0;         // keys met so far: the first of duplicates wins
  FieldSet undecodable_ = 0;  // strings with a lone surrogate
};

Fault NativeParser::ObjectReader::read(std::string_view text, RawEvent& event) {
  std::destroy_at(&event);
  std::construct_at(&event);
  text_end_ = text.data() + text.size();
  has_escapes_ = text.find('\\') != std::string_view::npos;
  bad_time_ = false;
  seen_ = undecodable_ = 0;
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
    DecodeOutcome key_outcome = DecodeOutcome::kDecoded;
    const std::size_t index = index_of_key(field.key().raw(), key_outcome);
    if (key_outcome == DecodeOutcome::kMalformed) return Rejection::kMalformed;
    const bool wanted = index < kFieldTable.size() && (seen_ & (FieldSet{1} << index)) == 0;
    Fault fault;
    if (wanted) {
      seen_ |= FieldSet{1} << index;
      const std::string_view token = field.value().raw_json_token();
      const bool container = !token.empty() && (token.front() == '{' || token.front() == '[');
      fault = read_field(index, container ? token.substr(0, 1) : scalar_token(token, '}'), event);
      if (!fault && container) fault = check_value(field.value(), '}', 1);
    } else {
      fault = check_value(field.value(), '}', 1);
    }
    if (fault) return fault;
  }
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? Fault() : Rejection::kMalformed;
}

/// Takes one value to where the field table says. `token` is the scalar, or just a bracket for a container.
Fault NativeParser::ObjectReader::read_field(std::size_t index, std::string_view token, RawEvent& event) {
  if (token.empty()) return Rejection::kMalformed;
  const bool number = token.front() == '-' || (token.front() >= '0' && token.front() <= '9');
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
  if (!has_escapes_ || inside.find('\\') == std::string_view::npos) {
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
    if (has_escapes_) {
      const DecodeOutcome outcome = decode(without_quotes(token), inside);
      if (outcome == DecodeOutcome::kMalformed) return Rejection::kMalformed;
      if (outcome == DecodeOutcome::kUndecodable) inside = {};
    }
    target = instants_.read(inside);
  } else if (is_json_number(token)) {
    target = instant_of_number(token);
  } else if (const Fault fault = check_scalar(token)) {
    return fault;
  }
  if (!target) bad_time_ = true;
  return {};
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
Fault NativeParser::ObjectReader::check_value(ondemand::value& value, char closer, std::size_t depth) {
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
    DecodeOutcome key_outcome = DecodeOutcome::kDecoded;
    index_of_key(field.key().raw(), key_outcome);
    if (key_outcome == DecodeOutcome::kMalformed) return Rejection::kMalformed;
    if (const Fault fault = check_value(field.value(), '}', depth)) return fault;
  }
  return {};
}

/// Checks a scalar nobody reads. A lone bracket is passed: its container is checked by itself.
Fault NativeParser::ObjectReader::check_scalar(std::string_view token) {
  if (is_quoted(token)) {
    if (!has_escapes_) return {};
    std::size_t size = 0;
    const DecodeOutcome outcome = decode_json_string(without_quotes(token), nullptr, size);
    return outcome == DecodeOutcome::kMalformed ? Fault(Rejection::kMalformed) : Fault();
  }
  if (token == "{" || token == "[" || is_json_word(token)) return {};
  return Rejection::kMalformed;
}

/// The row of a key that starts behind its quote. Keys with escapes are decoded first, off the fast path.
std::size_t NativeParser::ObjectReader::index_of_key(const char* key, DecodeOutcome& outcome) {
  if (!has_escapes_) return find_field(key);
  const char* const key_end = end_of_string(key, text_end_);
  if (key_end == nullptr) {
    outcome = DecodeOutcome::kMalformed;
    return kFieldTable.size();
  }
  const std::string_view inside(key, static_cast<std::size_t>(key_end - 1 - key));
  if (inside.find('\\') == std::string_view::npos) return find_field(key);
  std::string_view decoded;
  outcome = decode(inside, decoded);
  return outcome == DecodeOutcome::kDecoded ? field_index(decoded) : kFieldTable.size();
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

void NativeParser::begin(std::string_view text, Framing framing) {
  splitter_.begin(text, framing);
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
      reader_->forget_texts();  // A whole body is the first piece, so `out` holds nothing yet.
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
