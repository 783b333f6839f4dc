// Sums of money in bytes, for snapshots.
#pragma once

#include "weir/core/codec.h"
#include "weir/model/currency.h"

namespace weir {

/// No sum of money takes fewer bytes.
inline constexpr std::size_t kLeastMoneyBytes = 10;

inline void save_money(const Money& money, ByteWriter& writer) {
  writer.number(money.currency);
  writer.fixed(static_cast<std::uint64_t>(money.nanos));
  writer.signed_number(static_cast<std::int64_t>(money.nanos >> 64));
}

/// A sum far from where many of them together would overflow; anything else fails.
inline Money load_money(ByteReader& reader) {
  constexpr std::int64_t kMostHigh = std::int64_t{1} << 40;
  Money money;
  money.currency = static_cast<Currency>(reader.number(0xffff));
  const std::uint64_t low = reader.fixed();
  const std::int64_t high = reader.signed_number();
  if (high > kMostHigh || high < -kMostHigh) reader.fail();
  if (reader.ok()) money.nanos = Nanos{high} * (Nanos{1} << 64) + low;
  return money;
}

}  // namespace weir
