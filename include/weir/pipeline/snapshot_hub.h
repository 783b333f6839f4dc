// SnapshotHub: where shards hand in what they have counted. A live snapshot is a consistent cut: every shard's
// state behind the same point of the order of arrival, and the reader's counts at that point.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "weir/core/stats.h"
#include "weir/window/rollups.h"

namespace weir {

/// One shard's state at a cut.
struct ShardSnapshot {
  StatValues stats;  // counted, late, duplicate, queued, sessions, limits
  std::optional<TimeMs> first_event_ms;
  std::optional<TimeMs> last_event_ms;
  TimeMs time_ms = 0;                              // all events before it are in
  std::shared_ptr<const RollupsSnapshot> rollups;  // the object of the cut before when nothing has changed
};

/// All shards' states at one cut.
struct Cut {
  std::uint64_t number = 0;
  StatValues intake;        // received, rejected and so on, at the cut
  TimeMs watermark_ms = 0;  // 0: no event yet
  std::vector<ShardSnapshot> shards;
};

/// Windows of a replay: (time, window) -> one part per shard that had something.
using WindowSeries = std::map<std::pair<TimeMs, std::size_t>, std::vector<RollupsSnapshot>>;

/// Thread-safe, guarded by one mutex; called a few times a second.
class SnapshotHub {
 public:
  explicit SnapshotHub(std::size_t shard_count) : shard_count_(shard_count) {}

  /// Opens cut `number`; waits while another one is open. Intake side.
  void open(std::uint64_t number, const StatValues& intake, TimeMs watermark_ms);
  /// True while a cut is open, i.e. some shard has not handed in yet.
  bool is_open() const;
  /// Hands in one shard's state. Shard thread.
  void hand_in(std::uint64_t number, ShardSnapshot snapshot);
  /// Waits for the next whole cut; nullopt after close(). Publisher.
  std::optional<Cut> wait();
  /// The next whole cut; nullopt when there is none. Publisher.
  std::optional<Cut> take();
  /// Ends wait(). Whole cuts handed in before are still delivered.
  void close();

  /// Hands in one shard's part of a window of a replay; dropped once kMostWindowCells are held. Shard thread.
  void add_window(TimeMs at_ms, std::size_t window, RollupsSnapshot part);
  /// All windows handed in. After the shards have stopped.
  WindowSeries take_windows();
  /// True when a window was dropped. After the shards have stopped.
  bool windows_dropped() const;
  static constexpr std::size_t kMostWindowCells = 500'000;  // of all windows, shards and rollups; about 3 KB each

 private:
  bool is_whole() const { return cut_ && cut_->shards.size() == shard_count_; }

  std::size_t shard_count_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Cut> cut_;  // guarded by mutex_, as is everything below
  bool closed_ = false;
  WindowSeries windows_;
  std::size_t window_cells_ = 0;
};

}  // namespace weir
