// RecordLog: what is asked of a journal. Journal is the one there is; a simulation brings a simpler one along, which is
// why this is apart.
#pragma once

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

/// Records in the order in which they were accepted, in epochs. Members may be called by any thread, but append() and
/// turn_to() by one at a time.
class RecordLog {
 public:
  virtual ~RecordLog() = default;

  /// Epochs there are, the oldest first.
  virtual std::vector<std::uint64_t> epochs() const = 0;
  /// Calls `take(sequence, record)` for each record from this epoch on, in order, until it says false: those that were
  /// there when it was opened. Where a later epoch begins with a number, that is the record of this number, as one of
  /// an earlier epoch was not accepted. Fails when the disk does.
  using Take = std::function<bool(std::uint64_t sequence, std::string_view record)>;
  virtual Result<std::monostate> read_from(std::uint64_t epoch, const Take& take) const = 0;

  /// Number of the last record that read_from() has; 0: there is none, or it cannot be told.
  virtual std::uint64_t last_on_disk() const = 0;

  /// Makes an epoch, which is later than all others. False when that failed.
  virtual bool add_epoch(std::uint64_t epoch) = 0;
  /// Further records belong to this epoch, and are numbered from `sequence` on.
  virtual void turn_to(std::uint64_t epoch, std::uint64_t sequence) = 0;
  /// Drops all epochs before this one. What fails is tried again by the next call.
  virtual void drop_before(std::uint64_t epoch) = 0;

  /// False when it could not be written: then it was not accepted, and never will be read.
  virtual bool append(std::string_view record) = 0;
  /// Brings all that was appended to the disk. False when that failed.
  virtual bool sync() = 0;
  /// Closes and opens it again after a failure. False when it fails still.
  virtual bool reopen() = 0;

  virtual bool working() const = 0;
  /// Why it does not work; empty when it does.
  virtual std::string problem() const = 0;
  /// Number of the last record appended; 0: none.
  virtual std::uint64_t appended() const = 0;
  /// Number of the last record known to be on the disk.
  virtual std::uint64_t synced() const = 0;
  /// Bytes of records appended since it was opened.
  virtual std::uint64_t appended_bytes() const = 0;
  /// Records appended since it was opened.
  virtual std::int64_t records() const = 0;
  virtual std::int64_t syncs() const = 0;
  virtual std::int64_t errors() const = 0;
  /// Bytes its files take on the disk.
  virtual std::uint64_t disk_bytes() const = 0;
};

/// Opens or makes the log in a folder.
using OpenRecordLog = Result<std::unique_ptr<RecordLog>> (*)(const std::string& path, DiskEnv env);

}  // namespace weir
