#include "literal_set.h"

#include <cstring>
#include <limits>
#include <utility>

#include "weir/core/check.h"

namespace weir {

std::size_t LiteralSet::hash_at(const char* text) {
  std::uint32_t head = 0;
  std::memcpy(&head, text, kLeastBytes);
  return (head * 0x9e3779b1U) >> (32 - kPlaceBits);
}

void LiteralSet::add(std::string literal) {
  WEIR_CHECK(literal.size() >= kLeastBytes && literals_.size() < std::numeric_limits<Place>::max());
  Place& first = first_[hash_at(literal.data())];
  literals_.push_back(std::move(literal));
  next_.push_back(std::exchange(first, static_cast<Place>(literals_.size())));
}

bool LiteralSet::any_in(std::string_view text) const {
  for (std::size_t at = 0; at + kLeastBytes <= text.size(); ++at) {
    for (Place place = first_[hash_at(text.data() + at)]; place != 0; place = next_[place - 1]) {
      if (text.substr(at).starts_with(literals_[place - 1])) return true;
    }
  }
  return false;
}

}  // namespace weir
