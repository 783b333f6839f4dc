// An intake for tests of sources: keeps what it is given and answers bodies as it is told.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "weir/core/check.h"
#include "weir/ingest/intake.h"

namespace weir::support {

/// A body as it arrived.
struct TakenBody {
  std::string body;
  std::string address;
  std::string user_agent;
  std::string format;
  std::string call;
  std::string query;
};

/// Thread-safe. Set `result` before traffic.
class FakeIntake final : public Intake {
 public:
  BodyResult result{.accepted = 1, .rejected = 0, .any_json = true, .errors = {}};
  std::atomic<bool> room{true};
  std::atomic<Stat> why_refused{Stat::kShedOverload};
  std::atomic<bool> scarce{false};
  std::atomic<bool> kept{true};               // what keeps() says
  mutable std::atomic<std::int64_t> asks{0};  // how often it was asked

  std::unique_ptr<ByteStream> open_stream(SourceKind kind, std::string_view format = {}) override {
    const std::lock_guard lock(mutex_);
    format_ = format;
    formats_.emplace_back(format);
    return std::make_unique<Stream>(*this, kind);
  }

  using Intake::take_body;
  BodyResult take_body(std::string_view body, const Origin& origin, const Wording& wording) override {
    const std::lock_guard lock(mutex_);
    // The promised bytes behind the body are read, so that a sanitizer sees when they are not there.
    padding_.assign(body.data() + body.size(), 64);
    bodies_.push_back({std::string(body), std::string(origin.address), std::string(origin.user_agent),
                       std::string(wording.format), std::string(wording.call), std::string(wording.query)});
    return result;
  }
  /// All bodies so far.
  std::uint64_t keep_bodies() override { return result.durable_at; }
  std::optional<Stat> refusal() const override { return room ? std::nullopt : std::optional(why_refused.load()); }
  bool memory_is_scarce() const override { return scarce; }
  bool keeps() const override {
    ++asks;
    return kept;
  }
  void count_refused(std::size_t events, Stat why) override {
    const std::lock_guard lock(mutex_);
    refused_[why] += events;
  }

  std::vector<TakenBody> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  /// Events of bodies refused unread.
  std::size_t refused(Stat why) const {
    const std::lock_guard lock(mutex_);
    const auto found = refused_.find(why);
    return found == refused_.end() ? 0 : found->second;
  }
  /// The formats of all streams opened, in their order.
  std::vector<std::string> formats() const {
    const std::lock_guard lock(mutex_);
    return formats_;
  }
  /// Beginnings of the lines refused as too long.
  std::vector<std::string> too_long() const {
    const std::lock_guard lock(mutex_);
    return too_long_;
  }
  /// Waits for the next finished stream of a kind, in the order of finishing, and returns its bytes.
  std::string wait_for_stream(SourceKind kind) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !streams_[kind].empty(); });
    std::string text = std::move(streams_[kind].front());
    streams_[kind].erase(streams_[kind].begin());
    return text;
  }
  /// What the stream opened last was asked to read. Call from the thread that opens streams.
  const std::string& last_format() const { return format_; }
  /// Bytes committed so far by all streams.
  std::size_t committed() const { return committed_; }
  /// Called after each commit with all bytes so far; may be empty.
  std::function<void(std::size_t)> on_commit;

 private:
  class Stream final : public ByteStream {
   public:
    Stream(FakeIntake& intake, SourceKind kind) : intake_(intake), kind_(kind), room_(64 * 1024) {}
    std::span<char> prepare() override { return room_; }
    void commit(std::size_t size) override {
      WEIR_CHECK(!finished_ && size <= room_.size());
      text_.append(room_.data(), size);
      intake_.committed_ += size;
      if (intake_.on_commit) intake_.on_commit(intake_.committed_);
    }
    void refuse_too_long(std::string_view beginning) override {
      const std::lock_guard lock(intake_.mutex_);
      intake_.too_long_.emplace_back(beginning);
    }
    void finish() override {
      WEIR_CHECK(!finished_);
      finished_ = true;
      const std::lock_guard lock(intake_.mutex_);
      intake_.streams_[kind_].push_back(std::move(text_));
      intake_.changed_.notify_all();
    }

   private:
    FakeIntake& intake_;
    SourceKind kind_;
    std::vector<char> room_;
    std::string text_;
    bool finished_ = false;
  };

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string padding_;                                     // guarded by mutex_
  std::vector<TakenBody> bodies_;                           // guarded by mutex_
  std::map<SourceKind, std::vector<std::string>> streams_;  // guarded by mutex_
  std::map<Stat, std::size_t> refused_;                     // guarded by mutex_
  std::string format_;
  std::vector<std::string> formats_;   // guarded by mutex_
  std::vector<std::string> too_long_;  // guarded by mutex_
  std::atomic<std::size_t> committed_{0};
};

}  // namespace weir::support
