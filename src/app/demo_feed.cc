#include "demo_feed.h"

#include <spdlog/spdlog.h>

#include <chrono>

#include "weir/app/generator.h"
#include "weir/core/hash.h"
#include "weir/core/thread_name.h"
#include "weir/net/http_client.h"

namespace weir {
namespace {

constexpr std::int64_t kRoundMs = 50;
constexpr double kSessionsPerSecond = 60;
constexpr double kReadersSpeed = 20;  // people who read twenty times as fast, so that half a minute shows whole visits

GeneratorOptions demo_options(TimeMs start_ms) {
  GeneratorOptions options;
  options.seed = random_seed();
  options.sessions = 1'000'000'000;
  options.start_ms = start_ms;
  options.sessions_per_second = kSessionsPerSecond;
  options.speed = kReadersSpeed;
  options.keep_truth = false;
  return options;
}

}  // namespace

DemoFeed::DemoFeed(const ListenAddress& server) : server_(server), thread_([this] { run(); }) {}

void DemoFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

bool DemoFeed::wait_ms(std::int64_t delay_ms) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::milliseconds(delay_ms), [this] { return stopping_; });
}

void DemoFeed::run() {
  name_this_thread("weir-demo");
  const SystemClock clock;
  Generator generator(demo_options(clock.now_ms()));
  HttpClient client(server_);
  std::string line;
  std::string body;
  bool failing = false;
  bool more = generator.next(line);
  while (more && wait_ms(kRoundMs)) {
    const TimeMs now_ms = clock.now_ms();
    body.clear();
    for (; more && generator.time_ms() <= now_ms; more = generator.next(line)) (body += line) += '\n';
    if (body.empty()) continue;
    const Result<HttpReply> reply = client.post("/v1/events", "application/x-ndjson", body);
    const bool accepted = reply && reply->status == 202;
    if (!accepted && !failing) {
      spdlog::warn("demo traffic is refused: {}", reply ? reply->body : reply.error().message);
    }
    failing = !accepted;
  }
}

}  // namespace weir
