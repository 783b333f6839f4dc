// TextRoom: where texts that differ from the input (decoded, put together) live until the parser's next call of
// next(). Of fixed size, so that a group of events costs no allocation.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "weir/core/check.h"

namespace weir {

/// Owned by one parser.
class TextRoom {
 public:
  explicit TextRoom(std::size_t bytes) : bytes_(bytes) {}

  bool has_room(std::size_t bytes) const { return bytes <= bytes_.size() - size_; }
  /// Ends the life of all texts.
  void forget() { size_ = 0; }
  /// The room left, to write a text into its front.
  std::span<char> rest() { return std::span(bytes_).subspan(size_); }
  /// Keeps the first bytes of rest() as a text.
  std::string_view keep(std::size_t size) {
    WEIR_CHECK(has_room(size));
    const std::string_view text(bytes_.data() + size_, size);
    size_ += size;
    return text;
  }
  /// Keeps texts, one behind the other, as one; empty when there is no room for it.
  std::string_view join(std::initializer_list<std::string_view> parts) {
    std::size_t size = 0;
    for (const std::string_view part : parts) size += part.size();
    if (!has_room(size)) return {};
    auto end = rest().begin();
    for (const std::string_view part : parts) end = std::copy(part.begin(), part.end(), end);
    return keep(size);
  }

 private:
  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

}  // namespace weir
