// How often one client may send.
#include "../../src/ingest/client_rates.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

/// Requests of `address` that are let through at this moment, of `count`.
int allowed(ClientRates& rates, const std::string& address, int count) {
  int let_through = 0;
  for (int i = 0; i < count; ++i) let_through += rates.allow(address) ? 1 : 0;
  return let_through;
}

TEST(ClientRates, let_two_seconds_worth_through_at_once_and_then_the_rate) {
  ManualClock clock(1'000'000);
  ClientRates rates(10, clock);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 100), 21);
  clock.advance(1000);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 100), 10);
  clock.advance(99);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 100), 0);
  clock.advance(1);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 100), 1);
  clock.advance(3'600'000);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 100), 21) << "what was not used is not saved up";
}

TEST(ClientRates, are_of_an_ipv4_address_or_a_network_of_ipv6) {
  ManualClock clock(1'000'000);
  ClientRates rates(1, clock);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 5), 3);
  EXPECT_EQ(allowed(rates, "192.0.2.2", 5), 3);
  EXPECT_EQ(allowed(rates, "::ffff:192.0.2.2", 5), 0) << "the same address";
  EXPECT_EQ(allowed(rates, "2001:db8::1", 5), 3);
  EXPECT_EQ(allowed(rates, "2001:db8::2", 5), 0);
  EXPECT_EQ(allowed(rates, "2001:db8:0:1::1", 5), 3);
}

TEST(ClientRates, are_unlimited_when_off_and_for_what_is_no_address) {
  ManualClock clock(1'000'000);
  ClientRates off(0, clock);
  EXPECT_EQ(allowed(off, "192.0.2.1", 1000), 1000);
  ClientRates rates(1, clock);
  EXPECT_EQ(allowed(rates, "", 1000), 1000);
  EXPECT_EQ(allowed(rates, "localhost", 1000), 1000);
}

TEST(ClientRates, a_flood_of_addresses_does_not_free_the_one_that_sends_too_often) {
  ManualClock clock(1'000'000);
  ClientRates rates(1, clock);
  EXPECT_EQ(allowed(rates, "192.0.2.1", 5), 3);
  for (int i = 0; i < 200'000; ++i) {
    const std::string address =
        "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
    ASSERT_TRUE(rates.allow(address)) << "strangers are let through";
  }
  EXPECT_EQ(allowed(rates, "192.0.2.1", 5), 0);
}

}  // namespace
}  // namespace weir
