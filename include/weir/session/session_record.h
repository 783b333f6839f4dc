// SessionRecord: the state of one open session. Its size times the number of visitors is Weir's memory.
#pragma once

#include <array>
#include <cstdint>

#include "weir/core/clock.h"
#include "weir/model/dimension_pool.h"
#include "weir/model/funnel.h"

namespace weir {

/// How far a session got in one funnel, in a byte: five bits of steps reached, three of what came after.
class PackedProgress {
 public:
  std::uint8_t reached() const { return bits_ & 31U; }
  std::uint8_t bits() const { return bits_; }
  static PackedProgress of_bits(std::uint8_t bits) {
    PackedProgress progress;
    progress.bits_ = bits;
    return progress;
  }
  /// Takes the next step; what happened after the one before no longer matters.
  void take_step() { bits_ = static_cast<std::uint8_t>(reached() + 1); }
  /// Remembers that `cause` happened after the last step.
  void note(LeakCause cause) { bits_ = static_cast<std::uint8_t>(bits_ | (32U << static_cast<unsigned>(cause))); }
  /// The worst of what happened after the last step.
  LeakCause cause() const {
    for (unsigned cause = 0; cause < static_cast<unsigned>(LeakCause::kLeft); ++cause) {
      if (bits_ & (32U << cause)) return static_cast<LeakCause>(cause);
    }
    return LeakCause::kLeft;
  }

 private:
  std::uint8_t bits_ = 0;
};
static_assert(kMaxFunnelSteps <= 31);

/// One open session. Plain value; lives in a SessionTable.
struct alignas(64) SessionRecord {
  static constexpr std::uint64_t kSequenceMask = (std::uint64_t{1} << 48) - 1;
  static constexpr std::uint32_t kMostEngagedMs = 0xffff;

  std::uint64_t key = 0;      // Event::session
  std::uint64_t visitor = 0;  // Event::visitor
  // Numbers that only ever count up: 48 bits last nine years at a million a second.
  std::uint64_t serial : 48 = 0;
  std::uint64_t engaged_ms : 16 = 0;  // added up; stays at kMostEngagedMs, far beyond all that is asked of it
  std::uint64_t put_sequence : 48 = 0;
  bool lone : 1 = true;  // has had one event only
  bool converted : 1 = false;
  bool custom : 1 = false;   // has had a custom event
  bool put : 1 = false;      // its contribution is in the cells
  bool dirty : 1 = false;    // it changed since, and waits to be put again
  bool visited : 1 = false;  // its visit is known to the window layer
  bool moved : 1 = false;    // its dimensions changed since then
  TimeMs first_ms = 0;
  DimensionPool::Id dimensions = DimensionPool::kNone;  // of the first page view, or of the first event
  std::uint32_t last_offset_ms = 0;                     // last event - first event
  std::uint32_t page_views = 0;
  std::uint32_t purchases = 0;  // 1-based index of its Purchases; 0: it has none
  std::array<PackedProgress, kMaxFunnels> funnels{};

  TimeMs last_ms() const { return first_ms + last_offset_ms; }
};
static_assert(sizeof(SessionRecord) == 64, "one line of the cache");

}  // namespace weir
