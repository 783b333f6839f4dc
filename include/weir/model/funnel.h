// Funnels: ordered steps a session may take. The reader marks which steps an event matches (Event::steps);
// the session keeps how far it got and what it did after its last step.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/clock.h"

namespace weir {

/// What a session did after its last funnel step, worst first.
enum class LeakCause : std::uint8_t { kError, kSlow, kWandered, kLeft, kCount };
inline constexpr std::size_t kLeakCauseCount = static_cast<std::size_t>(LeakCause::kCount);
inline constexpr std::array<std::string_view, kLeakCauseCount> kLeakCauseNames{"error", "slow", "wandered", "left"};

/// One step. A page step matches page views by glob; a conversion step the conversion's name; an event step a
/// custom event's type or name. Conversion and event patterns are globs as well.
struct FunnelStep {
  enum class Kind : std::uint8_t { kPage, kConversion, kEvent };
  std::string name;  // label of the step
  Kind kind = Kind::kPage;
  std::string pattern;
};

struct Funnel {
  std::string name;
  std::vector<FunnelStep> steps;  // 2..kMaxFunnelSteps
};

inline constexpr std::size_t kMaxFunnels = 8;
inline constexpr std::size_t kMaxFunnelSteps = 16;       // of one funnel
inline constexpr std::size_t kMaxFunnelStepsTotal = 64;  // of all funnels: bits of Event::steps

/// How far one session got in one funnel: steps reached (0..kMaxFunnelSteps) and the cause it would leak by.
struct FunnelProgress {
  std::uint8_t reached = 0;
  LeakCause cause = LeakCause::kLeft;
};

/// All funnels of a configuration. Immutable; any thread.
class FunnelSet {
 public:
  FunnelSet() = default;
  /// Funnels within the limits above (checked).
  FunnelSet(std::vector<Funnel> funnels, TimeMs slow_ms);

  const std::vector<Funnel>& funnels() const { return funnels_; }
  std::size_t size() const { return funnels_.size(); }
  bool empty() const { return funnels_.empty(); }
  TimeMs slow_ms() const { return slow_ms_; }

  /// Bit of the first step of a funnel in Event::steps; its further steps follow.
  unsigned first_bit(std::size_t funnel) const { return first_bit_[funnel]; }

  /// Steps matched by a view of `page`.
  std::uint64_t steps_of_page(std::string_view page) const;
  /// Steps matched by a conversion called `name`.
  std::uint64_t steps_of_conversion(std::string_view name) const;
  /// Steps matched by a custom event of `type` called `name` (may be empty).
  std::uint64_t steps_of_event(std::string_view type, std::string_view name) const;

  /// Columns of all funnels in Totals::funnel: one per (funnel, steps reached 1..n, cause).
  std::size_t column_count() const { return column_count_; }
  /// Column of a session that reached exactly `reached` >= 1 steps.
  std::size_t column(std::size_t funnel, std::size_t reached, LeakCause cause) const {
    return first_bit_[funnel] * kLeakCauseCount + (reached - 1) * kLeakCauseCount + static_cast<std::size_t>(cause);
  }

 private:
  std::vector<Funnel> funnels_;
  std::vector<unsigned> first_bit_;
  std::size_t column_count_ = 0;
  TimeMs slow_ms_ = 3000;
};

}  // namespace weir
