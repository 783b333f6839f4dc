// Fuzz target of one format, WEIR_FUZZ_FORMAT: any request. The first line of the input is the call, the second the
// query, the rest the body, which is also read as lines. Must not crash, read outside its buffers, come to no end, or
// give out an event that later stages cannot take.
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "weir/core/check.h"
#include "weir/parse/parser.h"

namespace {

using weir::Call;
using weir::Framing;
using weir::ParsedEvent;
using weir::Parser;
using weir::RawEvent;

constexpr std::size_t kLineBytes = 1000;

unsigned touch(std::string_view text) {
  unsigned sum = 0;
  for (const char byte : text) sum += static_cast<unsigned char>(byte);
  return sum;
}

unsigned check(const RawEvent& event) {
  WEIR_CHECK(!event.type.empty());
  WEIR_CHECK(event.resource || event.type != "page_view" || !event.url.empty());
  WEIR_CHECK(!event.value || (std::isfinite(*event.value) && *event.value >= 0));
  WEIR_CHECK(!event.ts_ms || *event.ts_ms >= 0);
  WEIR_CHECK(!event.sent_at_ms || *event.sent_at_ms >= 0);
  unsigned sum = 0;
  for (const std::string_view text :
       {event.type, event.visitor, event.session, event.site, event.url, event.referrer, event.id, event.name,
        event.currency, event.order, event.source, event.medium, event.campaign, event.term, event.content,
        event.user_agent, event.device, event.country, event.address}) {
    sum += touch(text);
  }
  return sum;
}

void drain(Parser& parser, std::string_view text, Framing framing, const Call& call) {
  std::array<ParsedEvent, 5> events;
  std::size_t total = 0;
  unsigned touched = 0;
  parser.begin(text, framing, call);
  while (const std::size_t count = parser.next(events)) {
    total += count;
    for (std::size_t i = 0; i < count; ++i) {
      touched += touch(events[i].line);
      if (!events[i].rejected) touched += check(events[i].event);
    }
  }
  WEIR_CHECK(total <= text.size() + 1);  // a format that is all query has one event without a body
  static volatile unsigned keep = 0;
  keep = touched;
  static_cast<void>(keep);  // Reading it keeps the loops above alive.
}

/// Cuts the first line off, into memory of its own, so that reading past it is seen.
std::vector<char> take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() == text.size() ? line.size() : line.size() + 1);
  return {line.begin(), line.end()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::unique_ptr<Parser> parser =
      weir::find_format(WEIR_FUZZ_FORMAT)->make({.line_bytes = kLineBytes, .depth = 6});
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::vector<char> name = take_line(rest);
  const std::vector<char> query = take_line(rest);
  std::vector<char> body(rest.begin(), rest.end());
  // What lies behind the text must not matter, least of all what could go on with it.
  body.resize(rest.size() + weir::kParserPadding, size == 0 ? '}' : "}],\"{:["[data[size / 2] % 7]);
  const Call call{{name.data(), name.size()}, {query.data(), query.size()}};
  drain(*parser, {body.data(), rest.size()}, Framing::kDocument, call);
  drain(*parser, {body.data(), rest.size()}, Framing::kLines, Call{});
  return 0;
}
