// Digits: short whole numbers, the most common of all, read eight digits at a time instead of one by one. Inlined into
// the reading of fields. Must never take what the grammar of JSON refuses.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace weir {
namespace digits {

/// A byte in all eight places of a word.
constexpr std::uint64_t eight_times(unsigned char byte) { return byte * 0x0101010101010101ULL; }

/// The first `size` characters at `text`, 1 to 8, as the last of eight digits; what is no digit becomes over 9.
inline std::uint64_t last_digits(const char* text, std::size_t size) {
  static_assert(std::endian::native == std::endian::little, "the first digit is the lowest byte");
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  return (word ^ eight_times('0')) << (8 * (sizeof word - size));
}

/// True when all bytes are at most 9.
constexpr bool are_digits(std::uint64_t digits) {
  return ((digits | (digits + eight_times(0x80 - 10))) & eight_times(0x80)) == 0;
}

/// The number eight digits spell. Adds neighbours: digits to pairs, pairs to fours, fours to eight.
constexpr std::uint64_t value_of_digits(std::uint64_t digits) {
  const std::uint64_t pairs = (digits * 10 + (digits >> 8)) & 0x00FF00FF00FF00FFULL;
  const std::uint64_t fours = pairs * 100 + (pairs >> 16);
  return (fours & 0xFFFF) * 10'000 + ((fours >> 32) & 0xFFFF);
}

}  // namespace digits

/// The value of a token that is a JSON number of at most 16 digits and nothing else: grammar and value in one look.
/// nullopt for all other tokens, numbers or not. 8 bytes must be readable at the start of a token that is not empty.
inline std::optional<std::uint64_t> whole_of_token(std::string_view token) {
  constexpr std::size_t kWord = 8;
  constexpr std::uint64_t kAboveWord = 100'000'000;
  if (token.empty() || token.size() > 2 * kWord || (token.front() == '0' && token.size() > 1)) return std::nullopt;
  if (token.size() <= kWord) {
    const std::uint64_t word = digits::last_digits(token.data(), token.size());
    return digits::are_digits(word) ? std::optional(digits::value_of_digits(word)) : std::nullopt;
  }
  const std::size_t high_size = token.size() - kWord;
  const std::uint64_t high = digits::last_digits(token.data(), high_size);
  const std::uint64_t low = digits::last_digits(token.data() + high_size, kWord);
  if (!digits::are_digits(high) || !digits::are_digits(low)) return std::nullopt;
  return digits::value_of_digits(high) * kAboveWord + digits::value_of_digits(low);
}

}  // namespace weir
