// SimulatedJournal: a journal as plain as can be, over the same disk as the real one. Opening RocksDB takes longer than
// all else a simulated restart does; this one stands in for it in most seeds.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "weir/store/record_log.h"

namespace rocksdb {
class Status;
class WritableFile;
}  // namespace rocksdb

namespace weir::support {

/// One thread. Each opening writes what there is into new files, log-N for records and epochs-N for what epochs come
/// and go: a torn end stays an end, and what a failed sync left in memory alone comes to the disk.
class SimulatedJournal final : public RecordLog {
 public:
  static Result<std::unique_ptr<RecordLog>> open(const std::string& path, DiskEnv env);
  ~SimulatedJournal() override;
  SimulatedJournal(const SimulatedJournal&) = delete;
  SimulatedJournal& operator=(const SimulatedJournal&) = delete;

  std::vector<std::uint64_t> epochs() const override;
  Result<std::monostate> read_from(std::uint64_t epoch, const Take& take) const override;
  std::uint64_t last_on_disk() const override;
  bool add_epoch(std::uint64_t epoch) override;
  void turn_to(std::uint64_t epoch, std::uint64_t sequence) override;
  void drop_before(std::uint64_t epoch) override;
  bool append(std::string_view record) override;
  bool sync() override;
  bool reopen() override;
  bool working() const override { return problem_.empty(); }
  std::string problem() const override { return problem_; }
  std::uint64_t appended() const override { return appended_; }
  std::uint64_t synced() const override { return synced_; }
  std::uint64_t appended_bytes() const override { return appended_bytes_; }
  std::int64_t records() const override { return records_; }
  std::int64_t syncs() const override { return syncs_; }
  std::int64_t errors() const override { return errors_; }
  std::uint64_t disk_bytes() const override { return appended_bytes_; }

 private:
  struct Frame {
    std::uint64_t epoch = 0;
    std::uint64_t sequence = 0;  // 0: of epochs-N; then `bytes` is "drop" or "add"
    std::string bytes;
  };

  SimulatedJournal(std::string path, DiskEnv env);
  std::string load();
  rocksdb::Status read_files(const std::vector<std::string>& names);
  void read_frames(std::string_view rest);
  rocksdb::Status write_files(const std::string& number);
  bool write(rocksdb::WritableFile* file, const Frame& frame);
  bool write_synced(const Frame& frame);
  bool fail(const std::string& problem);

  const std::string path_;
  const DiskEnv env_;
  std::set<std::uint64_t> epochs_;
  /// Records by epoch and sequence, as they were when it was opened.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> found_;
  std::unique_ptr<rocksdb::WritableFile> log_;
  std::unique_ptr<rocksdb::WritableFile> epochs_log_;
  std::string problem_;
  std::uint64_t epoch_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t synced_ = 0;
  std::uint64_t appended_bytes_ = 0;
  std::int64_t records_ = 0;
  std::int64_t syncs_ = 0;
  std::int64_t errors_ = 0;
};

}  // namespace weir::support
