// The SDKs of other tools, as npm has them, send to a real server; the KPIs are those of what was sent. `scripts/test`
// installs them; without them the test is skipped.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "running_server.h"
#include "support/files.h"
#include "support/npm.h"
#include "support/process.h"

namespace weir::e2e {
namespace {

using nlohmann::json;

const std::filesystem::path kFolder = support::source_folder() / "tests" / "e2e" / "sdk";

/// A site's row in the live windows; null when there is none.
json row_of(const json& report, std::string_view site) {
  if (report.is_discarded()) return nullptr;
  for (const json& row : report["windows"]) {
    if (row["rollup"] == "site" && row["window"] == "1h" && row["site"] == site) return row;
  }
  return nullptr;
}

TEST(Sdks, of_segment_umami_and_plausible_send_what_is_counted) {
  if (!support::has_npm_packages(kFolder)) GTEST_SKIP() << "run npm ci in " << kFolder;
  RunningServer server(listeners_config() + "pipeline: {publish_interval: 200ms}\nsessions: {lateness: 2s}\n");
  const support::ProcessResult sent = support::run_process(
      {"node", (kFolder / "send.mjs").string(), "http://127.0.0.1:" + std::to_string(server.http_port())});
  ASSERT_EQ(sent.exit_code, 0) << sent.log;
  // Six calls to Segment, four to Umami, four to Plausible, whose tracker adds an engagement of its own.
  ASSERT_TRUE(server.wait_for_count("counted", 15)) << server.report().dump();

  const json report = server.report();
  const json segment = row_of(report, "segment.example");
  ASSERT_TRUE(segment.is_object()) << report.dump();
  EXPECT_EQ(segment["sessions"], 2);
  EXPECT_EQ(segment["visitors"], 2);
  EXPECT_EQ(segment["page_views"], 2);
  EXPECT_EQ(segment["bounced_sessions"], 1) << "identify takes no bounce back";
  EXPECT_EQ(segment["orders"], 1);
  EXPECT_EQ(segment["revenue"], (json{{"EUR", 25.5}}));

  const json umami = row_of(report, "umami.example");
  ASSERT_TRUE(umami.is_object()) << report.dump();
  EXPECT_EQ(umami["sessions"], 1);
  EXPECT_EQ(umami["page_views"], 2);
  EXPECT_EQ(umami["bounced_sessions"], 0);
  EXPECT_EQ(umami["revenue"], (json{{"USD", 12.0}}));

  const json plausible = row_of(report, "plausible.example");
  ASSERT_TRUE(plausible.is_object()) << report.dump();
  EXPECT_EQ(plausible["sessions"], 1);
  EXPECT_EQ(plausible["page_views"], 2);
  EXPECT_EQ(plausible["converted_sessions"], 1);
  EXPECT_EQ(plausible["revenue"], (json{{"USD", 9.99}}));
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace weir::e2e
