// Implementation of object_walk.h.
#include "object_walk.h"

#include <utility>

#include "weir/core/check.h"

namespace weir {
namespace {

namespace ondemand = simdjson::ondemand;

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

}  // namespace

ObjectWalk::ObjectWalk(const ParserOptions& options, FieldReader& fields)
    : fields_(fields), depth_limit_(options.depth) {
  // One level more for each container than the limit, as simdjson counts the document as well.
  WEIR_CHECK(parser_.allocate(options.line_bytes, options.depth + 2) == simdjson::SUCCESS);
}

Fault ObjectWalk::read(std::string_view text, RawEvent& event) {
  text_end_ = text.data() + text.size();
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
    if (fields_.has_escapes(key) && !fields_.find_escaped_key(key, index)) return Rejection::kMalformed;
    if (!fields_.is_wanted(index)) {
      if (const Fault fault = check_value(field.value(), '}', 1)) return fault;
    } else if (const Fault fault = read_value(index, field.value(), token, event)) {
      return fault;
    }
  }
  const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return at_end ? Fault() : Rejection::kMalformed;
}

/// Takes any value to where the field table says; `token` is its first token.
Fault ObjectWalk::read_value(std::size_t index, Value value, std::string_view token, RawEvent& event) {
  const bool container = token.starts_with('{') || token.starts_with('[');
  if (!container) return fields_.read_scalar(index, scalar_token(token, '}'), event);
  const Fault fault = fields_.read_scalar(index, token.substr(0, 1), event);
  return fault ? fault : check_value(value, '}', 1);
}

/// Checks the grammar of a value whose content is not wanted. `depth` is the nesting it stands in.
Fault ObjectWalk::check_value(Value value, char closer, std::size_t depth) {
  const std::string_view token = value.raw_json_token();
  // simdjson 3.0.1 does not notice when an unclosed array runs out of text: it takes the byte behind the text for a
  // comma, then that byte for an element. Objects are safe, as no byte is a comma and a quote at once.
  if (token.empty() || token.data() >= text_end_) return Rejection::kMalformed;
  const char first = token.front();
  if (first == '{' || first == '[') return check_container(value, first, depth + 1);
  return fields_.check_scalar(scalar_token(token, closer));
}

Fault ObjectWalk::check_container(Value& value, char opener, std::size_t depth) {
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
    if (fields_.has_escapes(key) && !fields_.find_escaped_key(key, index)) return Rejection::kMalformed;
    if (const Fault fault = check_value(field.value(), '}', depth)) return fault;
  }
  return {};
}

}  // namespace weir
