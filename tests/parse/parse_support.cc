// Implementation of parse_support.h.
#include "parse_support.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <random>

namespace weir::test {
namespace {

void add_text(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) out += fmt::format(" {}=\"{}\"", name, printable(value));
}

template <class Number>
void add_number(std::string& out, std::string_view name, const std::optional<Number>& value) {
  if (value) out += fmt::format(" {}={}", name, *value);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  for (const char character : text) {
    if (character == '"' || character == '\\') {
      out += '\\';
      out += character;
    } else if (character >= ' ' && character <= '~') {
      out += character;
    } else {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(character));
    }
  }
  return out;
}

std::string describe(const ParsedEvent& parsed) {
  if (parsed.rejected) return std::string(name_of(parsed.reason));
  const RawEvent& event = parsed.event;
  std::string out = "ok";
  add_text(out, "type", event.type);
  if (event.visitor_given) out += fmt::format(" visitor=\"{}\"", printable(event.visitor));
  add_text(out, "session", event.session);
  add_text(out, "site", event.site);
  add_text(out, "url", event.url);
  add_text(out, "referrer", event.referrer);
  add_text(out, "id", event.id);
  add_text(out, "name", event.name);
  add_text(out, "currency", event.currency);
  add_text(out, "order", event.order);
  add_text(out, "source", event.source);
  add_text(out, "medium", event.medium);
  add_text(out, "campaign", event.campaign);
  add_text(out, "term", event.term);
  add_text(out, "content", event.content);
  add_text(out, "user_agent", event.user_agent);
  add_text(out, "device", event.device);
  add_text(out, "country", event.country);
  add_number(out, "ts", event.ts_ms);
  add_number(out, "sent_at", event.sent_at_ms);
  add_number(out, "value", event.value);
  add_number(out, "engaged_ms", event.engaged_ms);
  add_number(out, "status", event.status);
  add_number(out, "duration_ms", event.duration_ms);
  add_text(out, "address", event.address);
  if (event.resource) out += " resource";
  return out;
}

namespace {

std::vector<Outcome> run(Parser& parser, std::string_view text, Framing framing, const Call& call, std::size_t group,
                         std::string_view padding) {
  // The heap block ends right behind the padding, so a sanitizer sees every byte read too far.
  std::vector<char> bytes(text.begin(), text.end());
  for (std::size_t i = 0; i < kParserPadding; ++i) bytes.push_back(padding[i % padding.size()]);
  std::vector<ParsedEvent> events(group);
  std::vector<Outcome> outcomes;
  parser.begin({bytes.data(), text.size()}, framing, call);
  while (const std::size_t count = parser.next(events)) {
    for (std::size_t i = 0; i < count; ++i) {
      const ParsedEvent& parsed = events[i];
      outcomes.push_back(
          {parsed.line_number, std::string(parsed.line), describe(parsed), parsed.rejected, parsed.reason});
    }
  }
  EXPECT_EQ(parser.next(events), 0U) << "a text that is used up stays used up";
  return outcomes;
}

}  // namespace

std::vector<Outcome> parse_all(std::string_view text, Framing framing, const ParserOptions& options,
                               std::size_t group) {
  return parse_all(*find_format("native")->make(options), text, framing, group);
}

std::vector<Outcome> parse_all(Parser& parser, std::string_view text, Framing framing, std::size_t group,
                               std::string_view padding) {
  return run(parser, text, framing, Call{}, group, padding);
}

std::vector<Outcome> parse_body(Parser& parser, std::string_view body, const Call& call) {
  return run(parser, body, Framing::kDocument, call, 32, "}],\"");
}

std::vector<std::string> said_of_lines(std::string_view text, const ParserOptions& options) {
  std::vector<std::string> said;
  for (const Outcome& outcome : parse_all(text, Framing::kLines, options)) said.push_back(outcome.said);
  return said;
}

std::vector<std::string> said_of_document(std::string_view text, const ParserOptions& options) {
  std::vector<std::string> said;
  for (const Outcome& outcome : parse_all(text, Framing::kDocument, options)) {
    said.push_back(fmt::format("{} {}", outcome.line_number, outcome.said));
  }
  return said;
}

std::uint64_t test_seed() {
  const char* const given = std::getenv("WEIR_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  std::cout << "WEIR_SEED=" << seed << "\n";
  return seed;
}

}  // namespace weir::test
