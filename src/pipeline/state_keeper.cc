#include "weir/pipeline/state_keeper.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "weir/core/codec.h"
#include "weir/core/hash.h"
#include "weir/core/thread_name.h"
#include "weir/store/journal.h"

namespace weir {
namespace {

// From the beginning of one sync to that of the next at `interval`: what a loss of power costs is this and the time the
// next one takes, together at most 100 ms on a disk that is well.
constexpr auto kSyncInterval = std::chrono::milliseconds(60);
constexpr auto kLookInterval = std::chrono::milliseconds(250);  // for what is due: a snapshot, or trying again
constexpr std::string_view kSync = "sync";
constexpr std::uint64_t kFirstEpoch = 1;

Result<std::unique_ptr<RecordLog>> open_journal(const std::string& path, DiskEnv env) {
  Result<std::unique_ptr<Journal>> journal = Journal::open(path, env);
  if (!journal) return journal.error();
  return std::unique_ptr<RecordLog>(std::move(*journal));
}

}  // namespace

Result<std::unique_ptr<StateKeeper>> StateKeeper::open(const StateOptions& options, const WantedState& wanted,
                                                       const Clock& clock) {
  Result<StateFolder> folder = StateFolder::open(options.directory, options.disk);
  if (!folder) return folder.error();
  const Result<std::optional<StateIdentity>> found = folder->identity();
  if (!found) return found.error();
  StateIdentity identity = wanted.identity;
  if (*found) {
    identity = **found;
    StateIdentity asked = wanted.identity;
    if (wanted.any_shards) asked.shards = identity.shards;
    const std::string difference = difference_of(identity, asked, folder->path());
    if (!difference.empty()) return Error{difference};
  }
  // The journal's lock is what keeps two processes apart, so it comes before anything is written.
  const OpenRecordLog open_log = options.open_journal != nullptr ? options.open_journal : open_journal;
  Result<std::unique_ptr<RecordLog>> journal = open_log(folder->journal_path(), options.disk);
  if (!journal) return journal.error();
  std::unique_ptr<StateKeeper> keeper(new StateKeeper(std::move(*folder), std::move(*journal), options, clock));
  if (!*found) {
    const bool any = !keeper->snapshots_.numbers().empty() || !keeper->journal_->epochs().empty();
    const Result<std::monostate> written = keeper->folder_.begin(identity, any);
    if (!written) return written.error();
  }
  keeper->identity_ = std::move(identity);
  return keeper;
}

StateKeeper::StateKeeper(StateFolder folder, std::unique_ptr<RecordLog> journal, const StateOptions& options,
                         const Clock& clock)
    : options_(options),
      clock_(clock),
      waits_(options.durability == kSync),
      folder_(std::move(folder)),
      snapshots_(folder_.path(), options.disk),
      journal_(std::move(journal)) {}

StateKeeper::~StateKeeper() { stop(); }

Result<std::monostate> StateKeeper::load(StateOwner& owner) {
  const std::vector<std::uint64_t> snapshots = snapshots_.numbers();
  const std::vector<std::uint64_t> epochs = journal_->epochs();
  if (!epochs.empty()) last_epoch_ = epochs.back();
  if (!snapshots.empty()) last_epoch_ = std::max(last_epoch_, snapshots.front());
  recovery_.any = !snapshots.empty() || !epochs.empty();
  std::string first_problem;
  for (const std::uint64_t number : snapshots) {
    const Result<SnapshotParts> snapshot = snapshots_.read(number);
    std::string problem = snapshot ? "" : snapshot.error().message;
    if (snapshot) {
      ByteReader head(snapshot->parts.empty() ? std::string_view() : snapshot->parts.front());
      const std::uint64_t sequence = head.number();
      const std::vector<std::string_view> rest(snapshot->parts.begin() + (snapshot->parts.empty() ? 0 : 1),
                                               snapshot->parts.end());
      if (head.done() && owner.load_state(rest)) {
        if (std::ranges::find(epochs, number) == epochs.end()) {
          recovery_.warnings.push_back(
              "the journal behind the snapshot is gone, and what came after it, if anything, is lost");
        }
        previous_epoch_ = epoch_ = number;
        next_sequence_ = sequence + 1;
        snapshot_sequence_ = sequence;
        return std::monostate{};
      }
      problem = fmt::format("the snapshot {} does not make sense", snapshots_.path_of(number));
    }
    recovery_.warnings.push_back(problem + "; taking the one before it");
    if (first_problem.empty()) first_problem = ": " + problem;
  }
  // Without any, the journal has to be there from its beginning.
  if (epochs.empty() ? snapshots.empty() : epochs.front() == kFirstEpoch) return std::monostate{};
  return Error{fmt::format(
      "state.directory: no snapshot in {} can be used{}; restore one from a backup, or, to begin anew, move {} away",
      folder_.path(), first_problem, folder_.path())};
}

Result<std::monostate> StateKeeper::replay(StateOwner& owner) {
  std::uint64_t expected = next_sequence_;
  const std::uint64_t last = journal_->last_on_disk();
  records_to_replay_ = last < expected ? 0 : last - expected + 1;
  const Result<std::monostate> read = journal_->read_from(epoch_, [&](std::uint64_t sequence, std::string_view record) {
    if (sequence < expected) return true;  // the snapshot has it
    recovery_.lost_records += static_cast<std::int64_t>(sequence - expected);
    expected = sequence + 1;
    records_replayed_.store(static_cast<std::uint64_t>(++recovery_.records), std::memory_order_relaxed);
    if (!owner.replay(record)) ++recovery_.lost_records;
    return true;
  });
  if (!read) return read.error();
  if (recovery_.lost_records > 0) {
    recovery_.warnings.push_back(
        fmt::format("{} records of the journal are missing or damaged", recovery_.lost_records));
  }
  if (last_epoch_ < kFirstEpoch) last_epoch_ = kFirstEpoch;
  const std::vector<std::uint64_t> epochs = journal_->epochs();
  const bool there = std::find(epochs.begin(), epochs.end(), last_epoch_) != epochs.end();
  if (!there && !journal_->add_epoch(last_epoch_)) {
    return Error{fmt::format("cannot write the journal in {}: {}", folder_.path(), journal_->problem())};
  }
  journal_->turn_to(last_epoch_, expected);
  return std::monostate{};
}

void StateKeeper::start(StateOwner& owner) {
  owner_ = &owner;
  snapshot_steady_ms_ = clock_.steady_ms();
  {
    const std::lock_guard lock(mutex_);
    stats_[Stat::kJournalDamaged] = recovery_.lost_records;
  }
}

void StateKeeper::start_threads() {
  sync_thread_ = std::thread([this] { run_syncs(); });
  snapshot_thread_ = std::thread([this] { run_snapshots(); });
}

void StateKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (owner_ == nullptr || stopping_) return;
    stopping_ = true;
  }
  wake_snapshots_.notify_all();
  wake_syncs_.notify_all();
  if (snapshot_thread_.joinable()) snapshot_thread_.join();
  // So that the next start has nothing to do over again. What fails is in the journal still.
  if (journal_->working() && journal_->appended() > snapshot_sequence_) static_cast<void>(take_snapshot());
  static_cast<void>(sync_and_tell());
  if (sync_thread_.joinable()) sync_thread_.join();
}

bool StateKeeper::works() const {
  if (!journal_->working() || recovering_) return false;
  return journal_->appended_bytes() - bytes_at_snapshot_ < 2 * options_.journal_bytes;
}

std::string StateKeeper::problem() const {
  const std::string problem = journal_->problem();
  if (!problem.empty()) return problem;
  const std::lock_guard lock(mutex_);
  return problem_.empty() ? "a snapshot is due" : problem_;
}

bool StateKeeper::append(std::string_view record) {
  if (!works() || !journal_->append(record)) {
    wake_snapshots_.notify_one();
    return false;
  }
  if (!waits_) return true;
  { const std::lock_guard lock(mutex_); }  // so that the wait below is not missed
  wake_syncs_.notify_one();
  return true;
}

void StateKeeper::on_durable(std::function<void(std::uint64_t)> tell) {
  const std::lock_guard lock(mutex_);
  tell_ = std::move(tell);
}

bool StateKeeper::sync_and_tell() {
  if (recovering_ || journal_->appended() == journal_->synced() || !journal_->sync()) return false;
  // A journal that was opened again meanwhile may lack records that were appended before: its snapshot has them.
  if (recovering_) return false;
  tell(journal_->synced());
  return true;
}

void StateKeeper::tell(std::uint64_t number) {
  const std::lock_guard lock(mutex_);
  told_ = std::max(told_.load(), number);
  if (tell_) tell_(number);
}

/// At `sync` one fsync after the other, each for all that was appended meanwhile; at `interval` one now and then.
void StateKeeper::run_syncs() {
  name_this_thread("weir-sync");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto next = std::chrono::steady_clock::now() + kSyncInterval;
    lock.unlock();
    static_cast<void>(sync_and_tell());
    lock.lock();
    wake_syncs_.wait_until(
        lock, next, [this] { return stopping_ || (waits_ && works() && journal_->appended() != journal_->synced()); });
  }
}

bool StateKeeper::snapshot_due() const {
  if (journal_->appended() == snapshot_sequence_) return false;
  if (journal_->appended_bytes() - bytes_at_snapshot_ >= options_.journal_bytes) return true;
  return clock_.steady_ms() - snapshot_steady_ms_ >= options_.snapshot_interval_ms;
}

void StateKeeper::run_snapshots() {
  name_this_thread("weir-snapshot");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    step_snapshots();
    const auto bytes = static_cast<std::int64_t>(journal_->disk_bytes());
    lock.lock();
    stats_[Stat::kJournalBytes] = bytes;
    if (!stopping_) wake_snapshots_.wait_for(lock, kLookInterval);
  }
}

void StateKeeper::step_snapshots() {
  if (!journal_->working() || recovering_) {
    static_cast<void>(mend());
  } else if (snapshot_due()) {
    static_cast<void>(take_snapshot());
  }
}

/// After a failure nobody can tell what of the journal reached the disk; a snapshot has all that was accepted.
bool StateKeeper::mend() {
  recovering_ = true;
  if (!journal_->working()) note_problem(journal_->problem());
  if (!journal_->working() && !journal_->reopen()) return false;
  if (!take_snapshot()) return false;
  recovering_ = false;
  tell(snapshot_sequence_);
  owner_->journal_works();
  return true;
}

void StateKeeper::note_problem(const std::string& problem) {
  const std::lock_guard lock(mutex_);
  problem_ = problem;
}

/// Begins an epoch, unless the last one waits for its snapshot still: else a disk that fails for long would have many.
bool StateKeeper::next_epoch() {
  const std::uint64_t epoch = epoch_open_ ? last_epoch_ : last_epoch_ + 1;
  const std::vector<std::uint64_t> epochs = journal_->epochs();
  const bool there = std::find(epochs.begin(), epochs.end(), epoch) != epochs.end();
  if (!there && !journal_->add_epoch(epoch)) return false;
  last_epoch_ = epoch;
  epoch_open_ = true;
  return true;
}

bool StateKeeper::take_snapshot() {
  const std::lock_guard snapshot_lock(snapshot_mutex_);
  const TimeMs began_ms = clock_.steady_ms();
  const TimeMs cut_ms = clock_.now_ms();
  snapshot_steady_ms_ = began_ms;  // a failing disk is not tried again at once
  bool good = next_epoch();
  std::uint64_t size = 0;
  if (good) {
    const std::uint64_t epoch = last_epoch_;
    std::uint64_t sequence = 0;
    std::uint64_t bytes = 0;
    std::vector<std::string> parts = owner_->cut_state([&] {
      sequence = journal_->appended();
      bytes = journal_->appended_bytes();
      journal_->turn_to(epoch, sequence + 1);
    });
    ByteWriter head;
    head.number(sequence);
    parts.insert(parts.begin(), head.take());
    const Result<std::uint64_t> written = snapshots_.write(epoch, parts);
    good = written.has_value();
    if (!good) note_problem(written.error().message);
    if (good) {
      note_problem({});
      epoch_open_ = false;
      size = *written;
      snapshot_sequence_ = sequence;
      bytes_at_snapshot_ = bytes;
      // The one before stays, and the journal behind it, in case this one is damaged when it is needed.
      snapshots_.remove_before(previous_epoch_);
      journal_->drop_before(previous_epoch_);
      previous_epoch_ = epoch;
    }
  }
  {
    const std::lock_guard lock(mutex_);
    ++stats_[good ? Stat::kSnapshotsWritten : Stat::kSnapshotsFailed];
    if (!good) return false;
    stats_[Stat::kSnapshotBytes] = static_cast<std::int64_t>(size);
    stats_[Stat::kSnapshotTime] = cut_ms / 1000;
    stats_[Stat::kSnapshotDuration] = clock_.steady_ms() - began_ms;
  }
  if (works()) owner_->journal_works();  // it may have been full, and lines wait
  return true;
}

void StateKeeper::add_stats(StatValues& stats) const {
  {
    const std::lock_guard lock(mutex_);
    stats += stats_;
  }
  stats[Stat::kJournalWritable] = works() ? 1 : 0;
  stats[Stat::kJournalWrittenBytes] = static_cast<std::int64_t>(journal_->appended_bytes());
  stats[Stat::kJournalRecords] = journal_->records();
  stats[Stat::kJournalSyncs] = journal_->syncs();
  stats[Stat::kJournalErrors] = journal_->errors();
}

}  // namespace weir
