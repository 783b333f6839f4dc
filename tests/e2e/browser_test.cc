// Visits with a real Chromium to pages with the tracker, on another origin than Weir: what the report tells of them
// must be what the visitor did. The visits are in browser/visits.mjs, which also measures them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "running_server.h"
#include "support/npm.h"

namespace weir::e2e {
namespace {

using nlohmann::json;

constexpr double kToleranceMs = 500;

/// Latenesses: short where nothing is late, so that counts are there soon; long where events are sent again.
constexpr const char* kPromptLateness = "2s";
constexpr const char* kPatientLateness = "20s";

std::string config(const char* lateness) {
  // A browser without a window says so in its user agent, which makes it a bot.
  return listeners_config() + "bots: include\n" +
         fmt::format(
             "pipeline: {{publish_interval: 100ms, shards: 2}}\n"
             "sessions: {{lateness: {}}}\n"
             "funnels:\n"
             "  buying:\n"
             "    - {{name: pricing, page: /pricing}}\n"
             "    - {{name: video, event: video_start}}\n"
             "    - {{name: purchase, conversion: purchase}}\n",
             lateness);
}

class BrowserVisit : public testing::Test {
 protected:
  void SetUp() override {
    if (!support::has_npm_packages(WEIR_BROWSER_FOLDER)) GTEST_SKIP() << "npm could not install " WEIR_BROWSER_FOLDER;
  }

  /// Makes the visit, and waits until its events are counted, but for `duplicates` of them. Returns what it measured.
  json make(const std::string& visit, const char* lateness = kPromptLateness, std::int64_t duplicates = 0) {
    server_ = std::make_unique<RunningServer>(config(lateness));
    const support::ProcessResult result =
        support::run_process({"node", WEIR_BROWSER_FOLDER "/visits.mjs", visit, std::to_string(server_->http_port())});
    EXPECT_EQ(result.exit_code, 0) << result.log;
    const json measured = json::parse(result.output, nullptr, false);
    if (measured.is_discarded()) {
      ADD_FAILURE() << "no result of the visit: " << result.output;
      return json::object();
    }
    EXPECT_EQ(measured["preflights"], 0);
    expected_events_ += measured["events"].get<std::int64_t>() - duplicates;
    EXPECT_TRUE(server_->wait_for_count("counted", expected_events_)) << server_->report()["events"] << measured;
    report_ = server_->report();
    EXPECT_EQ(report_["events"]["duplicate"], duplicates);
    EXPECT_EQ(report_["events"]["received"], expected_events_ + duplicates);
    return measured;
  }

  /// The rows of a site in a rollup.
  json rows(const std::string& rollup, const std::string& site) const {
    json found = json::array();
    for (const json& row : report_["rollups"][rollup]) {
      if (row["site"] == site) found.push_back(row);
    }
    return found;
  }

  /// The one visit of a site; fails when it is not one session, or has another landing page.
  json only_session(const std::string& site, const std::string& landing_page) const {
    const json found = rows("landing", site);
    if (found.size() != 1) {
      ADD_FAILURE() << "not one landing page: " << found;
      return json::object();
    }
    EXPECT_EQ(found[0]["landing_page"], landing_page);
    EXPECT_EQ(found[0]["sessions"], 1);
    EXPECT_EQ(found[0]["visitors"], 1);
    return found[0];
  }

  std::unique_ptr<RunningServer> server_;
  std::int64_t expected_events_ = 0;
  json report_;
};

TEST_F(BrowserVisit, of_a_single_page_application_is_one_session_with_its_views_and_its_order) {
  make("single_page_application");
  const json session = only_session("spa", "/");
  EXPECT_EQ(session["page_views"], 5);
  EXPECT_EQ(session["bounced_sessions"], 0);
  EXPECT_EQ(session["converted_sessions"], 1);
  EXPECT_EQ(session["orders"], 1);
  EXPECT_EQ(session["revenue"], (json{{"EUR", 49.5}}));
  for (const json& step : session["funnels"]["buying"]) EXPECT_EQ(step["reached"], 1) << step;
  EXPECT_EQ(session["funnels"]["buying"].size(), 3U);
  EXPECT_EQ(rows("channel", "spa")[0]["channel"], "Email");
  EXPECT_EQ(rows("campaign", "spa")[0]["campaign"], "spring");
}

TEST_F(BrowserVisit, to_one_page_bounces_and_its_dwell_is_known) {
  const json measured = make("bounce");
  const json session = only_session("bounce", "/landing");
  EXPECT_EQ(session["page_views"], 1);
  EXPECT_EQ(session["bounced_sessions"], 1);
  EXPECT_EQ(session["dwell_seconds"]["known"], 1);
  const double dwell_ms = session["dwell_seconds"]["sum"].get<double>() * 1000;
  EXPECT_GE(dwell_ms, measured["lowMs"].get<double>() - kToleranceMs);
  EXPECT_LE(dwell_ms, measured["highMs"].get<double>() + kToleranceMs);
}

TEST_F(BrowserVisit, is_engaged_while_its_tab_is_in_front) {
  const json measured = make("attention");
  const json session = only_session("attention", "/article");
  EXPECT_EQ(session["bounced_sessions"], 1);
  EXPECT_EQ(measured["beacons"], 3) << "one whenever the page is left";
  const double engaged_ms = measured["engagedMs"].get<double>();
  EXPECT_GE(engaged_ms, measured["lowMs"].get<double>() - kToleranceMs);
  EXPECT_LE(engaged_ms, measured["highMs"].get<double>() + kToleranceMs);
  EXPECT_GE(session["dwell_seconds"]["sum"].get<double>() * 1000,
            measured["lowMs"].get<double>() + measured["awayMs"].get<double>() - kToleranceMs);
}

TEST_F(BrowserVisit, that_goes_back_to_a_cached_page_counts_its_view) {
  make("back_forward_cache");
  const json session = only_session("cache", "/first");
  EXPECT_EQ(session["page_views"], 3);
  EXPECT_EQ(session["bounced_sessions"], 0);
}

TEST_F(BrowserVisit, whose_events_are_sent_again_counts_once) {
  const json measured = make("unreliable_server", kPatientLateness, 1);
  EXPECT_EQ(measured["posts"][0], "unavailable");
  EXPECT_EQ(measured["posts"][1], "lost");
  const json session = only_session("unreliable", "/");
  EXPECT_EQ(session["page_views"], 1);
  EXPECT_EQ(session["converted_sessions"], 1);
}

TEST_F(BrowserVisit, with_routes_in_the_fragment_has_a_page_for_each) {
  make("hash_routes");
  const json session = only_session("hash", "/app");
  EXPECT_EQ(session["page_views"], 3);
  EXPECT_EQ(session["funnels"]["buying"][0]["reached"], 0) << "/app/pricing is not /pricing";
}

TEST_F(BrowserVisit, with_manual_page_views_counts_calls_from_before_the_script) {
  const json measured = make("manual_page_views");
  EXPECT_EQ(measured["types"], (json{"page_view", "conversion", "menu", "engagement"}));
  const json session = only_session("manual", "/virtual");
  EXPECT_EQ(session["page_views"], 1);
  EXPECT_EQ(session["converted_sessions"], 1);
}

TEST_F(BrowserVisit, to_a_prerendered_page_counts_once_it_is_seen) {
  make("prerendered");
  EXPECT_EQ(only_session("prerendered", "/soon")["page_views"], 1);
}

TEST_F(BrowserVisit, keeps_nothing_in_the_browser_unless_asked_to) {
  make("storage");
  EXPECT_EQ(only_session("cookieless", "/")["page_views"], 1);
  EXPECT_EQ(only_session("stored", "/one")["page_views"], 2);
}

TEST_F(BrowserVisit, with_a_privacy_signal_is_silent_or_anonymous) {
  make("privacy_signals");
  EXPECT_EQ(rows("landing", "silent"), json::array());
  EXPECT_EQ(only_session("anonymous", "/")["page_views"], 1);
}

TEST_F(BrowserVisit, never_shows_the_page_a_fault_of_the_tracker) {
  make("hostile_page");
  EXPECT_EQ(only_session("hostile", "/")["page_views"], 1);
}

TEST_F(BrowserVisit, that_comes_back_to_a_tab_after_half_an_hour_views_it_again) {
  make("comes_back_late");
  EXPECT_EQ(only_session("late", "/")["page_views"], 2);  // for Weir, whose clock went on as ever, it is one session
}

TEST_F(BrowserVisit, through_a_path_of_a_proxy_sends_events_beside_the_script) {
  make("under_a_path");
  EXPECT_EQ(only_session("proxied", "/")["page_views"], 1);
}

TEST_F(BrowserVisit, without_scripts_is_counted_by_the_pixel) {
  expected_events_ = 1;  // no event was posted
  make("no_script");
  const json session = only_session("noscript", "/guide");
  EXPECT_EQ(session["page_views"], 1);
  EXPECT_EQ(rows("campaign", "noscript").size(), 1U);
}

}  // namespace
}  // namespace weir::e2e
