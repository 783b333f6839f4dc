// Helpers of the parser's tests: run a text through a parser, and say in one line what came out. Uses public
// interfaces only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/parse/parser.h"

namespace weir::test {

/// What a parser made of one piece of input; owns its texts.
struct Outcome {
  std::size_t line_number = 0;
  std::string line;
  std::string said;  // describe() of the event
  bool rejected = false;
  Rejection reason = Rejection::kMalformed;
};

/// `ok type="page_view" url="/"`: the fields an event has, in the order of RawEvent; or `malformed` and so on.
std::string describe(const ParsedEvent& parsed);

/// Text with everything but printable ASCII written as \xNN, quotes and backslashes escaped.
std::string printable(std::string_view text);

/// Runs `text` through a parser, `group` events at a time. Behind it lies `padding`, over and over: bytes that would
/// matter if they were read as text.
std::vector<Outcome> parse_all(Parser& parser, std::string_view text, Framing framing, std::size_t group = 32,
                               std::string_view padding = "}],\"");
/// Runs the body of a request through a parser.
std::vector<Outcome> parse_body(Parser& parser, std::string_view body, const Call& call = {});
/// The same through a fresh parser.
std::vector<Outcome> parse_all(std::string_view text, Framing framing, const ParserOptions& options = {},
                               std::size_t group = 32);

/// The describe() lines of parse_all with Framing::kLines.
std::vector<std::string> said_of_lines(std::string_view text, const ParserOptions& options = {});
/// The same with Framing::kDocument, each behind its line number: "3 malformed".
std::vector<std::string> said_of_document(std::string_view text, const ParserOptions& options = {});

/// The seed of a random test: WEIR_SEED, or one drawn now. Prints it.
std::uint64_t test_seed();

}  // namespace weir::test
