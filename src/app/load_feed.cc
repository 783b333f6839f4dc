#include "load_feed.h"

#include <fmt/format.h>

#include <iterator>

namespace weir {

LoadFeed::LoadFeed(LoadFeedOptions options)
    : options_(std::move(options)),
      generator_(options_.visits),
      queues_(options_.senders),
      thread_([this] { run(); }) {}

void LoadFeed::wait_until_full() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return full_ || ended_ || stopping_; });
}

LoadFeed::State LoadFeed::take(std::size_t sender, LoadBlock& block) {
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queues_[sender];
    if (queue.blocks.empty()) return ended_ || stopping_ ? State::kEnded : State::kNotYet;
    std::swap(block, queue.blocks.front());
    used_.push_back(std::move(queue.blocks.front()));
    queue.blocks.pop_front();
    queue.bytes -= block.bytes.size();
  }
  changed_.notify_all();
  return State::kReady;
}

void LoadFeed::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string LoadFeed::truth_json() const { return all_visits_ ? render_truth_json(generator_.truth()) : std::string(); }

void LoadFeed::run() {
  std::vector<LoadBlock> open(options_.senders);
  bool more = true;
  for (std::size_t sender = 0; more; sender = (sender + 1) % options_.senders) {
    LoadBlock& block = open[sender];
    more = make_request(block);
    if (block.requests.size() >= options_.requests_per_block && !hand_over(sender, block)) return;
  }
  for (std::size_t sender = 0; sender < options_.senders; ++sender) {
    if (!open[sender].requests.empty() && !hand_over(sender, open[sender])) return;
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
}

bool LoadFeed::make_request(LoadBlock& block) {
  std::uint32_t events = 0;
  TimeMs newest_ms = 0;
  body_.clear();
  bool more = true;
  while (events < options_.batch && (more = options_.events == 0 || made_ < options_.events)) {
    if (!generator_.next(line_)) {
      all_visits_ = true;
      more = false;
      break;
    }
    newest_ms = std::max(newest_ms, generator_.time_ms());
    body_ += line_;
    body_ += '\n';
    ++events;
    ++made_;
  }
  if (events == 0) return false;
  const std::size_t before = block.bytes.size();
  if (!options_.head.empty()) {
    if (events == 1) body_.pop_back();  // one object needs no line's end
    fmt::format_to(std::back_inserter(block.bytes), "{}{}\r\n\r\n", options_.head, body_.size());
  }
  block.bytes += body_;
  block.requests.push_back({static_cast<std::uint32_t>(block.bytes.size() - before), events, newest_ms});
  return more;
}

bool LoadFeed::hand_over(std::size_t sender, LoadBlock& block) {
  {
    std::unique_lock lock(mutex_);
    Queue& queue = queues_[sender];
    const std::size_t most = kAheadBytes / options_.senders;
    if (queue.bytes >= most && !full_) {
      full_ = true;
      changed_.notify_all();
    }
    changed_.wait(lock, [&] { return stopping_ || queue.bytes < most; });
    if (stopping_) return false;
    queue.bytes += block.bytes.size();
    queue.blocks.push_back(std::move(block));
    block = {};
    if (!used_.empty()) {
      block = std::move(used_.back());
      used_.pop_back();
    }
  }
  block.bytes.clear();
  block.requests.clear();
  return true;
}

}  // namespace weir
