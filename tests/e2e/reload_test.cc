// SIGHUP: a running server takes up new rules all or nothing, and never stops for it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "running_server.h"
#include "support/exposition.h"

namespace weir::e2e {
namespace {

constexpr const char* kReloadConfig = R"(sources: {http: {listen: "127.0.0.1:0"}, tcp: {listen: "127.0.0.1:0"}}
admin: {listen: "127.0.0.1:0"}
sessions: {lateness: 0s}
)";

/// Rows of the channel rollup in the five-minute window: channel -> sessions.
std::map<std::string, std::int64_t> channels_of(const RunningServer& server) {
  std::map<std::string, std::int64_t> sessions;
  const nlohmann::json report = server.report();
  for (const nlohmann::json& row : report["windows"]) {
    if (row["rollup"] == "channel" && row["window"] == "5m") sessions[row["channel"]] = row["sessions"];
  }
  return sessions;
}

std::string visit(const std::string& visitor) {
  return fmt::format(R"({{"type":"page_view","url":"/?utm_source=partner&utm_medium=x","visitor":"{}"}})", visitor);
}

TEST(Reload, takes_up_new_rules_and_keeps_the_old_ones_when_the_new_are_wrong) {
  RunningServer server(kReloadConfig);
  const auto reload = [&](const std::string& more, const char* said) {
    server.rewrite_config(kReloadConfig + more);
    server.process().signal(SIGHUP);
    return server.process().wait_for_log_line(said);
  };
  ASSERT_EQ(server.post(visit("a")).status, 202);
  ASSERT_TRUE(server.process().wait_until([&] { return channels_of(server)["Referral"] == 1; }));

  const std::string partners = "channels:\n- {channel: Partners, source: partner}\n";
  EXPECT_NE(reload(partners + "limits: {sessions: 5000}\n", "only a restart").find("limits.sessions"),
            std::string::npos);
  EXPECT_NE(server.process().log().find("in effect now: channels"), std::string::npos);
  ASSERT_EQ(server.post(visit("b")).status, 202);
  EXPECT_TRUE(server.process().wait_until([&] { return channels_of(server)["Partners"] == 1; }));

  EXPECT_NE(reload("channels: 7\nbots: maybe\n", "expected one of auto"), "");
  ASSERT_EQ(server.post(visit("c")).status, 202);
  EXPECT_TRUE(server.process().wait_until([&] { return channels_of(server)["Partners"] == 2; }));
  EXPECT_EQ(channels_of(server)["Referral"], 1);
  EXPECT_NE(reload("geoip: {database: /nowhere/countries.mmdb}\n", "geoip.database:"), "");

  const auto scrape = support::parse_exposition(server.scrape());
  EXPECT_EQ(scrape.at("weir_config_reloads_total{result=\"success\"}"), 1);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().counted, 3);
}

}  // namespace
}  // namespace weir::e2e
