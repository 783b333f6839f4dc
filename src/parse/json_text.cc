// Implementation of json_text.h: plain loops over bytes. Must never read outside the views it is given.
#include "json_text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "weir/core/ascii.h"

namespace weir {
namespace {

/// Skips digits from `at`; returns how many there were.
std::size_t skip_digits(std::string_view text, std::size_t& at) {
  const std::size_t from = at;
  while (at < text.size() && is_digit(text[at])) ++at;
  return at - from;
}

/// Four hexadecimal digits at the front of `text`; -1 when they are not there.
int take_hex(std::string_view& text) {
  if (text.size() < 4) return -1;
  int value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = hex_digit(text[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  text.remove_prefix(4);
  return value;
}

/// The character behind a one-letter escape; 0 when there is no such escape.
char simple_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

/// Where decoded bytes go; a null destination only counts them.
class Output {
 public:
  explicit Output(char* begin) : begin_(begin) {}
  void append(std::string_view bytes) {
    if (begin_ != nullptr) std::memcpy(begin_ + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append_code_point(std::uint32_t code) {
    char bytes[4];
    std::size_t count = 0;
    const auto add = [&](std::uint32_t byte) { bytes[count++] = static_cast<char>(static_cast<unsigned char>(byte)); };
    if (code < 0x80) {
      add(code);
    } else if (code < 0x800) {
      add(0xC0 | (code >> 6));
      add(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
      add(0xE0 | (code >> 12));
      add(0x80 | ((code >> 6) & 0x3F));
      add(0x80 | (code & 0x3F));
    } else {
      add(0xF0 | (code >> 18));
      add(0x80 | ((code >> 12) & 0x3F));
      add(0x80 | ((code >> 6) & 0x3F));
      add(0x80 | (code & 0x3F));
    }
    append({bytes, count});
  }
  std::size_t size() const { return size_; }

 private:
  char* begin_;
  std::size_t size_ = 0;
};

/// Decodes what follows `\u`, including the second half of a pair.
DecodeOutcome take_unicode_escape(std::string_view& rest, Output& output) {
  const int first = take_hex(rest);
  if (first < 0) return DecodeOutcome::kMalformed;
  const bool high = first >= 0xD800 && first < 0xDC00;
  const bool low = first >= 0xDC00 && first < 0xE000;
  if (low) return DecodeOutcome::kUndecodable;
  if (!high) {
    output.append_code_point(static_cast<std::uint32_t>(first));
    return DecodeOutcome::kDecoded;
  }
  if (!rest.starts_with("\\u")) return DecodeOutcome::kUndecodable;
  std::string_view second_half = rest.substr(2);
  const int second = take_hex(second_half);
  if (second < 0) return DecodeOutcome::kMalformed;
  if (second < 0xDC00 || second >= 0xE000) return DecodeOutcome::kUndecodable;
  rest = second_half;
  output.append_code_point(0x10000U + (static_cast<std::uint32_t>(first - 0xD800) << 10) +
                           static_cast<std::uint32_t>(second - 0xDC00));
  return DecodeOutcome::kDecoded;
}

}  // namespace

bool is_json_number(std::string_view token) {
  std::size_t at = token.starts_with('-') ? 1 : 0;
  const std::size_t whole_from = at;
  const std::size_t whole_digits = skip_digits(token, at);
  if (whole_digits == 0 || (whole_digits > 1 && token[whole_from] == '0')) return false;
  if (at < token.size() && token[at] == '.') {
    ++at;
    if (skip_digits(token, at) == 0) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    if (skip_digits(token, at) == 0) return false;
  }
  return at == token.size();
}

bool is_json_word(std::string_view token) {
  if (token == "true" || token == "false" || token == "null") return true;
  return is_json_number(token);
}

DecodeOutcome decode_json_string(std::string_view escaped, char* out, std::size_t& size) {
  Output output(out);
  DecodeOutcome outcome = DecodeOutcome::kDecoded;
  while (!escaped.empty()) {
    const std::size_t plain = std::min(escaped.find('\\'), escaped.size());
    output.append(escaped.substr(0, plain));
    escaped.remove_prefix(plain);
    if (escaped.empty()) break;
    if (escaped.size() < 2) return DecodeOutcome::kMalformed;
    const char letter = escaped[1];
    escaped.remove_prefix(2);
    if (letter == 'u') {
      const DecodeOutcome one = take_unicode_escape(escaped, output);
      if (one == DecodeOutcome::kMalformed) return one;
      // The rest is still looked at: a grammar fault further on outweighs a lone surrogate.
      if (one == DecodeOutcome::kUndecodable) outcome = one;
      continue;
    }
    const char plain_character = simple_escape(letter);
    if (plain_character == 0) return DecodeOutcome::kMalformed;
    output.append({&plain_character, 1});
  }
  size = output.size();
  return outcome;
}

const char* end_of_string(const char* at, const char* end) {
  const char* const begin = at;
  while (at < end) {
    const auto* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
    const char* const stop = quote == nullptr ? end : quote;
    if (std::memchr(at, '\n', static_cast<std::size_t>(stop - at)) != nullptr) return nullptr;
    if (quote == nullptr) return nullptr;
    const char* backslash = quote;
    while (backslash > begin && backslash[-1] == '\\') --backslash;
    at = quote + 1;
    if ((quote - backslash) % 2 == 0) return at;
  }
  return nullptr;
}

const char* end_of_brackets(const char* at, const char* end) {
  std::size_t depth = 0;
  while (at != nullptr && at < end) {
    switch (*at++) {
      case '"':
        at = end_of_string(at, end);
        break;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (--depth == 0) return at;
        break;
      default:
        break;
    }
  }
  return nullptr;
}

}  // namespace weir
