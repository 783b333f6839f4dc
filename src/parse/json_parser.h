// JsonParser: what the JSON formats of other tools share. Cuts a body into documents, a document into its events, has
// each parsed and validated whole, and hands it to the format. Must never let one bad event of a batch cost another.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "event_splitter.h"
#include "json_object.h"
#include "weir/model/raw_event.h"
#include "weir/parse/parser.h"

namespace weir {

/// One event as a format sees it. Views live until the next event.
struct JsonEvent {
  JsonObject event;
  JsonObject envelope;  // the document whose list the event stands in, with that list empty; nothing if it is alone
  const Call& call;
  TextRoom& texts;
};

/// A format is one of these. An event comes in cleared; a format sets what it can read.
struct JsonFormat {
  std::string_view list;  // key of a document's list of events; where it is not, the document is an event
  Fault (*read)(const JsonEvent& in, RawEvent& event);
};

/// Reads the documents of one format. `site=` in the query of a request overrides what its events say. Events are held
/// to ParserOptions; a document with a list may be as long as its source allows, but without its list it is held to
/// them too. Texts live in the parsed document, so events come one at a time.
class JsonParser final : public Parser {
 public:
  JsonParser(const JsonFormat& format, const ParserOptions& options);

  using Parser::begin;
  void begin(std::string_view text, Framing framing, const Call& call) override;
  std::size_t next(std::span<ParsedEvent> out) override;

 private:
  /// A parser of single objects with the copy it reads when an object has to be mended.
  struct Reader {
    simdjson::dom::parser parser;
    std::vector<char> copy;
  };

  Reader make_reader() const;
  Fault parse(Reader& reader, std::string_view text, JsonObject& object) const;
  bool open_list(const Piece& document);
  Fault read_event(std::string_view text, RawEvent& event);
  void report(const Piece& piece, Fault fault, ParsedEvent& parsed) const;

  const JsonFormat& format_;
  ParserOptions options_;
  EventSplitter documents_;
  EventSplitter list_;
  bool in_list_ = false;
  Piece piece_;
  std::size_t list_line_ = 0;  // line of the text on which the list starts
  Reader envelope_reader_;
  Reader event_reader_;
  std::vector<char> envelope_text_;
  JsonObject envelope_;
  Call call_;
  std::string_view site_;  // named by the query: whoever set the sender up knows best
  TextRoom texts_;
};

}  // namespace weir
