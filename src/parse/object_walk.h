// ObjectWalk: goes through any object with simdjson On-Demand, which is fast because it validates lazily: every token
// is checked here as it goes by, and an object is always walked to its end. The way of objects that FlatWalk leaves.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <string_view>

#include "field_reader.h"

namespace weir {

/// Owned by one thread. Keeps the buffers that make reading free of allocation.
class ObjectWalk {
 public:
  ObjectWalk(const ParserOptions& options, FieldReader& fields);

  /// Reads all fields of `text`, which FieldReader has begun; the reason when it is refused.
  Fault read(std::string_view text, RawEvent& event);

 private:
  using Value = simdjson::ondemand::value;

  Fault read_value(std::size_t index, Value value, std::string_view token, RawEvent& event);
  Fault check_value(Value value, char closer, std::size_t depth);
  Fault check_container(Value& value, char opener, std::size_t depth);

  FieldReader& fields_;
  std::size_t depth_limit_;
  simdjson::ondemand::parser parser_;
  const char* text_end_ = nullptr;  // of the object being read
};

}  // namespace weir
