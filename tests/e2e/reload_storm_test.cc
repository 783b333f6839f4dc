// SIGHUP under load, and for logrotate: no request fails by it, and files that were moved away are let go.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "running_server.h"
#include "support/exposition.h"
#include "support/files.h"
#include "support/long_run.h"

namespace weir::e2e {
namespace {

using support::ChildProcess;
using support::SocketClient;
using support::TemporaryFolder;

constexpr const char* kStormConfig = "sources: {http: {listen: \"127.0.0.1:0\"}}\nadmin: {listen: \"127.0.0.1:0\"}\n";

TEST(ReloadStorm, fails_no_request_and_keeps_the_old_configuration_on_error) {
  RunningServer server(kStormConfig);
  std::atomic<bool> over = false;
  std::atomic<std::int64_t> taken = 0;
  std::atomic<std::int64_t> failed = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 2; ++i) {
    clients.emplace_back([&, i] {
      const std::string request = support::request_text(
          "POST", "/v1/events", {},
          fmt::format(R"({{"type":"page_view","url":"/?utm_source=partner&utm_medium=x","visitor":"{}"}})", i));
      SocketClient client(server.http_port());  // kept open throughout
      while (!over) ++(client.send(request) && client.read_reply().status == 202 ? taken : failed);
    });
  }
  const int reloads = support::repetitions(30, 1000);
  int good = 0;
  int bad = 0;
  for (int i = 0; i < reloads; ++i) {
    const bool broken = i % 3 == 2;
    const std::string rules = fmt::format("channels: [{{channel: Partners {}, source: partner}}]\n", i % 7);
    server.rewrite_config(broken ? std::string(kStormConfig) + rules + "bots: maybe\n" : kStormConfig + rules);
    server.process().signal(SIGHUP);
    ++(broken ? bad : good);
    ASSERT_TRUE(server.process().wait_until([&] {
      const auto scrape = support::read_exposition(server.scrape()).values;
      const auto count = [&](const char* result) {
        const auto found = scrape.find(fmt::format("weir_config_reloads_total{{result=\"{}\"}}", result));
        return found == scrape.end() ? -1 : found->second;
      };
      return count("success") == good && count("failure") == bad;
    })) << server.process().log();
  }
  over = true;
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(taken, reloads);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_EQ(server.stopped_counts().counted, taken);
}

TEST(Reopen, dead_letters_go_to_a_new_file_after_the_old_one_was_moved) {
  const TemporaryFolder folder;
  const std::string path = folder.path("dead.ndjson");
  RunningServer server(kStormConfig + fmt::format("dead_letter: {{path: {}}}\n", path));
  ASSERT_EQ(server.post("not json 1\n").status, 400);
  ASSERT_EQ(std::rename(path.c_str(), (path + ".old").c_str()), 0);
  ASSERT_EQ(server.post("not json 2\n").status, 400);
  EXPECT_FALSE(std::filesystem::exists(path)) << "until it is told";
  server.process().signal(SIGHUP);
  ASSERT_NE(server.process().wait_for_log_line("SIGHUP: read"), "");
  ASSERT_EQ(server.post("not json 3\n").status, 400);
  EXPECT_EQ(server.stop(), 0);
  const std::string old_letters = support::read_whole_file(path + ".old");
  EXPECT_NE(old_letters.find("not json 2"), std::string::npos);
  EXPECT_EQ(old_letters.find("not json 3"), std::string::npos);
  const std::string letters = support::read_whole_file(path);
  EXPECT_NE(letters.find("not json 3"), std::string::npos);
  EXPECT_EQ(letters.find("not json 2"), std::string::npos);
}

TEST(Reopen, a_file_that_cannot_be_opened_again_goes_on_as_it_was) {
  const TemporaryFolder folder;
  const std::string inner = folder.path("letters");
  ASSERT_TRUE(std::filesystem::create_directory(inner));
  RunningServer server(kStormConfig + fmt::format("dead_letter: {{path: {}/dead.ndjson}}\n", inner));
  ASSERT_EQ(std::rename(inner.c_str(), (inner + ".moved").c_str()), 0);
  server.process().signal(SIGHUP);
  ASSERT_NE(server.process().wait_for_log_line("going on with the file as it was"), "");
  ASSERT_EQ(server.post("not json\n").status, 400);
  EXPECT_EQ(server.stop(), 0);
  EXPECT_NE(support::read_whole_file(inner + ".moved/dead.ndjson").find("not json"), std::string::npos);
}

TEST(Reopen, the_log_goes_to_a_new_file_even_when_the_configuration_is_broken) {
  const TemporaryFolder folder;
  const std::string path = folder.path("weir.log");
  const std::string config = folder.write("weir.yaml", kStormConfig + fmt::format("log: {{path: {}}}\n", path));
  ChildProcess process({kProgram, "serve", "-c", config});
  const auto holds = [&](const std::string& file, const char* words) {
    return process.wait_until([&] { return support::read_whole_file(file).find(words) != std::string::npos; });
  };
  ASSERT_TRUE(holds(path, "ready: ")) << process.log();
  ASSERT_EQ(std::rename(path.c_str(), (path + ".1").c_str()), 0);
  static_cast<void>(folder.write("weir.yaml", "bots: maybe\n"));
  process.signal(SIGHUP);
  ASSERT_TRUE(holds(path, "the configuration stays as it was")) << process.log();
  process.signal(SIGTERM);
  EXPECT_EQ(process.wait_for_exit(), 0);
  EXPECT_EQ(process.log(), "");
  EXPECT_EQ(support::read_whole_file(path + ".1").find("stays as it was"), std::string::npos);
  EXPECT_NE(support::read_whole_file(path).find("stopped: "), std::string::npos);
}

TEST(Reopen, a_log_that_cannot_be_opened_at_the_start_is_said_on_standard_error) {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("weir.yaml", kStormConfig + fmt::format("log: {{path: {}/weir.log}}\n", folder.path("weir.yaml")));
  const support::ProcessResult result = support::run_process({kProgram, "serve", "-c", config});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.log.find("cannot open the log file"), std::string::npos) << result.log;
}

}  // namespace
}  // namespace weir::e2e
