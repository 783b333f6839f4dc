// Help for formats to recognise their lines, for detect_format().
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "weir/parse/parser.h"

namespace weir {

/// True when `parser`, which is new, takes `line` (with kParserPadding readable bytes behind it) and the event `fits`.
inline bool reads_as(Parser& parser, std::string_view line, bool (*fits)(const RawEvent& event)) {
  ParsedEvent parsed;
  parser.begin(line, Framing::kLines);
  return parser.next({&parsed, 1}) == 1 && !parsed.rejected && fits(parsed.event);
}

/// True when one of these is written in a line, such as a key with its quotes.
inline bool names_any(std::string_view line, std::initializer_list<std::string_view> keys) {
  return std::any_of(keys.begin(), keys.end(), [&](auto key) { return line.find(key) != std::string_view::npos; });
}

}  // namespace weir
