// Implementation of field_reader.h.
#include "field_reader.h"

#include <algorithm>

#include "weir/core/ascii.h"
#include "weir/core/check.h"

namespace weir {
namespace {

constexpr std::size_t kTextBytes = 64 * 1024;  // least room for decoded strings of one group of events

}  // namespace

FieldReader::FieldReader(const ParserOptions& options) : decoded_(std::max(kTextBytes, options.line_bytes)) {}

void FieldReader::begin(std::string_view input) {
  input_ = input;
  backslash_at_ = input.find('\\');
  forget_texts();
}

/// Backslashes are rare: one search finds the next of them, often many objects ahead.
void FieldReader::begin_object(std::string_view object) {
  const auto object_at = static_cast<std::size_t>(object.data() - input_.data());
  if (backslash_at_ < object_at) backslash_at_ = input_.find('\\', object_at);
  has_escapes_ = backslash_at_ < object_at + object.size();
  object_decoded_size_ = decoded_size_;
  bad_time_ = false;
  undecodable_ = 0;
}

bool FieldReader::read_fields(const FieldTokens& tokens, RawEvent& event) {
  clear_other_members(event);
  return for_each_field(event, [&]<std::size_t kIndex>(auto& target) {
    target = {};
    if ((tokens.seen & (FieldSet{1} << kIndex)) == 0) return true;
    return take_plain(tokens.of[kIndex], target) || !read_scalar(kIndex, tokens.of[kIndex], event);
  });
}

void FieldReader::restart_object(RawEvent& event) {
  decoded_size_ = object_decoded_size_;
  bad_time_ = false;
  undecodable_ = 0;
  seen_ = kUnknownField;
  clear_other_members(event);
  for_each_field(event, []<std::size_t>(auto& target) {
    target = {};
    return true;
  });
}

Fault FieldReader::end_object(RawEvent& event) const {
  constexpr FieldSet kType = field_bit("type");
  constexpr FieldSet kUrl = field_bit("url");
  // A string that was there points somewhere even when it is empty.
  event.visitor_given = event.visitor.data() != nullptr;
  if (event.type.empty()) return (undecodable_ & kType) != 0 ? Rejection::kBadString : Rejection::kMissingField;
  if (event.url.empty() && event.type == "page_view") {
    return (undecodable_ & kUrl) != 0 ? Rejection::kBadString : Rejection::kMissingField;
  }
  return bad_time_ ? Fault(Rejection::kBadTime) : Fault();
}

Fault FieldReader::read_scalar(std::size_t index, std::string_view token, RawEvent& event) {
  if (token.empty()) return Rejection::kMalformed;
  return std::visit(
      [&](auto member) -> Fault {
        auto& target = event.*member;
        if (take_plain(token, target)) return {};
        return read_value(index, token, target);
      },
      kFieldTable[index].target);
}

Fault FieldReader::read_value(std::size_t index, std::string_view token, std::string_view& target) {
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

Fault FieldReader::read_value(std::size_t, std::string_view token, std::optional<TimeMs>& target) {
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

Fault FieldReader::read_value(std::size_t, std::string_view token, std::optional<std::uint64_t>& target) {
  return read_number(token, target, whole_of_number);
}

Fault FieldReader::read_value(std::size_t, std::string_view token, std::optional<double>& target) {
  return read_number(token, target, amount_of_number);
}

template <class Number>
Fault FieldReader::read_number(std::string_view token, std::optional<Number>& target,
                               std::optional<Number> (*convert)(std::string_view)) {
  if (token.front() != '-' && !is_digit(token.front())) return check_scalar(token);
  if (!is_json_number(token)) return Rejection::kMalformed;
  target = convert(token);
  return {};
}

Fault FieldReader::check_scalar(std::string_view token) {
  if (is_quoted(token)) {
    if (!has_escapes(token)) return {};
    std::size_t size = 0;
    const DecodeOutcome outcome = decode_json_string(without_quotes(token), nullptr, size);
    return outcome == DecodeOutcome::kMalformed ? Fault(Rejection::kMalformed) : Fault();
  }
  if (token == "{" || token == "[" || is_json_word(token)) return {};
  return Rejection::kMalformed;
}

bool FieldReader::find_escaped_key(std::string_view key, std::size_t& index) {
  std::string_view decoded;
  const DecodeOutcome outcome = decode(key, decoded);
  index = outcome == DecodeOutcome::kDecoded ? field_index(decoded) : kFieldTable.size();
  return outcome != DecodeOutcome::kMalformed;
}

/// Decodes into decoded_. has_room() was asked for the whole object, and decoding never lengthens a string.
DecodeOutcome FieldReader::decode(std::string_view inside, std::string_view& decoded) {
  WEIR_CHECK(has_room(inside.size()));
  char* const out = decoded_.data() + decoded_size_;
  std::size_t size = 0;
  const DecodeOutcome outcome = decode_json_string(inside, out, size);
  if (outcome != DecodeOutcome::kDecoded) return outcome;
  decoded = {out, size};
  decoded_size_ += size;
  return outcome;
}

}  // namespace weir
