// Shard: everything about its visitors, on one thread, sharing nothing. Batches in; snapshots out.
//
//   batch -> Deduplicator -> ReorderBuffer -> Sessionizer -> Rollups -> SnapshotHub
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "weir/core/result.h"
#include "weir/model/funnel.h"
#include "weir/model/symbol_table.h"
#include "weir/pipeline/dead_letters.h"
#include "weir/pipeline/snapshot_hub.h"
#include "weir/pipeline/state_collector.h"
#include "weir/queue/batch_queue.h"
#include "weir/session/deduplicator.h"
#include "weir/session/reorder_buffer.h"
#include "weir/session/sessionizer.h"
#include "weir/window/rollups.h"

namespace weir {

/// Windows a replay reports: at each multiple of `every_ms`, those whose step divides it.
struct WindowSchedule {
  TimeMs every_ms = 0;               // 0: none
  std::vector<std::size_t> windows;  // indices in WindowOptions::windows
};

/// Windows whose step divides `every_ms`; none when it is 0. Fails when there is no such window.
Result<WindowSchedule> make_schedule(const WindowOptions& options, TimeMs every_ms);

/// What all shards share and only read, or that is itself thread-safe. Outlives the shards.
struct ShardContext {
  SessionOptions sessions;  // one shard's share of the limits
  WindowOptions windows;    // likewise
  RollupDuties duties;
  Contributions contributions = Contributions::kFinal;
  WindowSchedule schedule;
  const FunnelSet& funnels;
  const SymbolTable& symbols;
  SpecialSymbols special;
  DeadLetters& dead_letters;
  SnapshotHub& hub;
  StateCollector& states;
  std::size_t spared_bytes = 0;  // what sessions may hold however short memory is, and as much for visits
  std::size_t index = 0;         // of the shard
};

/// One shard. step() is deterministic and thread-free: the thread is a loop around it (pipeline.cc).
class Shard final : private SessionObserver {
 public:
  explicit Shard(const ShardContext& context);

  /// Applies a batch and what it asks for. False when the stream is over.
  bool step(const Batch& batch);
  /// Exported cells that must not be folded, by rollup. Called between steps by the shard's thread.
  void set_pinned(std::span<const std::shared_ptr<const CellKeySet>> pinned) { rollups_.set_pinned(pinned); }

  /// Puts all state into bytes, as it stands. Contributions are published first.
  void save(ByteWriter& writer);
  /// Into a fresh shard of the same configuration, before its first step. False when the bytes are not what save()
  /// writes; then the shard is of no use.
  bool load(ByteReader& reader);

  std::size_t session_memory_bytes() const { return sessionizer_.memory_bytes(); }

 private:
  void take_in(const Event& event);
  void apply(std::span<const Event* const> ordered);
  void move_time_to(TimeMs time_ms);
  void relieve();
  void pass_boundaries(TimeMs time_ms);
  void hand_in(std::uint64_t number);
  void count(const Event& event);
  StatValues counts() const;
  void begin_counting();

  void expect(std::uint64_t visitor) const override { rollups_.prefetch(visitor); }
  std::uint64_t put(const SessionFacts& session) override { return rollups_.put(session); }
  void take_back(const SessionFacts& session) override { rollups_.take_back(session); }
  void closed(const SessionFacts& session) override { rollups_.closed(session); }

  ShardContext context_;
  ReorderBuffer::Emit emit_;
  Deduplicator deduplicator_;
  ReorderBuffer reorder_buffer_;
  Rollups rollups_;
  Sessionizer sessionizer_;
  StatValues stats_;
  StatValues counted_before_;  // by an earlier process: not told again
  std::optional<TimeMs> first_event_ms_;
  std::optional<TimeMs> last_event_ms_;
  std::size_t saved_bytes_ = 0;  // that the last save() came to
  std::size_t reliefs_ = 0;      // asked for so far
  TimeMs time_ms_ = 0;           // all events before it have been applied
  TimeMs next_boundary_ms_ = std::numeric_limits<TimeMs>::max();
};

}  // namespace weir
