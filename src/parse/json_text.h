// Small pieces of JSON grammar that a lazy parser leaves to its user: what a scalar may look like, what an
// escaped string means, where a value ends. Works on views of the input; must never allocate or throw.
#pragma once

#include <cstddef>
#include <string_view>

namespace weir {

/// The four characters JSON calls white space.
constexpr bool is_json_space(char character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r';
}

/// `text` without white space at its ends.
constexpr std::string_view trim_json_space(std::string_view text) {
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
  return text;
}

/// True for a token in quotes, of which the grammar ensures that they belong together.
constexpr bool is_quoted(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' && token.back() == '"';
}

/// What is between the quotes of such a token.
constexpr std::string_view without_quotes(std::string_view token) {
  token.remove_prefix(1);
  token.remove_suffix(1);
  return token;
}

/// True when all of `token` is one JSON number.
bool is_json_number(std::string_view token);

/// True when all of `token` is a JSON number, true, false or null. Strings are looked at elsewhere.
bool is_json_word(std::string_view token);

/// What became of an escaped string.
enum class DecodeOutcome : unsigned char {
  kDecoded,
  kUndecodable,  // grammatical, but half of a surrogate pair stands alone: no text has this encoding
  kMalformed,    // an escape that JSON does not know
};

/// Decodes the inside of a string (without its quotes; already known to be UTF-8 without raw control
/// characters) to `out`, which has room for escaped.size() bytes. `size` becomes the number of bytes written;
/// it is meaningful when kDecoded. `out` may be null to check the grammar only.
DecodeOutcome decode_json_string(std::string_view escaped, char* out, std::size_t& size);

/// The end of the string whose opening quote is just before `at`: one past its closing quote. nullptr when the
/// text ends, or its line does, before the string.
const char* end_of_string(const char* at, const char* end);

/// The end of the object or array that opens at `at`: one past its last bracket. Counts brackets without telling
/// their kinds apart, so what it cuts out must still be parsed. nullptr when the brackets do not balance.
const char* end_of_brackets(const char* at, const char* end);

}  // namespace weir
