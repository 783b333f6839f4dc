// Hand-written cases for the naive model: the oracle of the property tests must itself be right.
#include "support/naive_model.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/naive_event.h"

namespace weir::support {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

constexpr std::int64_t kStartMs = 1'767'225'600'000;  // 2026-01-01T00:00:00Z

/// One event of visitor "v" at so many milliseconds after the start; `rest` holds further members.
std::string event(std::int64_t after_ms, const std::string& type, const std::string& rest = "") {
  return R"({"visitor":"v","site":"shop","ts":)" + std::to_string(kStartMs + after_ms) + R"(,"type":")" + type + "\"" +
         (rest.empty() ? "" : "," + rest) + "}";
}

std::string view(std::int64_t after_ms, const std::string& page = "/", const std::string& rest = "") {
  return event(after_ms, "page_view", "\"url\":\"" + page + "\"" + (rest.empty() ? "" : "," + rest));
}

json report_of(const Lines& lines, const NaiveOptions& options = {}) { return run_naive_model(lines, options).report; }

json site_row(const Lines& lines, const NaiveOptions& options = {}) {
  return report_of(lines, options)["rollups"]["site"][0];
}

std::size_t sessions_of(const Lines& lines, const NaiveOptions& options = {}) {
  return run_naive_model(lines, options).sessions.size();
}

NaiveOptions with_funnel(const std::vector<NaiveStep>& steps) {
  NaiveOptions options;
  options.funnels = {{"buy", steps}};
  return options;
}

TEST(NaiveEvent, times_are_read_in_every_unit_and_as_rfc_3339) {
  for (const std::string ts : {"1767225600", "1767225600000", "1767225600000000", "\"2026-01-01T00:00:00Z\"",
                               "\"2026-01-01t02:30:00.000999+02:30\"", "\"2025-12-31 23:00:00-01:00\""}) {
    const NaiveReading reading = read_naive_event(R"({"type":"x","visitor":"v","ts":)" + ts + "}", 1000);
    ASSERT_TRUE(reading.event) << ts << ": " << reading.reason;
    EXPECT_EQ(reading.event->ts_ms, kStartMs) << ts;
  }
  EXPECT_EQ(naive_time_text(kStartMs + 61'007), "2026-01-01T00:01:01.007Z");
}

TEST(NaiveEvent, unusable_lines_are_refused_with_a_reason) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"{", "malformed"},
      {"[]", "malformed"},
      {view(0) + "}", "malformed"},
      {R"({"visitor":"v","ts":1})", "missing_field"},
      {R"({"type":"x","ts":1})", "missing_field"},
      {R"({"type":"x","visitor":"","ts":1})", "missing_field"},
      {R"({"type":"page_view","visitor":"v","ts":1})", "missing_field"},
      {R"({"type":"page_view","visitor":"v","ts":1,"url":"data:,"})", "bad_url"},
      {R"({"type":"x","visitor":"v","ts":"2026-02-30T00:00:00Z"})", "bad_time"},
      {R"({"type":"x","visitor":"v","ts":"2026-01-01"})", "bad_time"},
      {view(0, "/" + std::string(1000, 'x')), "too_long"},
  };
  for (const auto& [line, reason] : cases) {
    const NaiveReading reading = read_naive_event(line, 1000);
    EXPECT_FALSE(reading.event) << line;
    EXPECT_EQ(reading.reason, reason) << line;
  }
}

TEST(NaiveEvent, pages_lose_query_fragment_and_trailing_slashes) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"/", "/"},      {"/pricing/", "/pricing"},    {"/a//?b=/c", "/a"},
      {"/a#b/", "/a"}, {"https://Example.com", "/"}, {"http://example.com:80/A%20b?x", "/A%20b"},
  };
  for (const auto& [url, page] : cases) EXPECT_EQ(read_naive_event(view(0, url), 1000).event->page, page) << url;
}

TEST(NaiveEvent, site_is_the_field_else_the_host_else_default) {
  const auto site = [](const std::string& rest) {
    return read_naive_event(R"({"visitor":"v","ts":1,"type":"page_view",)" + rest + "}", 1000).event->site;
  };
  EXPECT_EQ(site(R"("url":"https://Example.COM:8080/a","site":"shop")"), "shop");
  EXPECT_EQ(site(R"("url":"https://Example.COM:8080/a")"), "example.com");
  EXPECT_EQ(site(R"("url":"/a")"), "default");
}

TEST(NaiveEvent, channel_and_campaign_come_from_own_fields_or_the_query) {
  const auto read = [](const std::string& url, const std::string& rest = "") {
    return *read_naive_event(view(0, url, rest), 1000).event;
  };
  EXPECT_EQ(read("/").channel, "Direct");
  EXPECT_EQ(read("/", R"("referrer":"https://www.google.com/")").channel, "Organic Search");
  EXPECT_EQ(read("/", R"("referrer":"https://www.facebook.com")").channel, "Organic Social");
  EXPECT_EQ(read("/", R"("referrer":"https://other.org/x")").channel, "Referral");
  EXPECT_EQ(read("/?utm_source=google&utm_medium=cpc").channel, "Paid Search");
  EXPECT_EQ(read("/", R"("source":"list","medium":"email")").channel, "Email");
  EXPECT_EQ(read("/?utm_campaign=a%20b+c").campaign, "a b c");
  EXPECT_EQ(read("/?utm_campaign=a", R"("campaign":"own")").campaign, "own");
}

TEST(NaiveEvent, globs_match_whole_texts) {
  EXPECT_TRUE(naive_glob("*", ""));
  EXPECT_TRUE(naive_glob("/product/*", "/product/1/2"));
  EXPECT_TRUE(naive_glob("/product/?", "/product/1"));
  EXPECT_FALSE(naive_glob("/product/?", "/product/10"));
  EXPECT_FALSE(naive_glob("/product", "/product/1"));
}

TEST(NaiveModel, gap_of_exactly_the_timeout_continues_the_session) {
  NaiveOptions options;
  options.timeout_ms = 1000;
  EXPECT_EQ(sessions_of({view(0), view(1000)}, options), 1U);
  EXPECT_EQ(sessions_of({view(0), view(1001)}, options), 2U);
}

TEST(NaiveModel, event_beyond_the_longest_duration_starts_a_session) {
  NaiveOptions options;
  options.timeout_ms = 1000;
  options.max_duration_ms = 1500;
  EXPECT_EQ(sessions_of({view(0), view(1000), view(1500)}, options), 1U);
  EXPECT_EQ(sessions_of({view(0), view(1000), view(1501)}, options), 2U);
}

TEST(NaiveModel, sites_visitors_and_session_ids_never_share_a_session) {
  const auto line = [](const std::string& site, const std::string& visitor, const std::string& session) {
    return R"({"type":"x","ts":1767225600,"site":")" + site + R"(","visitor":")" + visitor + R"(","session":")" +
           session + "\"}";
  };
  EXPECT_EQ(sessions_of({line("a", "v", ""), line("b", "v", ""), line("a", "w", ""), line("a", "v", "s"),
                         line("a", "v", "t"), line("a", "v", "")}),
            5U);
}

TEST(NaiveModel, campaign_and_midnight_split_only_when_asked) {
  const Lines lines{view(-10), view(0), view(10, "/", R"("campaign":"c")"), view(20), view(30, "/?utm_campaign=c")};
  NaiveOptions options;
  EXPECT_EQ(sessions_of(lines, options), 1U);
  options.split_on_midnight = true;
  EXPECT_EQ(sessions_of(lines, options), 2U);
  options.split_on_campaign = true;
  EXPECT_EQ(sessions_of(lines, options), 3U);
}

TEST(NaiveModel, events_are_applied_in_event_time_order) {
  const NaiveResult result = run_naive_model({view(2000, "/b"), view(0, "/a"), view(2000, "/c")}, {});
  ASSERT_EQ(result.sessions.size(), 1U);
  EXPECT_EQ(result.sessions[0].start_ms, kStartMs);
  EXPECT_EQ(result.sessions[0].end_ms, kStartMs + 2000);
  EXPECT_EQ(result.sessions[0].page_views, 3);
  EXPECT_EQ(result.report["rollups"]["landing"][0]["landing_page"], "/a");
}

TEST(NaiveModel, late_means_strictly_older_than_the_watermark) {
  NaiveOptions options;
  options.lateness_ms = 500;
  EXPECT_EQ(report_of({view(1000), view(500)}, options)["events"]["late"], 0);
  EXPECT_EQ(report_of({view(1000), view(499)}, options)["events"]["late"], 1);
}

TEST(NaiveModel, second_use_of_a_delivery_id_inside_the_dedup_span_is_dropped) {
  const std::string id = R"("id":"e")";
  NaiveOptions options;
  options.dedup_ms = 1000;
  const auto duplicates = [&](const Lines& lines) { return report_of(lines, options)["events"]["duplicate"]; };
  EXPECT_EQ(duplicates({view(0, "/", id), view(1000, "/", id)}), 1);
  EXPECT_EQ(duplicates({view(0, "/", id), view(1001, "/", id)}), 0);
  EXPECT_EQ(duplicates({view(0, "/", id), view(900, "/", id), view(1800, "/", id)}), 1);
  EXPECT_EQ(duplicates({view(1000, "/", id), view(0, "/", id)}), 1);
}

TEST(NaiveModel, duplicate_of_a_late_event_is_a_duplicate_unless_it_is_too_old) {
  const std::string id = R"("id":"e")";
  NaiveOptions options;
  options.lateness_ms = 100;
  options.dedup_ms = 1000;
  json events = report_of({view(5000), view(4000, "/", id), view(4000, "/", id)}, options)["events"];
  EXPECT_EQ(events["late"], 1);
  EXPECT_EQ(events["duplicate"], 1);
  events = report_of({view(5000), view(3899, "/", id), view(3899, "/", id)}, options)["events"];
  EXPECT_EQ(events["late"], 2);
  EXPECT_EQ(events["duplicate"], 0);
}

TEST(NaiveModel, late_use_of_an_id_does_not_make_copies_of_the_newer_one_count_again) {
  const std::string id = R"("id":"e")";
  NaiveOptions options;
  options.lateness_ms = 100;
  options.dedup_ms = 1000;
  const json events = report_of({view(5000, "/", id), view(3999, "/", id), view(5000, "/", id)}, options)["events"];
  EXPECT_EQ(events["counted"], 1);
  EXPECT_EQ(events["late"], 1);
  EXPECT_EQ(events["duplicate"], 1);
}

TEST(NaiveModel, every_line_is_counted_once) {
  const json events =
      report_of({view(9000, "/", R"("id":"a")"), "", "{", view(9000, "/", R"("id":"a")"), view(0)})["events"];
  EXPECT_EQ(events["received"], 4);
  EXPECT_EQ(events["counted"], 1);
  EXPECT_EQ(events["duplicate"], 1);
  EXPECT_EQ(events["late"], 1);
  EXPECT_EQ(events["rejected"]["malformed"], 1);
}

TEST(NaiveModel, bounce_needs_one_page_view_and_no_conversion_or_custom_event) {
  const auto bounced = [](const Lines& lines) { return site_row(lines)["bounced_sessions"]; };
  EXPECT_EQ(bounced({view(0)}), 1);
  EXPECT_EQ(bounced({view(0), event(10, "engagement"), event(20, "error")}), 1);
  EXPECT_EQ(bounced({view(0), view(10)}), 0);
  EXPECT_EQ(bounced({view(0), event(10, "conversion")}), 0);
  EXPECT_EQ(bounced({view(0), event(10, "search")}), 0);
  EXPECT_EQ(bounced({event(0, "search")}), 0);
}

TEST(NaiveModel, engaged_by_pages_conversion_engaged_time_or_dwell) {
  const auto engaged = [](const Lines& lines) { return site_row(lines)["engaged_sessions"]; };
  EXPECT_EQ(engaged({view(0)}), 0);
  EXPECT_EQ(engaged({view(0), view(1)}), 1);
  EXPECT_EQ(engaged({event(0, "conversion")}), 1);
  EXPECT_EQ(engaged({view(0), event(9999, "error")}), 0);
  EXPECT_EQ(engaged({view(0), event(10'000, "error")}), 1);
  const std::string half = R"("engaged_ms":5000)";
  EXPECT_EQ(engaged({event(0, "engagement", half), event(1, "engagement", half)}), 1);
  EXPECT_EQ(engaged({event(0, "engagement", half), event(1, "search", half)}), 0);
}

TEST(NaiveModel, dwell_of_a_lone_event_is_unknown_and_quantiles_are_nearest_rank) {
  NaiveOptions options;
  options.timeout_ms = 5000;
  options.lateness_ms = 60'000;
  Lines lines{view(0)};
  for (std::int64_t i = 1; i <= 4; ++i) {
    lines.push_back(view(i * 20'000));
    lines.push_back(view(i * 20'000 + i * 1000));
  }
  const json dwell = site_row(lines, options)["dwell_seconds"];
  EXPECT_EQ(dwell["known"], 4);
  EXPECT_EQ(dwell["unknown"], 1);
  EXPECT_EQ(dwell["sum"], 10.0);
  EXPECT_EQ(dwell["mean"], 2.5);
  EXPECT_EQ(dwell["p50"], 2.0);
  EXPECT_EQ(dwell["p95"], 4.0);
  EXPECT_EQ(site_row({view(0)})["dwell_seconds"]["mean"], nullptr);
}

TEST(NaiveModel, order_counts_once_with_its_first_value_in_event_time) {
  const auto sale = [](std::int64_t after_ms, const std::string& rest) { return event(after_ms, "conversion", rest); };
  const json row = site_row({
      sale(2000, R"("order":"o","value":5)"),
      sale(1000, R"("order":"o","value":19.99,"currency":"eur")"),
      sale(3000, R"("value":1,"currency":"Euro")"),
      sale(4000, R"("name":"signup")"),
      sale(5000, R"("order":"p")"),
  });
  EXPECT_EQ(row["orders"], 3);
  EXPECT_EQ(row["revenue"], json({{"EUR", 19.99}, {"XXX", 1.0}}));
  EXPECT_EQ(row["average_order_value"]["XXX"], 1.0 / 3);
  EXPECT_EQ(row["converted_sessions"], 1);
}

TEST(NaiveModel, attribution_is_the_first_event_until_there_is_a_page_view) {
  const Lines lines{event(0, "search", R"("device":"mobile","campaign":"a")"),
                    view(10, "/b/", R"("device":"desktop","referrer":"https://www.google.com")"), view(20, "/c")};
  const json rollups = report_of(lines)["rollups"];
  EXPECT_EQ(rollups["landing_channel"][0]["landing_page"], "/b");
  EXPECT_EQ(rollups["landing_channel"][0]["channel"], "Organic Search");
  EXPECT_EQ(rollups["campaign"][0]["campaign"], "(none)");
  EXPECT_EQ(rollups["device"][0]["device"], "desktop");
  const json before = report_of({lines[0]})["rollups"];
  EXPECT_EQ(before["landing"][0]["landing_page"], "(none)");
  EXPECT_EQ(before["landing"][0]["bounce_ratio"], nullptr);
  EXPECT_EQ(before["campaign"][0]["campaign"], "a");
}

TEST(NaiveModel, one_event_takes_one_funnel_step) {
  const NaiveOptions options = with_funnel({{"one", "page", "*"}, {"two", "page", "/p*"}, {"done", "conversion", "x"}});
  const json steps =
      site_row({view(0, "/p"), event(1, "conversion", R"("name":"x")"), view(2, "/p")}, options)["funnels"]["buy"];
  EXPECT_EQ(steps[0]["reached"], 1);
  EXPECT_EQ(steps[1]["reached"], 1);
  EXPECT_EQ(steps[2]["reached"], 0);
  EXPECT_EQ(steps[0]["leakage_ratio"], 0.0);
  EXPECT_EQ(steps[1]["leakage_ratio"], 1.0);
  EXPECT_EQ(steps[2]["leakage_ratio"], nullptr);
}

TEST(NaiveModel, worst_thing_after_the_last_step_is_the_cause_of_leakage) {
  const NaiveOptions options = with_funnel({{"one", "page", "/p"}, {"two", "event", "add"}, {"three", "event", "pay"}});
  const std::string slow = R"("duration_ms":3001)";
  const std::string failed = R"("status":500)";
  const std::vector<std::pair<Lines, json>> cases{
      {{view(0, "/p")}, {{"left", 1}}},
      {{view(0, "/p", failed)}, {{"left", 1}}},
      {{view(0, "/p"), event(1, "engagement")}, {{"left", 1}}},
      {{view(0, "/p"), view(1)}, {{"wandered", 1}}},
      {{view(0, "/p"), view(1), event(2, "x", slow)}, {{"slow", 1}}},
      {{view(0, "/p"), event(1, "error"), view(2, "/", slow)}, {{"error", 1}}},
      {{view(0, "/p"), view(1, "/", failed)}, {{"error", 1}}},
      {{view(0, "/p"), event(1, "error"), event(2, "add")}, json::object()},
  };
  for (const auto& [lines, causes] : cases) {
    EXPECT_EQ(site_row(lines, options)["funnels"]["buy"][0]["causes"], causes) << lines.back();
  }
}

TEST(NaiveModel, windows_hold_sessions_begun_inside_as_they_stood_then) {
  NaiveOptions options;
  options.windows = {60'000, 120'000};
  options.every_ms = 1000;  // the step of the longer window, 2 s, does not divide it
  options.rollups = {{"landing", {"landing_page"}}};
  const json windows = report_of({event(500, "x"), view(1500, "/a"), view(62'000, "/b")}, options)["windows"];
  const auto at = [&](const std::string& time) {
    json rows = json::array();
    for (const json& row : windows) {
      if (row["at"] == "2026-01-01T00:" + time + ".000Z") rows.push_back(row);
    }
    return rows;
  };
  ASSERT_EQ(at("00:01").size(), 1U);
  EXPECT_EQ(at("00:01")[0]["landing_page"], "(none)");
  EXPECT_EQ(at("00:01")[0]["window"], "1m");
  EXPECT_EQ(at("00:02")[0]["landing_page"], "/a");
  EXPECT_EQ(at("00:02")[0]["page_views"], 1);
  EXPECT_EQ(at("01:00").size(), 1U);
  EXPECT_EQ(at("01:01").size(), 0U);
  EXPECT_EQ(at("01:02").size(), 0U);  // the session of 500 ms goes on, but began too long ago
  EXPECT_EQ(windows.size(), 60U);
}

TEST(NaiveModel, window_leaves_out_a_session_that_began_exactly_one_length_ago) {
  NaiveOptions options;
  options.windows = {60'000};
  options.every_ms = 60'000;
  options.rollups = {{"site", {}}};
  const json windows = report_of({view(0), view(60'000)}, options)["windows"];
  ASSERT_EQ(windows.size(), 1U);
  EXPECT_EQ(windows[0]["at"], "2026-01-01T00:00:00.000Z");
}

TEST(NaiveModel, rows_are_sorted_by_sessions_then_labels) {
  NaiveOptions options;
  options.timeout_ms = 1000;
  const json rows =
      report_of({view(0, "/b"), view(2000, "/c"), view(4000, "/a"), view(6000, "/c")}, options)["rollups"]["landing"];
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0]["landing_page"], "/c");
  EXPECT_EQ(rows[1]["landing_page"], "/a");
  EXPECT_EQ(rows[2]["landing_page"], "/b");
  EXPECT_EQ(rows[0]["visitors"], 1);
}

}  // namespace
}  // namespace weir::support
