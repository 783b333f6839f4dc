// Tests of addresses and networks: what is read, what is refused, and where prefixes end.
#include "weir/core/ip_address.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(IpAddress, one_address_has_one_form) {
  EXPECT_EQ(parse_ip_address("192.0.2.1"), parse_ip_address("::ffff:192.0.2.1"));
  EXPECT_EQ(parse_ip_address("2001:db8::1"), parse_ip_address("[2001:0DB8:0::0001]"));
  EXPECT_EQ(parse_ip_address("fe80::1%eth0"), parse_ip_address("fe80::1"));
  EXPECT_NE(parse_ip_address("::1"), parse_ip_address("0.0.0.1"));
  EXPECT_TRUE(parse_ip_address("192.0.2.1")->is_v4());
  EXPECT_FALSE(parse_ip_address("::1")->is_v4());
}

TEST(IpAddress, anything_else_is_refused) {
  for (const std::string& text :
       {std::string(), std::string("unknown"), std::string("1.2.3"), std::string("1.2.3.4.5"), std::string("1.2.3.256"),
        std::string("1.2.3.4:80"), std::string("[::1"), std::string("[]"), std::string("::g"), std::string("1::2::3"),
        std::string("1.2.3.4\0", 8), std::string(1000, '1'), std::string("%eth0"), std::string(" 1.2.3.4")}) {
    EXPECT_EQ(parse_ip_address(text), std::nullopt) << text;
  }
}

TEST(IpAddress, truncation_keeps_the_network_only) {
  EXPECT_EQ(parse_ip_address("192.0.2.77")->truncated(), parse_ip_address("192.0.2.0"));
  EXPECT_EQ(parse_ip_address("2001:db8:1:2:3:4:5:6")->truncated(), parse_ip_address("2001:db8:1::"));
  EXPECT_NE(parse_ip_address("192.0.3.77")->truncated(), parse_ip_address("192.0.2.0"));
}

struct NetworkCase {
  const char* network;
  const char* inside;
  const char* outside;
};

TEST(IpNetwork, holds_the_addresses_that_share_its_prefix) {
  const NetworkCase cases[] = {{"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
                               {"192.0.2.129/25", "192.0.2.128", "192.0.2.127"},
                               {"192.0.2.1", "192.0.2.1", "192.0.2.2"},
                               {"192.0.2.1/32", "::ffff:192.0.2.1", "192.0.2.0"},
                               {"0.0.0.0/0", "255.1.2.3", "2001:db8::1"},
                               {"::/0", "192.0.2.1", nullptr},
                               {"2001:db8::/33", "2001:db8:7fff::", "2001:db8:8000::"},
                               {"::1", "::1", "::2"}};
  for (const NetworkCase& row : cases) {
    const auto network = parse_ip_network(row.network);
    ASSERT_TRUE(network) << row.network;
    EXPECT_TRUE(network->contains(*parse_ip_address(row.inside))) << row.network;
    if (row.outside != nullptr) {
      EXPECT_FALSE(network->contains(*parse_ip_address(row.outside))) << row.network;
    }
  }
  for (const char* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", "a/8"}) {
    EXPECT_FALSE(parse_ip_network(bad)) << bad;
  }
}

}  // namespace
}  // namespace weir
