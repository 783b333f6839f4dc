// ISO 4217 codes packed into 16 bits.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "weir/core/ascii.h"

namespace weir {

/// A packed currency code: five bits a letter.
using Currency = std::uint16_t;

/// Packs three letters, case ignored; anything else becomes XXX, ISO 4217's "no currency".
constexpr Currency pack_currency(std::string_view code) {
  constexpr Currency kNoCurrency = (23 << 10) | (23 << 5) | 23;
  if (code.size() != 3) return kNoCurrency;
  Currency packed = 0;
  for (const char letter : code) {
    if (!is_letter(letter)) return kNoCurrency;
    packed = static_cast<Currency>((packed << 5) | (lower(letter) - 'a'));
  }
  return packed;
}

inline constexpr Currency kDollar = pack_currency("USD");
inline constexpr Currency kNoCurrency = pack_currency("XXX");

/// True for the codes in use by ISO 4217, XXX included. Others are junk and must not become labels.
bool is_known_currency(Currency packed);

/// The code as text: "EUR".
inline std::string currency_code(Currency packed) {
  std::string code(3, 'A');
  for (int i = 2; i >= 0; --i, packed = static_cast<Currency>(packed >> 5)) {
    code[static_cast<std::size_t>(i)] = static_cast<char>('A' + (packed & 31));
  }
  return code;
}

/// Money as a whole number of billionths, so that sums do not depend on their order.
__extension__ typedef __int128 Nanos;

/// A sum of one currency.
struct Money {
  Currency currency = 0;
  Nanos nanos = 0;
};

/// Largest value an event may carry, in units of its currency.
inline constexpr double kMaxValue = 1e15;

/// Rounds a value in units (0..kMaxValue) to billionths.
inline Nanos to_nanos(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  const double fraction = value - static_cast<double>(whole);
  return Nanos{whole} * 1'000'000'000 + static_cast<std::int64_t>(fraction * 1e9 + 0.5);
}

/// Billionths back to units.
inline double from_nanos(Nanos nanos) { return static_cast<double>(static_cast<long double>(nanos) / 1e9L); }

}  // namespace weir
