// THE field table of the native format: which key fills which member of RawEvent. Keys are looked up by their
// first sixteen bytes in a perfect hash made at compile time. Must never depend on the order of an event's keys.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <variant>

#include "weir/model/raw_event.h"

namespace weir {

/// Where a field's value goes; the alternative says how it is read.
using TextTarget = std::string_view RawEvent::*;
using TimeTarget = std::optional<TimeMs> RawEvent::*;
using WholeTarget = std::optional<std::uint64_t> RawEvent::*;
using AmountTarget = std::optional<double> RawEvent::*;
using FieldTarget = std::variant<TextTarget, TimeTarget, WholeTarget, AmountTarget>;

/// One row: a key and its target.
struct FieldRow {
  std::string_view name;  // 1..15 bytes
  FieldTarget target;
};

inline constexpr std::array kFieldTable{
    FieldRow{"type", &RawEvent::type},
    FieldRow{"ts", &RawEvent::ts_ms},
    FieldRow{"visitor", &RawEvent::visitor},
    FieldRow{"session", &RawEvent::session},
    FieldRow{"site", &RawEvent::site},
    FieldRow{"url", &RawEvent::url},
    FieldRow{"referrer", &RawEvent::referrer},
    FieldRow{"id", &RawEvent::id},
    FieldRow{"name", &RawEvent::name},
    FieldRow{"value", &RawEvent::value},
    FieldRow{"currency", &RawEvent::currency},
    FieldRow{"order", &RawEvent::order},
    FieldRow{"engaged_ms", &RawEvent::engaged_ms},
    FieldRow{"source", &RawEvent::source},
    FieldRow{"medium", &RawEvent::medium},
    FieldRow{"campaign", &RawEvent::campaign},
    FieldRow{"term", &RawEvent::term},
    FieldRow{"content", &RawEvent::content},
    FieldRow{"user_agent", &RawEvent::user_agent},
    FieldRow{"device", &RawEvent::device},
    FieldRow{"country", &RawEvent::country},
    FieldRow{"status", &RawEvent::status},
    FieldRow{"duration_ms", &RawEvent::duration_ms},
    FieldRow{"sent_at", &RawEvent::sent_at_ms},
};
static_assert(kFieldTable.size() <= 64, "a set of fields is kept in 64 bits");

/// A set of fields, one bit per row of the table.
using FieldSet = std::uint64_t;

/// Row number of a key; the table's size when there is none. Linear: for constants and for escaped keys.
constexpr std::size_t field_index(std::string_view name) {
  std::size_t index = 0;
  while (index < kFieldTable.size() && kFieldTable[index].name != name) ++index;
  return index;
}

/// The set that holds one field of the table.
constexpr FieldSet field_bit(std::string_view name) { return FieldSet{1} << field_index(name); }

namespace field_lookup {

/// A key of up to 15 bytes as two little-endian words, padded with zeros.
struct Words {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend constexpr bool operator==(const Words&, const Words&) = default;
};

constexpr Words words_of(std::string_view name) {
  Words words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<std::uint64_t>(static_cast<unsigned char>(name[i]));
    (i < 8 ? words.low : words.high) |= byte << (8 * (i % 8));
  }
  return words;
}

inline constexpr std::size_t kSlots = 128;

constexpr std::size_t slot_of(const Words& words, std::uint64_t multiplier) {
  return static_cast<std::size_t>(((words.low ^ words.high) * multiplier) >> 57);
}

/// True when no two keys share a slot.
constexpr bool separates(std::uint64_t multiplier) {
  std::array<bool, kSlots> taken{};
  for (const FieldRow& row : kFieldTable) {
    bool& slot = taken[slot_of(words_of(row.name), multiplier)];
    if (slot) return false;
    slot = true;
  }
  return true;
}

constexpr std::uint64_t find_multiplier() {
  std::uint64_t multiplier = 0x9e3779b97f4a7c15ULL;
  while (!separates(multiplier)) multiplier = multiplier * 6364136223846793005ULL + 1442695040888963406ULL;
  return multiplier;
}

struct Slot {
  Words words;
  std::uint8_t index = static_cast<std::uint8_t>(kFieldTable.size());
};

inline constexpr std::uint64_t kMultiplier = find_multiplier();

constexpr std::array<Slot, kSlots> make_slots() {
  std::array<Slot, kSlots> slots{};
  for (std::size_t i = 0; i < kFieldTable.size(); ++i) {
    const Words words = words_of(kFieldTable[i].name);
    slots[slot_of(words, kMultiplier)] = {words, static_cast<std::uint8_t>(i)};
  }
  return slots;
}

inline constexpr std::array<Slot, kSlots> kLookup = make_slots();

/// The bytes of `word` in front of its first quote; all of them when it has none.
struct Cut {
  std::uint64_t word = 0;
  bool closed = false;
};
inline Cut cut_at_quote(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  const std::uint64_t difference = word ^ (kOnes * '"');
  const std::uint64_t quotes = (difference - kOnes) & ~difference & (kOnes * 0x80);
  if (quotes == 0) return {word, false};
  const int quote_at = std::countr_zero(quotes) & ~7;
  return {word & ((std::uint64_t{1} << quote_at) - 1), true};
}

}  // namespace field_lookup

/// Row number of the key that starts at `key`, just behind its opening quote, and ends at the next quote; the
/// table's size when there is none. 16 bytes must be readable. Escapes are not understood: such a key matches
/// nothing.
inline std::size_t find_field(const char* key) {
  static_assert(std::endian::native == std::endian::little, "keys are compared as little-endian words");
  std::uint64_t word = 0;
  std::memcpy(&word, key, sizeof word);
  field_lookup::Words words;
  const field_lookup::Cut low = field_lookup::cut_at_quote(word);
  words.low = low.word;
  if (!low.closed) {
    std::memcpy(&word, key + sizeof word, sizeof word);
    const field_lookup::Cut high = field_lookup::cut_at_quote(word);
    if (!high.closed) return kFieldTable.size();
    words.high = high.word;
  }
  const field_lookup::Slot& slot = field_lookup::kLookup[field_lookup::slot_of(words, field_lookup::kMultiplier)];
  return slot.words == words ? slot.index : kFieldTable.size();
}

}  // namespace weir
