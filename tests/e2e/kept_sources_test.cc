// Sources nobody acknowledges, over crashes: a tailed file is read on at its kept place after each SIGKILL, so that
// each line counts once.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "running_server.h"
#include "support/exposition.h"
#include "support/long_run.h"
#include "support/sanitized.h"
#include "support/seed.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::TemporaryFolder;

constexpr int kLinePages = 97;
constexpr const char* kReceivedTail = "weir_events_received_total{source=\"tail\"}";

int source_kills() { return support::repetitions(4, 100); }

/// An event of a visitor of its own.
std::string line_of(std::string_view source, std::int64_t number) {
  return fmt::format("{{\"type\":\"page_view\",\"url\":\"/{}/{}\",\"visitor\":\"{}-{}\"}}\n", source,
                     number % kLinePages, source, number);
}

std::string state_config(const std::string& directory) {
  return fmt::format(
      "admin: {{listen: \"127.0.0.1:0\"}}\nstate: {{directory: \"{}\", snapshot_interval: 1s}}\n"
      "pipeline: {{publish_interval: 50ms}}\nsessions: {{lateness: 100ms}}\n"
      "rollups: {{landing: {{dimensions: [landing_page], limit: 2000}}}}\n",
      directory);
}

/// Sessions by landing page.
std::map<std::string, std::int64_t> sessions_by_page(const json& report) {
  std::map<std::string, std::int64_t> sessions;
  if (report.is_discarded()) return sessions;
  for (const json& row : report["rollups"]["landing"]) {
    sessions[row["landing_page"].get<std::string>()] = row["sessions"].get<std::int64_t>();
  }
  return sessions;
}

void add_sent(std::map<std::string, std::int64_t>& sent, std::string_view source, std::int64_t lines) {
  for (std::int64_t i = 0; i < lines; ++i) ++sent[fmt::format("/{}/{}", source, i % kLinePages)];
}

/// A log that lines are appended to, cut anywhere, as by a program that fills a buffer.
class GrowingLog {
 public:
  explicit GrowingLog(const std::string& path) : file_(path, std::ios::app) {}

  void append(std::int64_t lines) {
    constexpr std::size_t kBufferBytes = 1000;
    std::string buffer;
    for (std::int64_t i = 0; i < lines; ++i) {
      buffer += line_of("tail", lines_++);
      if (buffer.size() < kBufferBytes) continue;
      file_ << buffer.substr(0, kBufferBytes) << std::flush;
      buffer.erase(0, kBufferBytes);
    }
    file_ << buffer << std::flush;
  }
  std::int64_t lines() const { return lines_; }

 private:
  std::ofstream file_;
  std::int64_t lines_ = 0;
};

TEST(KeptTail, is_read_on_where_the_last_kept_line_ends_after_each_kill) {
  const TemporaryFolder folder;
  const std::string path = folder.write("access.log", "");
  const std::string config =
      state_config(folder.path("state")) +
      fmt::format("sources: {{http: {{enabled: false}}, tail: [{{path: \"{}\", from: start}}]}}\n", path);
  std::mt19937_64 random(support::test_seed());
  GrowingLog log(path);
  for (int i = 0; i < source_kills(); ++i) {
    RunningServer server(config);
    ASSERT_NE(server.admin_port(), 0);
    const auto lines = 1 + static_cast<std::int64_t>(random() % (support::kSanitized ? 500 : 20'000));
    const auto until = 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(lines));
    std::thread program([&] { log.append(lines); });
    const auto received = [&] { return sum_of(support::read_exposition(server.scrape()).values, kReceivedTail); };
    const bool read = server.process().wait_until([&] { return received() >= until; });
    server.process().signal(SIGKILL);
    program.join();
    ASSERT_TRUE(read) << server.process().log();
    static_cast<void>(server.process().wait_for_exit());
  }
  std::map<std::string, std::int64_t> sent;
  add_sent(sent, "tail", log.lines());
  RunningServer server(config);
  ASSERT_TRUE(server.process().wait_until([&] { return sessions_by_page(server.report()) == sent; }))
      << server.report()["events"].dump() << server.process().log();
  EXPECT_EQ(server.stop(), 0);
  std::cout << source_kills() << " kills: " << log.lines()
            << " lines of a tailed file, none lost, none counted twice\n";
}

}  // namespace
}  // namespace weir::e2e
