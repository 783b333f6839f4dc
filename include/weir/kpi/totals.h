// Totals: all sums kept for one cell (and pane). Every KPI is derived from these parts, so totals of shards
// and panes merge by plain addition, in any order, to the same bits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "weir/kpi/dwell_histogram.h"
#include "weir/model/currency.h"
#include "weir/model/funnel.h"
#include "weir/model/session_facts.h"

namespace weir {

/// Integer parts of the KPIs. Names and help are in THE KPI table (kpi_table.h).
enum class Part : std::uint8_t {
  kSessions,
  kLandedSessions,
  kBouncedSessions,
  kEngagedSessions,
  kConvertedSessions,
  kPageViews,
  kVisitors,
  kDwellKnownSessions,
  kDwellUnknownSessions,
  kDwellMs,
  kOrders,
  kCount
};
inline constexpr std::size_t kPartCount = static_cast<std::size_t>(Part::kCount);

/// Currencies kept apart in one cell; further ones are summed under XXX. More than ISO 4217 has, so that which ones
/// are kept never depends on the order of events.
inline constexpr std::size_t kMaxCurrencies = 256;

/// What one session adds to totals, worked out once for the many it is added to. Views the session's revenue.
class Contribution {
 public:
  Contribution(const SessionFacts& session, const FunnelSet& funnels);

 private:
  friend class Totals;

  std::array<std::int64_t, kPartCount> parts_{};
  std::span<const Money> revenue_;
  std::size_t column_count_;                          // of all funnels
  std::array<std::uint16_t, kMaxFunnels> columns_{};  // FunnelSet::column() of those it entered
  std::uint8_t entered_ = 0;                          // funnels
  bool dwell_known_;
  std::uint16_t dwell_bin_ = 0;
};

/// Sums over sessions. Default-constructed totals are zero and work with any FunnelSet. Not thread-safe.
class Totals {
 public:
  Totals() = default;
  /// Grow in `memory`, which outlives them; copies of them do not.
  explicit Totals(std::pmr::memory_resource* memory) : revenue_(memory), funnel_columns_(memory), dwell_(memory) {}

  std::int64_t operator[](Part part) const { return parts_[static_cast<std::size_t>(part)]; }
  std::int64_t& operator[](Part part) { return parts_[static_cast<std::size_t>(part)]; }

  /// Adds (`sign` +1) or takes back (-1) one session. Visitors are counted apart (they are distinct).
  void add(const Contribution& session, int sign);
  void add(const SessionFacts& session, const FunnelSet& funnels, int sign) { add({session, funnels}, sign); }
  /// Adds `sign` times other totals.
  void merge(const Totals& other, int sign = 1);
  void clear();
  /// Sums the revenue of all currencies but these under XXX.
  void keep_currencies(std::span<const Currency> kept);
  /// True when nothing is held, i.e. everything added was taken back.
  bool empty() const { return (*this)[Part::kSessions] == 0 && (*this)[Part::kVisitors] == 0; }

  void save(ByteWriter& writer) const;
  /// In place of what is held, for these funnels. False when the bytes are not what save() writes.
  bool load(ByteReader& reader, const FunnelSet& funnels);

  std::span<const Money> revenue() const { return revenue_; }  // unordered, no currency twice
  const DwellHistogram& dwell() const { return dwell_; }

  /// Sessions that reached at least `step` (1-based) of a funnel.
  std::int64_t funnel_reached(const FunnelSet& funnels, std::size_t funnel, std::size_t step) const;
  /// Sessions whose last step was `step` (1-based) and that left by `cause`; 0 for the last step of a funnel.
  std::int64_t funnel_leaked(const FunnelSet& funnels, std::size_t funnel, std::size_t step, LeakCause cause) const;

 private:
  void add_money(Money money);

  std::array<std::int64_t, kPartCount> parts_{};
  std::pmr::vector<Money> revenue_;
  std::pmr::vector<std::int64_t> funnel_columns_;  // FunnelSet::column(); empty means all zero
  DwellHistogram dwell_;
};

}  // namespace weir
