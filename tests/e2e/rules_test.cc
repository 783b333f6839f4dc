// The rules and alerts for Prometheus, as promtool reads and tests them, and the dashboards as their linter does.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "support/dashboards.h"
#include "support/files.h"
#include "support/npm.h"
#include "support/process.h"

namespace weir::e2e {
namespace {

const std::filesystem::path kGrafana = support::source_folder() / "grafana";

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  const std::vector<std::filesystem::path> files = support::files_in(folder);
  return {files.begin(), files.end()};
}

std::string text_of(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) text += support::read_whole_file(file);
  return text;
}

/// Everything the first group of a pattern finds.
std::set<std::string> all_of(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) found.insert((*at)[1]);
  return found;
}

void expect_promtool_is_content(std::vector<std::string> command, const std::vector<std::string>& files) {
  command.insert(command.end(), files.begin(), files.end());
  const support::ProcessResult result = support::run_process(command);
  EXPECT_EQ(result.exit_code, 0) << result.output << result.log;
}

TEST(Rules, promtool_has_nothing_to_say_about_them) {
  std::vector<std::string> files = files_in(kGrafana / "prometheus" / "rules");
  expect_promtool_is_content({"promtool", "check", "rules", "--lint-fatal"}, files);
  expect_promtool_is_content({"promtool", "check", "config"}, {(kGrafana / "prometheus" / "prometheus.yml").string()});
}

TEST(Rules, alerts_fire_when_they_should_and_only_then) {
  const std::vector<std::string> files = files_in(kGrafana / "prometheus" / "tests");
  expect_promtool_is_content({"promtool", "test", "rules"}, files);

  const std::set<std::string> alerts = all_of(text_of(files_in(kGrafana / "prometheus" / "rules")), "alert: (\\w+)");
  const std::string tests = text_of(files);
  EXPECT_GE(alerts.size(), 13U);
  EXPECT_EQ(all_of(tests, "alertname: (\\w+)\\s+exp_alerts:\\n"), alerts) << "each has a case in which it fires";
  EXPECT_EQ(all_of(tests, "alertname: (\\w+), exp_alerts: \\[\\]"), alerts) << "and one in which it is silent";
}

TEST(Rules, every_alert_has_its_runbook_and_its_dashboard) {
  const std::string rules = text_of(files_in(kGrafana / "prometheus" / "rules"));
  const std::set<std::string> alerts = all_of(rules, "alert: (\\w+)");
  std::set<std::string> anchors;
  for (std::string anchor : alerts) {
    std::transform(anchor.begin(), anchor.end(), anchor.begin(),
                   [](char c) { return static_cast<char>(std::tolower(c)); });
    anchors.insert(anchor);
  }
  EXPECT_EQ(all_of(rules, "runbook_url: docs/runbooks\\.md#(\\w+)"), anchors);
  const std::string runbooks = support::read_whole_file(support::source_folder() / "docs" / "runbooks.md");
  EXPECT_EQ(all_of(runbooks, "\\n## (Weir\\w+)\\n"), alerts);

  std::set<std::string> uids;
  for (const support::DashboardQuery& query : support::dashboard_queries()) uids.insert(query.dashboard);
  for (const std::string& uid : all_of(rules, "dashboard_url: /d/([a-z-]+)")) EXPECT_TRUE(uids.contains(uid)) << uid;
}

TEST(DashboardFiles, keep_the_rules_of_the_linter_and_are_what_their_sources_give) {
  if (!support::has_npm_packages(kGrafana)) GTEST_SKIP() << "run npm ci in " << kGrafana;
  const support::ProcessResult result =
      support::run_process({"npm", "--prefix", kGrafana.string(), "run", "--silent", "check"});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.log;
}

TEST(DashboardFiles, configuration_of_the_demo_is_valid) {
  const support::ProcessResult result = support::run_process({WEIR_BINARY, "check", (kGrafana / "demo.yaml").string()});
  EXPECT_EQ(result.exit_code, 0) << result.output << result.log;
}

TEST(DashboardFiles, comparisons_are_made_to_answer_for_tests) {
  EXPECT_EQ(support::with_bool(R"(a{b!="x>1",c=~"}\">2"} >= 2 and b == 0)"),
            R"(a{b!="x>1",c=~"}\">2"} >= bool 2 and b == bool 0)");
  EXPECT_EQ(support::with_bool("(a > 1) < b != c <= 3"), "(a > bool 1) < bool b != bool c <= bool 3");
}

}  // namespace
}  // namespace weir::e2e
