// The admin listener while state is brought back, which takes as long as it takes: here until a snapshot can be read
// that is a pipe.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <regex>

#include "running_server.h"
#include "support/exposition.h"
#include "support/files.h"
#include "weir/net/descriptor.h"

namespace weir::e2e {
namespace {

using support::ChildProcess;
using support::HttpReply;

class Starting : public testing::Test {
 protected:
  /// Leaves a session in a snapshot, and a pipe in its place.
  void SetUp() override {
    config_ = folder_.write("weir.yaml",
                            "sources: {http: {listen: \"127.0.0.1:0\"}}\nadmin: {listen: \"127.0.0.1:0\"}\n"
                            "sessions: {lateness: 100ms}\n" +
                                fmt::format("state: {{directory: {}}}\n", folder_.path("state")));
    {
      RunningServer server(support::read_whole_file(config_));
      ASSERT_EQ(server.post(R"({"type":"page_view","url":"/","visitor":"v"})").status, 202);
      ASSERT_EQ(server.stop(), 0);
    }
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path("state"))) {
      const std::string name = entry.path().filename();
      if (name.starts_with("snapshot-") && entry.path().string() > snapshot_) snapshot_ = entry.path();
    }
    ASSERT_NE(snapshot_, "");
    content_ = support::read_whole_file(snapshot_);
    std::filesystem::remove(snapshot_);
    ASSERT_EQ(::mkfifo(snapshot_.c_str(), 0600), 0);
  }

  /// Starts a server that cannot go on until the snapshot is written.
  void start() {
    server_ = std::make_unique<ChildProcess>(std::vector<std::string>{kProgram, "serve", "-c", config_});
    const std::string line = server_->wait_for_log_line("bringing back the state");
    std::smatch found;
    ASSERT_TRUE(std::regex_search(line, found, std::regex("127\\.0\\.0\\.1:([0-9]+)/-/ready"))) << server_->log();
    port_ = static_cast<std::uint16_t>(std::stoul(found[1]));
  }
  HttpReply get(const char* path) const { return support::http_request(port_, "GET", path); }

  /// Opens the pipe once the server reads from it, and writes what the snapshot was.
  void write_snapshot() {
    Descriptor pipe;
    ASSERT_TRUE(server_->wait_until([&] {
      pipe = Descriptor(::open(snapshot_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
      return pipe.open();
    }));
    ASSERT_EQ(::fcntl(pipe.get(), F_SETFL, 0), 0);
    for (std::string_view rest = content_; !rest.empty();) {
      const ssize_t size = ::write(pipe.get(), rest.data(), rest.size());
      ASSERT_GT(size, 0);
      rest.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  support::TemporaryFolder folder_;
  std::string config_;
  std::string snapshot_;
  std::string content_;
  std::unique_ptr<ChildProcess> server_;
  std::uint16_t port_ = 0;
};

TEST_F(Starting, the_admin_listener_answers_and_says_that_it_is_not_ready) {
  start();
  EXPECT_EQ(get("/-/healthy").status, 200);
  const HttpReply ready = get("/-/ready");
  EXPECT_EQ(ready.status, 503);
  EXPECT_NE(ready.body.find("it is starting"), std::string::npos) << ready.body;
  const HttpReply scrape = get("/metrics");
  EXPECT_EQ(scrape.status, 200);
  const support::Exposition metrics = support::read_exposition(scrape.body);
  EXPECT_EQ(metrics.errors, std::vector<std::string>{});
  EXPECT_EQ(metrics.values.at("weir_ready"), 0);
  EXPECT_GT(metrics.values.at("process_resident_memory_bytes"), 0);
  EXPECT_EQ(get("/api/v1/report").status, 200);
  EXPECT_EQ(get("/").status, 200);
  server_->signal(SIGHUP);
  EXPECT_NE(server_->wait_for_log_line("SIGHUP: still starting"), "");

  write_snapshot();
  EXPECT_NE(server_->wait_for_log_line("recovered the state"), "");
  EXPECT_TRUE(server_->wait_until([&] { return get("/-/ready").status == 200; }));
  EXPECT_TRUE(server_->wait_until(
      [&] { return support::read_exposition(get("/metrics").body).values["weir_active_sessions"] == 1; }));
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait_for_exit(), 0) << server_->log();
}

TEST_F(Starting, sigterm_ends_it_at_once_and_leaves_state_as_it_is) {
  start();
  server_->signal(SIGTERM);
  EXPECT_EQ(server_->wait_for_exit(), 0) << server_->log();
  EXPECT_NE(server_->log().find("stopped while state was brought back"), std::string::npos) << server_->log();
  start();
  write_snapshot();
  EXPECT_TRUE(server_->wait_until(
      [&] { return support::read_exposition(get("/metrics").body).values["weir_active_sessions"] == 1; }));
}

}  // namespace
}  // namespace weir::e2e
