// Help for formats to recognise their lines, for detect_format().
#pragma once

#include <string_view>

#include "weir/parse/parser.h"

namespace weir {

/// True when `parser`, which is new, takes `line` (with kParserPadding readable bytes behind it) and the event `fits`.
inline bool reads_as(Parser& parser, std::string_view line, bool (*fits)(const RawEvent& event)) {
  ParsedEvent parsed;
  parser.begin(line, Framing::kLines);
  return parser.next({&parsed, 1}) == 1 && !parsed.rejected && fits(parsed.event);
}

}  // namespace weir
