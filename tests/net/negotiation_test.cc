// What clients accept, as browsers, curl and Prometheus say it, and as nobody should.
#include "weir/net/negotiation.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr std::string_view kOpenMetrics = "application/openmetrics-text";
constexpr std::string_view kText = "text/plain";

TEST(Negotiation, gzip_is_for_who_names_it) {
  for (const char* list :
       {"gzip", "deflate, gzip", "br;q=1, gzip;q=0.1", "x-gzip", " gzip ;q=1", "GZIP", "gzip ; seq=0", "gzip;Q=0.5"}) {
    EXPECT_TRUE(accepts_gzip(list)) << list;
  }
  for (const char* list :
       {"", "br", "gzip;q=0", "gzip; q=0.000", "gzipped", ",,;", "gzip;q=x", "gzip;Q=0", "gzip;a=b;q=0"}) {
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
  EXPECT_EQ(accepted_weight("TEXT/Plain;q=0.4", kText), 0.4);
  EXPECT_EQ(accepted_weight("Text/*;q=0.4", kText), 0.4);
  EXPECT_EQ(accepted_weight("text/plain;seq=0;charset=q=0", kText), 1);
}

TEST(Negotiation, lines_of_a_list_are_one_list) {
  HttpRequest request{};
  request.headers = [](std::string_view name) {
    return name == "Accept" ? std::vector<std::string_view>{"text/html", "text/plain;q=0.5"}
                            : std::vector<std::string_view>{};
  };
  EXPECT_EQ(list_of(request, "Accept"), "text/html, text/plain;q=0.5");
  EXPECT_EQ(list_of(request, "Accept-Encoding"), "");
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
