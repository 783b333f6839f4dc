// The strict reader that other tests rely on must itself refuse what is wrong: each case breaks one rule of the
// text format.
#include <gtest/gtest.h>

#include "support/exposition.h"

namespace weir {
namespace {

using support::Exposition;
using support::parse_exposition;
using support::read_exposition;

const std::string kHeader = "# HELP a_total A.\n# TYPE a_total counter\n";

TEST(ExpositionReader, reads_values_and_unescapes_labels) {
  const Exposition read = read_exposition(kHeader + "a_total{x=\"q\\\"b\\\\s\\nn,}=\",y=\"\"} 1.5e3\na_total 2\n");
  EXPECT_TRUE(read.errors.empty()) << read.errors.front();
  ASSERT_EQ(read.samples.size(), 2U);
  EXPECT_EQ(read.samples[0].labels.at("x"), "q\"b\\s\nn,}=");
  EXPECT_EQ(read.samples[0].value, 1500);
  EXPECT_EQ(read.types.at("a_total"), "counter");
  EXPECT_EQ(parse_exposition(kHeader + "a_total{x=\"1\"} 7\n").at("a_total{x=\"1\"}"), 7);
}

TEST(ExpositionReader, refuses_what_is_wrong) {
  const std::string histogram = "# HELP h H.\n# TYPE h histogram\n";
  const std::vector<std::string> wrong = {
      "a_total 1\n",
      kHeader,
      kHeader + "a_total 1",
      kHeader + "a_total\n",
      kHeader + "a_total 1x\n",
      kHeader + "a_total  1\n",
      kHeader + "a_total nan\n",
      kHeader + "a_total -1\n",
      kHeader + "a_total 1 1700000000000\n",
      kHeader + "b_total 1\n",
      kHeader + "1a 1\n",
      kHeader + "a_total{} 1\n",
      kHeader + "a_total{x=\"1\",} 1\n",
      kHeader + "a_total{x=1} 1\n",
      kHeader + "a_total{x=\"1} 1\n",
      kHeader + "a_total{x=\"\\t\"} 1\n",
      kHeader + "a_total{x=\"1\",x=\"2\"} 1\n",
      kHeader + "a_total{x-y=\"1\"} 1\n",
      kHeader + "a_total{__x=\"1\"} 1\n",
      kHeader + "a_total{x=\"\xC3\"} 1\n",
      kHeader + "a_total{x=\"\xED\xA0\x80\"} 1\n",
      kHeader + "a_total{x=\"" + std::string(1, '\0') + "\"} 1\n",
      kHeader + "a_total 1\na_total 1\n",
      kHeader + "a_total{x=\"1\",y=\"2\"} 1\na_total{y=\"2\",x=\"1\"} 1\n",
      kHeader + "a_total 1\n\n",
      kHeader + "a_total 1\n" + kHeader + "a_total{x=\"1\"} 1\n",
      "# TYPE a_total counter\na_total 1\n",
      "# HELP a_total A.\na_total 1\n",
      "# HELP a_total A \\t.\n# TYPE a_total counter\na_total 1\n",
      histogram + "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
      histogram + "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n",
      histogram + "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
      histogram + "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
      histogram + "h_bucket 1\nh_sum 1\nh_count 1\n",
  };
  for (const std::string& text : wrong) EXPECT_FALSE(read_exposition(text).errors.empty()) << text;
  EXPECT_TRUE(read_exposition(histogram + "h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n")
                  .errors.empty());
}

}  // namespace
}  // namespace weir
