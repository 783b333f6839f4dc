// StateKeeper: keeps what serve knows over its end. Accepted events go to the journal before they are acknowledged; a
// snapshot of all state now and then makes the journal before it needless; after a failure of the disk it tries again
// until it works. Knows nothing of what state is: the pipeline hands it bytes.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/result.h"
#include "weir/core/stats.h"
#include "weir/pipeline/options.h"
#include "weir/store/record_log.h"
#include "weir/store/snapshot_files.h"
#include "weir/store/state_folder.h"

namespace weir {

/// Whose state is kept.
class StateOwner {
 public:
  virtual ~StateOwner() = default;
  /// Hands out all state behind one point of the order of arrival, in parts. Calls `turn` at that point, while nothing
  /// is appended.
  virtual std::vector<std::string> cut_state(const std::function<void()>& turn) = 0;
  /// Brings state back. False when the parts are damaged; then all is as before.
  virtual bool load_state(const std::vector<std::string_view>& parts) = 0;
  /// Takes a record of the journal in again. False when it is damaged.
  virtual bool replay(std::string_view record) = 0;
  /// The journal works, perhaps again, and all that was appended before is kept.
  virtual void journal_works() = 0;
};

/// What the configuration means by state.
struct WantedState {
  StateIdentity identity;
  bool any_shards = false;  // state of another number of shards will do as well
};

/// What a start found.
struct Recovery {
  bool any = false;               // there was state
  std::int64_t records = 0;       // of the journal
  std::int64_t lost_records = 0;  // that were missing or damaged
  std::vector<std::string> warnings;
};

/// How far a start is with the journal.
struct RecoveryProgress {
  std::uint64_t records = 0;  // taken in again
  std::uint64_t of = 0;       // that there are behind the snapshot; 0: not known yet
};

/// Members may be called by any thread, but append() by one at a time.
class StateKeeper {
 public:
  /// Opens state.directory. Fails when the folder cannot be used or holds state of another kind.
  static Result<std::unique_ptr<StateKeeper>> open(const StateOptions& options, const WantedState& wanted,
                                                   const Clock& clock);
  ~StateKeeper();
  StateKeeper(const StateKeeper&) = delete;
  StateKeeper& operator=(const StateKeeper&) = delete;

  /// What the state is of: as it was kept, or else as wanted.
  const StateIdentity& identity() const { return identity_; }
  std::string salts_path() const { return folder_.salts_path(); }

  /// Brings back the newest snapshot that is good. Fails when there was state and none of it can be used.
  Result<std::monostate> load(StateOwner& owner);
  /// Takes in again what the journal has behind it.
  Result<std::monostate> replay(StateOwner& owner);
  const Recovery& recovery() const { return recovery_; }
  RecoveryProgress recovery_progress() const { return {records_replayed_, records_to_replay_}; }
  /// From here on state is kept. `owner` outlives stop().
  void start(StateOwner& owner);
  /// Does by itself what is due, on two threads. After start(), unless step_syncs() and step_snapshots() are called.
  void start_threads();
  /// Brings to the disk what was appended. What one of the threads does at least every 100 ms.
  void step_syncs() { static_cast<void>(sync_and_tell()); }
  /// Tries again after a failure, or takes a snapshot when one is due. What the other does four times a second.
  void step_snapshots();
  /// Takes a last snapshot, and keeps nothing from here on.
  void stop();

  /// False when it was not written: then it must not be acknowledged, nor have any effect.
  bool append(std::string_view record);
  /// Number of the last record appended; 0: none.
  std::uint64_t newest_record() const { return journal_->appended(); }
  /// Number of the last record that may be acknowledged: appended, or, where acknowledging waits for it, on the disk.
  std::uint64_t kept() const { return waits_ ? told_.load() : journal_->appended(); }
  /// False while the journal fails, or is full because no snapshot can be taken.
  bool works() const;
  /// Why it does not.
  std::string problem() const;
  void on_durable(std::function<void(std::uint64_t)> tell);

  /// Takes a snapshot now. False when it failed.
  bool take_snapshot();
  /// kJournal* and kSnapshot* values.
  void add_stats(StatValues& stats) const;

 private:
  StateKeeper(StateFolder folder, std::unique_ptr<RecordLog> journal, const StateOptions& options, const Clock& clock);
  void run_syncs();
  void run_snapshots();
  bool sync_and_tell();
  void tell(std::uint64_t number);
  bool snapshot_due() const;
  bool next_epoch();
  void note_problem(const std::string& problem);
  bool mend();

  const StateOptions options_;
  const Clock& clock_;
  const bool waits_;  // acknowledging waits for the disk
  StateFolder folder_;
  StateIdentity identity_;
  SnapshotFiles snapshots_;
  std::unique_ptr<RecordLog> journal_;
  StateOwner* owner_ = nullptr;
  Recovery recovery_;

  std::uint64_t epoch_ = 0;          // from which the journal is needed; 0: all of it
  std::uint64_t next_sequence_ = 1;  // expected behind the snapshot
  std::atomic<std::uint64_t> records_replayed_{0};
  std::atomic<std::uint64_t> records_to_replay_{0};
  std::mutex snapshot_mutex_;                        // one snapshot at a time; guards the next four
  std::uint64_t previous_epoch_ = 0;                 // of the newest snapshot
  std::uint64_t last_epoch_ = 0;                     // handed out
  bool epoch_open_ = false;                          // the last one has no snapshot: writing it failed
  std::atomic<std::uint64_t> snapshot_sequence_{0};  // of the last record in the newest snapshot
  std::atomic<std::uint64_t> bytes_at_snapshot_{0};  // appended before it
  std::atomic<TimeMs> snapshot_steady_ms_{0};
  std::atomic<std::uint64_t> told_{0};   // number of the last record that is known to be on the disk
  std::atomic<bool> recovering_{false};  // the journal was opened again, a snapshot must show that all is kept

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable wake_syncs_;
  std::condition_variable wake_snapshots_;
  bool stopping_ = false;
  std::function<void(std::uint64_t)> tell_;
  StatValues stats_;
  std::string problem_;  // of the last snapshot
  std::thread sync_thread_;
  std::thread snapshot_thread_;
};

}  // namespace weir
