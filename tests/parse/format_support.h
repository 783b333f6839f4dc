// Helpers for the tests of all formats: run a text through the parser of a format and tell its events as JSON.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "weir/parse/parser.h"

namespace weir::test {

/// An event's fields that are there, in the order of RawEvent, or {"line": 3, "rejected": "malformed"}.
nlohmann::ordered_json json_of(const ParsedEvent& parsed);

/// The events of a text. It lies on the heap and ends right before its padding, as does the query.
nlohmann::ordered_json events_of(Parser& parser, std::string_view text, Framing framing, std::string_view query = {},
                                 std::size_t group = 32);
nlohmann::ordered_json events_of(std::string_view format, std::string_view text, Framing framing = Framing::kLines,
                                 std::string_view query = {}, const ParserOptions& options = {});

}  // namespace weir::test
