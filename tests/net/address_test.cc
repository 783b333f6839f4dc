// Listen addresses: what is read, what is refused, and that texts come back as they went in.
#include "weir/net/address.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

struct GoodCase {
  const char* text;
  const char* host;
  std::uint16_t port;
  const char* again;
};

TEST(Address, good_texts_are_read_and_written_back) {
  const GoodCase cases[] = {
      {"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1:8080"},
      {"[::1]:9464", "::1", 9464, "[::1]:9464"},
      {"localhost:1", "127.0.0.1", 1, "127.0.0.1:1"},
      {":65535", "0.0.0.0", 65535, "0.0.0.0:65535"},
      {"[::]:0", "::", 0, "[::]:0"},
      {"10.1.2.3:0", "10.1.2.3", 0, "10.1.2.3:0"},
  };
  for (const GoodCase& good : cases) {
    SCOPED_TRACE(good.text);
    const auto address = parse_listen_address(good.text);
    ASSERT_TRUE(address.has_value());
    EXPECT_EQ(address->host, good.host);
    EXPECT_EQ(address->port, good.port);
    EXPECT_EQ(to_string(*address), good.again);
  }
}

TEST(Address, bad_texts_are_refused_with_a_cure) {
  for (const char* text : {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:80x",
                           "127.0.0.1: 80", "::1:8080", "[::1:8080", "::1]:8080", "[127.0.0.1]:80", "example.org:80",
                           "256.0.0.1:80", "[]:80", "[:80", "]:80"}) {
    SCOPED_TRACE(text);
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address.has_value());
    EXPECT_NE(address.error().message.find("write HOST:PORT"), std::string::npos) << address.error().message;
  }
}

}  // namespace
}  // namespace weir
