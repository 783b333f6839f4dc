// Small text helpers used by several layers: UTF-8 hygiene, query values and glob matching.
#pragma once

#include <string>
#include <string_view>

namespace weir {

/// The first of two texts that is not empty.
constexpr std::string_view first_of(std::string_view preferred, std::string_view otherwise) {
  return preferred.empty() ? otherwise : preferred;
}

/// True when `text` is well-formed UTF-8 (no overlong forms, no surrogates).
bool is_valid_utf8(std::string_view text);

/// True when `text` may be used as a label as it stands: well-formed UTF-8, no control characters
/// (U+0000-U+001F, U+007F-U+009F), at most `limit_bytes` long.
bool is_clean_label(std::string_view text, std::size_t limit_bytes);

/// `text` made fit for labels, terminals and logs: ill-formed bytes and control characters become U+FFFD,
/// and what is longer than `limit_bytes` is cut at a character border and ends in "…".
std::string clean_label(std::string_view text, std::size_t limit_bytes);

/// Decodes %xx and '+' of a query value. Malformed escapes stay as they are. The result may hold any bytes.
std::string decode_query_value(std::string_view value);

/// Matches a whole text against a pattern in which `*` stands for any run of characters and `?` for one byte.
bool glob_match(std::string_view pattern, std::string_view text);

}  // namespace weir
