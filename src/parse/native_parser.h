// NativeParser: the native JSON format of the contract, read with simdjson, one object at a time. Sits
// between line splitting and the reader that classifies events. Must never let simdjson leak out of its layer.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "event_splitter.h"
#include "recognition.h"
#include "weir/parse/parser.h"

namespace weir {

/// Reads objects, arrays of objects, and lines of either.
///
/// How strict it is: an event must be one complete JSON object by the grammar of RFC 8259, unknown fields
/// and nested values included. Deliberately accepted beyond what strict readers accept: numbers too big for a
/// double and lone surrogates in strings; both make their field count as missing, and do nothing in unknown ones.
class NativeParser final : public Parser {
 public:
  explicit NativeParser(const ParserOptions& options);
  ~NativeParser() override;

  using Parser::begin;
  void begin(std::string_view text, Framing framing, const Call& call) override;
  std::size_t next(std::span<ParsedEvent> out) override;

 private:
  struct ObjectReader;

  EventSplitter splitter_;
  std::unique_ptr<ObjectReader> reader_;
  Piece piece_;
  bool piece_waits_ = false;  // piece_ was split off but there was no room for its texts
};

/// A NativeParser for THE format table.
std::unique_ptr<Parser> make_native_parser(const ParserOptions& options);
/// True for any event, and any array that starts with one.
inline bool recognises_native(std::string_view line) {
  return reads_as(*make_native_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
