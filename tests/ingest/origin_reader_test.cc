// Tests of what a request tells about its sender: the client behind proxies, and what only trusted ones may say.
#include "weir/ingest/origin_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace weir {
namespace {

using Headers = std::multimap<std::string, std::string>;

/// The origin of a request; its views live as long as `headers` and `peer`.
Origin read(const OriginReader& reader, std::string_view peer, const Headers& headers) {
  HttpRequest request;
  request.peer_address = peer;
  request.headers = [&headers](std::string_view name) {
    std::vector<std::string_view> values;
    const auto [from, to] = headers.equal_range(std::string(name));
    for (auto header = from; header != to; ++header) values.push_back(header->second);
    return values;
  };
  request.header = [&request](std::string_view name) {
    const auto values = request.headers(name);
    return values.empty() ? std::string_view() : values.front();
  };
  return reader.read(request);
}

OriginReader reader(const std::string& country_header = {}) {
  auto made = OriginReader::make({"127.0.0.0/8", "10.0.0.0/8", "2001:db8:ffff::/48"}, country_header);
  EXPECT_TRUE(made);
  return *made;
}

struct HopCase {
  const char* peer;
  Headers headers;
  const char* client;
};

TEST(OriginReader, the_client_is_the_right_most_address_that_is_no_trusted_proxy) {
  const std::string xff = "X-Forwarded-For";
  const HopCase cases[] = {
      {"127.0.0.1", {}, "127.0.0.1"},
      {"127.0.0.1", {{xff, "192.0.2.1"}}, "192.0.2.1"},
      {"192.0.2.9", {{xff, "192.0.2.1"}}, "192.0.2.9"},  // anybody
      {"127.0.0.1", {{xff, "6.6.6.6, 192.0.2.1, 10.1.2.3"}}, "192.0.2.1"},
      {"127.0.0.1", {{xff, "6.6.6.6"}, {xff, "192.0.2.1"}, {xff, "10.0.0.1"}}, "192.0.2.1"},
      {"127.0.0.1", {{xff, "10.0.0.2, 10.0.0.1"}}, "10.0.0.2"},
      {"127.0.0.1", {{xff, "6.6.6.6, unknown, 10.0.0.1"}}, "10.0.0.1"},
      {"127.0.0.1", {{xff, "6.6.6.6, "}}, "6.6.6.6"},
      {"127.0.0.1", {{xff, "192.0.2.1:5678"}}, "192.0.2.1"},
      {"::ffff:127.0.0.1", {{xff, "[2001:db8::1]:443"}}, "[2001:db8::1]"},
      {"127.0.0.1", {{xff, "2001:db8::1, 2001:db8:ffff::7"}}, "2001:db8::1"},
      {"127.0.0.1", {{xff, "garbage"}}, "127.0.0.1"},
      {"127.0.0.1", {{xff, ",,,"}}, "127.0.0.1"},
      {"127.0.0.1", {{xff, "[::1"}}, "127.0.0.1"},
      {"127.0.0.1", {{"Forwarded", "for=192.0.2.60;proto=http;by=203.0.113.43"}}, "192.0.2.60"},
      {"127.0.0.1", {{"Forwarded", "for=6.6.6.6, proto=https; FOR=\"[2001:db8::2]:47\""}}, "[2001:db8::2]"},
      {"127.0.0.1", {{"Forwarded", "for=192.0.2.1, for=_hidden"}}, "127.0.0.1"},
      {"127.0.0.1", {{"Forwarded", "proto=https"}}, "127.0.0.1"},
      {"127.0.0.1", {{"Forwarded", "for=6.6.6.6"}, {xff, "192.0.2.1"}}, "192.0.2.1"},
      {"", {{xff, "192.0.2.1"}}, ""},
  };
  for (const HopCase& row : cases) {
    std::string text;
    for (const auto& [name, value] : row.headers) text += name + ": " + value + "; ";
    EXPECT_EQ(read(reader(), row.peer, row.headers).address, row.client) << row.peer << " " << text;
  }
}

TEST(OriginReader, a_long_list_of_trusted_hops_ends) {
  std::string hops = "192.0.2.1";
  for (int i = 0; i < 1000; ++i) hops += ",10.0.0.1";
  EXPECT_EQ(read(reader(), "127.0.0.1", {{"X-Forwarded-For", hops}}).address, "10.0.0.1");
}

TEST(OriginReader, only_a_trusted_proxy_says_the_country) {
  const Headers headers{{"CF-IPCountry", " DE "}};
  EXPECT_EQ(read(reader("CF-IPCountry"), "127.0.0.1", headers).country, "DE");
  EXPECT_EQ(read(reader("CF-IPCountry"), "192.0.2.9", headers).country, "");
  EXPECT_EQ(read(reader(), "127.0.0.1", headers).country, "");
}

TEST(OriginReader, tells_browsers_from_programs_and_who_opted_out) {
  const Headers from_page{{"Origin", "https://shop.example"}, {"Sec-GPC", "1"}};
  const Origin page = read(reader(), "192.0.2.1", from_page);
  EXPECT_TRUE(page.from_browser);
  EXPECT_TRUE(page.opted_out);
  EXPECT_EQ(page.web_origin, "https://shop.example");
  const Headers from_program{{"User-Agent", "curl/8"}, {"Sec-GPC", "0"}};
  const Origin program = read(reader(), "192.0.2.1", from_program);
  EXPECT_FALSE(program.from_browser);
  EXPECT_FALSE(program.opted_out);
  EXPECT_EQ(program.user_agent, "curl/8");
  EXPECT_TRUE(read(reader(), "192.0.2.1", {{"Sec-Fetch-Mode", "no-cors"}}).from_browser);
}

TEST(OriginReader, a_proxy_that_is_no_network_is_refused) {
  const auto made = OriginReader::make({"10.0.0.0/8", "proxy.example"}, "");
  ASSERT_FALSE(made);
  EXPECT_NE(made.error().message.find("proxy.example"), std::string::npos);
}

}  // namespace
}  // namespace weir
