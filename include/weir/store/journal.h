// Journal: records in the order in which they were accepted, on disk. It is one RocksDB with a column family for each
// epoch; an epoch begins where a snapshot was cut, so that what a snapshot makes needless is dropped in whole. Knows
// nothing of what is in a record.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/core/result.h"
#include "weir/store/disk.h"

namespace weir {

/// Members may be called by any thread, but append() and turn_to() by one at a time.
///
/// A record that was appended is with the operating system: the end of the process does not lose it. One up to synced()
/// is on the disk. After a failure nothing is appended until reopen(): only then is it known what the disk has.
class Journal {
 public:
  /// Opens or makes the journal in this folder. Fails with the path, the cause and what to do.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, DiskEnv env);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Epochs there are, the oldest first.
  std::vector<std::uint64_t> epochs() const;
  /// Calls `take(sequence, record)` for each record from this epoch on, in order, until it says false. Fails when the
  /// disk does.
  using Take = std::function<bool(std::uint64_t sequence, std::string_view record)>;
  Result<std::monostate> read_from(std::uint64_t epoch, const Take& take) const;

  /// Number of the last record there is to be read; 0: there is none, or it cannot be told.
  std::uint64_t last_on_disk() const;

  /// Makes an epoch, which is later than all others. False when that failed.
  bool add_epoch(std::uint64_t epoch);
  /// Further records belong to this epoch, and are numbered from `sequence` on.
  void turn_to(std::uint64_t epoch, std::uint64_t sequence);
  /// Drops all epochs before this one. What fails is tried again by the next call.
  void drop_before(std::uint64_t epoch);

  /// False when it could not be written: then it was not accepted, and never will be read.
  bool append(std::string_view record);
  /// Brings all that was appended to the disk. False when that failed.
  bool sync();
  /// Closes and opens it again after a failure. False when it fails still.
  bool reopen();

  bool working() const { return working_.load(std::memory_order_acquire); }
  /// Why it does not work; empty when it does.
  std::string problem() const;
  /// Number of the last record appended; 0: none.
  std::uint64_t appended() const { return appended_.load(std::memory_order_acquire); }
  /// Number of the last record known to be on the disk.
  std::uint64_t synced() const { return synced_.load(std::memory_order_acquire); }
  /// Bytes of records appended since it was opened.
  std::uint64_t appended_bytes() const { return appended_bytes_.load(std::memory_order_relaxed); }
  /// Records appended since it was opened.
  std::int64_t records() const { return records_.load(std::memory_order_relaxed); }
  std::int64_t syncs() const { return syncs_.load(std::memory_order_relaxed); }
  std::int64_t errors() const { return errors_.load(std::memory_order_relaxed); }
  /// Bytes its files take on the disk.
  std::uint64_t disk_bytes() const;

 private:
  struct Parts;
  explicit Journal(std::unique_ptr<Parts> parts);
  void note_failure(const std::string& problem);

  std::unique_ptr<Parts> parts_;
  std::atomic<bool> working_{true};
  std::atomic<std::uint64_t> appended_{0};
  std::atomic<std::uint64_t> synced_{0};
  std::atomic<std::uint64_t> appended_bytes_{0};
  std::atomic<std::int64_t> records_{0};
  std::atomic<std::int64_t> syncs_{0};
  std::atomic<std::int64_t> errors_{0};
};

}  // namespace weir
