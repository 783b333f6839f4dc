// Access logs and query formats against damage: cut at every byte, random bytes, random damage, long lines. They never
// crash, never harm a neighbour, and their answers do not depend on how many events are asked for at once.
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "format_support.h"
#include "parse_support.h"

namespace weir::test {
namespace {

using Json = nlohmann::ordered_json;

struct Sample {
  std::string_view format;
  std::string line;
  std::size_t reads_from;  // a line cut before this byte is refused
};

/// Good lines. From the size on, a common log line is whole: what is cut off then was not needed.
const std::vector<Sample>& samples() {
  static const std::vector<Sample> lines = [] {
    std::vector<Sample> all{
        {"combined",
         R"(198.51.100.7 - - [17/May/2015:10:05:03 +0000] "GET /a\x22b?x=1 HTTP/1.1" 200 5316 "https://a.example/" "agent \"x\"")",
         0},
        {"combined", R"(shop.example:80 ::1 - joe [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 304 -)", 0},
        {"nginx_json",
         R"({"msec":"1767225600.123","remote_addr":"198.51.100.7","host":"a.example","request":"GET /\u00e9 HTTP/1.1","status":200,"x":{"y":[1]}})",
         0},
        {"caddy",
         R"({"ts":1767225600.5,"request":{"client_ip":"::1","method":"GET","host":"a.example","uri":"/","headers":{"User-Agent":["a"]}},"status":200})",
         0},
        {"ga4", "v=2&en=purchase&cid=5.7&dl=https%3A%2F%2Fa.example%2F&cu=EUR&epn.value=1.5&ep.transaction_id=T", 8},
        {"matomo", "?idsite=1&rec=1&url=https%3A%2F%2Fa.example%2F&urlref=%2F&_id=0123&cdt=1767225600", 20},
        {"matomo", R"({"requests":["?idsite=1&rec=1&url=/a","?idsite=1&rec=1&url=\u002fb"],"token_auth":"x"})", 0},
    };
    all[0].reads_from = all[0].line.find("5316") + 1;
    all[1].reads_from = all[1].line.size();
    for (std::size_t i : {2U, 3U, 6U}) all[i].reads_from = all[i].line.size();
    return all;
  }();
  return lines;
}

bool refused(const Json& event) { return event.contains("rejected"); }

TEST(HostileLogFormats, samples_are_good) {
  for (const Sample& sample : samples()) {
    const Json events = events_of(sample.format, sample.line);
    ASSERT_FALSE(events.empty()) << sample.line;
    for (const Json& event : events) EXPECT_FALSE(refused(event)) << sample.line << event;
  }
}

TEST(HostileLogFormats, a_line_cut_anywhere_is_one_refusal_or_a_shorter_event) {
  for (const Sample& sample : samples()) {
    for (std::size_t size = 1; size < sample.line.size(); ++size) {
      const std::string cut = sample.line.substr(0, size);
      const Json events = events_of(sample.format, cut);
      ASSERT_EQ(events.size(), 1U) << cut;
      if (size >= sample.reads_from) continue;  // what is left may be a whole event
      EXPECT_TRUE(refused(events[0])) << cut << events;
    }
  }
}

TEST(HostileLogFormats, a_combined_line_cut_inside_its_last_texts_is_refused) {
  const std::string& line = samples()[0].line;
  const std::size_t referrer = line.find("\"https");
  for (std::size_t size = referrer + 1; size < line.size(); ++size) {
    // Behind the quote inside the agent's text, the server's escape keeps it from ending there.
    EXPECT_TRUE(refused(events_of("combined", line.substr(0, size))[0])) << line.substr(0, size);
  }
}

/// Random bytes, half of them from lines of the format.
std::string damaged(const std::string& line, std::mt19937_64& random) {
  std::string text = line;
  for (std::size_t count = random() % 6; count > 0; --count) {
    const std::size_t at = text.empty() ? 0 : random() % text.size();
    switch (random() % 4) {
      case 0:
        if (!text.empty()) text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + random() % 4);
        break;
      case 2:
        text.insert(at, 1, "\"\\[]{}&=% -\0\xFF"[random() % 13]);
        break;
      default:
        text.insert(at, text.substr(text.empty() ? 0 : random() % text.size(), random() % 16));
        break;
    }
  }
  for (char& byte : text) {
    if (byte == '\n') byte = ' ';
  }
  return text;
}

TEST(HostileLogFormats, damage_never_reaches_a_neighbour) {
  std::mt19937_64 random(test_seed());
  for (const Sample& sample : samples()) {
    const std::unique_ptr<Parser> parser = find_format(sample.format)->make({});
    const Json good = events_of(*parser, sample.line, Framing::kLines);
    for (int round = 0; round < 1'500; ++round) {
      const std::string bad = damaged(sample.line, random);
      const Json events =
          events_of(*parser, sample.line + "\n" + bad + "\n" + sample.line, Framing::kLines, {}, 1 + random() % 9);
      ASSERT_GE(events.size(), 2 * good.size()) << bad;
      for (std::size_t i = 0; i < good.size(); ++i) {
        Json last = events[events.size() - good.size() + i];
        ASSERT_EQ(events[i], good[i]) << bad;
        ASSERT_EQ(last["line"], 3) << bad;
        last["line"] = 1;
        ASSERT_EQ(last, good[i]) << bad;
      }
    }
  }
}

TEST(HostileLogFormats, random_bytes_are_read_to_their_end_as_any_framing) {
  std::mt19937_64 random(test_seed());
  for (const FormatRow& row : format_table()) {
    const std::unique_ptr<Parser> parser = row.make({});
    for (int round = 0; round < 1'000; ++round) {
      std::string text(random() % 400, ' ');
      for (char& byte : text) byte = static_cast<char>(random());
      std::string query(random() % 40, ' ');
      for (char& byte : query) byte = "abcdeidsite=&%+rn1="[random() % 19];
      const Framing framing = random() % 2 == 0 ? Framing::kLines : Framing::kDocument;
      std::vector<char> bytes(text.begin(), text.end());
      bytes.resize(text.size() + kParserPadding, '{');
      parser->begin({bytes.data(), text.size()}, framing, {"page", query});
      std::array<ParsedEvent, 3> events;
      std::size_t count = 0;
      for (std::size_t got = parser->next(events); got > 0; got = parser->next(events)) count += got;
      ASSERT_LE(count, text.size() + 1) << row.name;
    }
  }
}

TEST(HostileLogFormats, a_line_over_the_limit_is_refused_and_its_neighbours_are_not) {
  for (const Sample& sample : samples()) {
    ParserOptions options;
    options.line_bytes = sample.line.size() + 10;
    const std::string long_line = sample.line + std::string(11, 'x');
    const Json events = events_of(sample.format, long_line + "\n" + sample.line, Framing::kLines, {}, options);
    ASSERT_GE(events.size(), 2U) << sample.line;
    EXPECT_EQ(events[0]["rejected"], "too_long") << sample.line;
    for (std::size_t i = 1; i < events.size(); ++i) EXPECT_FALSE(refused(events[i])) << sample.line;
  }
}

TEST(HostileLogFormats, lines_at_the_limit_that_need_all_their_room_are_read) {
  ParserOptions options;
  options.line_bytes = 100'000;
  const std::string path(90'000, 'p');
  const std::vector<std::pair<std::string_view, std::string>> cases{
      {"combined", R"(1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /\x41)" + path + R"( HTTP/1.1" 200 5)"},
      {"nginx_json", R"({"remote_addr":"1.2.3.4","host":"a.example","request":"GET /\u0041)" + path + R"("})"},
      {"caddy",
       R"({"request":{"client_ip":"1.2.3.4","method":"GET","host":"a.example","uri":"/\u0041)" + path + R"("}})"},
      {"ga4", "en=page_view&dl=/%41" + path},
      {"matomo", "idsite=1&rec=1&url=/%41" + path},
      {"matomo", R"({"requests":["idsite=1&rec=1&url=/%41)" + path + R"("]})"},
  };
  for (const auto& [format, line] : cases) {
    const std::unique_ptr<Parser> parser = find_format(format)->make(options);
    const Json events = events_of(*parser, line + "\n" + line + "\n" + line, Framing::kLines, "dr=%41");
    ASSERT_EQ(events.size(), 3U) << format;
    for (const Json& event : events) EXPECT_TRUE(std::string(event["url"]).ends_with("/A" + path)) << format;
  }
}

TEST(HostileLogFormats, the_time_of_a_line_does_not_depend_on_the_lines_before_it) {
  const std::vector<std::string> times{"17/May/2015:10:05:03 +0000",
                                       "17/May/2015:10:59:60 +0000",
                                       "17/May/2015:10:05:03 +0100",
                                       "17/May/2015:11:05:03 +0100",
                                       "17/May/2015:24:05:03 +0000",
                                       "17/May/2015:10:60:03 +0000",
                                       "17/May/2015:10:05:61 +0000",
                                       "17/May/2015:10:0x:03 +0000",
                                       "17/May/2015:10:05-03 +0000",
                                       "18/May/2015:10:05:03 +0000",
                                       "31/Jun/2015:10:05:03 +0000",
                                       "01/Jan/1970:00:30:00 +0100",
                                       "01/Jan/1970:00:30:00 +0000",
                                       "17/May/2015 10:05:03 +0000",
                                       std::string(15, '\0') + "05:03" + std::string(6, '\0')};
  const auto line = [](const std::string& time) { return "::1 - - [" + time + "] \"GET / HTTP/1.1\" 200 5"; };
  for (const std::string& before : times) {
    for (const std::string& time : times) {
      const Json alone = events_of("combined", line(time));
      const Json behind = events_of("combined", line(before) + "\n" + line(time));
      ASSERT_EQ(behind.size(), 2U);
      EXPECT_EQ(behind[1].value("ts", -1), alone[0].value("ts", -1)) << time << " behind " << before;
      EXPECT_EQ(refused(behind[1]), refused(alone[0])) << time << " behind " << before;
    }
  }
  EXPECT_EQ(events_of("combined", line(times[0]))[0]["ts"], 1'431'857'103'000);
  EXPECT_EQ(events_of("combined", line(times[1]))[0]["ts"], 1'431'860'399'000);
  EXPECT_TRUE(refused(events_of("combined", line(times.back()))[0]));
}

TEST(HostileLogFormats, a_quote_behind_an_even_number_of_backslashes_ends_its_text) {
  const std::string start = R"(::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "-" ")";
  EXPECT_EQ(events_of("combined", start + R"(a\\" "b")")[0]["user_agent"], "a\\");
  EXPECT_EQ(events_of("combined", start + R"(a\\\" "b")")[0]["user_agent"], R"(a\" "b)");
  EXPECT_EQ(events_of("combined", start + R"(\\\\" "b")")[0]["user_agent"], R"(\\)");
}

TEST(HostileLogFormats, a_query_over_the_limit_refuses_its_events) {
  ParserOptions options;
  options.line_bytes = 100;
  const std::string query = "idsite=1&rec=1&en=page_view&dl=/&url=/&x=" + std::string(100, 'x');
  for (const std::string_view format : {"ga4", "matomo"}) {
    for (const std::string_view body : {"", "cid=1"}) {
      const Json events = events_of(format, body, Framing::kDocument, query, options);
      ASSERT_EQ(events.size(), 1U) << format;
      EXPECT_EQ(events[0]["rejected"], "too_long") << format;
    }
  }
}

TEST(HostileLogFormats, a_query_is_never_a_bulk) {
  const std::string query = R"({"requests":["?idsite=1&rec=1&url=/a"]})";
  // What stands behind the question mark is read as parameters, brackets and all.
  EXPECT_EQ(events_of("matomo", "", Framing::kDocument, query)[0]["url"], "/a\"]}");
  EXPECT_EQ(events_of("matomo", query, Framing::kDocument)[0]["url"], "/a");
}

TEST(HostileLogFormats, nesting_is_allowed_up_to_the_limit_only) {
  ParserOptions options;
  options.depth = 3;
  const auto line = [](const std::string& x) {
    return R"({"remote_addr":"::1","request":"GET / HTTP/1.1","x":)" + x + "}";
  };
  EXPECT_FALSE(refused(events_of("nginx_json", line("[[1]]"), Framing::kLines, {}, options)[0]));
  EXPECT_EQ(events_of("nginx_json", line("[[[1]]]"), Framing::kLines, {}, options)[0]["rejected"], "too_deep");
}

}  // namespace
}  // namespace weir::test
