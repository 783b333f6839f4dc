// The server killed under load at random moments: what it acknowledged is counted once, whatever happened between. Each
// event is a visitor of its own, each body a landing page, so that a body that is lost, doubled or taken in half is
// seen. Five kills for each durability; with WEIR_LONG two hundred.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "running_server.h"
#include "support/long_run.h"
#include "support/sanitized.h"
#include "support/seed.h"

namespace weir::e2e {
namespace {

using nlohmann::json;
using support::HttpReply;
using support::TemporaryFolder;

constexpr std::size_t kClients = 4;
constexpr int kBodyEvents = 5;
constexpr int kLandingPages = 997;  // landing pages that bodies take in turn

int kills() { return support::repetitions(5, 200); }

std::string config_of(const std::string& durability, const std::string& directory) {
  return "sources: {http: {listen: \"127.0.0.1:0\"}}\nadmin: {listen: \"127.0.0.1:0\"}\n" +
         fmt::format("durability: {}\nstate: {{directory: \"{}\", snapshot_interval: 1s}}\n", durability, directory) +
         "pipeline: {publish_interval: 50ms, shards: 2}\nsessions: {lateness: 100ms}\n"
         "rollups: {landing: {dimensions: [landing_page], limit: 2000}}\n";
}

/// What was sent, by landing page. Thread-safe.
class Ledger {
 public:
  struct Page {
    std::int64_t acknowledged = 0;  // bodies
    std::int64_t unknown = 0;       // bodies without an answer: counted once or not at all
  };

  std::int64_t next_body() { return next_++; }
  void note(std::int64_t body, bool acknowledged) {
    const std::lock_guard lock(mutex_);
    Page& page = pages_[fmt::format("/{}", body % kLandingPages)];
    ++(acknowledged ? page.acknowledged : page.unknown);
    acknowledged_ += acknowledged ? 1 : 0;
    if (acknowledged_ >= awaited_) changed_.notify_all();
  }
  std::int64_t acknowledged() const {
    const std::lock_guard lock(mutex_);
    return acknowledged_;
  }
  /// Waits for so many more. False when they do not come.
  bool wait_for_more(std::int64_t bodies) {
    std::unique_lock lock(mutex_);
    awaited_ = acknowledged_ + bodies;
    return changed_.wait_for(lock, support::kWaitLimit, [this] { return acknowledged_ >= awaited_; });
  }
  std::map<std::string, Page> pages() const {
    const std::lock_guard lock(mutex_);
    return pages_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Page> pages_;  // guarded by mutex_, as are the next two
  std::int64_t acknowledged_ = 0;
  std::int64_t awaited_ = 0;
  std::atomic<std::int64_t> next_{0};
};

std::string body_of(std::int64_t body) {
  std::string text;
  for (int i = 0; i < kBodyEvents; ++i) {
    text += fmt::format("{{\"type\":\"page_view\",\"url\":\"/{}\",\"visitor\":\"{}-{}\"}}\n", body % kLandingPages,
                        body, i);
  }
  return text;
}

/// Sends bodies until the server is gone.
void send_until_killed(std::uint16_t port, Ledger& ledger) {
  while (true) {
    const std::int64_t body = ledger.next_body();
    const HttpReply reply = support::http_request(port, "POST", "/v1/events", {}, body_of(body));
    ledger.note(body, reply.status == 202);
    if (reply.status != 202 && reply.status != 503) return;
  }
}

/// Loads the server, and ends it in an instant once it has answered so many bodies more.
void kill_under_load(RunningServer& server, Ledger& ledger, std::int64_t bodies) {
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.emplace_back([&server, &ledger] { send_until_killed(server.http_port(), ledger); });
  }
  EXPECT_TRUE(ledger.wait_for_more(bodies));
  server.process().signal(SIGKILL);
  for (std::thread& client : clients) client.join();
  static_cast<void>(server.process().wait_for_exit());
}

/// What the server counts that is not what it acknowledged; empty when there is nothing.
std::string difference_of(const json& report, const Ledger& ledger) {
  std::map<std::string, std::int64_t> counted;
  for (const json& row : report["rollups"]["landing"]) {
    counted[row["landing_page"].get<std::string>()] = row["sessions"].get<std::int64_t>();
  }
  std::string problems;
  for (const auto& [page, sent] : ledger.pages()) {
    const std::int64_t sessions = counted[page];
    const std::int64_t bodies = sessions / kBodyEvents;
    const bool whole = sessions % kBodyEvents == 0;
    if (whole && bodies >= sent.acknowledged && bodies <= sent.acknowledged + sent.unknown) continue;
    problems += fmt::format("{}: {} events acknowledged, {} without an answer, {} counted\n", page,
                            sent.acknowledged * kBodyEvents, sent.unknown * kBodyEvents, sessions);
  }
  return problems;
}

class KillTest : public testing::TestWithParam<const char*> {};

TEST_P(KillTest, nothing_acknowledged_is_lost_or_counted_twice) {
  const TemporaryFolder folder;
  const std::string config = config_of(GetParam(), folder.path("state"));
  std::mt19937_64 random(support::test_seed());
  Ledger ledger;
  for (int i = 0; i <= kills(); ++i) {
    RunningServer server(config);
    ASSERT_NE(server.http_port(), 0);
    std::string problems = "no report yet";
    ASSERT_TRUE(server.process().wait_until([&] {
      // Events wait for sessions.lateness to be over. One that is later lets it pass; without any, time would move by
      // the clock after a second, and two hundred kills take long.
      EXPECT_EQ(server.post(R"({"type":"page_view","url":"/later","visitor":"later"})").status, 202);
      problems = difference_of(server.report(), ledger);
      return problems.empty();
    })) << "after "
        << i << " kills: " << problems << server.process().log();
    if (i == kills()) {
      EXPECT_EQ(server.stop(), 0);
      break;
    }
    kill_under_load(server, ledger, 1 + static_cast<std::int64_t>(random() % (support::kSanitized ? 50 : 400)));
  }
  std::int64_t unknown = 0;
  for (const auto& [page, sent] : ledger.pages()) unknown += sent.unknown;
  std::cout << kills() << " kills: " << ledger.acknowledged() * kBodyEvents << " events acknowledged, "
            << unknown * kBodyEvents << " without an answer, none lost, none counted twice\n";
}

INSTANTIATE_TEST_SUITE_P(Durability, KillTest, testing::Values("interval", "sync"),
                         [](const auto& tested) { return std::string(tested.param); });

}  // namespace
}  // namespace weir::e2e
