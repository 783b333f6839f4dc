// The whole way from a configuration text to labels in the export: rollups by country, brand and term need no code, and
// what is kept out of sessions is counted.
#include <gtest/gtest.h>

#include <string>

#include "weir/app/config.h"
#include "weir/pipeline/pipeline.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

constexpr TimeMs kClassifiedMs = 1'700'000'000'000;

constexpr std::string_view kYaml = R"(
sources: {http: {country_header: CF-IPCountry}}
rollups:
  country: {dimensions: [country], limit: 10}
  brand_by_channel: {dimensions: [channel, brand], limit: 10}
  term: {dimensions: [term], limit: 10}
table: {rollup: country}
brand_terms: [acme]
channels: [{channel: Partners, source: partner-*}]
sites: {shop: {hosts: [shop.example]}}
privacy: {honor_gpc: drop}
)";

/// Feeds bodies into a pipeline of the configuration and returns its last report.
class Fed {
 public:
  Fed() : clock_(kClassifiedMs) {
    const Result<Config> config = parse_config(kYaml, "weir.yaml");
    EXPECT_TRUE(config) << config.error().message;
    auto pipeline = Pipeline::start({.options = config->pipeline, .mode = PipelineMode::kServe}, clock_);
    EXPECT_TRUE(pipeline) << pipeline.error().message;
    pipeline_ = std::move(*pipeline);
  }
  BodyResult take(std::string body, const Origin& origin) {
    const std::size_t size = body.size();
    body.resize(size + kParserPadding, ' ');
    return pipeline_->take_body(std::string_view(body).substr(0, size), origin);
  }
  std::shared_ptr<const Report> finish() { return pipeline_->finish(); }

 private:
  ManualClock clock_;
  std::unique_ptr<Pipeline> pipeline_;
};

std::string view(std::string_view visitor, std::string_view query) {
  return R"({"type":"page_view","visitor":")" + std::string(visitor) + R"(","url":"https://shop.example/)" +
         std::string(query) + R"("})";
}

TEST(Classification, rollups_by_new_dimensions_work_by_configuration_alone) {
  Fed fed;
  (void)fed.take(view("a", "?utm_source=google&utm_medium=cpc&utm_term=acme+mug"), {.country = "de"});
  (void)fed.take(view("b", "?utm_source=partner-7&utm_term=mug"), {.country = "FR"});
  (void)fed.take(view("c", ""), {});
  const std::string text = render_prometheus(*fed.finish(), SinkOptions{});
  for (const char* line : {
           R"x(weir_country_window_sessions{site="shop",country="DE",window="5m"} 1)x",
           R"x(weir_country_window_sessions{site="shop",country="FR",window="5m"} 1)x",
           R"x(weir_country_window_sessions{site="shop",country="(none)",window="5m"} 1)x",
           R"x(weir_brand_by_channel_window_sessions{site="shop",channel="Paid Search",brand="brand",window="5m"} 1)x",
           R"x(weir_brand_by_channel_window_sessions{site="shop",channel="Partners",brand="non_brand",window="5m"} 1)x",
           R"x(weir_brand_by_channel_window_sessions{site="shop",channel="Direct",brand="(none)",window="5m"} 1)x",
           R"x(weir_term_window_sessions{site="shop",term="acme mug",window="5m"} 1)x",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\n" << text.substr(0, 4000);
  }
}

TEST(Classification, what_is_kept_out_of_sessions_is_counted_apart) {
  Fed fed;
  EXPECT_EQ(fed.take(view("a", ""), {}).accepted, 1U);
  EXPECT_EQ(fed.take(view("b", ""), {.user_agent = "Googlebot/2.1", .from_browser = true}).accepted, 1U);
  EXPECT_EQ(fed.take(view("c", ""), {.opted_out = true}).accepted, 1U);
  const BodyResult foreign = fed.take(R"({"type":"page_view","visitor":"d","url":"https://else.example/"})", {});
  ASSERT_EQ(foreign.errors.size(), 1U);
  EXPECT_EQ(foreign.errors[0].reason, "unknown_site");
  const auto report = fed.finish();
  EXPECT_EQ(report->stats[Stat::kCountedPageView], 1);
  EXPECT_EQ(report->stats[Stat::kCountedBot], 1);
  EXPECT_EQ(report->stats[Stat::kCountedOptedOut], 1);
  EXPECT_EQ(report->stats[Stat::kRejectedUnknownSite], 1);
  EXPECT_EQ(report->stats.received(), report->stats.settled() + report->stats[Stat::kQueued]);
}

}  // namespace
}  // namespace weir
