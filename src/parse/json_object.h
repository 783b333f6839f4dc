// JsonObject: looking things up in a parsed object whose shape nobody promised. What is missing or of the wrong kind is
// empty, so that a format can say `context.object("page").text("url")`. Must never refuse: that is the format's part.
#pragma once

#include <simdjson.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <vector>

#include "weir/core/clock.h"
#include "weir/model/rejection.h"

namespace weir {

/// Why an event is refused; empty when it is not.
using Fault = std::optional<Rejection>;

/// Texts a format had to build. Its size is fixed; views live until clear().
class TextStore {
 public:
  explicit TextStore(std::size_t bytes) : bytes_(bytes) {}
  void clear() { size_ = 0; }
  /// The parts one after the other; empty when there is no room for them.
  std::string_view join(std::initializer_list<std::string_view> parts);
  /// A host or the name of a site as all formats write it: lower case, without port and white space around it.
  std::string_view as_site(std::string_view text);
  /// `text` with each '?' and '#' percent-encoded, as a url's path has it.
  std::string_view encode_path(std::string_view text);

 private:
  std::vector<char> bytes_;
  std::size_t size_ = 0;
};

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
  std::string_view id(std::string_view key, TextStore& texts) const;
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
