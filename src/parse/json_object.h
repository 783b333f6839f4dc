// JsonObject: looking things up in a parsed object whose shape nobody promised. What is missing or of the wrong kind is
// empty, so that a format can say `context.object("page").text("url")`. Must never refuse: that is the format's part.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "text_room.h"
#include "weir/core/clock.h"
#include "weir/model/rejection.h"

namespace weir {

/// What an error of simdjson means for the event; empty for SUCCESS.
Fault fault_of(simdjson::error_code error);

/// A host or the name of a site as all formats write it: lower case, without port and white space around it. Empty when
/// it finds no room.
std::string_view as_site(std::string_view text, TextRoom& texts);

/// `text` with each '?' and '#' percent-encoded, as a url's path has it. Empty when it finds no room.
std::string_view encode_path(std::string_view text, TextRoom& texts);

/// A time that may be missing, or wrong.
struct JsonTime {
  std::optional<TimeMs> instant;
  bool bad = false;  // something other than null stands there, and it is no instant
};

/// An object, or nothing, in which nothing is found. Views live as long as the parser's document. Of equal keys the
/// first counts.
class JsonObject {
 public:
  JsonObject() = default;
  explicit JsonObject(simdjson::dom::object object) : object_(object) {}

  bool exists() const { return object_.has_value(); }
  JsonObject object(std::string_view key) const;
  /// A string; empty when it is something else.
  std::string_view text(std::string_view key) const;
  /// The first of these keys whose string is not empty.
  std::string_view text(std::initializer_list<std::string_view> keys) const;
  /// A string, or a whole number written out: senders write ids either way.
  std::string_view id(std::string_view key, TextRoom& texts) const;
  /// A number, or a string that holds one, as an amount (see amount_of_number).
  std::optional<double> amount(std::string_view key) const;
  /// The same as a whole number; what follows a point is cut off.
  std::optional<std::uint64_t> whole(std::string_view key) const;
  /// RFC 3339, or a number since 1970 in seconds, milliseconds or microseconds, also within a string.
  JsonTime time(std::string_view key) const;
  /// True when the key is there with the value false.
  bool is_false(std::string_view key) const;

 private:
  std::optional<simdjson::dom::element> find(std::string_view key) const;

  std::optional<simdjson::dom::object> object_;
};

}  // namespace weir
