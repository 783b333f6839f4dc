// THE self-metrics table: what Weir says about itself. One row per exported series of weir_* counters and
// gauges. KPI metrics are elsewhere (kpi/kpi_table.h).
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace weir {

/// One self-metric series. Rows of the table in stats.cc, same order.
enum class Stat : std::uint8_t {
  kReceivedHttp,
  kReceivedTcp,
  kReceivedUnix,
  kReceivedStdin,
  kReceivedFile,
  kReceivedSyslog,
  kReceivedTail,
  kReceivedJournal,
  kCountedPageView,
  kCountedConversion,
  kCountedEngagement,
  kCountedError,
  kCountedCustom,
  kCountedResource,
  kCountedBot,
  kCountedOptedOut,
  kRejectedMalformed,
  kRejectedInvalidUtf8,
  kRejectedMissingField,
  kRejectedBadString,
  kRejectedBadNumber,
  kRejectedBadTime,
  kRejectedBadUrl,
  kRejectedTooLong,
  kRejectedTooDeep,
  kRejectedUnknownSite,
  kLate,
  kDuplicate,
  kShedHeartbeat,
  kShedOverload,
  kShedClientRate,
  kShedJournal,
  kShedMemory,
  kQueued,
  kActiveSessions,
  kSessionTableBytes,
  kSessionsClosedEarly,
  kSessionsClosedForMemory,
  kReorderForced,
  kDedupForgotten,
  kOrdersForgotten,
  kVisitorsForgotten,
  kCellsFolded,
  kSymbolsForgotten,
  kLabelsCut,
  kClockClamped,
  kBotsIncluded,
  kOvernightForgotten,
  kSaltFileErrors,
  kDeadLettersWritten,
  kDeadLettersDropped,
  kDeadLetterErrors,
  kConnectionsAccepted,
  kConnectionsRefused,
  kConnectionsRefusedClient,
  kConnectionsRefusedMemory,
  kConnectionsRefusedDescriptors,
  kConnectionsOpen,
  kHttpRequests2xx,
  kHttpRequests4xx,
  kHttpRequests5xx,
  kSyslogOverruns,
  kTailFilesOpen,
  kTailRotations,
  kTailTruncations,
  kTailReadErrors,
  kTailStateErrors,
  kTailFilesLost,
  kReloadsDone,
  kReloadsFailed,
  kJournalWritable,
  kJournalBytes,
  kJournalRecords,
  kJournalWrittenBytes,
  kJournalSyncs,
  kJournalErrors,
  kJournalDamaged,
  kSnapshotsWritten,
  kSnapshotsFailed,
  kSnapshotBytes,
  kSnapshotTime,
  kSnapshotDuration,
  kRecoveryDuration,
  kRecoveredEvents,
  kQueueBatches,
  kBackpressureWaits,
  kLiveStreamsOpen,
  kLiveStreamsRefused,
  kLiveStreamsDropped,
  kMemoryLimit,
  kMemoryGrade,
  kCertificateExpiry,
  kReady,
  kCount
};
inline constexpr std::size_t kStatCount = static_cast<std::size_t>(Stat::kCount);

/// How a series moves.
enum class StatKind : std::uint8_t { kCounter, kGauge };

/// One row: a series, its family and at most one label.
struct StatRow {
  Stat stat;
  StatKind kind;
  std::string_view family;      // metric name
  std::string_view label_name;  // empty: no label
  std::string_view label_value;
  std::string_view help;  // same for all rows of a family
  double scale = 1;       // exported value = count * scale (milliseconds -> seconds)
};

/// The rows, indexed by Stat. Rows of one family are neighbours.
std::span<const StatRow, kStatCount> stat_table();

/// A copy of all values at one moment; gauges may be negative only through a bug.
class StatValues {
 public:
  std::int64_t operator[](Stat stat) const { return values_[static_cast<std::size_t>(stat)]; }
  std::int64_t& operator[](Stat stat) { return values_[static_cast<std::size_t>(stat)]; }
  StatValues& operator+=(const StatValues& other) {
    for (std::size_t i = 0; i < kStatCount; ++i) values_[i] += other.values_[i];
    return *this;
  }
  StatValues& operator-=(const StatValues& other) {
    for (std::size_t i = 0; i < kStatCount; ++i) values_[i] -= other.values_[i];
    return *this;
  }
  /// Events, summed over sources, types and reasons.
  std::int64_t received() const { return sum(Stat::kReceivedHttp, Stat::kReceivedJournal); }
  std::int64_t counted() const { return sum(Stat::kCountedPageView, Stat::kCountedOptedOut); }
  std::int64_t rejected() const { return sum(Stat::kRejectedMalformed, Stat::kRejectedUnknownSite); }
  std::int64_t shed() const { return sum(Stat::kShedHeartbeat, Stat::kShedMemory); }
  /// Events settled for good: counted + rejected + late + duplicate + shed. received = settled + queued.
  std::int64_t settled() const { return sum(Stat::kCountedPageView, Stat::kShedMemory); }

 private:
  /// Sum of the rows from `first` to `last`, both included.
  std::int64_t sum(Stat first, Stat last) const {
    std::int64_t total = 0;
    for (auto i = static_cast<std::size_t>(first); i <= static_cast<std::size_t>(last); ++i) total += values_[i];
    return total;
  }

  std::array<std::int64_t, kStatCount> values_{};
};

/// The values of one owner. One thread writes (relaxed load and store, no lock prefix); any thread reads.
class StatBoard {
 public:
  void add(Stat stat, std::int64_t count = 1) {
    auto& slot = slots_[static_cast<std::size_t>(stat)];
    slot.store(slot.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void set(Stat stat, std::int64_t value) {
    slots_[static_cast<std::size_t>(stat)].store(value, std::memory_order_relaxed);
  }
  StatValues read() const {
    StatValues values;
    for (std::size_t i = 0; i < kStatCount; ++i) {
      values[static_cast<Stat>(i)] = slots_[i].load(std::memory_order_relaxed);
    }
    return values;
  }

 private:
  std::array<std::atomic<std::int64_t>, kStatCount> slots_{};
};

}  // namespace weir
