// What the native format promises about single events, lines, arrays and bodies. Cases of bad input that need no
// code are in tests/golden/events.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "parse_support.h"
#include "weir/parse/parser.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kGood = R"({"type":"signup"})";
constexpr std::string_view kGoodSaid = R"(ok type="signup")";

/// `value` as the ts of an otherwise good event; what is said of it.
std::string said_of_time(const std::string& value) {
  const std::vector<std::string> said = said_of_lines(R"({"type":"t","ts":)" + value + "}");
  return said.size() == 1 ? said[0] : "not one event";
}

TEST(FormatTable, native_format_is_found_and_others_are_not) {
  ASSERT_NE(find_format("native"), nullptr);
  EXPECT_EQ(find_format("native")->name, "native");
  EXPECT_EQ(find_format("nativ"), nullptr);
  for (const FormatRow& row : format_table()) EXPECT_FALSE(row.help.empty()) << row.name;
}

TEST(NativeParser, every_field_of_the_contract_is_read) {
  EXPECT_THAT(
      said_of_lines(R"({"type":"conversion","ts":1767225600123,"visitor":"v","session":"s","site":"shop","url":"/p",)"
                    R"("referrer":"https://r.example/","id":"i","name":"purchase","value":12.5,"currency":"EUR",)"
                    R"("order":"o","engaged_ms":7,"source":"a","medium":"b","campaign":"c","term":"d","content":"e",)"
                    R"("user_agent":"ua","device":"mobile","country":"DE","status":200,"duration_ms":31,)"
                    R"("sent_at":1767225600456})"),
      ElementsAre(
          R"(ok type="conversion" visitor="v" session="s" site="shop" url="/p" referrer="https://r.example/" id="i" )"
          R"(name="purchase" currency="EUR" order="o" source="a" medium="b" campaign="c" term="d" content="e" )"
          R"(user_agent="ua" device="mobile" country="DE" ts=1767225600123 sent_at=1767225600456 value=12.5 )"
          R"(engaged_ms=7 status=200 duration_ms=31)"));
}

TEST(NativeParser, fields_of_one_event_do_not_leak_into_the_next) {
  EXPECT_THAT(
      said_of_lines("{\"type\":\"a\",\"visitor\":\"v\",\"value\":1,\"ts\":5,\"url\":\"/\"}\n{\"type\":\"b\"}\n"),
      ElementsAre(R"(ok type="a" visitor="v" url="/" ts=5000 value=1)", R"(ok type="b")"));
}

TEST(NativeParser, numbers_of_ts_tell_their_unit_by_their_size) {
  const std::array<std::array<std::string, 2>, 18> cases{{
      {"0", "ok type=\"t\" ts=0"},
      {"1667000000", "ok type=\"t\" ts=1667000000000"},
      {"1667000000.123", "ok type=\"t\" ts=1667000000123"},
      {"1667000000.1239", "ok type=\"t\" ts=1667000000123"},
      {"1667000000.5", "ok type=\"t\" ts=1667000000500"},
      {"1.667e9", "ok type=\"t\" ts=1667000000000"},
      {"99999999999", "ok type=\"t\" ts=99999999999000"},
      {"100000000000", "ok type=\"t\" ts=100000000000"},
      {"1667000000123.9", "ok type=\"t\" ts=1667000000123"},
      {"99999999999999", "ok type=\"t\" ts=99999999999999"},
      {"1667000000123456", "ok type=\"t\" ts=1667000000123"},
      {"253402300799999999", "ok type=\"t\" ts=253402300799999"},
      {"253402300800000000", "bad_time"},
      {"18446744073709551616", "bad_time"},
      {"-1", "bad_time"},
      {"-0", "bad_time"},
      {"1e999", "bad_time"},
      {"null", "ok type=\"t\""},
  }};
  for (const auto& [value, said] : cases) EXPECT_EQ(said_of_time(value), said) << value;
}

TEST(NativeParser, whole_numbers_of_every_length_are_read_to_the_last_digit) {
  const std::string digits = "12345678901234567890";
  const auto said_of_status = [](const std::string& value) {
    return said_of_lines(R"({"type":"t","status":)" + value + "}")[0];
  };
  for (std::size_t size = 1; size <= digits.size(); ++size) {
    const std::string number = digits.substr(0, size);
    EXPECT_EQ(said_of_status(number), R"(ok type="t" status=)" + number);
    EXPECT_EQ(said_of_status(" " + number + "\t "), R"(ok type="t" status=)" + number);
    EXPECT_EQ(said_of_status("0" + number), "malformed");
    for (std::size_t i = 1; i < size; ++i) {
      for (const char wrong : {'/', ':', 'x', '\x7f'}) {
        std::string spoiled = number;
        spoiled[i] = wrong;
        EXPECT_EQ(said_of_status(spoiled), "malformed") << spoiled;
      }
    }
  }
  EXPECT_EQ(said_of_status("9999999999999999"), R"(ok type="t" status=9999999999999999)");
  EXPECT_EQ(said_of_status("18446744073709551616"), R"(ok type="t")");
}

TEST(NativeParser, keys_are_found_whatever_space_surrounds_their_colon) {
  for (const std::string_view colon : {":", " :", ": ", "\t : \r"}) {
    const std::string text = R"({"type")" + std::string(colon) + R"("t","":"e","typ":"x","types":"x","duration_ms")" +
                             std::string(colon) + R"(5,"duration_ms_":"fifteen","duration_ms_45":"15",)" +
                             R"("duration_ms_456":"16","a key with : and \":\" inside":"x","url")" +
                             std::string(colon) + R"("/"})";
    EXPECT_THAT(said_of_lines(text), ElementsAre(R"(ok type="t" url="/" duration_ms=5)")) << text;
  }
}

TEST(NativeParser, an_escape_concerns_its_own_string_only) {
  EXPECT_THAT(said_of_lines("{\"type\":\"a\",\"url\":\"/1\"}\n"
                            "{\"type\":\"b\",\"x\\u0079\":\"\\n\",\"url\":\"\\/2\",\"site\":\"s\"}\n"
                            "{\"type\":\"c\",\"url\":\"/3\"}\n"
                            "{\"type\":\"d\",\"url\":\"/4\",\"s\\u0069te\":\"s\"}\n"),
              ElementsAre(R"(ok type="a" url="/1")", R"(ok type="b" site="s" url="/2")", R"(ok type="c" url="/3")",
                          R"(ok type="d" site="s" url="/4")"));
}

TEST(NativeParser, a_value_must_be_followed_by_a_comma_or_the_end) {
  for (const std::string_view value :
       {"12", "\"v\"", "\"\\n\"", "1.5", "true", "{}", "[1]", "\"2022-10-25T07:49:55Z\""}) {
    for (const std::string_view key : {"status", "site", "ts", "value", "unknown"}) {
      for (const std::string_view wrong : {":", ":1,", "]", " 1", "\"\"", "[", "{", ",,", ",}", "x"}) {
        const std::string text =
            R"({"type":"t",")" + std::string(key) + "\":" + std::string(value) + std::string(wrong);
        EXPECT_THAT(said_of_lines(text + "}"), ElementsAre("malformed")) << text;
        EXPECT_THAT(said_of_lines(text + R"(,"url":"/"})"), ElementsAre("malformed")) << text;
      }
    }
  }
}

TEST(NativeParser, instants_are_rfc_3339_from_1970_to_9999) {
  const std::array<std::array<std::string, 2>, 20> cases{{
      {R"("2022-10-25T07:49:55.529000Z")", "ok type=\"t\" ts=1666684195529"},
      {R"("2022-10-25T07:49:55Z")", "ok type=\"t\" ts=1666684195000"},
      {R"("2022-10-25T07:49:55.5Z")", "ok type=\"t\" ts=1666684195500"},
      {R"("2022-10-25t07:49:55z")", "ok type=\"t\" ts=1666684195000"},
      {R"("2022-10-25T09:49:55+02:00")", "ok type=\"t\" ts=1666684195000"},
      {R"("2022-10-25T07:49:60Z")", "ok type=\"t\" ts=1666684199000"},
      {R"("2024-02-29T00:00:00Z")", "ok type=\"t\" ts=1709164800000"},
      {R"("2022-10-25T07\u003a49:55Z")", "ok type=\"t\" ts=1666684195000"},
      {R"("1970-01-01T00:00:00Z")", "ok type=\"t\" ts=0"},
      {R"("1969-12-31T23:59:59Z")", "bad_time"},
      {R"("2023-02-29T00:00:00Z")", "bad_time"},
      {R"("2022-10-25T24:00:00Z")", "bad_time"},
      {R"("2022-10-25T07:49:55.Z")", "bad_time"},
      {R"("2022-10-25T07:49:55.1x2Z")", "bad_time"},
      {R"("2022-10-25T07:49:55")", "bad_time"},
      {R"("1667000000")", "bad_time"},
      {R"("")", "bad_time"},
      {R"("\ud800")", "bad_time"},
      {"true", "bad_time"},
      {R"({"seconds":1})", "bad_time"},
  }};
  for (const auto& [value, said] : cases) EXPECT_EQ(said_of_time(value), said) << value;
}

TEST(NativeParser, a_wrong_date_does_not_spoil_the_date_remembered) {
  EXPECT_THAT(said_of_lines("{\"type\":\"t\",\"ts\":\"2022-10-25T00:00:01Z\"}\n"
                            "{\"type\":\"t\",\"ts\":\"2022-13-25T00:00:01Z\"}\n"
                            "{\"type\":\"t\",\"ts\":\"2022-13-25T00:00:01Z\"}\n"
                            "{\"type\":\"t\",\"ts\":\"2022-10-25T00:00:02Z\"}\n"),
              ElementsAre("ok type=\"t\" ts=1666656001000", "bad_time", "bad_time", "ok type=\"t\" ts=1666656002000"));
}

TEST(NativeParser, unfinished_text_is_not_completed_by_what_lies_behind_it) {
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  for (const std::string_view text :
       {R"({"type":"a")", R"({"type":"a","b":{"c":1})", R"({"type":"a","b":[1)", R"({"type":"a","b":{})", R"({"type)",
        R"({"type":"a","b":[{"c":1})", R"({"type":"a","b":[{})", R"({"type":"a","b":[[{})", R"({"type":"a","b":[[[{})",
        R"({"type":"a","b":{"c":[{})", R"({"type":"a","b":[{"c":{})", R"({"type":"a","b":[{"c":1}])",
        R"({"type":"a","b":)", R"([{"type":"a","b":{"c":1})", "{", "["}) {
    for (const std::string_view padding :
         {"}", "]", ",", "\"", "]}", ",{}]}", ",1]}", ":", "[", "{", " ", "\n", "1", "}]"}) {
      for (const Framing framing : {Framing::kLines, Framing::kDocument}) {
        const std::vector<Outcome> outcomes = parse_all(*parser, text, framing, 32, padding);
        ASSERT_EQ(outcomes.size(), 1U) << text << " before " << padding;
        EXPECT_EQ(outcomes[0].said, "malformed") << text << " before " << padding;
      }
    }
  }
}

TEST(NativeParser, decoded_strings_of_one_group_all_stay_readable) {
  // More decoded text than the parser keeps at once: it must hand over smaller groups, not overwrite.
  std::string text;
  const std::string filler(9000, 'x');
  for (int i = 0; i < 40; ++i) text += R"({"type":"\u0074)" + std::to_string(i) + R"(","name":"\n)" + filler + "\"}\n";
  const std::vector<Outcome> outcomes = parse_all(text, Framing::kLines, {}, 64);
  ASSERT_EQ(outcomes.size(), 40U);
  for (int i = 0; i < 40; ++i) {
    const std::string expected = "ok type=\"t" + std::to_string(i) + "\" name=\"\\x0A" + filler + "\"";
    EXPECT_EQ(outcomes[static_cast<std::size_t>(i)].said, expected);
  }
}

TEST(NativeParser, group_size_changes_nothing) {
  std::string text = "[";
  for (int i = 0; i < 70; ++i) text += R"({"type":"a\n","value":)" + std::to_string(i) + "},";
  text += "{\"type\":\"z\"}]\n{oops\n{\"type\":\"b\"}\n";
  const std::vector<Outcome> whole = parse_all(text, Framing::kLines, {}, 200);
  ASSERT_EQ(whole.size(), 73U);
  for (const std::size_t group : {1U, 2U, 7U, 32U}) {
    const std::vector<Outcome> parts = parse_all(text, Framing::kLines, {}, group);
    ASSERT_EQ(parts.size(), whole.size()) << group;
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_EQ(parts[i].said, whole[i].said);
      EXPECT_EQ(parts[i].line, whole[i].line);
      EXPECT_EQ(parts[i].line_number, whole[i].line_number);
    }
  }
}

TEST(NativeParser, line_and_its_number_come_with_each_event) {
  const std::vector<Outcome> outcomes = parse_all(
      "\n  \r\n{\"type\":\"a\"}\r\n\n  nonsense \r\n[{\"type\":\"b\"}, 7 ]\n{\"type\":\"c\"}", Framing::kLines);
  ASSERT_EQ(outcomes.size(), 5U);
  const std::array<std::string, 5> lines{R"({"type":"a"})", "nonsense", R"({"type":"b"})", "7", R"({"type":"c"})"};
  const std::array<std::size_t, 5> numbers{3, 5, 6, 6, 7};
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    EXPECT_EQ(outcomes[i].line, lines[i]);
    EXPECT_EQ(outcomes[i].line_number, numbers[i]);
  }
}

TEST(NativeParser, line_limit_is_exact) {
  const ParserOptions options{.line_bytes = kGood.size(), .depth = 16};
  EXPECT_THAT(said_of_lines(kGood, options), ElementsAre(kGoodSaid));
  EXPECT_THAT(said_of_lines(std::string(kGood) + "\n", options), ElementsAre(kGoodSaid));
  EXPECT_THAT(said_of_lines(std::string(kGood) + " \n" + std::string(kGood), options),
              ElementsAre("too_long", kGoodSaid));
}

TEST(NativeParser, depth_limit_is_exact) {
  const ParserOptions options{.line_bytes = 1024, .depth = 3};
  EXPECT_THAT(said_of_lines(R"({"type":"a","x":[[1]]})", options), ElementsAre("ok type=\"a\""));
  EXPECT_THAT(said_of_lines(R"({"type":"a","x":[[[]]]})", options), ElementsAre("too_deep"));
  EXPECT_THAT(said_of_lines(R"({"type":{"x":{"y":{}}}})", options), ElementsAre("too_deep"));
  EXPECT_THAT(said_of_lines(R"([{"type":"a","x":{"y":[]}}])", options), ElementsAre("ok type=\"a\""));
}

TEST(NativeParser, nesting_a_thousand_times_over_the_limit_is_refused_quietly) {
  EXPECT_THAT(said_of_lines(R"({"type":"a","x":)" + std::string(8000, '[') + std::string(8000, ']') + "}\n" +
                            std::string(kGood)),
              ElementsAre("too_deep", kGoodSaid));
}

TEST(NativeParserArray, each_element_is_an_event_of_its_own) {
  EXPECT_THAT(said_of_lines(R"([{"type":"a"},{"type":""},{"type":"b","x":[{}]}])"),
              ElementsAre("ok type=\"a\"", "missing_field", "ok type=\"b\""));
  EXPECT_THAT(said_of_lines("[]"), IsEmpty());
  EXPECT_THAT(said_of_lines(" [ ] \n"), IsEmpty());
}

TEST(NativeParserArray, element_that_is_no_object_costs_itself) {
  EXPECT_THAT(said_of_lines(R"([1,"x",null,[{"type":"in"}],{"type":"a"},tru,{"type":"b"},])"),
              ElementsAre("malformed", "malformed", "malformed", "malformed", "ok type=\"a\"", "malformed",
                          "ok type=\"b\"", "malformed"));
}

TEST(NativeParserArray, broken_array_costs_its_rest_once_and_no_other_line) {
  for (const std::string_view broken : {R"([{"type":"a"}{"type":"b"}])", R"([{"type":"a"},{"ty)", R"([{"type":"a"})",
                                        R"([{"type":"a"},{"x":"])", R"([{"type":"a"}] tail)", R"([{"type":"a"},)"}) {
    EXPECT_THAT(said_of_lines(std::string(broken) + "\n" + std::string(kGood)),
                ElementsAre("ok type=\"a\"", "malformed", kGoodSaid))
        << broken;
  }
}

TEST(NativeParserDocument, body_of_lines_is_read_as_lines) {
  EXPECT_THAT(said_of_document("{\"type\":\"a\"}\n{\"type\"\n{\"type\":\"b\"}\n"),
              ElementsAre("1 ok type=\"a\"", "2 malformed", "3 ok type=\"b\""));
}

TEST(NativeParserDocument, one_object_may_span_lines) {
  EXPECT_THAT(said_of_document("\n{\n  \"type\": \"a\",\n  \"x\": [\n1,\n2]\n}\n\n"), ElementsAre("2 ok type=\"a\""));
  EXPECT_THAT(said_of_document("{\n\"type\": \"\"\n}"), ElementsAre("1 missing_field"));
}

TEST(NativeParserDocument, object_over_the_line_limit_is_too_long_once) {
  const ParserOptions options{.line_bytes = 20, .depth = 16};
  EXPECT_THAT(said_of_document("{\n\"type\": \"a\",\n\"b\": 1234567\n}", options), ElementsAre("1 too_long"));
}

TEST(NativeParserDocument, array_may_span_lines_and_exceed_the_line_limit) {
  const ParserOptions options{.line_bytes = 20, .depth = 16};
  EXPECT_THAT(said_of_document(R"([{"type":"a"},{"type":"b"},{"type":"long long long"},{"type":"c"}])", options),
              ElementsAre("1 ok type=\"a\"", "1 ok type=\"b\"", "1 too_long", "1 ok type=\"c\""));
  EXPECT_THAT(said_of_document("[\n {\"type\":\n\"a\"},\n\n {\"type\":\"b\"}\n]\n"),
              ElementsAre("2 ok type=\"a\"", "5 ok type=\"b\""));
}

TEST(NativeParserDocument, bad_first_line_costs_that_line_only) {
  for (const std::string_view broken : {R"({"type":"a")", R"({"type":"a","x":"open)", R"({"type":"a","x":[1,2)",
                                        R"({"type":"a","x":{)", "nonsense", "\"", "}"}) {
    EXPECT_THAT(said_of_document(std::string(broken) + "\n" + std::string(kGood) + "\n" + std::string(kGood)),
                ElementsAre("1 malformed", "2 " + std::string(kGoodSaid), "3 " + std::string(kGoodSaid)))
        << broken;
  }
}

TEST(NativeParserDocument, lines_that_balance_only_together_are_still_lines) {
  EXPECT_THAT(said_of_document("{\"type\":\"a\"\n{\"type\":\"b\"}\n}"),
              ElementsAre("1 malformed", "2 ok type=\"b\"", "3 malformed"));
  EXPECT_THAT(said_of_document("[{\"type\":\"a\"}\n{\"type\":\"b\"}\n"),
              ElementsAre("1 ok type=\"a\"", "1 malformed", "2 ok type=\"b\""));
}

TEST(NativeParserDocument, array_written_one_element_per_line_loses_only_its_broken_line) {
  EXPECT_THAT(said_of_document("[\n{\"type\":\"a\"},\n{\"type\":\"b,\n{\"type\":\"c\"},\n{\"type\":\"d\"}\n]\n"),
              ElementsAre("2 ok type=\"a\"", "3 malformed", "4 ok type=\"c\"", "5 ok type=\"d\""));
}

TEST(NativeParserDocument, arrays_may_follow_one_another_as_lines) {
  EXPECT_THAT(said_of_document("[{\"type\":\"a\"}]\n[{\"type\":\"b\"}]\n{\"type\":\"c\"}"),
              ElementsAre("1 ok type=\"a\"", "2 ok type=\"b\"", "3 ok type=\"c\""));
}

TEST(NativeParserDocument, byte_order_mark_is_removed_from_the_start_of_a_body) {
  EXPECT_THAT(said_of_document("\xEF\xBB\xBF{\"type\":\"a\"}\n\xEF\xBB\xBF{\"type\":\"b\"}"),
              ElementsAre("1 ok type=\"a\"", "2 malformed"));
  EXPECT_THAT(said_of_document("\xEF\xBB\xBF[{\"type\":\"a\"}]"), ElementsAre("1 ok type=\"a\""));
}

TEST(NativeParserDocument, decoding_starts_afresh_when_a_body_is_read_again_as_lines) {
  // The two lines together look like one object, and each needs most of the room for decoded strings.
  const ParserOptions options{.line_bytes = 70'000, .depth = 16};
  const std::string filler(40'000, 'x');
  const std::vector<Outcome> outcomes =
      parse_all("{\"type\":\"\\n" + filler.substr(0, 20'000) + "\"\n{\"type\":\"\\n" + filler + "\"}\n}",
                Framing::kDocument, options);
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_EQ(outcomes[1].said, "ok type=\"\\x0A" + filler + "\"");
}

TEST(NativeParser, empty_texts_hold_no_events) {
  for (const std::string_view text : {"", "\n", " \t\r\n\n"}) {
    EXPECT_THAT(said_of_lines(text), IsEmpty());
    EXPECT_THAT(said_of_document(text), IsEmpty());
  }
}

TEST(NativeParser, one_parser_reads_many_texts) {
  const std::unique_ptr<Parser> parser = find_format("native")->make({});
  std::array<ParsedEvent, 4> events;
  const std::string padding(kParserPadding, ' ');
  const std::string first = "[{\"type\":\"a\"},{\"type\":\"b\"}]" + padding;
  const std::string second = "{\"type\":\"c\"}" + padding;
  parser->begin({first.data(), first.size() - kParserPadding}, Framing::kLines);
  ASSERT_EQ(parser->next(std::span(events).first(1)), 1U);
  // The rest of the first text is dropped by beginning another.
  parser->begin({second.data(), second.size() - kParserPadding}, Framing::kLines);
  ASSERT_EQ(parser->next(events), 1U);
  EXPECT_EQ(events[0].event.type, "c");
  EXPECT_EQ(events[0].line_number, 1U);
}

}  // namespace
}  // namespace weir::test
