// What trackers send to matomo.php: parameters in the query or in a form, or many requests as one JSON document, the
// bulk. Must never let simdjson leak into other files.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "line_parser.h"
#include "text_room.h"
#include "weir/parse/parser.h"

namespace weir {

/// Each line is a request, or a bulk if it is an object. A document that starts with a bracket is one bulk. A url or
/// path before the '?' of a request is passed over.
class MatomoParser final : public Parser {
 public:
  explicit MatomoParser(const ParserOptions& options);
  ~MatomoParser() override;

  using Parser::begin;
  void begin(std::string_view text, Framing framing, const Call& call) override;
  std::size_t next(std::span<ParsedEvent> out) override;

 private:
  class Bulk;
  /// A request that waits to be read, or is already refused.
  struct Request {
    std::string_view text;
    Fault fault;
  };
  enum class Step { kRequest, kNothing, kEnd, kWait };

  Step take_request(bool first_of_group);
  Fault read(std::string_view request, RawEvent& event);
  std::size_t room_of(std::size_t size) const;

  std::size_t line_bytes_;
  TextRoom texts_;
  std::unique_ptr<Bulk> bulk_;
  LineCutter lines_;
  LineCutter::Line line_;
  std::string_view shared_;    // parameters of the call; those of a request come before them
  std::string_view document_;  // a bulk that is the whole text, until it is read
  Request request_;
  bool bulks_ = true;           // false for a query, behind which there is no padding to parse JSON with
  bool line_waits_ = false;     // line_ is a bulk that was not opened yet
  bool request_waits_ = false;  // request_ was taken but there was no room for its texts
};

std::unique_ptr<Parser> make_matomo_parser(const ParserOptions& options);
bool recognises_matomo(std::string_view line);

}  // namespace weir
