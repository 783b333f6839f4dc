// What the JSON formats of other tools share: limits, faults that cost one event only, shapes nobody expects.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "parse_support.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

std::vector<std::string> said(std::string_view format, std::string_view body, const ParserOptions& options = {},
                              const Call& call = {}) {
  std::vector<std::string> lines;
  for (const Outcome& outcome : parse_body(*find_format(format)->make(options), body, call)) {
    lines.push_back(fmt::format("{} {}", outcome.line_number, outcome.said));
  }
  return lines;
}

using Lines = std::vector<std::string>;

constexpr std::string_view kFormats[] = {"segment", "plausible", "umami", "ga4_mp"};

/// An event each format takes, with `%` where a further member may stand.
std::string event_of(std::string_view format, std::string_view member) {
  std::string text;
  if (format == "segment") text = R"({"type":"track","event":"e","userId":"u"%})";
  if (format == "plausible") text = R"({"name":"e","url":"https://a.example/"%})";
  if (format == "umami") text = R"({"type":"event","payload":{"name":"e"}%})";
  if (format == "ga4_mp") text = R"({"client_id":"c","events":[{"name":"e"%}]})";
  return text.replace(text.find('%'), 1, member);
}

class EveryJsonFormat : public testing::TestWithParam<std::string_view> {
 protected:
  Lines said_with(std::string_view member, const ParserOptions& options = {}) {
    return said(GetParam(), event_of(GetParam(), member), options);
  }
  Lines good() { return said_with(""); }
};

TEST_P(EveryJsonFormat, takes_its_plainest_event) {
  ASSERT_EQ(good().size(), 1U);
  EXPECT_TRUE(good()[0].starts_with("1 ok type=\"custom\"")) << good()[0];
}

TEST_P(EveryJsonFormat, members_it_does_not_know_change_nothing) {
  for (const std::string_view member :
       {R"(,"x":null)", R"(,"x":{"y":[1,2,{"z":[]}]})", R"(,"x":"\u0000")", R"(,"":"")", R"(,"x":-0.0e-7)"}) {
    EXPECT_EQ(said_with(member), good()) << member;
  }
}

TEST_P(EveryJsonFormat, the_whole_event_must_be_json) {
  for (const std::string_view member : {R"(,"x":tru)", R"(,"x":01)", R"(,"x":"\q")", R"(,"x":+1)", R"(,"x":[1,])",
                                        R"(,"x":{"y"})", R"(,"x":"\u12")", R"(,"x":1e)", R"(,"x":nul)", ",", ":"}) {
    EXPECT_EQ(said_with(member), Lines{"1 malformed"}) << member;
  }
  EXPECT_EQ(said_with(",\"x\":\"\xC3\""), Lines{"1 invalid_utf8"});
  EXPECT_EQ(said_with(",\"x\":\"\xED\xA0\x80\""), Lines{"1 invalid_utf8"});
}

TEST_P(EveryJsonFormat, lone_surrogates_and_numbers_beyond_all_types_cost_no_event) {
  for (const std::string_view member :
       {R"(,"x":"\ud83d")", R"(,"x":"\udC00 \uD800\ud800")", R"(,"\uDfff":1)", R"(,"x":1e999)", R"(,"x":[-1e999])",
        R"(,"x":123456789012345678901234567890)", R"(,"x":-9223372036854775809)", R"(,"x":"\\ud800","y":1E+400)"}) {
    EXPECT_EQ(said_with(member), good()) << member;
  }
}

TEST_P(EveryJsonFormat, nesting_is_held_to_the_limit) {
  const ParserOptions options{.line_bytes = 16 * 1024, .depth = 5};
  const auto nested = [](std::size_t levels) {
    return R"(,"x":)" + std::string(levels, '[') + "1" + std::string(levels, ']');
  };
  EXPECT_EQ(said_with(nested(4), options), good());
  EXPECT_EQ(said_with(nested(5), options), Lines{"1 too_deep"});
  EXPECT_EQ(said_with(nested(4000), options), Lines{"1 too_deep"});
  // An empty container is a scalar to simdjson.
  EXPECT_EQ(said_with(R"(,"x":[[[[{}]]]])", options), good());
  EXPECT_EQ(said_with(R"(,"x":[[[[[{}]]]]])", options), Lines{"1 too_deep"});
}

TEST_P(EveryJsonFormat, length_is_held_to_the_limit) {
  const std::string plain = event_of(GetParam(), "");
  const ParserOptions options{.line_bytes = 300, .depth = 16};
  const auto padded = [](std::size_t size) { return fmt::format(R"(,"x":"{}")", std::string(size, 'a')); };
  // In a list only the event counts, elsewhere all of the document does.
  const std::size_t counted = GetParam() == "ga4_mp" ? std::string_view(R"({"name":"e"})").size() : plain.size();
  const std::size_t most = options.line_bytes - counted - padded(0).size();
  EXPECT_EQ(said_with(padded(most), options), good());
  EXPECT_EQ(said_with(padded(most + 1), options), Lines{"1 too_long"});
}

TEST_P(EveryJsonFormat, what_is_no_object_is_malformed) {
  for (const std::string_view body : {"1", "\"text\"", "null", "true", "{", "}", "[1]", "{]", "[[]]"}) {
    const Lines lines = said(GetParam(), body);
    ASSERT_EQ(lines.size(), 1U) << body;
    EXPECT_EQ(lines[0], "1 malformed") << body;
  }
  EXPECT_EQ(said(GetParam(), "\xFF"), Lines{"1 invalid_utf8"});
  for (const std::string_view body : {"", " \r\n\t\n", "[]", "\xEF\xBB\xBF"}) {
    EXPECT_EQ(said(GetParam(), body), Lines{}) << body;
  }
}

TEST_P(EveryJsonFormat, a_bad_line_costs_that_line) {
  const std::string event = event_of(GetParam(), "");
  const Lines lines = said(GetParam(), event + "\n{\"x\n" + event + "\n\n" + event);
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[1], "2 malformed");
  EXPECT_EQ(lines[3], "5" + good()[0].substr(1));
}

TEST_P(EveryJsonFormat, values_of_any_kind_anywhere_are_no_more_than_refusals) {
  const std::string_view values[] = {"null", "true", "0",  "-1",    "1e300",       "\"\"", "\"x\"",
                                     "[]",   "[{}]", "{}", "[[1]]", "\"\\u0000\"", "1.5"};
  const std::string_view keys[] = {
      "type",      "event",   "name",       "n",         "url",    "u",        "payload",          "params",
      "client_id", "context", "properties", "timestamp", "sentAt", "revenue",  "timestamp_micros", "events",
      "batch",     "userId",  "domain",     "d",         "$",      "referrer", "messageId"};
  for (const std::string_view call : {"", "track", "page", "batch"}) {
    for (const std::string_view key : keys) {
      for (const std::string_view value : values) {
        const std::string member = fmt::format(R"("{}":{})", key, value);
        // The first of equal keys counts, so each is tried before and behind the good ones.
        const std::string plain = event_of(GetParam(), "");
        EXPECT_LE(said(GetParam(), "{" + member + "," + plain.substr(1), {}, {call, {}}).size(), 1U) << member;
        EXPECT_LE(said(GetParam(), event_of(GetParam(), "," + member)).size(), 1U) << member;
        const std::string nested = fmt::format(
            R"({{"type":"event","event":"e","name":"e","payload":{{{0}}},"params":{{{0}}},"context":{{"page":{{{0}}},{0}}}}})",
            member);
        EXPECT_EQ(said(GetParam(), nested, {}, {call, {}}).size(), 1U) << nested;
      }
    }
  }
}

TEST_P(EveryJsonFormat, an_event_leaves_nothing_behind_for_the_next) {
  const std::unique_ptr<Parser> parser = find_format(GetParam())->make({});
  const std::string plain = event_of(GetParam(), "");
  const std::string rich =
      R"({"batch":[{"type":"page","userId":"u","context":{"page":{"url":"https://b.example/"}}}],"sentAt":"2026-01-01T00:00:00Z"})"
      "\n"
      R"({"name":"Buy","domain":"b.example","url":"https://b.example/x","revenue":{"amount":1,"currency":"EUR"}})";
  const auto first = parse_body(*parser, plain);
  parse_body(*parser, rich, {"", "site=b.example"});
  const auto again = parse_body(*parser, plain);
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(first[0].said, again[0].said);
}

INSTANTIATE_TEST_SUITE_P(JsonFormats, EveryJsonFormat, testing::ValuesIn(kFormats),
                         [](const auto& parameter) { return std::string(parameter.param); });

TEST(JsonParser, a_list_may_be_longer_than_a_line_and_its_events_may_not) {
  const ParserOptions options{.line_bytes = 200, .depth = 16};
  std::string body = R"({"batch":[)";
  for (int i = 0; i < 1000; ++i) body += fmt::format("{{\"type\":\"track\",\"event\":\"e{}\",\"userId\":\"u\"}},\n", i);
  body += fmt::format("{{\"type\":\"track\",\"event\":\"{}\"}}", std::string(200, 'x'));
  body += R"(],"sentAt":"2026-01-01T00:00:00Z"})";
  const Lines lines = said("segment", body, options);
  ASSERT_EQ(lines.size(), 1001U);
  EXPECT_EQ(lines[999], R"(1000 ok type="custom" visitor="u" name="e999" sent_at=1767225600000)");
  EXPECT_EQ(lines[1000], "1001 too_long");
}

TEST(JsonParser, a_document_without_its_list_is_held_to_the_limit) {
  const ParserOptions options{.line_bytes = 200, .depth = 16};
  const std::string body =
      fmt::format(R"({{"batch":[{{"type":"track","event":"e"}}],"x":"{}"}})", std::string(200, 'x'));
  EXPECT_EQ(said("segment", body, options), Lines{"1 too_long"});
  EXPECT_EQ(said("segment", R"({"x":[[[[[[[[[[1]]]]]]]]]],"batch":[{"type":"track","event":"e"}]})",
                 {.line_bytes = 200, .depth = 5}),
            Lines{"1 too_deep"});
}

TEST(JsonParser, a_list_that_breaks_keeps_what_came_before) {
  const Lines lines = said("segment", R"({"batch":[{"type":"track","event":"a"} {"type":"track","event":"b"}]})");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0], R"(1 ok type="custom" name="a")");
  EXPECT_EQ(lines[1], "1 malformed");
}

TEST(JsonParser, the_line_of_an_event_is_its_own_and_not_its_batch) {
  const auto outcomes =
      parse_body(*find_format("segment")->make({}), R"({"batch":[ {"type":"x"} , {"type":"track","event":"a"}]})");
  ASSERT_EQ(outcomes.size(), 2U);
  EXPECT_EQ(outcomes[0].line, R"({"type":"x"})");
  EXPECT_EQ(outcomes[1].line, R"({"type":"track","event":"a"})");
}

TEST(JsonParser, of_equal_keys_the_first_counts) {
  const Lines lines = said("segment", R"({"type":"track","type":"page","event":"a","event":"b","batch":1,"batch":[]})");
  EXPECT_EQ(lines, Lines{R"(1 ok type="custom" name="a")"});
}

TEST(JsonParser, texts_that_were_built_survive_until_the_next_event_only_within_their_room) {
  // Every '?' takes three bytes; four times an event's size are kept for that.
  const std::string name(4000, '?');
  const Lines lines = said("segment", fmt::format(R"({{"type":"screen","userId":"u","name":"{}"}})", name));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(std::count(lines[0].begin(), lines[0].end(), '%'), 4000);
}

}  // namespace
}  // namespace weir::test
