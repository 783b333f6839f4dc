#include "weir/core/text.h"

#include <cstdint>

#include "weir/core/ascii.h"

namespace weir {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

struct Character {
  std::uint32_t code_point = 0;
  std::size_t size = 1;  // bytes taken, at least 1
  bool valid = false;
};

/// The character at the front of `text`, which is not empty.
Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
  if (size == 0 || lead > 0xF4 || text.size() < size) return {};
  std::uint32_t code_point = lead & (0xFFU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {};
    code_point = (code_point << 6) | (byte(i) & 0x3FU);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[size] || code_point > 0x10FFFF || surrogate) return {};
  return {code_point, size, true};
}

bool is_control(std::uint32_t code_point) { return code_point < 0x20 || (code_point >= 0x7F && code_point <= 0x9F); }

}  // namespace

bool is_valid_utf8(std::string_view text) {
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid) return false;
    text.remove_prefix(character.size);
  }
  return true;
}

bool is_clean_label(std::string_view text, std::size_t limit_bytes) {
  if (text.size() > limit_bytes) return false;
  while (!text.empty()) {
    const Character character = first_character(text);
    if (!character.valid || is_control(character.code_point)) return false;
    text.remove_prefix(character.size);
  }
  return true;
}

std::string clean_label(std::string_view text, std::size_t limit_bytes) {
  std::string label;
  std::size_t cut = 0;  // the longest front that leaves room for the ellipsis
  while (!text.empty()) {
    const Character character = first_character(text);
    const bool keep = character.valid && !is_control(character.code_point);
    label += keep ? text.substr(0, character.size) : kReplacement;
    if (label.size() > limit_bytes) {
      label.resize(cut);
      return limit_bytes < kEllipsis.size() ? label : label += kEllipsis;
    }
    if (label.size() + kEllipsis.size() <= limit_bytes) cut = label.size();
    text.remove_prefix(character.size);
  }
  return label;
}

std::string decode_query_value(std::string_view value) {
  std::string decoded;
  decoded.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool escape = value[i] == '%' && i + 2 < value.size();
    const int high = escape ? hex_digit(value[i + 1]) : -1;
    const int low = escape ? hex_digit(value[i + 2]) : -1;
    if (high >= 0 && low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += value[i] == '+' ? ' ' : value[i];
    }
  }
  return decoded;
}

bool glob_match(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // last star seen, and the text position it was tried from
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace weir
