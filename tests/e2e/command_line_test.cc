// The command line as a script sees it: exit codes, messages, pipes and files, each through the real binary.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <set>

#include "ingest/gzip_text.h"
#include "running_server.h"
#include "support/files.h"
#include "support/report_compare.h"
#include "support/seed.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::ProcessResult;
using support::TemporaryFolder;

ProcessResult weir(std::vector<std::string> arguments, std::string_view input = {}) {
  arguments.insert(arguments.begin(), kProgram);
  return support::run_process(arguments, input);
}

TEST(CommandLine, exit_codes) {
  struct Case {
    std::vector<std::string> arguments;
    int exit_code;
    std::string words;  // of output or log
  };
  const TemporaryFolder folder;
  const std::string good = folder.write("good.yaml", "sessions: {timeout: 10m}\n");
  const std::string bad = folder.write("bad.yaml", "sessions:\n  timeuot: 10m\n");
  const std::string missing = folder.path("missing.ndjson");
  const std::vector<Case> cases{
      {{}, 2, "Usage"},
      {{"--help"}, 0, "Usage"},
      {{"--version"}, 0, "weir "},
      {{"replay", "--help"}, 0, "Examples:"},
      {{"--no-such-option"}, 2, "--help"},
      {{"no-such-command"}, 2, "--help"},
      {{"serve", "--no-such-option"}, 2, "no-such-option"},
      {{"replay"}, 2, "FILE"},
      {{"replay", "--every", "soon", "-"}, 2, "soon"},
      {{"generate", "--malformed", "7"}, 2, "malformed"},
      {{"load", "--help"}, 0, "Examples:"},
      {{"load", "--rate", "fast"}, 2, "fast"},
      {{"load", "--target", "http://192.0.2.1:80/"}, 2, "--allow-remote"},
      {{"check", good}, 0, ""},
      {{"check"}, 2, "FILE"},
      {{"check", "--options"}, 0, "sessions.timeout"},
      {{"check", "--options", good}, 2, "--options"},
      {{"check", bad}, 78, bad + ":2:3: "},
      {{"serve", "-c", bad}, 78, bad + ":2:3: "},
      {{"replay", "-c", bad, "-"}, 78, bad + ":2:3: "},
      {{"check", folder.path("none.yaml")}, 78, "none.yaml"},
      {{"replay", missing}, 1, missing},
      {{"generate", "-o", folder.path("none/events.ndjson")}, 1, "none/events.ndjson"},
  };
  for (const Case& one : cases) {
    const ProcessResult result = weir(one.arguments);
    const std::string shown = testing::PrintToString(one.arguments) + "\n" + result.output + result.log;
    EXPECT_EQ(result.exit_code, one.exit_code) << shown;
    EXPECT_NE((result.output + result.log).find(one.words), std::string::npos) << shown;
  }
}

TEST(CommandLine, check_names_every_fault_with_its_place) {
  const TemporaryFolder folder;
  const std::string file = folder.write("weir.yaml",
                                        "sessions:\n"
                                        "  timeout: 30\n"
                                        "pipelin:\n"
                                        "  shards: 2\n"
                                        "windows: [5m,  7s]\n");
  const ProcessResult result = weir({"check", file});
  EXPECT_EQ(result.exit_code, 78);
  for (const char* place : {":2:12: sessions.timeout: ", ":3:1: pipelin: ", ":5:16: windows"}) {
    EXPECT_NE(result.log.find(file + place), std::string::npos) << place << " is missing in:\n" << result.log;
  }
  EXPECT_NE(result.log.find("did you mean \"pipeline\"?"), std::string::npos) << result.log;
  EXPECT_EQ(result.output, "");
}

TEST(CommandLine, serve_fails_when_its_port_is_taken) {
  const RunningServer server(listeners_config());
  const TemporaryFolder folder;
  const std::string config = folder.write(
      "weir.yaml", fmt::format("sources: {{http: {{listen: \"127.0.0.1:0\"}}}}\nadmin: {{listen: \"127.0.0.1:{}\"}}\n",
                               server.admin_port()));
  const ProcessResult result = weir({"serve", "-c", config});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.log.find(std::to_string(server.admin_port())), std::string::npos) << result.log;
}

TEST(CommandLine, serve_says_so_when_its_last_table_is_lost) {
  const TemporaryFolder folder;
  const std::string config = folder.write("weir.yaml", listeners_config());
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  support::ChildStreams streams;
  streams.output_descriptor = full;
  support::ChildProcess serve({kProgram, "serve", "-c", config, "--table", "--for", "1ms"}, streams);
  EXPECT_EQ(serve.wait_for_exit(), 1);
  EXPECT_NE(serve.log().find("cannot write to standard output: No space left"), std::string::npos) << serve.log();
  ::close(full);
}

TEST(CommandLine, demo_sends_to_the_address_that_is_listened_on) {
  const TemporaryFolder folder;
  const std::string config =
      folder.write("weir.yaml", "sources: {http: {listen: \"127.0.0.2:0\"}}\nadmin: {listen: \"127.0.0.1:0\"}\n");
  support::ChildProcess serve({kProgram, "serve", "-c", config, "--demo"});
  const std::string ready = serve.wait_for_log_line("ready: ");
  constexpr std::string_view kAdmin = "metrics at http://127.0.0.1:";
  ASSERT_NE(ready.find(kAdmin), std::string::npos) << serve.log();
  const auto port = static_cast<std::uint16_t>(std::stoi(ready.substr(ready.find(kAdmin) + kAdmin.size())));
  EXPECT_TRUE(serve.wait_until([port] {
    const json report = json::parse(support::http_request(port, "GET", "/api/v1/report").body, nullptr, false);
    return report.is_object() && report["events"]["received"] > 0;
  })) << serve.log();
  serve.signal(SIGTERM);
  EXPECT_EQ(serve.wait_for_exit(), 0) << serve.log();
}

TEST(CommandLine, what_generate_says_is_what_replay_finds) {
  const TemporaryFolder folder;
  const std::string seed = std::to_string(support::test_seed());
  const std::string config = support::source_folder() / "config" / "demo.yaml";
  const support::PipelineResult result = support::run_process_pipeline(
      {kProgram, "generate", "--seed", seed, "--sessions", "20000", "--disorder", "5s", "--duplicates", "0.03",
       "--malformed", "0.02", "--late", "0.02", "--truth", folder.path("truth.json")},
      {kProgram, "replay", "-c", config, "--json", "-"});
  EXPECT_EQ(result.first.exit_code, 0) << result.first.log;
  EXPECT_EQ(result.second.exit_code, 0) << result.second.log;
  EXPECT_EQ(result.second.log, "") << "no progress bar where nobody looks";
  const json truth = json::parse(support::read_whole_file(folder.path("truth.json")));
  const json report = json::parse(result.second.output);
  EXPECT_EQ(support::difference(truth, report), "");
}

TEST(CommandLine, replay_reads_gzip_and_several_files_as_if_they_were_one) {
  const TemporaryFolder folder;
  ASSERT_EQ(weir({"generate", "--sessions", "2000", "-o", folder.path("events.ndjson")}).exit_code, 0);
  const std::string events = support::read_whole_file(folder.path("events.ndjson"));
  const std::size_t middle = events.find('\n', events.size() / 2) + 1;
  const std::string first = folder.write("first.ndjson", events.substr(0, middle));
  const std::string second = folder.write("second.ndjson.gz", support::gzip(events.substr(middle)));
  const std::string whole = folder.write("whole.ndjson.gz", support::gzip(events));

  const ProcessResult plain = weir({"replay", "--json", folder.path("events.ndjson")});
  ASSERT_EQ(plain.exit_code, 0) << plain.log;
  EXPECT_GT(json::parse(plain.output)["events"]["counted"].get<int>(), 2000);
  EXPECT_EQ(weir({"replay", "--json", whole}).output, plain.output);
  EXPECT_EQ(weir({"replay", "--json", first, second}).output, plain.output);
  EXPECT_EQ(weir({"replay", "--json", "-"}, events).output, plain.output);
  const std::string table = weir({"replay", folder.path("events.ndjson")}).output;
  EXPECT_NE(table.find("/pricing"), std::string::npos) << table;
}

TEST(CommandLine, replay_every_adds_windows_at_its_multiples) {
  const TemporaryFolder folder;
  ASSERT_EQ(weir({"generate", "--sessions", "500", "--rate", "0.5", "-o", folder.path("events.ndjson")}).exit_code, 0);
  const ProcessResult result = weir({"replay", "--every", "5m", "--json", folder.path("events.ndjson")});
  ASSERT_EQ(result.exit_code, 0) << result.log;
  const json report = json::parse(result.output);
  std::set<std::string> lengths;
  for (const json& row : report["windows"]) {
    lengths.insert(row["window"].get<std::string>());
    const std::string at = row["at"];
    EXPECT_EQ(std::stoi(at.substr(14, 2)) % 5, 0) << at;
    EXPECT_EQ(at.substr(16), ":00.000Z");
  }
  // The step of the 24 hour window is 24 minutes, which 5 minutes are no multiple of.
  EXPECT_EQ(lengths, (std::set<std::string>{"5m", "1h"}));
  const ProcessResult refused = weir({"replay", "--every", "7s", "--json", folder.path("events.ndjson")});
  EXPECT_EQ(refused.exit_code, 1) << refused.log;
}

}  // namespace
}  // namespace weir::e2e
