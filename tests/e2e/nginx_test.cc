// A real nginx in front of Weir, both configured as the guide says, with other paths and ports: logging to the syslog
// socket, and as a proxy of the events. Its log file under rotation is in nginx_rotation_test.cc.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "nginx_server.h"
#include "running_server.h"
#include "support/guide.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::block_with;
using support::replaced;
using support::TemporaryFolder;

class NginxGuide : public testing::Test {
 protected:
  const std::vector<support::CodeBlock> guide_ = support::blocks_of_guide("nginx");
  const TemporaryFolder folder_;
};

/// Page views of some visitors; returns how many nginx answered.
int view_pages(const Nginx& nginx, int from, int to) {
  int answered = 0;
  for (int i = from; i < to; ++i) {
    if (nginx.get(fmt::format("/page{}?v=v{}", i % 7, i % 50)).status == 200) ++answered;
  }
  return answered;
}

TEST_F(NginxGuide, its_syslog_socket_takes_every_line_once) {
  const std::string shown = "/run/weir/syslog.sock";
  const std::string socket = folder_.path("syslog.sock");
  const std::string yaml = block_with(guide_, "yaml", "syslog:");
  ASSERT_NE(yaml.find(shown), std::string::npos);
  RunningServer weir(on_free_ports(replaced(yaml, shown, socket)) + "pipeline: {publish_interval: 10ms}\n");
  // As the guide says: this line in the place of the one for a file.
  std::string http = block_with(guide_, "nginx", "log_format");
  http.replace(http.find("access_log"), std::string::npos, block_with(guide_, "nginx", "syslog:server"));
  ASSERT_NE(http.find(shown), std::string::npos);
  const Nginx nginx(folder_, {.http = replaced(http, shown, socket), .server = "location / { return 200 hello; }\n"});
  // nginx drops a line rather than wait for a full socket, and the system may keep as few as ten: so no more at once.
  int sent = 0;
  for (int burst = 0; burst < 100; ++burst) {
    sent += view_pages(nginx, sent, sent + 8);
    ASSERT_TRUE(weir.wait_for_count("received", sent)) << nginx.log();
  }
  EXPECT_EQ(sent, 800);
  ASSERT_EQ(weir.stop(), 0);
  EXPECT_EQ(weir.stopped_counts().received, 800);
  EXPECT_EQ(weir.stopped_counts().counted, 800);
}

TEST_F(NginxGuide, its_location_passes_events_on) {
  RunningServer weir(listeners_config());
  const std::string shown = block_with(guide_, "nginx", "proxy_pass");
  const std::string location = replaced(shown, "127.0.0.1:8080", fmt::format("127.0.0.1:{}", weir.http_port()));
  ASSERT_NE(location, shown);
  const Nginx nginx(folder_, {.http = "access_log off;", .server = location});
  for (int i = 0; i < 300; ++i) {
    const auto reply = support::http_request(nginx.port(), "POST", "/v1/events", {},
                                             fmt::format(R"({{"type":"page_view","visitor":"v{}","url":"/"}})", i));
    ASSERT_EQ(reply.status, 202) << nginx.log();
  }
  const std::string command = block_with(guide_, "", "/v1/events");
  const auto tried = support::run_process(
      {"sh", "-c", replaced(command, "http://shop.example", fmt::format("http://127.0.0.1:{}", nginx.port()))});
  EXPECT_NE(tried.output.find(" 202 "), std::string::npos) << tried.output << tried.log;
  ASSERT_EQ(weir.stop(), 0);
  EXPECT_EQ(weir.stopped_counts().counted, 301);
}

}  // namespace
}  // namespace weir::e2e
