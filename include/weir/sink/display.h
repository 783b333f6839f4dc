// Text for people at a terminal: figures with few digits and labels that fit a number of columns. It must
// never let a visitor's text move the cursor or turn the reading direction.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// "12,345,678".
std::string format_count(std::int64_t count);

/// At most seven characters up to 10^15: "999,999", then "1.23M", "45.6G".
std::string format_short_count(double count);

/// "6.4s", "2m05s", "1h02m", "3d04h".
std::string format_dwell(double seconds);

/// "3.6%".
std::string format_percent(double ratio);

/// `text` without what a terminal would act upon: control characters, ill-formed UTF-8 and marks of reading
/// direction become U+FFFD.
std::string printable(std::string_view text);

/// Columns that well-formed UTF-8 takes on a terminal; two for wide characters. Never too few: the ranges of
/// wide characters are coarse.
std::size_t display_width(std::string_view text);

/// `text` cut in the middle, with "…" for what is missing, to at most `width` columns.
std::string fit_to_width(std::string_view text, std::size_t width);

/// `text` with spaces behind (left) or before it (right) to `width` columns.
std::string align_left(std::string_view text, std::size_t width);
std::string align_right(std::string_view text, std::size_t width);

}  // namespace weir
