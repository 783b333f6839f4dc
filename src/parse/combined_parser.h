// The combined access log of Apache and nginx, the common one (which ends after the size), and either with a host in
// front. Lines are read by hand. Must never take what a client wrote for structure.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "access_hit.h"
#include "log_values.h"
#include "text_room.h"
#include "weir/parse/parser.h"

namespace weir {

/// Reads one line; see LineParser. What follows the user agent is ignored.
class CombinedReader {
 public:
  static constexpr bool kQueryIsEvent = false;
  explicit CombinedReader(const ParserOptions& options) : events_(options.access_log) {}
  void begin(const Call&) {}
  static constexpr std::size_t room_of(std::size_t size) { return size + AccessEvents::room_of(size); }
  Fault read(std::string_view line, RawEvent& event, TextRoom& texts);

 private:
  AccessEvents events_;
  CommonLogInstants instants_;
};

std::unique_ptr<Parser> make_combined_parser(const ParserOptions& options);
bool recognises_combined(std::string_view line);

}  // namespace weir
