// The guide of the tracker: what it tells to configure must do what it says. The configuration is read from the guide
// and runs in a real nginx in front of a real Weir.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "nginx_server.h"
#include "running_server.h"
#include "support/guide.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::HttpReply;

class TrackerGuide : public testing::Test {
 protected:
  const std::vector<support::CodeBlock> guide_ = support::blocks_of_guide("tracker");
};

TEST_F(TrackerGuide, its_funnels_are_valid) {
  const std::string yaml = support::text_of_blocks(guide_, "yaml");
  RunningServer server(listeners_config() + yaml.substr(yaml.find("funnels:")));
  EXPECT_EQ(server.get("/-/ready").status, 200);
}

TEST_F(TrackerGuide, its_nginx_paths_pass_script_events_and_pixel_on) {
  RunningServer server(listeners_config() + "sessions: {lateness: 1s}\n");
  const support::TemporaryFolder folder;
  const std::string shown = support::text_of_blocks(guide_, "nginx");
  const std::string locations =
      support::replaced(shown, "127.0.0.1:8080", fmt::format("127.0.0.1:{}", server.http_port()));
  ASSERT_NE(locations, shown);
  const Nginx nginx(folder, {.http = "access_log off;", .server = locations});
  const auto ask = [&](const char* method, const char* path, std::string_view body = {}) {
    return support::http_request(nginx.port(), method, path, {}, body);
  };
  const HttpReply direct = support::http_request(server.http_port(), "GET", "/weir.js");
  for (const char* path : {"/stats/weir.js", "/assets/s.js"}) {
    const HttpReply script = ask("GET", path);
    EXPECT_EQ(script.status, 200) << path << nginx.log();
    EXPECT_EQ(script.body, direct.body) << path;
    EXPECT_EQ(script.header("etag"), direct.header("etag")) << path;
  }
  for (const char* path : {"/stats/v1/events", "/assets/e"}) {
    EXPECT_EQ(ask("POST", path, R"({"type":"page_view","url":"/","visitor":"v1"})").status, 202) << path;
  }
  EXPECT_EQ(ask("GET", "/stats/weir.gif?url=/").header("content-type"), "image/gif");
  EXPECT_TRUE(server.wait_for_count("counted", 3)) << server.report()["events"];
}

}  // namespace
}  // namespace weir::e2e
