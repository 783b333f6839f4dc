// The live feed's JSON: the rows of the report, those that were asked for, on one line whatever the labels hold.
#include "weir/sink/live_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report_samples.h"
#include "support/seed.h"
#include "weir/core/time_text.h"
#include "weir/sink/sinks.h"

namespace weir {
namespace {

using nlohmann::json;

constexpr TimeMs kNowMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

json live(const Report& report, const LiveQuery& query = {}) {
  return json::parse(render_live_json(report, query, kNowMs));
}

TEST(LiveJson, rows_and_events_are_those_of_the_report) {
  const Report report = small_report();
  const json whole = json::parse(render_report_json(report, {}));
  const json found = live(report);
  EXPECT_EQ(found["windows"], whole["windows"]);
  EXPECT_EQ(found["events"], whole["events"]);
  EXPECT_EQ(found["first_event"], whole["first_event"]);
  EXPECT_EQ(found["last_event"], whole["last_event"]);
}

TEST(LiveJson, says_what_else_a_reader_needs) {
  Report report = small_report();
  report.number = 7;
  report.watermark_ms = kNowMs - 5000;
  report.stats[Stat::kActiveSessions] = 3;
  const json found = live(report);
  EXPECT_EQ(found["time"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(found["watermark"], "2025-12-31T23:59:55.000Z");
  EXPECT_EQ(found["number"], 7);
  EXPECT_EQ(found["version"], WEIR_VERSION);
  EXPECT_EQ(found["sites"], json({"shop"}));
  EXPECT_EQ(found["window_lengths"], json({"5m"}));
  EXPECT_EQ(found["window"], "5m");
  EXPECT_EQ(found["rollups"], (json{{"landing", {"landing_page"}}}));
  EXPECT_EQ(found["left_out"], (json{{"landing", 0}}));
  EXPECT_EQ(found["stats"]["weir_active_sessions"], 3);
  std::int64_t received = 0;
  for (const auto& [source, count] : found["received_by_source"].items()) received += count.get<std::int64_t>();
  EXPECT_EQ(received, found["events"]["received"]);
  std::int64_t counted = 0;
  for (const auto& [type, count] : found["counted_by_type"].items()) counted += count.get<std::int64_t>();
  EXPECT_EQ(counted, found["events"]["counted"]);
}

TEST(LiveJson, an_empty_report_is_complete) {
  const json found = live(Report{});
  EXPECT_EQ(found["windows"], json::array());
  EXPECT_EQ(found["sites"], json::array());
  EXPECT_EQ(found["window"], "");
  EXPECT_TRUE(found["watermark"].is_null());
}

TEST(LiveJson, holds_the_window_and_the_rollups_asked_for) {
  const Report report = big_report(30);
  const json first = live(report, {.rows = 5});
  const json second = live(report, {.window = format_duration(report.windows.back().length_ms), .rows = 5});
  EXPECT_EQ(first["window_lengths"].size(), 2U);
  EXPECT_EQ(first["window"], first["window_lengths"][0]) << "the first one unless asked otherwise";
  EXPECT_NE(second["window"], first["window"]);
  for (const json& row : second["windows"]) EXPECT_EQ(row["window"], second["window"]);
  const json some = live(report, {.rollups = {"landing", "channel"}, .rows = 5});
  EXPECT_EQ(some["windows"].size(), 10U);
  for (const json& row : some["windows"]) EXPECT_TRUE(row["rollup"] == "landing" || row["rollup"] == "channel");
  EXPECT_EQ(some["left_out"], (json{{"landing", 25}, {"channel", 25}}));
}

TEST(LiveJson, rows_of_a_rollup_without_dimensions_are_never_left_out) {
  const json found = live(big_report(30), {.rollups = {"site"}, .rows = 1});
  EXPECT_EQ(found["windows"].size(), 30U);
  EXPECT_EQ(found["left_out"]["site"], 0);
}

TEST(LiveJson, holds_the_rows_of_one_site_when_asked_for_it) {
  Report report = small_report();
  add_cell(report, 0, {"blog", "/"}, {{.page_views = 2}});
  const json blog = live(report, {.site = "blog"});
  ASSERT_EQ(blog["windows"].size(), 1U);
  EXPECT_EQ(blog["windows"][0]["site"], "blog");
  EXPECT_EQ(blog["sites"], json({"shop", "blog"})) << "the others can still be chosen";
  EXPECT_EQ(live(report, {.site = ""})["windows"].size(), 0U);
  EXPECT_EQ(live(report)["windows"].size(), 3U);
}

TEST(LiveJson, cells_without_sessions_are_left_out) {
  Report report = small_report();
  report.windows[0].cells.push_back({{"shop", "/idle"}, Totals{}});
  EXPECT_EQ(live(report)["windows"].size(), 2U);
}

TEST(LiveJson, is_one_line_whatever_the_labels_hold) {
  std::mt19937_64 random(support::test_seed());
  for (int i = 0; i < 300; ++i) {
    Report report = small_report();
    add_cell(report, 0, {hostile_text(random, 20), hostile_text(random, 300)}, {{.page_views = 1}});
    const std::string text = render_live_json(report, {}, kNowMs);
    ASSERT_EQ(text.find_first_of("\r\n"), std::string::npos) << text;
    const json found = json::parse(text, nullptr, false);
    ASSERT_FALSE(found.is_discarded()) << text;
    ASSERT_EQ(found["windows"], json::parse(render_report_json(report, {}))["windows"]);
  }
}

TEST(LiveJson, asks_for_what_is_not_there_are_told_what_is) {
  const Report report = small_report();
  EXPECT_TRUE(check_live_query(report, {}).has_value());
  EXPECT_TRUE(check_live_query(report, {.window = "5m", .rollups = {"landing"}, .site = "unheard of"}).has_value());
  EXPECT_EQ(check_live_query(report, {.window = "1h"}).error().message, "no window \"1h\"; there are 5m");
  EXPECT_EQ(check_live_query(report, {.rollups = {"campaign"}}).error().message,
            "no rollup \"campaign\"; there are landing");
}

}  // namespace
}  // namespace weir
