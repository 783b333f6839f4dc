// FlatWalk: goes through flat objects, which most events are, by an index of the structural characters of many of them
// at once: simdjson's first stage costs half as much for a run of lines as for each line alone. Sits beside ObjectWalk,
// which takes whatever is refused here. Must never take an object that ObjectWalk would refuse or read differently.
#pragma once

#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "field_reader.h"

namespace weir {

/// Owned by one thread. Keeps the buffers that make reading free of allocation.
class FlatWalk {
 public:
  static constexpr std::size_t kLargestRun = 8 * 1024;  // bytes indexed at once; the index stays in the first cache

  explicit FlatWalk(FieldReader& fields);

  /// Starts on a text: the objects read next stand in it, in this order.
  void begin(std::string_view input);
  /// Reads all fields of `text`, which FieldReader has begun. False when that is left to ObjectWalk: it holds another
  /// container, a key with escapes or any fault, it is too long, or a line near it is broken. Then `event` and the
  /// FieldReader have to start again.
  bool read(std::string_view text, RawEvent& event);

 private:
  bool index_from(std::string_view text);
  bool collect(std::string_view text);
  bool take_field(const char* run, const std::uint32_t* at, FieldSet& seen);

  FieldReader& fields_;
  std::unique_ptr<simdjson::internal::dom_parser_implementation> first_stage_;
  const char* input_end_ = nullptr;
  const char* run_ = nullptr;            // what was indexed last
  const char* run_end_ = nullptr;        // objects that begin before it are not worth a new index
  const std::uint32_t* next_ = nullptr;  // of the structural characters of the run, as offsets from its begin
  const std::uint32_t* last_ = nullptr;
  std::size_t run_bytes_ = kLargestRun;  // to be indexed next
  FieldTokens tokens_;                   // of the object being read
};

}  // namespace weir
