// Fuzz target of LineBuffer and the native parser: any bytes, in any pieces, as lines and as a body. Must not
// crash, read outside its buffers, or come to no end.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "weir/core/check.h"
#include "weir/parse/line_buffer.h"
#include "weir/parse/parser.h"

namespace {

using weir::Framing;
using weir::ParsedEvent;
using weir::Parser;

/// Reads all events and touches every byte of their texts.
void drain(Parser& parser, std::string_view text, Framing framing) {
  std::array<ParsedEvent, 5> events;
  std::size_t total = 0;
  unsigned touched = 0;
  parser.begin(text, framing);
  while (const std::size_t count = parser.next(events)) {
    total += count;
    for (std::size_t i = 0; i < count; ++i) {
      for (const char byte : events[i].line) touched += static_cast<unsigned char>(byte);
      if (events[i].rejected) continue;
      WEIR_CHECK(!events[i].event.type.empty());
      for (const char byte : events[i].event.type) touched += static_cast<unsigned char>(byte);
      for (const char byte : events[i].event.url) touched += static_cast<unsigned char>(byte);
    }
  }
  WEIR_CHECK(total <= text.size());
  static volatile unsigned keep = 0;
  keep = touched;
  static_cast<void>(keep);  // Reading it keeps the loops above alive.
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<Parser> parser = weir::find_format("native")->make({.line_bytes = 300, .depth = 4});
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::vector<char> padded(text.begin(), text.end());
  // What lies behind the text must not matter, least of all what could go on with it.
  padded.resize(size + weir::kParserPadding, size == 0 ? '}' : "}],\"{:["[data[size / 2] % 7]);
  drain(*parser, {padded.data(), size}, Framing::kLines);
  drain(*parser, {padded.data(), size}, Framing::kDocument);

  weir::LineBuffer buffer(300);
  std::string_view rest = text;
  std::size_t piece = size == 0 ? 1 : 1 + data[0];
  while (!rest.empty()) {
    const std::span<char> room = buffer.prepare();
    const std::size_t count = std::min({piece, rest.size(), room.size()});
    std::copy_n(rest.begin(), count, room.begin());
    buffer.commit(count);
    rest.remove_prefix(count);
    drain(*parser, buffer.take_lines(), Framing::kLines);
    while (!buffer.take_oversize().empty()) continue;
  }
  drain(*parser, buffer.take_rest(), Framing::kLines);
  return 0;
}
