// LiteralSet: whether a text holds any of many fixed texts. For the part of a list of patterns that needs no regular
// expressions. Must never take more than one look at most positions of a text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// Texts found by the hash of their first four bytes: a table that says, for most positions of a text at once, that
/// none begins there. Not thread-safe while it is filled; immutable afterwards.
class LiteralSet {
 public:
  /// The shortest text that can be added.
  static constexpr std::size_t kLeastBytes = 4;

  void add(std::string literal);

  /// True when any of the texts is in `text`, case and all.
  bool any_in(std::string_view text) const;

 private:
  static constexpr unsigned kPlaceBits = 14;
  using Place = std::uint16_t;  // of a text in literals_, + 1; 0: none

  static std::size_t hash_at(const char* text);

  std::array<Place, std::size_t{1} << kPlaceBits> first_{};  // by hash_at()
  std::vector<std::string> literals_;
  std::vector<Place> next_;  // of a text: the next one of the same hash
};

}  // namespace weir
