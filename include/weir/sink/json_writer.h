// Writes JSON into one string. It must never write text that a JSON parser refuses, whatever the
// strings and numbers are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir {

/// Indented by one space, or without any white space and so on one line.
enum class JsonLayout : std::uint8_t { kIndented, kCompact };

/// Appends one JSON document to a string. Keys and values must alternate inside
/// objects, and what is opened must be closed: the caller's part. Not thread-safe.
class JsonWriter {
 public:
  /// `out` must outlive the writer.
  explicit JsonWriter(std::string& out, JsonLayout layout = JsonLayout::kIndented) : out_(out), layout_(layout) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }

  void key(std::string_view name);
  /// Control characters are escaped, ill-formed UTF-8 becomes U+FFFD.
  void string(std::string_view value);
  void integer(std::int64_t value);
  /// The shortest text that reads back; null when absent or not finite.
  void number(std::optional<double> value);

 private:
  void open(char bracket);
  void close(char bracket);
  void start_item();
  void start_line();
  void append_string(std::string_view value);

  std::string& out_;
  JsonLayout layout_;
  std::size_t depth_ = 0;
  bool fresh_ = true;       // nothing stands in the open object or array yet
  bool after_key_ = false;  // the next item is the value of a key
};

}  // namespace weir
