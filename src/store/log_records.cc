#include "log_records.h"

#include <cstring>

#include "weir/core/codec.h"

namespace weir {
namespace {

using rocksdb::Slice;
using rocksdb::Status;

constexpr std::string_view kMark = "m";  // shorter than any record's key
// A batch as RocksDB writes it into its log: sequence, count, and then for each value this byte, the family, and key
// and value with their sizes. There is no other way to name a family that is not open yet.
constexpr std::size_t kBatchHeadBytes = sizeof(std::uint64_t) + sizeof(std::uint32_t);
constexpr std::size_t kBatchCountAt = sizeof(std::uint64_t);
constexpr std::uint8_t kFamilyValue = 0x5;

std::string_view view_of(const Slice& slice) { return {slice.data(), slice.size()}; }

/// Takes a batch apart, and puts its records together as values.
class Converter final : public rocksdb::WriteBatch::Handler {
 public:
  Status PutCF(std::uint32_t family, const Slice& key, const Slice& value) override {
    family_ = family;
    key_ = view_of(key) == kMark ? view_of(value) : std::string_view();
    return Status::OK();
  }
  void LogData(const Slice& record) override {
    if (key_.size() != kRecordKeyBytes) {
      damaged_ = true;
      return;
    }
    values_.byte(kFamilyValue);
    values_.number(family_);
    values_.text(key_);
    values_.text(view_of(record));
    key_ = {};
    ++count_;
  }

  // Of transactions, which the journal has none of. They must not fail: RocksDB with assertions ends the process then.
  Status MarkBeginPrepare(bool) override { return refuse(); }
  Status MarkEndPrepare(const Slice&) override { return refuse(); }
  Status MarkCommit(const Slice&) override { return refuse(); }
  Status MarkCommitWithTimestamp(const Slice&, const Slice&) override { return refuse(); }
  Status MarkRollback(const Slice&) override { return refuse(); }
  Status MarkNoop(bool) override { return refuse(); }

  bool any() const { return count_ > 0; }
  bool damaged() const { return damaged_; }
  /// The batch to be taken in place of the one that was read. RocksDB sets its sequence.
  rocksdb::WriteBatch batch() const {
    std::string bytes(kBatchHeadBytes, '\0');
    std::memcpy(bytes.data() + kBatchCountAt, &count_, sizeof(count_));
    return rocksdb::WriteBatch(bytes + values_.bytes());
  }

 private:
  Status refuse() {
    damaged_ = true;
    return Status::OK();
  }

  std::uint32_t family_ = 0;
  std::string_view key_;  // of the record that comes next
  std::uint32_t count_ = 0;
  bool damaged_ = false;
  ByteWriter values_;
};

}  // namespace

RecordKey record_key_of(std::uint64_t sequence) {
  RecordKey key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<char>(sequence >> (8 * (key.size() - 1 - i)));
  return key;
}

std::uint64_t sequence_of(std::string_view key) {
  std::uint64_t sequence = 0;
  for (const char byte : key.substr(0, kRecordKeyBytes)) sequence = sequence << 8 | static_cast<unsigned char>(byte);
  return sequence;
}

void add_record(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle& family, std::uint64_t sequence,
                std::string_view record) {
  const RecordKey key = record_key_of(sequence);
  static_cast<void>(batch.Put(&family, {kMark.data(), kMark.size()}, {key.data(), key.size()}));
  static_cast<void>(batch.PutLogData({record.data(), record.size()}));
}

rocksdb::WalFilter::WalProcessingOption LogRecords::LogRecordFound(unsigned long long, const std::string&,
                                                                   const rocksdb::WriteBatch& batch,
                                                                   rocksdb::WriteBatch* changed_batch, bool* changed) {
  Converter converter;
  if (!batch.Iterate(&converter).ok() || converter.damaged()) return WalProcessingOption::kCorruptedRecord;
  if (converter.any()) {
    *changed_batch = converter.batch();
    *changed = true;
  }
  return WalProcessingOption::kContinueProcessing;
}

}  // namespace weir
