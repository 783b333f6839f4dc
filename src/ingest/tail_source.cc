// The tail source: a thread of its own around a Tailer, because a stream may block its thread while shards are behind.
// Changes in the directories wake it; without any it looks once a second, which alone is enough to be right.
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <set>
#include <thread>
#include <utility>

#include "source_rows.h"
#include "weir/core/clock.h"
#include "weir/core/thread_name.h"
#include "weir/ingest/tailer.h"
#include "weir/net/descriptor.h"

namespace weir {
namespace {

constexpr int kLookMs = 1000;
constexpr int kGatherMs = 10;    // a busy log must not wake the thread for every line
constexpr int kHeldBackMs = 10;  // shards take a while
constexpr std::uint32_t kChanges =
    IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_MODIFY | IN_ATTRIB | IN_ONLYDIR;

/// Made, started and stopped by the ingest thread; the rest happens on its own.
class TailSource final : public Source {
 public:
  TailSource(const SourceOptions& options, const SourceContext& context, Descriptor wake)
      : tailer_(options, {context.intake, context.tail_stats, clock_, context.warn}), wake_(std::move(wake)) {
    for (const TailOptions& tail : options.tail) {
      description_ += fmt::format("{}tail:{}", description_.empty() ? "" : ", ", tail.path);
    }
    changes_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!changes_.open() && context.warn) {
      context.warn(fmt::format("tailed files are only looked at once a second: {}; raise fs.inotify.max_user_instances",
                               std::strerror(errno)));
    }
    thread_ = std::thread([this] { run(); });
  }
  ~TailSource() override { stop(); }
  TailSource(const TailSource&) = delete;
  TailSource& operator=(const TailSource&) = delete;

  std::string description() const override { return description_; }
  std::uint16_t port() const override { return 0; }

  /// What was not read yet stays for the next start: its place is saved.
  void stop() override {
    if (!thread_.joinable()) return;
    stopping_ = true;
    const std::uint64_t one = 1;
    static_cast<void>(::write(wake_.get(), &one, sizeof(one)));  // cannot fail: the counter never fills
    thread_.join();
  }

 private:
  void run() {
    name_this_thread("weir-tail");
    bool watch_due = true;
    while (!stopping_) {
      if (std::exchange(watch_due, false)) watch();  // until it waited for changes they may come unseen
      switch (tailer_.round()) {
        case Tailer::Round::kMore:
          break;
        case Tailer::Round::kHeldBack:
          wait(kHeldBackMs, Wake::kStopOnly);
          break;
        case Tailer::Round::kAtEnd:
          if (wait(kLookMs, Wake::kAnyChange)) wait(kGatherMs, Wake::kStopOnly);
          forget_changes();
          watch_due = true;
          break;
      }
    }
    tailer_.save();
  }

  /// Watching a directory again changes nothing; one that was replaced meanwhile is found so.
  void watch() {
    if (!changes_.open()) return;
    std::set<int> watches;
    for (const std::string& directory : tailer_.directories()) {
      const int watch = ::inotify_add_watch(changes_.get(), directory.c_str(), kChanges);
      if (watch >= 0) watches.insert(watch);  // else the look once a second does
    }
    for (const int watch : watches_) {
      if (!watches.contains(watch)) ::inotify_rm_watch(changes_.get(), watch);
    }
    watches_ = std::move(watches);
  }

  enum class Wake { kStopOnly, kAnyChange };
  /// True when something changed.
  bool wait(int limit_ms, Wake wake) {
    std::array<pollfd, 2> watched{{{wake_.get(), POLLIN, 0}, {changes_.get(), POLLIN, 0}}};  // poll() passes over -1
    if (wake == Wake::kStopOnly) watched[1].fd = -1;
    return ::poll(watched.data(), watched.size(), limit_ms) > 0 && watched[1].revents != 0;
  }

  /// What changed does not matter: the next round looks at everything. Bounded, as in a busy folder there may always be
  /// something more.
  void forget_changes() {
    constexpr int kReadsPerRound = 64;
    alignas(inotify_event) std::array<char, 16 * 1024> events;
    for (int i = 0; i < kReadsPerRound && changes_.open(); ++i) {
      if (::read(changes_.get(), events.data(), events.size()) <= 0) return;
    }
  }

  SystemClock clock_;
  Tailer tailer_;
  Descriptor wake_;     // an eventfd: stop() wakes the thread
  Descriptor changes_;  // inotify
  std::set<int> watches_;
  std::string description_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<Source>> start_tail_source(const SourceOptions& options, const SourceContext& context) {
  Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!wake.open()) {
    return Error{fmt::format("cannot start sources.tail: {}; raise the limit of open files", std::strerror(errno))};
  }
  return std::unique_ptr<Source>(std::make_unique<TailSource>(options, context, std::move(wake)));
}

}  // namespace weir
