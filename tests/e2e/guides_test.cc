// What the guides tell to try does what they say: their commands run as they stand there, with other ports, against a
// real Weir. The guides for nginx and for the tracker have tests of their own.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "nginx_server.h"
#include "running_server.h"
#include "support/exposition.h"
#include "support/guide.h"
#include "support/text.h"

namespace weir::e2e {
namespace {

using support::CodeBlock;
using support::replaced;

constexpr const char* kSoon = "sessions: {lateness: 1s}\npipeline: {publish_interval: 10ms}\n";

/// The commands of a guide's block: those that send, and those that look at the operators' listener.
struct Commands {
  std::string send;
  std::string look;
};

Commands commands_of(const std::string& text) {
  Commands commands;
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::string line = text.substr(begin, end + 1 - begin);
    (line.find(":9464") == std::string::npos ? commands.send : commands.look) += line;
    begin = end + 1;
  }
  return commands;
}

std::string run_shell(const std::string& commands, const RunningServer& server) {
  std::string text = replaced(commands, "127.0.0.1:8080", fmt::format("127.0.0.1:{}", server.http_port()));
  text = replaced(std::move(text), "127.0.0.1:9464", fmt::format("127.0.0.1:{}", server.admin_port()));
  return support::run_process({"sh", "-c", text}).output;
}

/// True when what a command shows has all figures of windows that it names.
bool shows_all(const std::string& look, const std::string& shown) {
  static const std::regex kName("weir_[a-z]+_window[a-z_]*");
  return std::all_of(std::sregex_iterator(look.begin(), look.end(), kName), std::sregex_iterator(),
                     [&shown](const std::smatch& name) { return shown.find(name.str()) != std::string::npos; });
}

struct TriedGuide {
  const char* name;
  std::int64_t events;
};

class GuideCommands : public testing::TestWithParam<TriedGuide> {};

TEST_P(GuideCommands, send_events_that_count_and_show_them) {
  RunningServer server(listeners_config() + kSoon);
  std::string looks;
  for (const CodeBlock& block : support::blocks_of_guide(GetParam().name)) {
    if (!block.text.starts_with("curl ")) continue;
    const Commands commands = commands_of(block.text);
    if (!commands.send.empty()) static_cast<void>(run_shell(commands.send, server));
    looks += commands.look;
  }
  EXPECT_TRUE(server.wait_for_count("counted", GetParam().events)) << server.report()["events"];
  ASSERT_NE(looks.find("_window"), std::string::npos);
  EXPECT_TRUE(server.process().wait_until([&] { return shows_all(looks, run_shell(looks, server)); }))
      << looks << run_shell(looks, server);
  EXPECT_EQ(sum_of(support::parse_exposition(server.scrape()), "weir_events_rejected_total"), 0);
}

INSTANTIATE_TEST_SUITE_P(Guides, GuideCommands,
                         testing::Values(TriedGuide{"segment", 1}, TriedGuide{"plausible", 1}, TriedGuide{"umami", 1},
                                         TriedGuide{"ga4", 3}),
                         [](const auto& guide) { return std::string(guide.param.name); });

TEST(MatomoGuide, its_nginx_path_passes_requests_on) {
  const std::vector<CodeBlock> guide = support::blocks_of_guide("matomo");
  RunningServer server(listeners_config() + kSoon + support::text_of_blocks(guide, "yaml"));
  const support::TemporaryFolder folder;
  const std::string shown = support::text_of_blocks(guide, "nginx");
  const std::string location = replaced(shown, "127.0.0.1:8080", fmt::format("127.0.0.1:{}", server.http_port()));
  ASSERT_NE(location, shown);
  const Nginx nginx(folder, {.http = "access_log off;", .server = location});
  std::string query = support::block_with(guide, "", "?idsite");
  query.pop_back();  // its newline
  const auto reply = support::http_request(nginx.port(), "GET", "/live/matomo.php" + query,
                                           {{"User-Agent", "Mozilla/5.0"}, {"Host", "shop.example"}});
  EXPECT_EQ(reply.status, 200) << nginx.log();
  EXPECT_EQ(reply.header("content-type"), "image/gif");
  ASSERT_TRUE(server.wait_for_count("counted", 1)) << server.report()["events"];
  const std::string look = commands_of(support::block_with(guide, "", ":9464")).look;
  EXPECT_TRUE(server.process().wait_until([&] { return shows_all(look, run_shell(look, server)); })) << look;
}

}  // namespace
}  // namespace weir::e2e
