// One character at a time, for writers that must never let an ill-formed byte through to a scrape, a JSON
// document or a terminal. Labels are cleaned long before they get here; this is the last line of defence.
#pragma once

#include <cstddef>
#include <string_view>

#include "weir/core/text.h"

namespace weir {

/// What ill-formed bytes are replaced by, U+FFFD.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// Bytes (1..4) of the character at the front of `text`, which is not empty; 0 when it is ill-formed.
inline std::size_t character_size(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  return is_valid_utf8(text.substr(0, size)) ? size : 0;
}

}  // namespace weir
