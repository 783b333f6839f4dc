// The scrape: golden families, agreement with THE KPI table, hostile labels, and what promtool says. Read back by
// the strict reader of tests/support, which shares nothing with the writer.
#include <gtest/gtest.h>
#include <prometheus/check_names.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <set>

#include "report_samples.h"
#include "support/exposition.h"
#include "support/seed.h"
#include "weir/core/text.h"
#include "weir/core/time_text.h"
#include "weir/kpi/kpi_table.h"
#include "weir/sink/live_json.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

using support::Exposition;
using support::parse_exposition;
using support::read_exposition;
using support::Sample;

/// The lines of one family, header included.
std::string family(const std::string& text, const std::string& name) {
  const std::size_t start = text.find("# HELP " + name + " ");
  if (start == std::string::npos) return {};
  const std::size_t next = text.find("# HELP ", start + 1);
  return text.substr(start, next - start);
}

/// A file that is gone at the end of the test.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(testing::TempDir() + "weir_sink_test_" + std::to_string(getpid())) {
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { std::remove(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

struct Verdict {
  int exit_code;
  std::string output;
};

Verdict promtool(const std::string& text) {
  const TemporaryFile file(text);
  FILE* pipe = popen(("promtool check metrics < '" + file.path() + "' 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe)) output.append(buffer.data(), size);
  const int status = pclose(pipe);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output};
}

TEST(PrometheusText, counters_of_a_small_report) {
  const std::string text = render_prometheus(small_report(), {});
  EXPECT_EQ(family(text, "weir_landing_sessions_total"),
            "# HELP weir_landing_sessions_total Sessions. Counted when a session closes.\n"
            "# TYPE weir_landing_sessions_total counter\n"
            "weir_landing_sessions_total{site=\"shop\",landing_page=\"/\"} 4\n"
            "weir_landing_sessions_total{site=\"shop\",landing_page=\"/cart\"} 1\n");
  EXPECT_EQ(family(text, "weir_landing_revenue_total"),
            "# HELP weir_landing_revenue_total Revenue of orders, in units of its currency. Counted when a session "
            "closes.\n"
            "# TYPE weir_landing_revenue_total counter\n"
            "weir_landing_revenue_total{site=\"shop\",landing_page=\"/\",currency=\"EUR\"} 30.5\n"
            "weir_landing_revenue_total{site=\"shop\",landing_page=\"/\",currency=\"USD\"} 0.1\n");
  EXPECT_EQ(family(text, "weir_landing_visitors_total"), "") << "distinct counts do not add up to a counter";
}

TEST(PrometheusText, dwell_histogram_is_cumulative_and_holds_known_sessions_only) {
  const auto values = parse_exposition(render_prometheus(small_report(), {}));
  const auto bucket = [&](const std::string& le) {
    return values.at("weir_landing_dwell_seconds_bucket{site=\"shop\",landing_page=\"/\",le=\"" + le + "\"}");
  };
  const std::map<std::string, double> expected{{"3.0", 0},    {"6.0", 0},    {"10.0", 1},  {"15.0", 2},  {"20.0", 2},
                                               {"30.0", 2},   {"50.0", 2},   {"75.0", 2},  {"120.0", 2}, {"180.0", 3},
                                               {"240.0", 3},  {"360.0", 3},  {"600.0", 3}, {"900.0", 3}, {"1200.0", 3},
                                               {"1800.0", 3}, {"3600.0", 3}, {"+Inf", 3}};
  for (const auto& [le, count] : expected) EXPECT_EQ(bucket(le), count) << le;
  EXPECT_EQ(values.at("weir_landing_dwell_seconds_sum{site=\"shop\",landing_page=\"/\"}"), 143.4);
  EXPECT_EQ(values.at("weir_landing_dwell_seconds_count{site=\"shop\",landing_page=\"/\"}"), 3);
  EXPECT_EQ(values.at("weir_landing_dwell_seconds_count{site=\"shop\",landing_page=\"/cart\"}"), 0);
}

TEST(PrometheusText, funnels_count_steps_and_causes) {
  const auto values = parse_exposition(render_prometheus(small_report(), {}));
  const auto value = [&](const std::string& name, const std::string& more) {
    return values.at("weir_landing_" + name + "{site=\"shop\",landing_page=\"/\"," + more + "}");
  };
  EXPECT_EQ(value("funnel_sessions_total", "funnel=\"checkout\",step=\"product\""), 2);
  EXPECT_EQ(value("funnel_sessions_total", "funnel=\"checkout\",step=\"cart\""), 1);
  EXPECT_EQ(value("funnel_sessions_total", "funnel=\"checkout\",step=\"purchase\""), 1);
  EXPECT_EQ(value("funnel_leaked_sessions_total", "funnel=\"checkout\",step=\"product\",cause=\"slow\""), 1);
  EXPECT_EQ(value("funnel_leaked_sessions_total", "funnel=\"checkout\",step=\"product\",cause=\"left\""), 0);
  EXPECT_EQ(value("window_funnel_sessions", "window=\"5m\",funnel=\"checkout\",step=\"cart\""), 1);
  EXPECT_EQ(value("window_funnel_leaked_sessions", "window=\"5m\",funnel=\"checkout\",step=\"product\",cause=\"slow\""),
            1);
  EXPECT_EQ(value("window_funnel_leakage_ratio", "window=\"5m\",funnel=\"checkout\",step=\"product\""), 0.5);
  EXPECT_EQ(value("window_funnel_leakage_ratio", "window=\"5m\",funnel=\"checkout\",step=\"cart\""), 0);
  for (const auto& [name, ignored] : values) {
    if (name.find("leak") == std::string::npos) continue;
    EXPECT_EQ(name.find("step=\"purchase\""), std::string::npos) << "nothing leaks from the last step: " << name;
  }
}

TEST(PrometheusText, windows_are_gauges_of_every_part_and_ratio) {
  const Report report = small_report();
  const auto values = parse_exposition(render_prometheus(report, {}));
  const Totals& totals = report.windows[0].cells[0].totals;
  const std::string labels = "{site=\"shop\",landing_page=\"/\",window=\"5m\"}";
  for (const PartRow& row : part_table()) {
    const std::string name = "weir_landing_window_" + std::string(row.name) + labels;
    EXPECT_EQ(values.contains(name), row.gauge) << name;
    if (!row.gauge) continue;
    EXPECT_DOUBLE_EQ(values.at(name), static_cast<double>(totals[row.part]) * row.scale) << name;
  }
  for (const RatioRow& row : ratio_table()) {
    const std::string name = "weir_landing_window_" + std::string(row.name) + labels;
    ASSERT_TRUE(values.contains(name)) << name;
    EXPECT_EQ(values.at(name), row.formula(totals)) << name;
  }
  const std::string euros = "{site=\"shop\",landing_page=\"/\",window=\"5m\",currency=\"EUR\"}";
  EXPECT_EQ(values.at("weir_landing_window_revenue" + euros), 30.5);
  EXPECT_EQ(values.at("weir_landing_window_average_order_value" + euros), 15.25);
  EXPECT_EQ(values.at("weir_landing_window_bounce_ratio" + labels), 0.5);
  EXPECT_EQ(values.at("weir_landing_window_dwell_sum_seconds" + labels), 143.4);
}

TEST(PrometheusText, undefined_ratios_are_left_out) {
  const std::string text = render_prometheus(small_report(), {});
  const std::string cart = "{site=\"shop\",landing_page=\"/cart\",window=\"5m\"";
  EXPECT_NE(text.find("weir_landing_window_bounce_ratio" + cart), std::string::npos);
  EXPECT_EQ(text.find("weir_landing_window_dwell_mean_seconds" + cart), std::string::npos);
  EXPECT_EQ(text.find("weir_landing_window_dwell_p50_seconds" + cart), std::string::npos);
  EXPECT_EQ(text.find("weir_landing_window_funnel_leakage_ratio" + cart), std::string::npos);
  EXPECT_EQ(text.find("weir_landing_window_average_order_value" + cart), std::string::npos);
}

TEST(PrometheusText, ratios_can_be_switched_off_and_parts_stay) {
  SinkOptions options;
  options.ratios = false;
  const Exposition read = read_exposition(render_prometheus(small_report(), options));
  EXPECT_TRUE(read.errors.empty());
  for (const auto& [name, type] : read.types) {
    EXPECT_EQ(name.find("_ratio"), std::string::npos) << name;
    EXPECT_EQ(name.find("_mean"), std::string::npos) << name;
    EXPECT_EQ(name.find("_p50"), std::string::npos) << name;
    EXPECT_EQ(name.find("average_order_value"), std::string::npos) << name;
    EXPECT_EQ(name.find("pages_per_session"), std::string::npos) << name;
  }
  EXPECT_TRUE(read.types.contains("weir_landing_window_bounced_sessions"));
}

TEST(PrometheusText, revenue_taken_back_leaves_no_window_gauge_but_a_counter_stays) {
  Report report = small_report();
  SessionFacts order;
  const std::array<Money, 1> pounds{{{pack_currency("GBP"), to_nanos(5)}}};
  order.orders = 1;
  order.revenue = pounds;
  Totals& window = report.windows[0].cells[1].totals;
  window.add(order, *report.funnels, +1);
  window.add(order, *report.funnels, -1);
  const std::array<Money, 1> gift{{{pack_currency("GBP"), 0}}};
  order.revenue = gift;
  report.rollups[0].counters[1].counters.add(order, *report.funnels);
  const auto values = parse_exposition(render_prometheus(report, {}));
  EXPECT_FALSE(values.contains(
      "weir_landing_window_revenue{site=\"shop\",landing_page=\"/cart\",window=\"5m\",currency=\"GBP\"}"));
  EXPECT_EQ(values.at("weir_landing_revenue_total{site=\"shop\",landing_page=\"/cart\",currency=\"GBP\"}"), 0);
}

TEST(PrometheusText, a_revenue_counter_never_goes_down_by_rounding) {
  std::mt19937_64 random(support::test_seed());
  Report report = small_report();
  Counters& counters = report.rollups[0].counters[1].counters;
  double last = 0;
  for (int i = 0; i < 300; ++i) {
    const double largest = std::pow(10.0, static_cast<double>(random() % 15));
    const double value = std::uniform_real_distribution<double>(0, largest)(random);
    const std::array<Money, 1> yen{{{pack_currency("JPY"), to_nanos(value)}}};
    SessionFacts order;
    order.orders = 1;
    order.revenue = yen;
    counters.add(order, *report.funnels);
    const auto values = parse_exposition(render_prometheus(report, {}));
    const double now = values.at("weir_landing_revenue_total{site=\"shop\",landing_page=\"/cart\",currency=\"JPY\"}");
    ASSERT_GE(now, last);
    last = now;
  }
  EXPECT_GT(last, 0);
}

TEST(PrometheusText, a_series_of_windows_is_exported_at_its_newest_moment_only) {
  Report report = small_report();
  WindowTotals later = report.windows[0];
  later.at_ms += 5000;
  later.cells.pop_back();
  report.windows.push_back(later);
  const auto values = parse_exposition(render_prometheus(report, {}));
  EXPECT_TRUE(values.contains("weir_landing_window_sessions{site=\"shop\",landing_page=\"/\",window=\"5m\"}"));
  EXPECT_FALSE(values.contains("weir_landing_window_sessions{site=\"shop\",landing_page=\"/cart\",window=\"5m\"}"));
}

TEST(PrometheusText, an_empty_report_still_shows_the_program) {
  const auto values = parse_exposition(render_prometheus(Report{}, {}));
  EXPECT_EQ(values.at("weir_series"), 0);
  EXPECT_EQ(values.at("weir_events_late_total"), 0);
  EXPECT_FALSE(values.contains("weir_watermark_timestamp_seconds")) << "unknown is absent, not 0";
}

TEST(PrometheusText, every_self_metric_is_exported_even_at_zero) {
  Report report = small_report();
  for (std::size_t i = 0; i < kStatCount; ++i) report.stats[static_cast<Stat>(i)] = static_cast<std::int64_t>(i % 7);
  report.stats[Stat::kReceivedHttp] = 1'234'567'890'123'456;
  const Exposition read = read_exposition(render_prometheus(report, {}));
  ASSERT_TRUE(read.errors.empty()) << read.errors.front();
  for (const StatRow& row : stat_table()) {
    std::string name(row.family);
    if (!row.label_name.empty())
      name += "{" + std::string(row.label_name) + "=\"" + std::string(row.label_value) + "\"}";
    ASSERT_TRUE(read.values.contains(name)) << name;
    EXPECT_EQ(read.values.at(name), static_cast<double>(report.stats[row.stat]) * row.scale) << name;
    EXPECT_EQ(read.types.at(std::string(row.family)), row.kind == StatKind::kCounter ? "counter" : "gauge") << name;
  }
  EXPECT_EQ(read.values.at(std::string("weir_build_info{version=\"") + WEIR_VERSION + "\"}"), 1);
  EXPECT_EQ(read.values.at("weir_watermark_timestamp_seconds"), 1'767'225'840.678);
}

TEST(PrometheusText, process_metrics_describe_this_process) {
  const auto values = parse_exposition(render_prometheus(Report{}, {}));
  const auto now = static_cast<double>(SystemClock().now_ms()) / 1000.0;
  EXPECT_GE(values.at("process_cpu_seconds_total"), 0);
  EXPECT_GT(values.at("process_resident_memory_bytes"), 100'000);
  EXPECT_GT(values.at("process_virtual_memory_bytes"), values.at("process_resident_memory_bytes"));
  EXPECT_GT(values.at("process_start_time_seconds"), now - 7 * 86'400);
  EXPECT_LE(values.at("process_start_time_seconds"), now + 2);
  EXPECT_GT(values.at("process_max_fds"), values.at("process_open_fds"));
  EXPECT_GE(values.at("weir_render_duration_seconds"), 0);

  const std::array<FILE*, 3> files{std::tmpfile(), std::tmpfile(), std::tmpfile()};
  const auto more = parse_exposition(render_prometheus(Report{}, {}));
  for (FILE* file : files) std::fclose(file);
  EXPECT_EQ(more.at("process_open_fds"), values.at("process_open_fds") + 3);
}

TEST(PrometheusText, promtool_has_nothing_to_say) {
  const std::string text = render_prometheus(big_report(40), {});
  const Verdict verdict = promtool(text);
  EXPECT_EQ(verdict.exit_code, 0) << "promtool comes with the package prometheus";
  EXPECT_EQ(verdict.output, "");
  EXPECT_NE(promtool("# HELP weir_bad Bad.\n# TYPE weir_bad counter\nweir_bad 1\n").output, "") << "it does lint";
}

TEST(PrometheusText, twenty_thousand_series_are_all_there_and_counted) {
  const std::string text = render_prometheus(big_report(100), {});
  const Exposition read = read_exposition(text);
  ASSERT_TRUE(read.errors.empty()) << read.errors.front();
  const std::set<std::string> not_kpis{"weir_build_info", "weir_watermark_timestamp_seconds", "weir_series",
                                       "weir_render_duration_seconds"};
  std::set<std::string> self_families;
  for (const StatRow& row : stat_table()) self_families.emplace(row.family);
  std::size_t kpi_series = 0;
  for (const Sample& sample : read.samples) {
    const bool kpi =
        sample.name.starts_with("weir_") && !not_kpis.contains(sample.name) && !self_families.contains(sample.name);
    kpi_series += kpi ? 1 : 0;
  }
  EXPECT_GT(kpi_series, 20'000U);
  EXPECT_EQ(read.values.at("weir_series"), static_cast<double>(kpi_series));
}

TEST(PrometheusText, prometheus_cpp_accepts_every_name) {
  const Exposition read = read_exposition(render_prometheus(big_report(1), {}));
  ASSERT_GT(read.samples.size(), 200U);
  for (const Sample& sample : read.samples) {
    EXPECT_TRUE(prometheus::CheckMetricName(sample.name)) << sample.name;
    for (const auto& [label, value] : sample.labels) EXPECT_TRUE(prometheus::CheckLabelName(label)) << label;
  }
}

TEST(PrometheusText, every_byte_in_a_label_keeps_the_scrape_readable) {
  Report report = small_report();
  for (int byte = 0; byte < 256; ++byte) {
    add_cell(report, 0, {"shop", "/" + std::to_string(byte) + "/" + static_cast<char>(byte)}, {{.page_views = 1}});
  }
  const std::string text = render_prometheus(report, {});
  const Exposition read = read_exposition(text);
  ASSERT_TRUE(read.errors.empty()) << read.errors.front();
  std::map<std::string, std::string> seen;
  for (const Sample& sample : read.samples) {
    if (sample.name != "weir_landing_sessions_total") continue;
    const std::string& page = sample.labels.at("landing_page");
    seen[page.substr(0, page.find('/', 1))] = page;
  }
  for (int byte = 1; byte < 128; ++byte) {
    const std::string start = "/" + std::to_string(byte);
    EXPECT_EQ(seen[start], start + "/" + static_cast<char>(byte)) << "byte " << byte << " must survive the round trip";
  }
  for (const int byte : {0, 0x80, 0xC3, 0xFF}) {
    const std::string start = "/" + std::to_string(byte);
    EXPECT_EQ(seen[start], start + "/\xEF\xBF\xBD") << "byte " << byte << " must be replaced";
  }
  EXPECT_EQ(promtool(text).exit_code, 0);
}

TEST(PrometheusText, random_hostile_labels_keep_the_scrape_readable) {
  std::mt19937_64 random(support::test_seed());
  for (int round = 0; round < 30; ++round) {
    Report report = big_report(0);
    report.funnels = std::make_shared<const FunnelSet>(
        std::vector<Funnel>{{"f" + hostile_text(random, 20),
                             {{"1" + hostile_text(random, 20), {}, "*"}, {"2" + hostile_text(random, 20), {}, "*"}}}},
        3000);
    std::set<std::string> pages;
    for (int cell = 0; cell < 10; ++cell) {
      const std::string page = std::to_string(cell) + hostile_text(random, 60);
      pages.insert(page);
      add_cell(report, 5, {hostile_text(random, 30), page, hostile_text(random, 60)}, {{.funnel_reached = 1}});
    }
    const std::string text = render_prometheus(report, {});
    const Exposition read = read_exposition(text);
    ASSERT_TRUE(read.errors.empty()) << read.errors.front();
    std::size_t exact = 0;
    std::size_t clean = 0;
    for (const std::string& page : pages) {
      clean += is_valid_utf8(page) && page.find('\0') == std::string::npos ? 1 : 0;
    }
    for (const Sample& sample : read.samples) {
      if (sample.name == "weir_landing_channel_sessions_total") exact += pages.count(sample.labels.at("landing_page"));
    }
    EXPECT_EQ(exact, clean) << "a clean label must come back as it went in";
    const Verdict verdict = promtool(text);
    ASSERT_EQ(verdict.exit_code, 0) << verdict.output;
  }
}

TEST(SinkTable, rows_have_their_own_names_and_paths_and_render) {
  std::set<std::string_view> names;
  std::set<std::string_view> paths;
  std::set<std::pair<std::string_view, std::string_view>> answers;
  for (const SinkRow& row : sink_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(answers.emplace(row.path, row.content_type).second) << row.path;
    EXPECT_FALSE(row.content_type.empty());
    paths.insert(row.path);
    if (row.render == nullptr) {
      EXPECT_EQ(row.path, kLivePath) << "a stream, rendered for each query";
      continue;
    }
    EXPECT_FALSE(row.render(small_report(), {}).empty());
  }
  EXPECT_TRUE(paths.contains("/metrics"));
  EXPECT_TRUE(paths.contains("/api/v1/report"));
}

}  // namespace
}  // namespace weir
