// weir top without a terminal: what is read of the live feed, what is drawn of it, and what keys do.
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "../../src/app/top_snapshot.h"
#include "../../src/app/top_view.h"
#include "weir/sink/display.h"

namespace weir {
namespace {

using nlohmann::ordered_json;

ordered_json cell(const char* rollup, const char* site, const char* page, int sessions, int bounced) {
  ordered_json row{{"rollup", rollup}, {"site", site}};
  if (*page != '\0') row["landing_page"] = page;
  row.update({{"sessions", sessions}, {"landed_sessions", sessions}, {"bounced_sessions", bounced}});
  row.update({{"converted_sessions", 1}, {"page_views", sessions * 2}, {"orders", 1}});
  row["dwell_seconds"] = {{"p50", bounced == sessions ? ordered_json() : ordered_json(3.5)}, {"p95", 9}};
  row["funnels"]["buy"] = {{{"step", "a"}, {"reached", 10}}, {{"step", "b"}, {"reached", 4}}};
  return row;
}

ordered_json feed() {
  ordered_json json{{"time", "2026-01-01T12:34:56.000Z"}, {"version", "9.8.7"}};
  json["events"] = {{"received", 70}, {"counted", 60}, {"rejected", {{"malformed", 2}, {"bad_url", 1}}},
                    {"late", 3},      {"queued", 4},   {"duplicate", 0}};
  json["stats"] = {{"weir_active_sessions", 12}};
  json["sites"] = {"shop", "blog"};
  json["window_lengths"] = {"5m", "1h"};
  json["rollups"] = {{"site", ordered_json::array()}, {"landing", {"landing_page"}}};
  json["window"] = "5m";
  json["windows"] = {cell("site", "shop", "", 30, 10), cell("site", "blog", "", 10, 10),
                     cell("landing", "shop", "/", 20, 5), cell("landing", "shop", "/b", 10, 5),
                     cell("landing", "blog", "/c", 10, 10)};
  json["left_out"] = {{"landing", 7}};
  return json;
}

TopSnapshot snapshot_of(const ordered_json& json, const std::string& rollup = "landing") {
  Result<TopSnapshot> snapshot = read_top_snapshot(json.dump(), rollup);
  EXPECT_TRUE(snapshot) << snapshot.error().message;
  return snapshot ? *snapshot : TopSnapshot{};
}

std::vector<std::string> screen_lines(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(TopSnapshot, reads_what_the_feed_says_and_adds_up_sites) {
  const TopSnapshot snapshot = snapshot_of(feed());
  EXPECT_EQ(snapshot.rejected, 3);
  EXPECT_EQ(snapshot.open_sessions, 12);
  EXPECT_EQ(snapshot.funnel, "buy");
  EXPECT_EQ(snapshot.left_out, 7);
  ASSERT_EQ(snapshot.rows.size(), 3U);
  EXPECT_EQ(snapshot.rows[1].label, "/b");
  EXPECT_EQ(snapshot.rows[1].bounce_ratio(), 0.5);
  EXPECT_EQ(snapshot.rows[1].pages_per_session(), 2);
  EXPECT_EQ(snapshot.rows[1].leakage(), 0.6);
  EXPECT_EQ(snapshot.rows[2].dwell_p50, std::nullopt);
  ASSERT_TRUE(snapshot.total);
  EXPECT_EQ(snapshot.total->sessions, 40);
  EXPECT_EQ(snapshot.total->bounce_ratio(), 0.5);
  EXPECT_EQ(snapshot.total->dwell_p50, std::nullopt) << "quantiles cannot be added";
}

TEST(TopSnapshot, what_is_no_feed_is_an_error_and_never_more) {
  EXPECT_NE(read_top_snapshot(feed().dump(), "nope").error().message.find("there are site, landing"),
            std::string::npos);
  const std::string whole = feed().dump();
  for (std::size_t i = 0; i < whole.size(); ++i) EXPECT_FALSE(read_top_snapshot(whole.substr(0, i), "landing")) << i;
  for (const char* key : {"events", "sites", "window_lengths", "rollups", "window", "windows"}) {
    for (const ordered_json& wrong :
         {ordered_json(), ordered_json(7), ordered_json("x"), ordered_json({{{"a", {1}}}})}) {
      ordered_json json = feed();
      json[key] = wrong;
      const Result<TopSnapshot> snapshot = read_top_snapshot(json.dump(), "landing");
      if (!snapshot) continue;
      EXPECT_EQ(render_top(*snapshot, {}, {}).find('\x1b'), std::string::npos) << key;
    }
  }
}

TEST(TopSnapshot, what_is_no_count_is_zero_and_sums_have_an_end) {
  constexpr std::int64_t kLargest = std::int64_t{1} << 53;
  struct Case {
    const char* number;
    std::int64_t read;
  };
  const Case cases[] = {{"0", 0},      {"7", 7},
                        {"7.0", 7},    {"9007199254740992", kLargest},
                        {"-1", 0},     {"9007199254740994", 0},
                        {"7.5", 0},    {"18446744073709551615", 0},
                        {"1e300", 0},  {"-9223372036854775808", 0},
                        {"-1e300", 0}, {"99999999999999999999999", 0}};
  for (const auto& [number, read] : cases) {
    ordered_json json = feed();
    const ordered_json value = ordered_json::parse(number);
    json["events"] = {{"received", value}, {"rejected", {{"malformed", value}}}};
    json["stats"]["weir_active_sessions"] = value;
    json["windows"][2]["sessions"] = value;
    json["windows"][2]["dwell_seconds"]["p50"] = value;
    json["windows"][2]["funnels"]["buy"][1]["reached"] = value;
    const TopSnapshot snapshot = snapshot_of(json);
    EXPECT_EQ(snapshot.received, read) << number;
    EXPECT_EQ(snapshot.rejected, read) << number;
    EXPECT_EQ(snapshot.open_sessions, read) << number;
    EXPECT_EQ(snapshot.rows[0].sessions, read) << number;
    EXPECT_EQ(snapshot.rows[0].finished, read) << number;
    EXPECT_GE(snapshot.rows[0].dwell_p50.value_or(0), 0) << number;
    EXPECT_LE(snapshot.rows[0].dwell_p50.value_or(0), static_cast<double>(kLargest)) << number;
    EXPECT_FALSE(render_top(snapshot, {}, {}).empty());
  }
  ordered_json json = feed();
  for (int i = 0; i < 2000; ++i) {  // 2^53 times 2000 is more than 64 bits hold
    json["windows"].push_back(cell("site", "shop", "", 1, 1));
    json["windows"].back()["sessions"] = kLargest;
    json["windows"].back()["funnels"]["buy"][0]["reached"] = kLargest;
    json["events"]["rejected"]["reason_" + std::to_string(i)] = kLargest;
  }
  const TopSnapshot snapshot = snapshot_of(json);
  EXPECT_EQ(snapshot.total->sessions, kLargest);
  EXPECT_EQ(snapshot.total->entered, kLargest);
  EXPECT_EQ(snapshot.rejected, kLargest);
}

TEST(TopSnapshot, a_refusal_says_its_reason) {
  EXPECT_EQ(reason_of_refusal(R"({"error":"no window \"2h\""})"), "no window \"2h\"");
  EXPECT_EQ(reason_of_refusal("gone\x1b[2J"), "gone\xEF\xBF\xBD[2J");
}

TEST(TopView, shows_the_numbers_by_the_chosen_column) {
  TopChoice choice;
  TopFrame frame{.address = "127.0.0.1:9464", .problem = "", .events_per_second = 12.4, .width = 80, .height = 24};
  std::vector<std::string> lines = screen_lines(render_top(snapshot_of(feed()), choice, frame));
  ASSERT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[0], "weir 9.8.7  window 5m  all sites  by sessions  12:34:56 UTC  127.0.0.1:9464");
  EXPECT_EQ(lines[1], "12 events/s  70 received  60 counted  4 waiting  3 rejected  3 late  0 duplicate");
  EXPECT_EQ(lines[2], "12 open  sessions 40  bounce 50.0%  pages 2.00  conv 5.0%  orders 2  leak 60.0%");
  EXPECT_EQ(lines[3], "leak: share of sessions lost within funnel buy");
  EXPECT_EQ(lines[4], "site, landing page  sessions  bounce  pages  dwell p50   p95   conv   leak");
  EXPECT_EQ(lines[5], "shop  /                   20   25.0%   2.00       3.5s  9.0s   5.0%  60.0%");
  EXPECT_EQ(lines[7], "blog  /c                  10  100.0%   2.00          -  9.0s  10.0%  60.0%");
  EXPECT_EQ(lines[8], "7 more  q quit  w window  s site  r rollup  o order  R reverse");
  choice.order = 1;  // bounce
  lines = screen_lines(render_top(snapshot_of(feed()), choice, frame));
  EXPECT_TRUE(lines[5].starts_with("blog  /c"));
  choice.order = 3;  // dwell, which is not known of one
  choice.reversed = true;
  lines = screen_lines(render_top(snapshot_of(feed()), choice, frame));
  EXPECT_TRUE(lines[7].starts_with("blog  /c")) << "what is not known comes last";
}

TEST(TopView, fits_any_terminal) {
  ordered_json json = feed();
  for (int i = 0; i < 50; ++i) {
    json["windows"].push_back(cell("landing", "shop", "/\xE4\xB8\x96\xE7\x95\x8C/\x1b[2J\r\n<script>", i, 0));
  }
  for (std::size_t width : {1U, 8U, 20U, 40U, 80U, 200U}) {
    for (std::size_t height : {1U, 5U, 7U, 24U}) {
      TopFrame frame{
          .address = "127.0.0.1:9464", .problem = "", .events_per_second = 1e9, .width = width, .height = height};
      for (const std::string problem : {"", "the server is away"}) {
        frame.problem = problem;
        const std::vector<std::string> lines = screen_lines(render_top(snapshot_of(json), {}, frame));
        EXPECT_LE(lines.size(), height);
        for (const std::string& line : lines) {
          EXPECT_LE(display_width(line), width) << line;
          EXPECT_EQ(line.find_first_of("\x1b\r"), std::string::npos) << line;
        }
      }
    }
  }
}

TEST(TopView, keys_choose_in_turn) {
  const TopSnapshot snapshot = snapshot_of(feed());
  TopChoice choice;
  std::vector<std::string> seen;
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(press_key(choice, snapshot, 's'));
    seen.push_back(choice.site);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"shop", "blog", ""}));
  EXPECT_TRUE(press_key(choice, snapshot, 'w'));
  EXPECT_EQ(choice.window, "1h");
  EXPECT_TRUE(press_key(choice, snapshot, 'r'));
  EXPECT_EQ(choice.rollup, "site") << "after the last comes the first";
  for (std::size_t i = 0; i < top_orders().size(); ++i) press_key(choice, snapshot, 'o');
  EXPECT_EQ(choice.order, 0U);
  EXPECT_FALSE(press_key(choice, snapshot, 'x'));
  EXPECT_FALSE(choice.quit);
  EXPECT_TRUE(press_key(choice, snapshot, '\x03'));
  EXPECT_TRUE(choice.quit);
}

}  // namespace
}  // namespace weir
