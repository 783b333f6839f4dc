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

/// Calls `visit.template operator()<kIndex>(member)` for the member of each row, in the order of the table, until one
/// returns false. Unrolled: what is done with a member is compiled for it.
template <std::size_t kIndex = 0, class Visit>
bool for_each_field(RawEvent& event, Visit visit) {
  if constexpr (kIndex == kFieldTable.size()) {
    return true;
  } else {
    constexpr FieldTarget kTarget = kFieldTable[kIndex].target;
    return visit.template operator()<kIndex>(event.*std::get<kTarget.index()>(kTarget)) &&
           for_each_field<kIndex + 1>(event, visit);
  }
}

/// Empties what the native format has no key for; other formats may have filled it.
inline void clear_other_members(RawEvent& event) {
  event.address = {};
  event.resource = false;
}

/// A set of fields, one bit per row of the table.
using FieldSet = std::uint64_t;
static_assert(kFieldTable.size() < 64, "a set of fields is kept in 64 bits, with one for unknown keys");

/// The bit of the index that stands for all keys that are not in the table.
inline constexpr FieldSet kUnknownField = FieldSet{1} << kFieldTable.size();

/// The first token of each field of an object; where `seen` has no bit, what is there is of earlier objects.
struct FieldTokens {
  std::array<std::string_view, kFieldTable.size()> of{};
  FieldSet seen = kUnknownField;
};

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

/// What keeps the first n bytes of two words, for n up to 15.
constexpr std::array<Words, sizeof(Words)> make_masks() {
  constexpr std::string_view kOnes = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
  std::array<Words, sizeof(Words)> masks{};
  for (std::size_t size = 0; size < masks.size(); ++size) masks[size] = words_of(kOnes.substr(0, size));
  return masks;
}

inline constexpr std::array<Words, sizeof(Words)> kMasks = make_masks();

}  // namespace field_lookup

/// Row number of a key; the table's size when there is none. Without a branch that depends on the key's size, which
/// is hard to predict. 16 bytes must be readable at `key`. Escapes are not understood: such a key matches nothing.
inline std::size_t find_field(std::string_view key) {
  static_assert(std::endian::native == std::endian::little, "keys are compared as little-endian words");
  field_lookup::Words words;
  if (key.size() >= sizeof words) return kFieldTable.size();
  std::memcpy(&words, key.data(), sizeof words);
  const field_lookup::Words& mask = field_lookup::kMasks[key.size()];
  words.low &= mask.low;
  words.high &= mask.high;
  const field_lookup::Slot& slot = field_lookup::kLookup[field_lookup::slot_of(words, field_lookup::kMultiplier)];
  return slot.words == words ? slot.index : kFieldTable.size();
}

}  // namespace weir
