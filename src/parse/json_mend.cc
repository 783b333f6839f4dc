// Implementation of json_mend.h: one pass over the bytes that knows strings from the rest.
#include "json_mend.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "json_text.h"
#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::size_t kEscapeSize = 6;  // \uXXXX
constexpr std::string_view kReplacement = "\\ufffd";
constexpr std::string_view kNull = "null";

enum class Half : unsigned char { kNone, kHigh, kLow };

/// Which half of a pair the escape at the front of `text` is.
Half half_at(std::string_view text) {
  if (text.size() < kEscapeSize || text[0] != '\\' || text[1] != 'u' || (text[2] | 0x20) != 'd') return Half::kNone;
  const char third = static_cast<char>(text[3] | 0x20);
  if (text[3] == '8' || text[3] == '9' || third == 'a' || third == 'b') return Half::kHigh;
  return third >= 'c' && third <= 'f' ? Half::kLow : Half::kNone;
}

/// Mends the string whose inside starts at `at`; gives back where it ends.
std::size_t mend_string(std::span<char> text, std::size_t at) {
  const std::string_view view(text.data(), text.size());
  while (at < text.size() && text[at] != '"') {
    if (text[at] != '\\') {
      ++at;
      continue;
    }
    const Half half = half_at(view.substr(at));
    if (half == Half::kNone) {
      at += 2;
      continue;
    }
    if (half == Half::kHigh && half_at(view.substr(at + kEscapeSize)) == Half::kLow) {
      at += 2 * kEscapeSize;
      continue;
    }
    std::copy(kReplacement.begin(), kReplacement.end(), text.begin() + static_cast<std::ptrdiff_t>(at));
    at += kEscapeSize;
  }
  return std::min(at + 1, text.size());
}

template <class Number>
bool fits(std::string_view token) {
  Number value{};
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value);
  return error == std::errc() && end == token.data() + token.size();
}

bool is_number_beyond_types(std::string_view token) {
  if (token.size() < kNull.size() || !is_json_number(token)) return false;
  if (token.find_first_of(".eE") != std::string_view::npos) return !fits<double>(token);
  return !fits<std::int64_t>(token) && !fits<std::uint64_t>(token);
}

bool is_of_number(char character) { return is_digit(character) || std::strchr("+-.eE", character) != nullptr; }

}  // namespace

bool has_surrogate_escape(std::string_view text) {
  for (std::size_t at = text.find("\\u"); at != std::string_view::npos; at = text.find("\\u", at + 1)) {
    if (half_at(text.substr(at)) != Half::kNone) return true;
  }
  return false;
}

void mend_json(std::span<char> text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (text[at] == '"') {
      at = mend_string(text, at + 1);
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && text[end] != '\0' && is_of_number(text[end])) ++end;
    if (end == at) {
      ++at;
      continue;
    }
    if (is_number_beyond_types({text.data() + at, end - at})) {
      std::fill(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(end), ' ');
      std::copy(kNull.begin(), kNull.end(), text.begin() + static_cast<std::ptrdiff_t>(at));
    }
    at = end;
  }
}

}  // namespace weir
