// Parser: text in, RawEvents out. One parser per thread; THE format table says which there are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "weir/model/raw_event.h"
#include "weir/model/rejection.h"
#include "weir/parse/access_log_options.h"

namespace weir {

/// Bytes that must be readable behind every text handed to a parser (their content does not matter).
inline constexpr std::size_t kParserPadding = 64;

/// How a text is cut into events. A byte order mark is removed only from the start of a kDocument: the texts of
/// kLines are parts of a stream, whose mark LineBuffer removes. In an array an element that is wrong costs itself;
/// where its commas or brackets are wrong, the rest of its line is refused once. An array that starts a document
/// may be longer than ParserOptions::line_bytes, its elements may not; when it breaks, its further elements are
/// still found if each has a line of its own.
enum class Framing : std::uint8_t {
  kLines,     // one event, or one array of events, per line; a bad line costs that line alone
  kDocument,  // an HTTP body: lines as above, or one object or array that spans lines
};

/// What an HTTP request says besides its body. Views live as long as the text given to begin().
struct Call {
  std::string_view name;   // what the path calls the event: "page", "track"; empty: the body says, or it is a stream
  std::string_view query;  // of the request, without '?'; some formats are all query
};

/// One event, or one refusal.
struct ParsedEvent {
  RawEvent event;               // meaningful when !rejected
  std::string_view line;        // the input it came from, without newline
  std::size_t line_number = 0;  // 1-based within the text given to begin()
  bool rejected = false;
  Rejection reason = Rejection::kMalformed;  // meaningful when rejected
};

struct ParserOptions {
  std::size_t line_bytes = 16 * 1024;  // a longer line is refused as too_long; 1..64 MiB
  std::size_t depth = 16;              // nesting allowed in an event, the event's own braces included; 1..1024
  AccessLogOptions access_log{};
};

/// Reads one format. Owned by one thread. Virtual calls are per group of events, not per event.
class Parser {
 public:
  virtual ~Parser() = default;
  /// Starts on `text`, which must stay readable, with kParserPadding bytes behind it, until the last next().
  void begin(std::string_view text, Framing framing) { begin(text, framing, Call{}); }
  virtual void begin(std::string_view text, Framing framing, const Call& call) = 0;
  /// Parses further events into the front of `out`. Returns how many; 0 when the text is used up. Views in
  /// `out` live until the next call of begin() or next(). Empty lines yield nothing. No allocation per event.
  virtual std::size_t next(std::span<ParsedEvent> out) = 0;
};

/// One row of THE format table.
struct FormatRow {
  std::string_view name;  // as in --format and configuration
  std::string_view help;
  std::unique_ptr<Parser> (*make)(const ParserOptions& options);
  /// True when a line, with kParserPadding readable bytes behind it, is of this format. nullptr: it is never guessed.
  bool (*recognises)(std::string_view line) = nullptr;
  /// True when the beginning of a line is never a line itself, as with JSON. Else a connection that ends within a line
  /// could leave one that says something else.
  bool shows_cuts = true;
};
std::span<const FormatRow> format_table();

/// The row called `name`, or nullptr.
const FormatRow* find_format(std::string_view name);

/// The names of all rows, in their order.
std::vector<std::string> format_names();

/// The row whose format most of the first lines of `head` are of, or nullptr when it is none's. Of rows that recognise
/// equally many, the last one counts: the first rows are the most general. A text without lines is the first row's.
/// A last line without newline is only looked at when it is the only one.
const FormatRow* detect_format(std::string_view head);

}  // namespace weir
