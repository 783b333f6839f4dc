// Truth: what the generated visits must add up to, by the contract's definitions and from the generator's own plan.
// Exact and simple on purpose; it must never share code with the engine it is compared with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "generator_visit.h"
#include "generator_world.h"
#include "weir/model/funnel.h"

namespace weir {

/// How far one visit got in one funnel, and what it did after its last step.
struct WalkedFunnel {
  std::size_t reached = 0;
  LeakCause cause = LeakCause::kLeft;
};

/// Money per currency in cents, in the order of generator::kCurrencies.
using CentsByCurrency = std::array<std::int64_t, generator::kCurrencies.size()>;

/// One visit's part in the sums.
struct VisitFacts {
  std::string_view landing_page;
  std::string_view channel;
  std::string_view campaign;
  std::string_view device;
  std::uint32_t visitor = 0;
  std::uint32_t page_views = 0;
  std::uint32_t dwell_ms = 0;
  std::uint32_t orders = 0;
  bool landed = false;
  bool bounced = false;
  bool engaged = false;
  bool converted = false;
  bool dwell_known = false;
  CentsByCurrency cents{};
  std::vector<WalkedFunnel> funnels;  // as the funnels asked for
};

/// The facts of a planned visit, written down from the contract's section 4. Reuses the storage in `facts`.
void find_facts(const generator::PlannedVisit& visit, const std::vector<Funnel>& funnels, TimeMs slow_ms,
                VisitFacts& facts);

/// Sums of one cell.
struct TruthCell {
  std::vector<std::string> labels;  // site, then the rollup's dimensions
  std::int64_t sessions = 0;
  std::int64_t landed_sessions = 0;
  std::int64_t bounced_sessions = 0;
  std::int64_t engaged_sessions = 0;
  std::int64_t converted_sessions = 0;
  std::int64_t page_views = 0;
  std::int64_t orders = 0;
  std::int64_t dwell_unknown = 0;
  std::int64_t dwell_sum_ms = 0;
  CentsByCurrency cents{};
  std::vector<std::uint32_t> dwell_ms;  // known ones; sorted by finish()
  std::vector<std::uint32_t> visitors;  // numbers; finish() leaves each once
  /// Sessions by funnel, last step reached (from 1) and cause.
  std::vector<std::vector<std::array<std::int64_t, kLeakCauseCount>>> funnels;
};

/// One of the six default rollups.
struct TruthRollup {
  std::string_view name;
  std::vector<std::string_view> label_names;
  std::vector<TruthCell> cells;  // sorted by finish(): by sessions, most first, then labels
  std::unordered_map<std::string, std::size_t> cell_by_labels;
};

/// See the top of the file. One thread.
class Truth {
 public:
  Truth(std::vector<Funnel> funnels, TimeMs slow_ms);

  void add(const generator::PlannedVisit& visit, std::string_view site);
  void count_event(TimeMs time_ms);
  void count_duplicate() { ++duplicate_; }
  void count_malformed() { ++malformed_; }
  void count_late() { ++late_; }
  /// Sorts everything; nothing may be added afterwards.
  void finish();

  const std::vector<Funnel>& funnels() const { return funnels_; }
  const std::vector<TruthRollup>& rollups() const { return rollups_; }
  std::int64_t received() const { return counted_ + malformed_ + late_ + duplicate_; }
  std::int64_t counted() const { return counted_; }
  std::int64_t malformed() const { return malformed_; }
  std::int64_t late() const { return late_; }
  std::int64_t duplicate() const { return duplicate_; }
  std::optional<TimeMs> first_event_ms() const { return first_event_ms_; }
  std::optional<TimeMs> last_event_ms() const { return last_event_ms_; }

 private:
  TruthCell& cell_of(TruthRollup& rollup, std::string_view site);
  void add_to_cell(TruthCell& cell) const;

  std::vector<Funnel> funnels_;
  TimeMs slow_ms_;
  std::vector<TruthRollup> rollups_;
  VisitFacts facts_;  // of the visit being added
  std::string key_;
  std::int64_t counted_ = 0;
  std::int64_t malformed_ = 0;
  std::int64_t late_ = 0;
  std::int64_t duplicate_ = 0;
  std::optional<TimeMs> first_event_ms_;
  std::optional<TimeMs> last_event_ms_;
};

}  // namespace weir
