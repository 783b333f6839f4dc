// What the Google tag of GA4 sends from browsers to /g/collect: parameters in the query of the request, and in each
// line of its body those of a further event. Google has no specification of it: unknown parameters are ignored.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "text_room.h"
#include "weir/parse/parser.h"

namespace weir {

/// Reads one line; see LineParser. In a stream without requests a line has all of its event's parameters, and may be a
/// url or a path with them.
class Ga4Reader {
 public:
  static constexpr bool kQueryIsEvent = true;
  explicit Ga4Reader(const ParserOptions& options) : line_bytes_(options.line_bytes) {}
  void begin(const Call& call) { shared_ = call.query; }
  /// A line's own parameters and the shared ones, which are at most as long as a line may be, decoded.
  std::size_t room_of(std::size_t size) const { return size + line_bytes_; }
  Fault read(std::string_view line, RawEvent& event, TextRoom& texts);

 private:
  std::size_t line_bytes_;
  std::string_view shared_;
};

std::unique_ptr<Parser> make_ga4_parser(const ParserOptions& options);
bool recognises_ga4(std::string_view line);

}  // namespace weir
