// See page_load.h.
#include "page_load.h"

#include <fmt/format.h>

#include <utility>

#include "support/process.h"

namespace weir::e2e {
namespace {

using support::SocketClient;

constexpr int kPagesPerConnection = 500;  // servers end one themselves after more, nginx after 1000

}  // namespace

PageLoad::PageLoad(Options options) : options_(std::move(options)) {
  for (int client = 0; client < options_.clients; ++client) clients_.emplace_back([this, client] { run(client); });
}

std::int64_t PageLoad::answered() const {
  const std::lock_guard lock(mutex_);
  return answered_;
}

bool PageLoad::wait_for_more(std::int64_t count) {
  std::unique_lock lock(mutex_);
  const std::int64_t wanted = answered_ + count;
  limit_ = wanted + kAhead;
  changed_.notify_all();
  return changed_.wait_for(lock, support::kWaitLimit, [&] { return failed_ || answered_ >= wanted; }) && !failed_;
}

void PageLoad::pause() {
  std::unique_lock lock(mutex_);
  order_ = Order::kRest;
  changed_.notify_all();
  changed_.wait(lock, [&] { return failed_ || resting_ == static_cast<int>(clients_.size()); });
}

void PageLoad::resume() {
  const std::lock_guard lock(mutex_);
  order_ = Order::kAsk;
  changed_.notify_all();
}

std::int64_t PageLoad::finish() {
  {
    const std::lock_guard lock(mutex_);
    order_ = Order::kEnd;
    changed_.notify_all();
  }
  for (std::thread& client : clients_) client.join();
  clients_.clear();
  return answered();
}

PageLoad::Order PageLoad::next_order() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return order_ != Order::kAsk || answered_ < limit_; });
  return failed_ ? Order::kEnd : order_;
}

void PageLoad::rest() {
  std::unique_lock lock(mutex_);
  ++resting_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return order_ != Order::kRest; });
  --resting_;
}

/// False when there is no 200. A connection that the server ends is replaced.
bool PageLoad::ask(std::unique_ptr<SocketClient>& connection, const std::string& path) {
  const support::HttpHeaders headers{{"Host", options_.host}, {"User-Agent", "Mozilla/5.0"}};
  if (!connection->send(support::request_text("GET", path, headers, {}))) return false;
  const support::HttpReply reply = connection->read_reply();
  if (reply.header("connection") == "close") connection = std::make_unique<SocketClient>(options_.port);
  return reply.status == 200;
}

void PageLoad::run(int client) {
  auto connection = std::make_unique<SocketClient>(options_.port);
  bool failed = false;
  for (int asked = 0; !failed;) {
    const Order order = next_order();
    if (order == Order::kEnd) break;
    if (order == Order::kAsk) {
      failed = !ask(connection, fmt::format("/page{}?v=v{}-{}", asked % 7, client, asked % 50));
      ++asked;
      const std::lock_guard lock(mutex_);
      if (!failed) ++answered_;
      changed_.notify_all();
    }
    if (order == Order::kAsk && asked % kPagesPerConnection != 0) continue;
    // A server writes its log behind the answer, but before it reads the next request of the connection.
    failed = failed || (!options_.quiet_path.empty() && !ask(connection, options_.quiet_path));
    if (order == Order::kRest) {
      rest();
    } else {
      connection = std::make_unique<SocketClient>(options_.port);
    }
  }
  const std::lock_guard lock(mutex_);
  failed_ = failed_ || failed;
  changed_.notify_all();
}

}  // namespace weir::e2e
