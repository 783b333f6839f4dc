#include "load_feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir {

LoadFeed::LoadFeed(LoadFeedOptions options)
    : options_(std::move(options)),
      generator_(options_.visits),
      shares_(options_.senders),
      queues_(options_.senders),
      thread_([this] { run(); }) {}

void LoadFeed::wait_until_full() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return full_ || stopping_; });
}

LoadFeed::State LoadFeed::take(std::size_t sender, LoadBlock& block) {
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queues_[sender];
    if (queue.blocks.empty()) return queue.ended || stopping_ ? State::kEnded : State::kNotYet;
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
  while (!std::ranges::all_of(shares_, &Share::over)) {
    if (!make_round() && !wait_for_room()) return;
  }
  {
    const std::lock_guard lock(mutex_);
    full_ = true;
  }
  changed_.notify_all();
}

bool LoadFeed::make_round() {
  bool any = false;
  for (std::size_t sender = 0; sender < shares_.size(); ++sender) {
    Share& share = shares_[sender];
    if (share.over) continue;
    // A sender that stands still keeps no other waiting: its share is made when it goes on.
    if (is_full(share.block) && !all_visits_ && !hand_over(sender, false)) continue;
    any = true;
    const std::uint64_t events = events_of_next(sender);
    if (events == 0 || !make_request(share, events)) hand_over(sender, true);
  }
  return any;
}

bool LoadFeed::is_full(const LoadBlock& block) const {
  return block.requests.size() >= options_.requests_per_block || block.bytes.size() >= most_bytes() / kBlocksAhead;
}

std::uint64_t LoadFeed::events_of_next(std::size_t sender) const {
  if (options_.events == 0) return options_.batch;
  const std::uint64_t first = (shares_[sender].requests * options_.senders + sender) * options_.batch;
  return first >= options_.events ? 0 : std::min<std::uint64_t>(options_.batch, options_.events - first);
}

bool LoadFeed::make_request(Share& share, std::uint64_t events) {
  std::uint32_t lines = 0;
  TimeMs newest_ms = 0;
  body_.clear();
  for (; lines < events && !all_visits_; ++lines) {
    if (!generator_.next(line_)) {
      all_visits_ = true;
      break;
    }
    newest_ms = std::max(newest_ms, generator_.time_ms());
    body_ += line_;
    body_ += '\n';
  }
  if (lines == 0) return false;
  made_ += lines;
  ++share.requests;
  LoadBlock& block = share.block;
  const std::size_t before = block.bytes.size();
  if (!options_.head.empty()) {
    if (lines == 1) body_.pop_back();  // one object needs no line's end
    fmt::format_to(std::back_inserter(block.bytes), "{}{}\r\n\r\n", options_.head, body_.size());
  }
  block.bytes += body_;
  block.requests.push_back({static_cast<std::uint32_t>(block.bytes.size() - before), lines, newest_ms});
  return !all_visits_;
}

bool LoadFeed::hand_over(std::size_t sender, bool end) {
  LoadBlock& block = shares_[sender].block;
  {
    const std::lock_guard lock(mutex_);
    Queue& queue = queues_[sender];
    if (!end && (stopping_ || queue.bytes >= most_bytes())) return false;
    shares_[sender].over = queue.ended = end;
    if (!block.requests.empty()) {
      queue.bytes += block.bytes.size();
      queue.blocks.push_back(std::move(block));
      block = {};
    }
    if (!used_.empty()) {
      block = std::move(used_.back());
      used_.pop_back();
    }
  }
  block.bytes.clear();
  block.requests.clear();
  return true;
}

bool LoadFeed::wait_for_room() {
  std::unique_lock lock(mutex_);
  full_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] {
    return stopping_ ||
           std::ranges::any_of(queues_, [this](const Queue& q) { return !q.ended && q.bytes < most_bytes(); });
  });
  return !stopping_;
}

}  // namespace weir
