// Texts of reports: rendered once for all who ask, never old, and for half of the time at most while none gets old.
#include "../../src/app/rendered_reports.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Encoding = RenderedReports::Encoding;

class RenderedReportsTest : public testing::Test {
 protected:
  RenderedReportsTest() {
    clock_.advance(1'000'000);
    cost_ms = 0;
    text_bytes = 10;
    self_ = this;
  }

  /// Says which report it is, and takes `cost_ms`.
  static std::string render(const Report& report, const SinkOptions& /*options*/) {
    self_->clock_.advance(cost_ms);
    std::string text = std::to_string(report.number) + ".";
    return text + std::string(text_bytes, ' ');
  }
  /// The number of the report that is shown when this one is the newest.
  std::uint64_t shown(std::uint64_t newest, const SinkRow& sink = kSink) {
    Report report;
    report.number = newest;
    return std::stoull(reports_.find(sink, report, Encoding::kPlain).text);
  }
  Encoding encoding_of(std::uint64_t newest, Encoding wanted) {
    Report report;
    report.number = newest;
    return reports_.find(kSink, report, wanted).encoding;
  }

  static constexpr SinkRow kSink{"one", "/one", "text/plain", render};
  static constexpr SinkRow kOther{"other", "/other", "text/plain", render};
  static inline TimeMs cost_ms = 0;
  static inline std::size_t text_bytes = 0;
  static inline RenderedReportsTest* self_ = nullptr;
  ManualClock clock_{0};
  RenderedReports reports_{SinkOptions{}, clock_};
};

TEST_F(RenderedReportsTest, a_report_is_rendered_once_for_each_sink) {
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(shown(7), 7U);
    EXPECT_EQ(shown(7, kOther), 7U);
  }
  EXPECT_EQ(reports_.renderings(), 2);
  EXPECT_EQ(shown(8), 8U);
  EXPECT_EQ(reports_.renderings(), 3);
}

TEST_F(RenderedReportsTest, the_same_report_is_rendered_again_when_what_it_says_of_the_process_is_old) {
  shown(7);
  clock_.advance(RenderedReports::kFreshMs - 1);
  shown(7);
  EXPECT_EQ(reports_.renderings(), 1);
  clock_.advance(1);
  shown(7);
  EXPECT_EQ(reports_.renderings(), 2);
}

TEST_F(RenderedReportsTest, a_storm_leaves_the_thread_half_of_its_time) {
  cost_ms = 30;
  const TimeMs began_ms = clock_.steady_ms();
  std::uint64_t number = 0;
  for (; reports_.renderings() < 20; clock_.advance(1)) {
    ++number;
    shown(number, number % 2 == 0 ? kSink : kOther);  // another report each time
  }
  EXPECT_GE(clock_.steady_ms() - began_ms, 2 * (20 - 2) * cost_ms)
      << "but for the first of each sink, which cannot wait";
  clock_.advance(cost_ms);
  EXPECT_EQ(shown(number), number) << "when it has rested, the newest is shown";
}

TEST_F(RenderedReportsTest, even_rest_does_not_make_a_report_old) {
  shown(1, kOther);
  cost_ms = 5 * RenderedReports::kFreshMs;
  EXPECT_EQ(shown(2), 2U);
  cost_ms = 0;
  clock_.advance(RenderedReports::kFreshMs - 1);
  EXPECT_EQ(shown(3), 2U);
  EXPECT_EQ(shown(3, kOther), 3U);
  clock_.advance(1);
  EXPECT_EQ(shown(4), 4U);
}

TEST_F(RenderedReportsTest, what_is_large_is_compressed_once_for_those_who_want_it) {
  EXPECT_EQ(encoding_of(1, Encoding::kGzip), Encoding::kPlain);
  text_bytes = 100'000;
  EXPECT_EQ(encoding_of(2, Encoding::kGzip), Encoding::kGzip);
  EXPECT_EQ(encoding_of(2, Encoding::kPlain), Encoding::kPlain);
  EXPECT_EQ(encoding_of(2, Encoding::kGzip), Encoding::kGzip);
  EXPECT_EQ(shown(3), 3U);
  text_bytes = 10;
  EXPECT_EQ(encoding_of(4, Encoding::kGzip), Encoding::kPlain) << "the compressed text of an older report";
  EXPECT_EQ(reports_.renderings(), 4);
}

TEST_F(RenderedReportsTest, old_texts_are_let_go) {
  shown(7);
  reports_.forget_old();
  shown(7);
  EXPECT_EQ(reports_.renderings(), 1);
  cost_ms = 100;
  clock_.advance(RenderedReports::kFreshMs);
  reports_.forget_old();
  EXPECT_EQ(shown(7), 7U);
  EXPECT_EQ(reports_.renderings(), 2);
}

}  // namespace
}  // namespace weir
