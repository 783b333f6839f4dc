#include "weir/store/journal.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/table.h>

#include <charconv>
#include <limits>
#include <map>
#include <mutex>

#include "log_disk.h"
#include "log_records.h"
#include "weir/core/check.h"

namespace weir {
namespace {

using rocksdb::ColumnFamilyDescriptor;
using rocksdb::ColumnFamilyHandle;
using rocksdb::Status;

constexpr std::string_view kEpochPrefix = "epoch-";
constexpr std::string_view kTurn = "turn";
constexpr std::uint64_t kNoRecord = ~std::uint64_t{0};
constexpr std::size_t kWriteBufferBytes = 32 * 1024 * 1024;
constexpr std::size_t kSmallBufferBytes = 64 * 1024;
constexpr int kMostFlushesDue = 16;
constexpr std::size_t kReadBytes = 256 * 1024;  // of one record, or more: they are only ever read one after the other

/// Records come in order, are read once or never, and go all at once: nothing is ever worth compacting.
rocksdb::ColumnFamilyOptions epoch_options() {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = kWriteBufferBytes;
  options.inplace_update_support = true;          // for the marks of records in the log
  options.compression = rocksdb::kNoCompression;  // most of a record is hashes
  options.disable_auto_compactions = true;
  options.level0_slowdown_writes_trigger = 1 << 30;
  options.level0_stop_writes_trigger = 1 << 30;
  options.soft_pending_compaction_bytes_limit = 0;
  options.hard_pending_compaction_bytes_limit = 0;
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;
  table.block_size = kReadBytes;
  table.checksum = rocksdb::kNoChecksum;  // records have one
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

/// The family that every database has. It is empty; see begin_log().
rocksdb::ColumnFamilyOptions default_options() {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = kSmallBufferBytes;
  options.max_write_buffer_number = kMostFlushesDue;  // more, and RocksDB would hold up whoever appends
  return options;
}

rocksdb::DBOptions database_options(rocksdb::Env* env, LoggedRecords logged) {
  rocksdb::DBOptions options;
  options.env = env;
  options.create_if_missing = true;
  // A loss of power may leave the end of a log half written, and not only of the last: reopen() begins another after
  // one that could not be synced. What stands in the later one was accepted; that records are missing between them is
  // seen by their numbers.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kSkipAnyCorruptedRecords;
  // Nothing but a snapshot makes a log needless.
  options.max_total_wal_size = std::numeric_limits<std::uint64_t>::max();
  options.avoid_flush_during_recovery = logged == LoggedRecords::kStayInLog;
  options.avoid_flush_during_shutdown = true;
  options.allow_concurrent_memtable_write = false;
  options.max_background_jobs = 2;
  options.max_bgerror_resume_count = 0;  // reopen() does, and then a snapshot makes good what was lost
  options.keep_log_file_num = 2;
  options.max_log_file_size = 1024 * 1024;
  options.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

/// What to do about a journal that cannot be opened.
std::string_view cure_of(const Status& status) {
  const std::string text = status.ToString();
  const auto says = [&text](std::string_view words) { return text.find(words) != std::string::npos; };
  if (status.IsNoSpace()) return "make room on the disk: a start takes about as much again as the journal has";
  if (says("Read-only file system")) return "mount the file system of state.directory for writing";
  if (says("Permission denied")) return "run Weir as the user whom state.directory belongs to";
  if (status.IsIOError() && says("lock")) return "another process uses it: give each one a state.directory of its own";
  return "see that the disk works; to begin anew, move state.directory away";
}

/// The number in the name of a column family; 0 for the one that every database has.
std::uint64_t epoch_of(std::string_view name) {
  std::uint64_t epoch = 0;
  if (!name.starts_with(kEpochPrefix)) return 0;
  name.remove_prefix(kEpochPrefix.size());
  const auto [rest, problem] = std::from_chars(name.data(), name.data() + name.size(), epoch);
  return problem == std::errc() && rest == name.data() + name.size() ? epoch : 0;
}

}  // namespace

struct Journal::Parts {
  using Handle = std::unique_ptr<ColumnFamilyHandle>;

  const std::string path;
  LogDisk disk;
  LogRecords log_records;
  std::mutex open_mutex;     // the database stays open while it is held; taken before `mutex`, and for long
  mutable std::mutex mutex;  // guards all below, and is what appending waits for; never held while the disk syncs
  std::unique_ptr<rocksdb::DB> database;
  Handle default_family;
  std::map<std::uint64_t, Handle> families;  // by epoch
  std::uint64_t epoch = 0;                   // of the records appended
  rocksdb::WriteBatch batch;                 // its memory is used again
  std::string problem;

  Parts(std::string folder, DiskEnv env) : path(std::move(folder)), disk(env) {}
  ~Parts() { close(); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void close() {
    families.clear();
    default_family.reset();
    database.reset();
  }

  Status open(LoggedRecords logged) {
    disk.forget();
    rocksdb::DBOptions options = database_options(disk.env(), logged);
    if (logged == LoggedRecords::kBecomeTables) options.wal_filter = &log_records;
    std::vector<std::string> names;
    const Status listed = rocksdb::DB::ListColumnFamilies(options, path, &names);
    if (!listed.ok()) names = {rocksdb::kDefaultColumnFamilyName};  // there is no database yet, or open() says more
    std::vector<ColumnFamilyDescriptor> descriptors;
    for (const std::string& name : names) {
      descriptors.emplace_back(name, epoch_of(name) == 0 ? default_options() : epoch_options());
    }
    std::vector<ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    const Status status = rocksdb::DB::Open(options, path, descriptors, &handles, &opened);
    if (!status.ok()) return status;
    database.reset(opened);
    for (ColumnFamilyHandle* const handle : handles) {
      const std::uint64_t number = epoch_of(handle->GetName());
      (number == 0 ? default_family : families[number]).reset(handle);
    }
    if (!disk.failed()) return status;
    close();
    return Status::IOError(disk.problem());  // RocksDB does not know
  }

  /// Number of the first record of an epoch; kNoRecord: it has none.
  std::uint64_t first_record_of(ColumnFamilyHandle& family) const {
    const std::unique_ptr<rocksdb::Iterator> record(database->NewIterator({}, &family));
    record->SeekToFirst();
    while (record->Valid() && record->key().size() != kRecordKeyBytes) record->Next();  // the mark of add_record()
    return record->Valid() ? sequence_of({record->key().data(), record->key().size()}) : kNoRecord;
  }

  /// Has RocksDB begin a log. It removes an older one once each family that has anything in there was flushed or
  /// dropped: epochs are dropped, and the default family gets something to be flushed. Of that no table comes: it
  /// would be ahead of a log whose end a loss of power may tear.
  Status begin_log() {
    rocksdb::WriteBatch turn;
    Status status = turn.Put(default_family.get(), {kTurn.data(), kTurn.size()}, {});
    if (status.ok()) status = turn.SingleDelete(default_family.get(), {kTurn.data(), kTurn.size()});
    if (status.ok()) status = database->Write({}, &turn);
    if (!status.ok()) return status;
    rocksdb::FlushOptions options;
    options.wait = false;
    options.allow_write_stall = true;
    return database->Flush(options, default_family.get());
  }
};

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path, DiskEnv env) {
  auto parts = std::make_unique<Parts>(path, env);
  const Status status = parts->open(LoggedRecords::kBecomeTables);
  if (status.ok()) return std::unique_ptr<Journal>(new Journal(std::move(parts)));
  return Error{fmt::format("cannot open the journal {}: {}; {}", path, status.ToString(), cure_of(status))};
}

Journal::Journal(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Journal::~Journal() = default;

void Journal::note_failure(const std::string& problem) {
  parts_->problem = problem;
  errors_.fetch_add(1, std::memory_order_relaxed);
  working_.store(false, std::memory_order_release);
}

std::string Journal::problem() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->problem;
}

std::vector<std::uint64_t> Journal::epochs() const {
  const std::lock_guard lock(parts_->mutex);
  std::vector<std::uint64_t> numbers;
  for (const auto& [number, handle] : parts_->families) numbers.push_back(number);
  return numbers;
}

Result<std::monostate> Journal::read_from(std::uint64_t epoch, const Take& take) const {
  const std::lock_guard lock(parts_->mutex);
  rocksdb::ReadOptions options;
  options.readahead_size = 2 * 1024 * 1024;
  for (auto family = parts_->families.lower_bound(epoch); family != parts_->families.end(); ++family) {
    // What it has from there on was written while the journal failed, and never accepted.
    std::uint64_t end = kNoRecord;
    for (auto next = std::next(family); next != parts_->families.end() && end == kNoRecord; ++next) {
      end = parts_->first_record_of(*next->second);
    }
    const std::unique_ptr<rocksdb::Iterator> record(parts_->database->NewIterator(options, family->second.get()));
    for (record->SeekToFirst(); record->Valid(); record->Next()) {
      const std::string_view key(record->key().data(), record->key().size());
      const std::string_view value(record->value().data(), record->value().size());
      if (key.size() != kRecordKeyBytes) continue;
      if (sequence_of(key) >= end) break;
      if (!take(sequence_of(key), value)) return std::monostate{};
    }
    if (!record->status().ok()) {
      return Error{fmt::format("cannot read the journal {}: {}", parts_->path, record->status().ToString())};
    }
  }
  return std::monostate{};
}

std::uint64_t Journal::last_on_disk() const {
  const std::lock_guard lock(parts_->mutex);
  for (auto family = parts_->families.rbegin(); family != parts_->families.rend(); ++family) {
    const std::unique_ptr<rocksdb::Iterator> record(parts_->database->NewIterator({}, family->second.get()));
    record->SeekToLast();
    while (record->Valid() && record->key().size() != kRecordKeyBytes) record->Prev();  // the mark of add_record()
    if (record->Valid()) return sequence_of({record->key().data(), record->key().size()});
  }
  return 0;
}

bool Journal::add_epoch(std::uint64_t epoch) {
  const std::lock_guard open_lock(parts_->open_mutex);
  if (parts_->database == nullptr) return false;
  ColumnFamilyHandle* handle = nullptr;
  const Status status =
      parts_->database->CreateColumnFamily(epoch_options(), fmt::format("{}{:020}", kEpochPrefix, epoch), &handle);
  const std::lock_guard lock(parts_->mutex);
  if (!status.ok()) {
    note_failure(status.ToString());
    return false;
  }
  parts_->families[epoch].reset(handle);
  return true;
}

void Journal::turn_to(std::uint64_t epoch, std::uint64_t sequence) {
  const std::lock_guard lock(parts_->mutex);
  WEIR_CHECK(parts_->families.contains(epoch));
  const bool goes_on = parts_->epoch == 0 || parts_->epoch == epoch;
  parts_->epoch = epoch;
  appended_.store(sequence - 1, std::memory_order_release);
  if (goes_on || parts_->database == nullptr) return;
  const Status status = parts_->begin_log();
  if (!status.ok()) note_failure(status.ToString());
}

void Journal::drop_before(std::uint64_t epoch) {
  const std::lock_guard open_lock(parts_->open_mutex);
  bool any = false;
  for (const std::uint64_t number : epochs()) {
    if (number >= epoch || parts_->database == nullptr) break;
    std::unique_lock lock(parts_->mutex);
    ColumnFamilyHandle* const handle = parts_->families.at(number).get();
    lock.unlock();
    const Status status = parts_->database->DropColumnFamily(handle);
    lock.lock();
    if (!status.ok()) return note_failure(status.ToString());
    parts_->families.erase(number);
    any = true;
  }
  if (!any) return;
  // RocksDB would order the write and those of append() by itself, but in a way the thread sanitizer does not see.
  const std::lock_guard lock(parts_->mutex);
  const Status status = parts_->begin_log();
  if (!status.ok()) note_failure(status.ToString());
}

bool Journal::append(std::string_view record) {
  const std::lock_guard lock(parts_->mutex);
  if (!working() || parts_->database == nullptr) return false;
  const std::uint64_t sequence = appended_.load(std::memory_order_relaxed) + 1;
  const auto family = parts_->families.find(parts_->epoch);
  Status status = Status::Corruption("an epoch is gone");
  if (family != parts_->families.end()) {
    parts_->batch.Clear();
    add_record(parts_->batch, *family->second, sequence, record);
    status = parts_->database->Write({}, &parts_->batch);
  }
  if (!status.ok() || parts_->disk.failed()) {
    note_failure(status.ok() ? parts_->disk.problem() : status.ToString());
    return false;
  }
  appended_.store(sequence, std::memory_order_release);
  appended_bytes_.fetch_add(record.size(), std::memory_order_relaxed);
  records_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool Journal::sync() {
  const std::lock_guard open_lock(parts_->open_mutex);
  if (!working() || parts_->database == nullptr) return false;
  const std::uint64_t sequence = appended();
  const Status status = parts_->database->SyncWAL();
  if (!status.ok() || parts_->disk.failed()) {
    const std::lock_guard lock(parts_->mutex);
    note_failure(status.ok() ? parts_->disk.problem() : status.ToString());
    return false;
  }
  syncs_.fetch_add(1, std::memory_order_relaxed);
  synced_.store(sequence, std::memory_order_release);
  return true;
}

bool Journal::reopen() {
  const std::lock_guard open_lock(parts_->open_mutex);
  const std::lock_guard lock(parts_->mutex);
  parts_->close();
  const Status status = parts_->open(LoggedRecords::kStayInLog);
  if (!status.ok()) {
    note_failure(status.ToString());
    return false;
  }
  parts_->problem.clear();
  working_.store(true, std::memory_order_release);
  return true;
}

std::uint64_t Journal::disk_bytes() const {
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!parts_->disk.env()->GetChildrenFileAttributes(parts_->path, &files).ok()) return 0;
  std::uint64_t bytes = 0;
  for (const auto& file : files) bytes += file.size_bytes;
  return bytes;
}

}  // namespace weir
