// Fuzz target of the formats of lines and queries: the first byte chooses the format, the second where the query ends;
// the rest is query and text, read as lines and as a body. Must not crash, read outside its buffers, or come to no end.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "weir/core/check.h"
#include "weir/parse/parser.h"

namespace {

using weir::Framing;
using weir::ParsedEvent;
using weir::Parser;

constexpr std::size_t kHeadBytes = 2;

/// Reads all events and touches every byte of their texts.
void drain(Parser& parser, std::string_view text, Framing framing, std::string_view query) {
  std::array<ParsedEvent, 5> events;
  std::size_t total = 0;
  unsigned touched = 0;
  parser.begin(text, framing, {{}, query});
  while (const std::size_t count = parser.next(events)) {
    total += count;
    for (std::size_t i = 0; i < count; ++i) {
      for (const char byte : events[i].line) touched += static_cast<unsigned char>(byte);
      if (events[i].rejected) continue;
      const weir::RawEvent& event = events[i].event;
      WEIR_CHECK(!event.type.empty());
      for (const std::string_view field : {event.type, event.visitor, event.url, event.referrer, event.user_agent,
                                           event.name, event.order, event.address, event.id, event.session}) {
        for (const char byte : field) touched += static_cast<unsigned char>(byte);
      }
    }
  }
  WEIR_CHECK(total <= text.size() + query.size());
  static volatile unsigned keep = 0;
  keep = touched;
  static_cast<void>(keep);  // Reading it keeps the loops above alive.
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::unique_ptr<Parser>> parsers = [] {
    std::vector<std::unique_ptr<Parser>> all;
    weir::ParserOptions options;
    options.line_bytes = 300;
    options.depth = 4;
    for (const weir::FormatRow& row : weir::format_table()) all.push_back(row.make(options));
    return all;
  }();
  if (size < kHeadBytes) return 0;
  Parser& parser = *parsers[data[0] % parsers.size()];
  const std::string_view input(reinterpret_cast<const char*>(data) + kHeadBytes, size - kHeadBytes);
  const std::size_t query_size = std::min<std::size_t>(data[1], input.size());
  // Blocks of their own, so that a sanitizer sees every byte read too far.
  const std::vector<char> query(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(query_size));
  std::vector<char> text(input.begin() + static_cast<std::ptrdiff_t>(query_size), input.end());
  const std::size_t text_size = text.size();
  text.resize(text_size + weir::kParserPadding, "}],\"{:["[data[1] % 7]);
  drain(parser, {text.data(), text_size}, Framing::kLines, {query.data(), query.size()});
  drain(parser, {text.data(), text_size}, Framing::kDocument, {query.data(), query.size()});
  return 0;
}
