// The report: every field of the contract, read back by another JSON library, whatever bytes the labels hold.
// The sinks only get reports made by hand; no shard runs here.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report_samples.h"
#include "support/seed.h"
#include "weir/core/text.h"
#include "weir/kpi/kpi_table.h"
#include "weir/sink/json_writer.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

using nlohmann::json;

json parse_report(const Report& report) { return json::parse(render_report_json(report, {})); }

TEST(ReportJson, says_what_came_in_and_when) {
  const json report = parse_report(small_report());
  EXPECT_EQ(report["events"], json::parse(R"({"received": 15, "counted": 11, "rejected": {"malformed": 0,
    "invalid_utf8": 0, "missing_field": 0, "bad_string": 0, "bad_number": 0, "bad_time": 0, "bad_url": 2,
    "too_long": 0, "too_deep": 0, "unknown_site": 0}, "late": 1, "duplicate": 0, "shed": 0, "queued": 1})"));
  EXPECT_EQ(report["first_event"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(report["last_event"], "2026-01-01T00:04:05.678Z");
}

TEST(ReportJson, rows_hold_every_field_of_the_contract) {
  const json report = parse_report(small_report());
  const json expected = json::parse(R"({"site": "shop", "landing_page": "/", "sessions": 4, "landed_sessions": 4,
    "bounced_sessions": 2, "engaged_sessions": 2, "converted_sessions": 1, "page_views": 9, "visitors": 4, "orders": 2,
    "bounce_ratio": 0.5, "pages_per_session": 2.25, "conversion_ratio": 0.25,
    "dwell_seconds": {"known": 3, "unknown": 1, "sum": 143.4, "mean": 47.8, "p50": 12.0315, "p95": 124.927},
    "revenue": {"EUR": 30.5, "USD": 0.1}, "average_order_value": {"EUR": 15.25, "USD": 0.05},
    "funnels": {"checkout": [
      {"step": "product", "reached": 2, "leakage_ratio": 0.5, "causes": {"error": 0, "slow": 1, "wandered": 0, "left": 0}},
      {"step": "cart", "reached": 1, "leakage_ratio": 0, "causes": {"error": 0, "slow": 0, "wandered": 0, "left": 0}},
      {"step": "purchase", "reached": 1, "leakage_ratio": null, "causes": {}}]}})");
  json row = report["rollups"]["landing"][0];
  for (const char* quantile : {"p50", "p95"}) {
    const double wanted = expected["dwell_seconds"][quantile].get<double>();
    EXPECT_NEAR(row["dwell_seconds"][quantile].get<double>(), wanted, wanted * 0.016) << quantile;
    row["dwell_seconds"][quantile] = wanted;
  }
  EXPECT_NEAR(row["dwell_seconds"]["mean"].get<double>(), 47.8, 1e-12);
  row["dwell_seconds"]["mean"] = 47.8;
  EXPECT_EQ(row, expected) << row.dump(1);
}

TEST(ReportJson, every_row_of_the_kpi_table_shows_up) {
  const json row = parse_report(small_report())["rollups"]["landing"][0];
  const std::size_t labels = 2;
  const std::size_t nested = 4;  // dwell_seconds, revenue, average_order_value, funnels
  EXPECT_EQ(row.size() - labels - nested + row["dwell_seconds"].size(), part_table().size() + ratio_table().size());
}

TEST(ReportJson, undefined_ratios_are_null) {
  const json row = parse_report(small_report())["rollups"]["landing"][1];
  EXPECT_EQ(row["bounce_ratio"], 1);
  EXPECT_TRUE(row["dwell_seconds"]["mean"].is_null());
  EXPECT_TRUE(row["dwell_seconds"]["p50"].is_null());
  EXPECT_EQ(row["dwell_seconds"]["sum"], 0);
  EXPECT_TRUE(row["funnels"]["checkout"][0]["leakage_ratio"].is_null());
  EXPECT_EQ(row["revenue"], json::object());
  EXPECT_EQ(row["average_order_value"], json::object());
}

TEST(ReportJson, an_empty_report_is_complete) {
  const std::string text = render_report_json(Report{}, {});
  const json report = json::parse(text);
  EXPECT_TRUE(report["first_event"].is_null());
  EXPECT_TRUE(report["last_event"].is_null());
  EXPECT_EQ(report["rollups"], json::object());
  EXPECT_FALSE(report.contains("windows"));
  EXPECT_TRUE(text.ends_with("\n \"rollups\": {}\n}\n")) << text;
  Report wanted;
  wanted.windows_wanted = true;
  EXPECT_EQ(parse_report(wanted)["windows"], json::array());
}

TEST(ReportJson, windows_carry_time_length_and_rollup_beside_the_row) {
  json windows = parse_report(small_report())["windows"];
  ASSERT_EQ(windows.size(), 2U);
  EXPECT_EQ(windows[0]["at"], "2026-01-01T00:05:00.000Z");
  EXPECT_EQ(windows[0]["window"], "5m");
  EXPECT_EQ(windows[0]["rollup"], "landing");
  for (const char* extra : {"at", "window", "rollup"}) windows[0].erase(extra);
  EXPECT_EQ(windows[0], parse_report(small_report())["rollups"]["landing"][0]);
}

TEST(ReportJson, revenue_is_sorted_and_sums_taken_back_are_left_out) {
  Report report = small_report();
  Totals& totals = report.rollups[0].cells[1].totals;
  SessionFacts order;
  order.orders = 1;
  const std::vector<Money> revenue{{pack_currency("USD"), to_nanos(1)}, {pack_currency("AUD"), to_nanos(2)}};
  const std::vector<Money> taken_back{{pack_currency("GBP"), to_nanos(3)}};
  order.revenue = taken_back;
  totals.add(order, *report.funnels, +1);
  totals.add(order, *report.funnels, -1);
  order.revenue = revenue;
  totals.add(order, *report.funnels, +1);
  const std::string text = render_report_json(report, {});
  EXPECT_NE(text.find("\"revenue\": {\n     \"AUD\": 2,\n     \"USD\": 1\n    }"), std::string::npos) << text;
  EXPECT_EQ(text.find("GBP"), std::string::npos);
}

TEST(ReportJson, sums_of_milliseconds_have_no_rounding_noise) {
  Report report = small_report();
  report.rollups[0].cells[0].totals[Part::kDwellMs] = 403'779;
  EXPECT_NE(render_report_json(report, {}).find("\"sum\": 403.779,"), std::string::npos);
}

TEST(ReportJson, any_bytes_give_json_that_parses_back) {
  std::mt19937_64 random(support::test_seed());
  for (int round = 0; round < 200; ++round) {
    Report report = small_report();
    const std::string page = hostile_text(random, 80);
    report.rollups[0].cells[0].labels[1] = page;
    const json parsed = json::parse(render_report_json(report, {}), nullptr, false);
    ASSERT_FALSE(parsed.is_discarded());
    const auto read = parsed["rollups"]["landing"][0]["landing_page"].get<std::string>();
    if (is_valid_utf8(page)) {
      EXPECT_EQ(read, page);
    } else {
      EXPECT_NE(read.find("\xEF\xBF\xBD"), std::string::npos);
    }
  }
}

TEST(JsonWriter, escapes_and_numbers) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  writer.string(std::string_view("\0\x1f\n\"\\/\x7f", 7));
  writer.number(0.1);
  writer.number(1e300);
  writer.number(std::nullopt);
  writer.number(std::numeric_limits<double>::infinity());
  writer.number(std::numeric_limits<double>::quiet_NaN());
  writer.integer(std::numeric_limits<std::int64_t>::min());
  writer.begin_object();
  writer.end_object();
  writer.begin_array();
  writer.end_array();
  writer.end_array();
  EXPECT_EQ(out,
            "[\n \"\\u0000\\u001f\\u000a\\\"\\\\/\x7f\",\n 0.1,\n 1e+300,\n null,\n null,\n null,\n "
            "-9223372036854775808,\n {},\n []\n]");
}

}  // namespace
}  // namespace weir
