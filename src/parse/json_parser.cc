// Implementation of json_parser.h. simdjson's DOM validates a whole object before anything is read from it.
#include "json_parser.h"

#include <algorithm>
#include <limits>

#include "json_mend.h"
#include "json_text.h"
#include "weir/core/check.h"

namespace weir {
namespace {

namespace dom = simdjson::dom;

static_assert(kParserPadding >= simdjson::SIMDJSON_PADDING);

constexpr std::size_t kBuiltTextFactor = 4;  // of an event's size; percent-encoding takes three bytes for one

/// The array at `key` of an object, brackets included; empty when there is none. Looks at no more than it needs to
/// find it: what is wrong elsewhere shows when the rest is parsed. Keys with escapes are not understood.
std::string_view array_at_key(std::string_view object, std::string_view key) {
  const char* at = object.data() + 1;
  const char* const end = object.data() + object.size();
  const auto skip_space = [&] {
    while (at < end && is_json_space(*at)) ++at;
    return at < end;
  };
  while (skip_space() && *at == '"') {
    const char* const key_begin = at + 1;
    at = end_of_string(key_begin, end);
    if (at == nullptr) return {};
    const bool wanted = std::string_view(key_begin, static_cast<std::size_t>(at - 1 - key_begin)) == key;
    if (!skip_space() || *at++ != ':' || !skip_space()) return {};
    const char* const value = at;
    if (*at == '{' || *at == '[') {
      at = end_of_brackets(at, end);
    } else if (*at == '"') {
      at = end_of_string(at + 1, end);
    } else {
      at = std::find_if(at, end, [](char byte) { return byte == ',' || byte == '}'; });
    }
    if (at == nullptr) return {};
    if (wanted) return *value == '[' ? std::string_view(value, static_cast<std::size_t>(at - value)) : "";
    if (!skip_space() || *at++ != ',') return {};
  }
  return {};
}

/// The value of `site=` in a query, as it stands there.
std::string_view site_in_query(std::string_view query) {
  constexpr std::string_view kName = "site=";
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.starts_with(kName)) return pair.substr(kName.size());
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
  }
  return {};
}

}  // namespace

JsonParser::JsonParser(const JsonFormat& format, const ParserOptions& options)
    : format_(format),
      options_(options),
      documents_(format.list.empty() ? options.line_bytes : std::numeric_limits<std::size_t>::max()),
      list_(options.line_bytes),
      envelope_reader_(make_reader()),
      event_reader_(make_reader()),
      texts_(kBuiltTextFactor * options.line_bytes) {}

JsonParser::Reader JsonParser::make_reader() const {
  Reader reader{dom::parser(options_.line_bytes), {}};
  // One level more than the limit, as simdjson counts what is inside the innermost container as well. If that is
  // nothing, the container is not counted, so it may stand one level deeper.
  WEIR_CHECK(reader.parser.allocate(options_.line_bytes, options_.depth + 1) == simdjson::SUCCESS);
  return reader;
}

void JsonParser::begin(std::string_view text, Framing framing, const Call& call) {
  documents_.begin(text, framing);
  in_list_ = false;
  call_ = call;
  site_ = site_in_query(call.query);
}

std::size_t JsonParser::next(std::span<ParsedEvent> out) {
  if (out.empty()) return 0;
  ParsedEvent& parsed = out.front();
  while (true) {
    if (in_list_) {
      if (list_.next(piece_)) {
        piece_.line_number += list_line_ - 1;
        const Fault fault = piece_.fault ? piece_.fault : read_event(piece_.text, parsed.event);
        report(piece_, fault, parsed);
        return 1;
      }
      in_list_ = false;
    }
    if (!documents_.next(piece_)) return 0;
    if (!piece_.fault && open_list(piece_)) continue;
    envelope_ = JsonObject();
    const Fault fault = piece_.fault ? piece_.fault : read_event(piece_.text, parsed.event);
    report(piece_, fault, parsed);
    return 1;
  }
}

/// True when a document has a list, whose events come next. A document that is wrong around its list becomes a refusal.
bool JsonParser::open_list(const Piece& document) {
  if (format_.list.empty() || !document.text.starts_with('{')) return false;
  const std::string_view list = array_at_key(document.text, format_.list);
  if (list.empty()) return false;
  const auto before = static_cast<std::size_t>(list.data() - document.text.data());
  const std::string_view behind = document.text.substr(before + list.size());
  if (before + behind.size() > options_.line_bytes) {  // so that what is kept for the next one stays small
    piece_.fault = Rejection::kTooLong;
    return false;
  }
  envelope_text_.assign(document.text.begin(), document.text.begin() + static_cast<std::ptrdiff_t>(before));
  envelope_text_.insert(envelope_text_.end(), {'[', ']'});
  envelope_text_.insert(envelope_text_.end(), behind.begin(), behind.end());
  const std::size_t size = envelope_text_.size();
  envelope_text_.resize(size + kParserPadding);
  piece_.fault = parse(envelope_reader_, {envelope_text_.data(), size}, envelope_);
  if (piece_.fault) return false;
  const auto lines_before =
      std::count(document.text.begin(), document.text.begin() + static_cast<std::ptrdiff_t>(before), '\n');
  list_line_ = document.line_number + static_cast<std::size_t>(lines_before);
  list_.begin(list, Framing::kDocument);
  in_list_ = true;
  return true;
}

/// Parses one object, `text`, which has kParserPadding readable bytes behind it.
Fault JsonParser::parse(Reader& reader, std::string_view text, JsonObject& object) const {
  if (text.size() > options_.line_bytes) return Rejection::kTooLong;
  if (text.empty() || text.front() != '{') return Rejection::kMalformed;
  dom::object parsed;
  const auto attempt = [&](const char* bytes) {
    return reader.parser.parse(bytes, text.size(), false).get_object().get(parsed);
  };
  simdjson::error_code error = simdjson::STRING_ERROR;
  const bool mend = has_surrogate_escape(text);
  if (!mend) error = attempt(text.data());
  if (mend || error == simdjson::NUMBER_ERROR) {
    reader.copy.assign(text.begin(), text.end());
    mend_json(reader.copy);
    reader.copy.resize(text.size() + kParserPadding);
    error = attempt(reader.copy.data());
  }
  if (error == simdjson::SUCCESS) object = JsonObject(parsed);
  return fault_of(error);
}

Fault JsonParser::read_event(std::string_view text, RawEvent& event) {
  event = RawEvent{};
  texts_.forget();
  JsonObject object;
  if (const Fault fault = parse(event_reader_, text, object)) return fault;
  const Fault fault = format_.read({object, envelope_, call_, texts_}, event);
  event.visitor_given = !event.visitor.empty();
  if (!site_.empty()) event.site = site_;
  return fault;
}

void JsonParser::report(const Piece& piece, Fault fault, ParsedEvent& parsed) const {
  // Text that is broken early is not looked at further, so bytes that are no text may be found behind the fault.
  if (fault == Rejection::kMalformed && !simdjson::validate_utf8(piece.text.data(), piece.text.size())) {
    fault = Rejection::kInvalidUtf8;
  }
  parsed.line = piece.text;
  parsed.line_number = piece.line_number;
  parsed.rejected = fault.has_value();
  parsed.reason = fault.value_or(Rejection::kMalformed);
}

}  // namespace weir
