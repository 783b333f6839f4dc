// SymbolTable: label texts behind their hashes. Events carry 64-bit symbols; the text is looked up only
// when a cell is made. Bounded: two generations, the older one is forgotten when the newer one is full.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "weir/core/codec.h"
#include "weir/core/hash.h"
#include "weir/model/dimension.h"

namespace weir {

/// Symbol -> text for all dimensions. Thread-safe; guarded by one mutex, which the hot path avoids by
/// remembering what it interned in this generation (see SymbolCache).
class SymbolTable {
 public:
  /// Keeps at most 2 x `capacity` texts.
  SymbolTable(Hasher hasher, std::size_t capacity) : hasher_(hasher), capacity_(capacity) {}

  /// The symbol of a text. Does not store it. Any thread.
  Symbol symbol_of(std::string_view text) const { return hasher_(text); }

  /// Stores `text` (or refreshes it in the newer generation) and returns its symbol. Any thread.
  Symbol intern(std::string_view text);

  /// The text of a symbol, or nullopt when it was forgotten. Any thread.
  std::optional<std::string> text(Symbol symbol) const;

  /// Counts the times the older generation was forgotten. What was interned before the current generation
  /// began must be interned again to stay known. Any thread.
  std::uint32_t generation() const { return generation_.load(std::memory_order_acquire); }

  /// All texts, those forgotten next first. Any thread.
  void save(ByteWriter& writer) const;
  /// Stores the texts. False when the bytes are not what save() writes.
  bool load(ByteReader& reader);

  /// Texts forgotten so far. Any thread.
  std::int64_t forgotten() const { return forgotten_.load(std::memory_order_relaxed); }

 private:
  struct SymbolHash {
    std::size_t operator()(Symbol symbol) const { return symbol; }
  };
  using Generation = std::unordered_map<Symbol, std::string, SymbolHash>;

  Hasher hasher_;
  std::size_t capacity_;
  mutable std::mutex mutex_;
  Generation newer_;  // guarded by mutex_
  Generation older_;  // guarded by mutex_
  std::atomic<std::uint32_t> generation_{1};
  std::atomic<std::int64_t> forgotten_{0};
};

}  // namespace weir
