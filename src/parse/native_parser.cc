// Implementation of native_parser.h.
#include "native_parser.h"

#include <simdjson.h>

#include "field_reader.h"
#include "flat_walk.h"
#include "object_walk.h"
#include "weir/core/check.h"

namespace weir {

static_assert(kParserPadding >= simdjson::SIMDJSON_PADDING);

/// Reads one object into a RawEvent, the quick way or the thorough one.
struct NativeParser::ObjectReader {
  explicit ObjectReader(const ParserOptions& options) : fields(options), flat(fields), thorough(options, fields) {}

  /// Starts on a text: the objects read next stand in it, in this order.
  void begin(std::string_view input) {
    fields.begin(input);
    flat.begin(input);
  }
  /// Fills `event` from `text`, a part of the input; the reason when it is refused.
  Fault read(std::string_view text, RawEvent& event);

  FieldReader fields;
  FlatWalk flat;
  ObjectWalk thorough;
};

Fault NativeParser::ObjectReader::read(std::string_view text, RawEvent& event) {
  fields.begin_object(text);
  if (flat.read(text, event)) return fields.end_object(event);
  fields.restart_object(event);
  const Fault fault = thorough.read(text, event);
  // simdjson has checked the encoding only if it got that far; a wrong encoding outweighs what it led to.
  if (fault == Rejection::kMalformed && !simdjson::validate_utf8(text.data(), text.size())) {
    return Rejection::kInvalidUtf8;
  }
  return fault ? fault : fields.end_object(event);
}

NativeParser::NativeParser(const ParserOptions& options)
    : splitter_(options.line_bytes), reader_(std::make_unique<ObjectReader>(options)) {
  constexpr std::size_t kLargestLine = 64 * 1024 * 1024;
  constexpr std::size_t kLargestDepth = 1024;
  WEIR_CHECK(options.line_bytes >= 1 && options.line_bytes <= kLargestLine);
  WEIR_CHECK(options.depth >= 1 && options.depth <= kLargestDepth);
}

NativeParser::~NativeParser() = default;

void NativeParser::begin(std::string_view text, Framing framing, const Call&) {
  splitter_.begin(text, framing);
  reader_->begin(text);
  piece_waits_ = false;
}

std::size_t NativeParser::next(std::span<ParsedEvent> out) {
  reader_->fields.forget_texts();
  std::size_t count = 0;
  while (count < out.size()) {
    if (!piece_waits_ && !splitter_.next(piece_)) break;
    piece_waits_ = !piece_.fault && !reader_->fields.has_room(piece_.text.size());
    if (piece_waits_) break;
    ParsedEvent& parsed = out[count];
    Fault fault = piece_.fault;
    if (!fault) {
      fault = reader_->read(piece_.text, parsed.event);
    } else if (fault == Rejection::kMalformed && !simdjson::validate_utf8(piece_.text.data(), piece_.text.size())) {
      fault = Rejection::kInvalidUtf8;
    }
    if (piece_.whole_body && fault == Rejection::kMalformed) {
      splitter_.reread_as_lines();
      reader_->begin(splitter_.text());  // A whole body is the first piece, so `out` holds nothing yet.
      continue;
    }
    parsed.line = piece_.text;
    parsed.line_number = piece_.line_number;
    parsed.rejected = fault.has_value();
    parsed.reason = fault.value_or(Rejection::kMalformed);
    ++count;
  }
  return count;
}

std::unique_ptr<Parser> make_native_parser(const ParserOptions& options) {
  return std::make_unique<NativeParser>(options);
}

}  // namespace weir
