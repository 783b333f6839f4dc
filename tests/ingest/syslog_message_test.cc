// The message inside syslog datagrams: every shape of header, and what only looks like one.
#include "weir/ingest/syslog_message.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "support/seed.h"

namespace weir {
namespace {

using namespace std::string_view_literals;

struct Case {
  std::string_view datagram;
  std::string_view message;
};

TEST(SyslogMessage, headers_are_removed_and_everything_else_stays) {
  const Case cases[] = {
      // nginx: with nohostname, and with a host
      {"<190>Nov 22 10:31:49 nginx: {\"a\":1}", "{\"a\":1}"},
      {"<190>Nov 22 10:31:49 web-1.example nginx: {\"a\":1}", "{\"a\":1}"},
      {"<190>Nov  2 10:31:49 nginx: {\"a\": \"b: c\"}", "{\"a\": \"b: c\"}"},
      {"<190>Nov 22 10:31:49 nginx: 1.2.3.4 - - [x] \"GET / HTTP/1.1\"", "1.2.3.4 - - [x] \"GET / HTTP/1.1\""},
      {"<190>Nov 22 10:31:49 ::1 nginx: x", "x"},
      // others that follow RFC 3164
      {"<0>Jan  1 00:00:00 host app[123]: m", "m"},
      {"<134>Jan  1 00:00:00 haproxy[7]: m", "m"},
      {"<13>Jan  1 00:00:00 host sub/app.x_y-z:m", "m"},
      {"<13>Jan  1 00:00:00 tag:", ""},
      {"<13>2026-01-02T03:04:05.678+01:00 host tag: m", "m"},
      {"<13>2026-01-02T03:04:05Z tag: m", "m"},
      // no tag: the message begins behind the time
      {"<13>Jan  1 00:00:00 {\"a\":1}", "{\"a\":1}"},
      {"<13>Jan  1 00:00:00 1.2.3.4 - - [x]", "1.2.3.4 - - [x]"},
      {"<13>Jan  1 00:00:00 host app[12", "host app[12"},
      {"<13>Jan  1 00:00:00 ", ""},
      // RFC 5424
      {"<165>1 2026-01-02T03:04:05.003Z host app 7 ID47 - m", "m"},
      {"<165>1 - - - - - - {\"a\":1}", "{\"a\":1}"},
      {"<165>1 - - - - - -", ""},
      {"<165>1 - - - - - [a@1 k=\"v\"] m", "m"},
      {"<165>1 - - - - - [a@1 k=\"v]\" l=\"\\\"]\"][b@2] m", "m"},
      {"<165>1 - - - - - [a k=\"\\\\\"] m", "m"},
      {"<165>1 - - - - - - \xEF\xBB\xBFm", "m"},
      // line ends and zero bytes at the end
      {"<13>Jan  1 00:00:00 tag: m\n", "m"},
      {"<13>Jan  1 00:00:00 tag: m\r\n\0"sv, "m"},
      {"m\0"sv, "m"},
      // no header, or one that cannot be read: all of it is the message
      {"", ""},
      {"\n\n", ""},
      {"{\"a\":1}", "{\"a\":1}"},
      {"<", "<"},
      {"<>", "<>"},
      {"<1", "<1"},
      {"<192>Jan  1 00:00:00 tag: m", "<192>Jan  1 00:00:00 tag: m"},
      {"<1234>Jan  1 00:00:00 tag: m", "<1234>Jan  1 00:00:00 tag: m"},
      {"<-1>Jan  1 00:00:00 tag: m", "<-1>Jan  1 00:00:00 tag: m"},
      {"<13>Jan  1 00:00:0 tag: m", "<13>Jan  1 00:00:0 tag: m"},
      {"<13>J1n  1 00:00:00 tag: m", "<13>J1n  1 00:00:00 tag: m"},
      {"<13>", "<13>"},
      {"<165>1 - - - - - [a k=\"v\" m", "<165>1 - - - - - [a k=\"v\" m"},
      {"<165>1 - - - - - [a k=\"\\", "<165>1 - - - - - [a k=\"\\"},
      {"<165>1 - - - - - [a]m", "<165>1 - - - - - [a]m"},
      {"<165>1 - - -", "<165>1 - - -"},
      {"<165>2 - - - - - - m", "<165>2 - - - - - - m"},
  };
  for (const Case& one : cases) EXPECT_EQ(syslog_message(one.datagram), one.message) << one.datagram;
}

TEST(SyslogMessage, a_tag_or_host_that_is_endless_is_no_tag_or_host) {
  const std::string long_tag = "<13>Jan  1 00:00:00 " + std::string(65, 'a') + ": m";
  EXPECT_EQ(syslog_message(long_tag), std::string(65, 'a') + ": m");
  const std::string long_host = "<13>Jan  1 00:00:00 " + std::string(256, 'a') + " tag: m";
  EXPECT_EQ(syslog_message(long_host), std::string(256, 'a') + " tag: m");
  EXPECT_EQ(syslog_message("<13>Jan  1 00:00:00 " + std::string(255, 'a') + " tag: m"), "m");
}

TEST(SyslogMessage, whatever_comes_the_message_is_a_part_of_it) {
  std::mt19937_64 random(support::test_seed());
  const std::string pieces[] = {"<",
                                "13",
                                ">",
                                "1",
                                " ",
                                "-",
                                "[",
                                "]",
                                "\"",
                                "\\",
                                "=",
                                "Jan  1 00:00:00 ",
                                "2026-01-02T03:04:05Z ",
                                "host ",
                                "tag",
                                ":",
                                "\n",
                                std::string(1, '\0'),
                                "m",
                                "\xEF\xBB\xBF"};
  for (int round = 0; round < 20'000; ++round) {
    std::string datagram = random() % 2 == 0 ? "<13>" : "";
    for (std::size_t count = random() % 16; count > 0; --count) datagram += pieces[random() % std::size(pieces)];
    const std::string_view message = syslog_message(datagram);
    if (message.empty()) continue;
    EXPECT_GE(message.data(), datagram.data());
    EXPECT_LE(message.data() + message.size(), datagram.data() + datagram.size());
    EXPECT_NE(message.back(), '\n');
  }
}

}  // namespace
}  // namespace weir
