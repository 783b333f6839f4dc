// Implementation of format_support.h.
#include "format_support.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace weir::test {
namespace {

using Json = nlohmann::ordered_json;

void add(Json& event, const char* name, std::string_view value) {
  if (!value.empty()) event[name] = std::string(value);
}

template <class Number>
void add(Json& event, const char* name, const std::optional<Number>& value) {
  if (value) event[name] = *value;
}

}  // namespace

Json json_of(const ParsedEvent& parsed) {
  Json said{{"line", parsed.line_number}};
  if (parsed.rejected) {
    said["rejected"] = std::string(name_of(parsed.reason));
    return said;
  }
  const RawEvent& event = parsed.event;
  if (event.resource) said["resource"] = true;
  add(said, "type", event.type);
  EXPECT_EQ(event.visitor_given, !event.visitor.empty()) << "these formats derive a visitor that is empty";
  add(said, "visitor", event.visitor);
  add(said, "session", event.session);
  add(said, "site", event.site);
  add(said, "url", event.url);
  add(said, "referrer", event.referrer);
  add(said, "id", event.id);
  add(said, "name", event.name);
  add(said, "currency", event.currency);
  add(said, "order", event.order);
  add(said, "source", event.source);
  add(said, "medium", event.medium);
  add(said, "campaign", event.campaign);
  add(said, "term", event.term);
  add(said, "content", event.content);
  add(said, "user_agent", event.user_agent);
  add(said, "device", event.device);
  add(said, "country", event.country);
  add(said, "address", event.address);
  add(said, "ts", event.ts_ms);
  add(said, "sent_at", event.sent_at_ms);
  add(said, "value", event.value);
  add(said, "engaged_ms", event.engaged_ms);
  add(said, "status", event.status);
  add(said, "duration_ms", event.duration_ms);
  return said;
}

Json events_of(Parser& parser, std::string_view text, Framing framing, std::string_view query, std::size_t group) {
  std::vector<char> bytes(text.begin(), text.end());
  bytes.resize(text.size() + kParserPadding, '}');
  std::vector<char> query_bytes(query.begin(), query.end());
  query_bytes.resize(query.size() + kParserPadding, '&');
  std::vector<ParsedEvent> events(group);
  Json said = Json::array();
  parser.begin({bytes.data(), text.size()}, framing, {{}, {query_bytes.data(), query.size()}});
  while (const std::size_t count = parser.next(events)) {
    for (std::size_t i = 0; i < count; ++i) said.push_back(json_of(events[i]));
  }
  EXPECT_EQ(parser.next(events), 0U) << "a text that is used up stays used up";
  return said;
}

Json events_of(std::string_view format, std::string_view text, Framing framing, std::string_view query,
               const ParserOptions& options) {
  return events_of(*find_format(format)->make(options), text, framing, query);
}

}  // namespace weir::test
