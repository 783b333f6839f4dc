// JsonLogReader: access logs with one JSON object per line, of which a table of names tells what each is. Nested
// objects are read by dotted names, of arrays the first element. Must never let simdjson leak into other files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "text_room.h"
#include "weir/parse/parser.h"

namespace weir {

/// What a name in a log may stand for.
enum class LogField : std::uint8_t {
  kTime,
  kAddress,
  kMethod,
  kTarget,     // a path with its query, or a whole request line
  kArguments,  // the query alone
  kHost,
  kStatus,
  kDuration,  // seconds, unless a unit stands behind the number
  kReferrer,
  kUserAgent,
  kVisitor,
  kId,
  kLogger,  // the part of a server that wrote the line
  kCount
};

/// One row of a format's table.
struct LogKey {
  std::string_view name;  // "request.uri"
  LogField field;
  std::uint8_t rank;  // of several names of a field that have a value, the lowest rank counts, then the first
};

/// Reads one line; see LineParser. Not movable.
class JsonLogReader {
 public:
  static constexpr bool kQueryIsEvent = false;
  /// `keys`: sorted by name; of static storage.
  JsonLogReader(const ParserOptions& options, std::span<const LogKey> keys);
  ~JsonLogReader();
  JsonLogReader(const JsonLogReader&) = delete;
  JsonLogReader& operator=(const JsonLogReader&) = delete;

  void begin(const Call&) {}
  static std::size_t room_of(std::size_t size);
  Fault read(std::string_view line, RawEvent& event, TextRoom& texts);

 private:
  class Walk;
  std::unique_ptr<Walk> walk_;
};

}  // namespace weir
