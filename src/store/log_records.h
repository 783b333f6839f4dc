// LogRecords: how a record of the journal stands in RocksDB's log, and nowhere else while the journal is written. Its
// tables would be a second copy that hardly ever is read: a snapshot comes first. Only a start turns what the log has
// into tables. Private to src/store.
#pragma once

#include <rocksdb/wal_filter.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

inline constexpr std::size_t kRecordKeyBytes = sizeof(std::uint64_t);
/// Number of a record, big-endian, so that keys sort as their numbers do.
using RecordKey = std::array<char, kRecordKeyBytes>;
RecordKey record_key_of(std::uint64_t sequence);
std::uint64_t sequence_of(std::string_view key);

/// Adds a record to what is written at once. In memory it leaves only a mark, always the same, which keeps RocksDB from
/// removing the log while the family is there: families must not be flushed, and have inplace_update_support.
void add_record(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle& family, std::uint64_t sequence,
                std::string_view record);

/// What opening a database does with records that are in its log.
enum class LoggedRecords : std::uint8_t {
  kBecomeTables,  // and can be read then; the log goes
  kStayInLog,     // and cannot be read
};

/// Shows RocksDB, when it reads its log, the records that add_record() put there as values of their keys.
class LogRecords final : public rocksdb::WalFilter {
 public:
  const char* Name() const override { return "weir.LogRecords"; }
  WalProcessingOption LogRecordFound(unsigned long long log, const std::string& path, const rocksdb::WriteBatch& batch,
                                     rocksdb::WriteBatch* changed_batch, bool* changed) override;
};

}  // namespace weir
