// What clients accept, as browsers, curl and Prometheus say it, and as nobody should.
#include "weir/net/negotiation.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::string_view kOpenMetrics = "application/openmetrics-text";
constexpr std::string_view kText = "text/plain";

TEST(Negotiation, gzip_is_for_who_names_it) {
  for (const char* list : {"gzip", "deflate, gzip", "br;q=1, gzip;q=0.1", "x-gzip", " gzip ;q=1"}) {
    EXPECT_TRUE(accepts_gzip(list)) << list;
  }
  for (const char* list : {"", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", ",,;", "gzip;q=x"}) {
    EXPECT_FALSE(accepts_gzip(list)) << list;
  }
}

TEST(Negotiation, the_most_specific_range_counts) {
  EXPECT_EQ(accepted_weight("", kText), 1);
  EXPECT_EQ(accepted_weight("*/*", kText), 1);
  EXPECT_EQ(accepted_weight("text/*;q=0.3, */*", kText), 0.3);
  EXPECT_EQ(accepted_weight("*/*, text/*;q=0.3, text/plain;q=0.2", kText), 0.2);
  EXPECT_EQ(accepted_weight("application/json", kText), 0);
  EXPECT_EQ(accepted_weight("text/plain;q=7", kText), 0);
  EXPECT_EQ(accepted_weight(";;,=,/*", kText), 0);
}

TEST(Negotiation, prometheus_prefers_openmetrics_and_a_browser_does_not) {
  const std::string_view prometheus =
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
      "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
  EXPECT_EQ(accepted_weight(prometheus, kOpenMetrics), 1);
  EXPECT_EQ(accepted_weight(prometheus, kText), 0.5);
  const std::string_view browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  EXPECT_EQ(accepted_weight(browser, kOpenMetrics), accepted_weight(browser, kText));
}

}  // namespace
}  // namespace weir
