// Journal: records in the order in which they were accepted, on disk. It is one RocksDB with a column family for each
// epoch; an epoch begins where a snapshot was cut, so that what a snapshot makes needless is dropped in whole. While it
// is written, records are in RocksDB's log alone; opening it makes tables of them. Knows nothing of what records hold.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "weir/core/result.h"
#include "weir/store/disk.h"
#include "weir/store/record_log.h"

namespace weir {

/// A record that was appended is with the operating system: the end of the process does not lose it. One up to synced()
/// is on the disk. After a failure nothing is appended until reopen(): only then is it known what the disk has.
class Journal final : public RecordLog {
 public:
  /// Opens or makes the journal in this folder. Fails with the path, the cause and what to do.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, DiskEnv env);
  ~Journal() override;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  std::vector<std::uint64_t> epochs() const override;
  Result<std::monostate> read_from(std::uint64_t epoch, const Take& take) const override;
  std::uint64_t last_on_disk() const override;
  bool add_epoch(std::uint64_t epoch) override;
  void turn_to(std::uint64_t epoch, std::uint64_t sequence) override;
  void drop_before(std::uint64_t epoch) override;
  bool append(std::string_view record) override;
  bool sync() override;
  bool reopen() override;
  bool working() const override { return working_.load(std::memory_order_acquire); }
  std::string problem() const override;
  std::uint64_t appended() const override { return appended_.load(std::memory_order_acquire); }
  std::uint64_t synced() const override { return synced_.load(std::memory_order_acquire); }
  std::uint64_t appended_bytes() const override { return appended_bytes_.load(std::memory_order_relaxed); }
  std::int64_t records() const override { return records_.load(std::memory_order_relaxed); }
  std::int64_t syncs() const override { return syncs_.load(std::memory_order_relaxed); }
  std::int64_t errors() const override { return errors_.load(std::memory_order_relaxed); }
  std::uint64_t disk_bytes() const override;

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
