// EventMaker: RawEvent -> Event. Checks what formats do not, classifies, interns labels, hashes ids.
// The one place where the parse and classify layers meet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weir/classify/channel.h"
#include "weir/classify/url.h"
#include "weir/core/hash.h"
#include "weir/core/stats.h"
#include "weir/ingest/intake.h"
#include "weir/model/event.h"
#include "weir/model/funnel.h"
#include "weir/model/raw_event.h"
#include "weir/model/rejection.h"
#include "weir/model/symbol_table.h"
#include "weir/pipeline/options.h"
#include "weir/window/cell_table.h"

namespace weir {

/// How event time relates to wall time.
enum class TimeSource : std::uint8_t {
  kEvents,  // replay: times are taken as they are
  kLive,    // serve: future times and skewed clocks are corrected by the time of receipt
};

/// Makes events. Remembers what texts were looked up to, so that a repeated page costs one hash and one compare.
/// Owned by whoever owns the reader; not thread-safe.
class EventMaker {
 public:
  /// Funnels and symbols outlive the maker. Only dimensions used by `rollups` are worked out.
  EventMaker(const ReaderOptions& options, const std::vector<Rollup>& rollups, const FunnelSet& funnels,
             SymbolTable& symbols, SpecialSymbols special, Hasher hasher, TimeSource time_source);

  /// Fills `event`, or says why it is refused. `received_ms` is the wall time of receipt.
  std::optional<Rejection> make(const RawEvent& raw, const Origin& origin, TimeMs received_ms, Event& event);

  /// kLabelsCut and kClockClamped.
  const StatValues& stats() const { return stats_; }

 private:
  /// What a text was looked up to. Texts are told apart by their seeded hash.
  struct Known {
    std::uint64_t text = 0;
    std::uint64_t steps = 0;
    Symbol symbol = 0;
    std::uint32_t generation = 0;  // of the symbol table
  };
  static constexpr std::size_t kKnownCount = 8192;

  std::optional<Rejection> set_time(const RawEvent& raw, TimeMs received_ms, Event& event);
  std::optional<Rejection> set_ids(const RawEvent& raw, const Origin& origin, Event& event);
  void set_type(const RawEvent& raw, Event& event);
  void set_dimensions(const RawEvent& raw, const UrlParts& url, const Origin& origin, Event& event);
  void set_steps(const RawEvent& raw, const UrlParts& url, Event& event);
  Symbol channel_symbol(const RawEvent& raw, const UrlParts& url, const CampaignParameters& utm);
  bool needs(Dimension dimension) const { return needed_[static_cast<std::size_t>(dimension)]; }

  /// The entry for a text of some kind, filled by `fill(Known&)` when it is not known.
  template <class Fill>
  const Known& known(std::uint64_t text, Fill fill);
  Symbol intern(std::string_view label);

  ReaderOptions options_;
  PageRules page_rules_;
  const FunnelSet& funnels_;
  SymbolTable& symbols_;
  SpecialSymbols special_;
  Hasher hasher_;
  std::uint64_t visitor_salt_;
  TimeSource time_source_;
  std::array<bool, kDimensionCount> needed_{};
  std::vector<Known> known_;
  std::string scratch_;
  StatValues stats_;
};

}  // namespace weir
