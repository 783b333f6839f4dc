// LogDisk: the file system under the journal's RocksDB. It keeps failures to write a log from RocksDB, and tells them
// to the journal: RocksDB 7.8 ends the process when it touches a log again that it could not write, be it to close it.
// So it does with the file of its messages, of which nobody needs to be told. Private to src/store.
#pragma once

#include <rocksdb/env.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "weir/store/disk.h"

namespace weir {

/// Thread-safe. Outlives the database that uses its env().
class LogDisk {
 public:
  explicit LogDisk(DiskEnv under);
  LogDisk(const LogDisk&) = delete;
  LogDisk& operator=(const LogDisk&) = delete;

  rocksdb::Env* env() { return env_.get(); }

  /// True once a log could not be written or synced. Nothing is written to any log from then on, though RocksDB is told
  /// so: the database must be closed before it is used any further.
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  /// Why; empty when none failed.
  std::string problem() const;
  /// Begins anew, while no database is open.
  void forget();

 private:
  class Files;
  class LogFile;
  class MessageFile;
  void note(const std::string& problem);

  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  std::string problem_;  // guarded by mutex_
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace weir
