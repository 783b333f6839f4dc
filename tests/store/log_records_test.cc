// What LogRecords makes of batches in RocksDB's log: those of the journal become values, all others are damage.
#include "../../src/store/log_records.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace weir {
namespace {

using Verdict = rocksdb::WalFilter::WalProcessingOption;

/// A batch as RocksDB writes it: eight bytes of sequence, four of count, entries.
Verdict verdict_on(char count, std::string_view entries) {
  const std::string head = std::string(8, '\0') + count + std::string(3, '\0');
  rocksdb::WriteBatch changed;
  bool is_changed = false;
  const rocksdb::WriteBatch batch(head + std::string(entries));
  const Verdict verdict = LogRecords().LogRecordFound(1, "log", batch, &changed, &is_changed);
  EXPECT_FALSE(is_changed);
  return verdict;
}

TEST(LogRecords, marks_of_transactions_are_damage_and_end_nothing) {
  using namespace std::string_view_literals;
  for (const std::string_view entry : {"\x09"sv, "\x0a\x01x"sv, "\x0b\x01x"sv, "\x0c\x01x"sv, "\x0d"sv}) {
    EXPECT_EQ(verdict_on(0, entry), Verdict::kCorruptedRecord) << static_cast<int>(entry[0]);
  }
}

TEST(LogRecords, a_record_without_its_key_is_damage) {
  EXPECT_EQ(verdict_on(0, "\x03\x01x"), Verdict::kCorruptedRecord);
  EXPECT_EQ(verdict_on(1, "\x05\x01\x01m\x02xy\x03\x01x"), Verdict::kCorruptedRecord);
}

TEST(LogRecords, a_batch_without_records_stays_as_it_is) {
  EXPECT_EQ(verdict_on(0, ""), Verdict::kContinueProcessing);
  EXPECT_EQ(verdict_on(1, "\x05\x01\x01k\x01v"), Verdict::kContinueProcessing);
}

}  // namespace
}  // namespace weir
