// An observer that keeps what a sessionizer tells it, and the sum of what is put in at present.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "weir/session/sessionizer.h"

namespace weir::testing_session {

/// Facts with a revenue of their own, so that they outlive the session.
struct KeptFacts {
  SessionFacts facts;
  std::map<Currency, Nanos> revenue;
};

inline KeptFacts keep(const SessionFacts& facts) {
  KeptFacts kept{facts, {}};
  for (const Money& money : facts.revenue) kept.revenue[money.currency] += money.nanos;
  kept.facts.revenue = {};
  return kept;
}

/// Sums by name, zeros left out: two of them are equal when the same sessions are in both.
using Sums = std::map<std::pair<const char*, std::uint64_t>, Nanos>;

inline void add_to(Sums& sums, const KeptFacts& kept, int sign) {
  const SessionFacts& facts = kept.facts;
  const auto add = [&](const char* name, std::uint64_t key, Nanos amount) {
    Nanos& sum = sums[{name, key}];
    sum += sign * amount;
    if (sum == 0) sums.erase({name, key});
  };
  add("sessions", facts.dimensions[static_cast<std::size_t>(Dimension::kLandingPage)], 1);
  add("serial", facts.serial, 1);
  add("page_views", facts.serial, facts.page_views);
  add("orders", facts.serial, facts.orders);
  add("landed", facts.serial, facts.landed);
  add("bounced", facts.serial, facts.bounced);
  add("engaged", facts.serial, facts.engaged);
  add("converted", facts.serial, facts.converted);
  add("dwell_known", facts.serial, facts.dwell_known);
  add("dwell", facts.dwell_ms, facts.dwell_known);
  for (std::size_t f = 0; f < kMaxFunnels; ++f) {
    const std::uint64_t column =
        (f * 32 + facts.funnels[f].reached) * 8 + static_cast<std::uint64_t>(facts.funnels[f].cause);
    add("funnel", column, facts.funnels[f].reached > 0);
  }
  for (const auto& [currency, nanos] : kept.revenue) add("revenue", currency, nanos);
}

class RecordingObserver final : public SessionObserver {
 public:
  std::uint64_t put(const SessionFacts& session) override {
    add_to(present, keep(session), +1);
    return ++sequence_;
  }
  void take_back(const SessionFacts& session) override { add_to(present, keep(session), -1); }
  void closed(const SessionFacts& session) override { sessions.push_back(keep(session)); }

  Sums present;                     // puts minus what was taken back
  std::vector<KeptFacts> sessions;  // closed ones, in order of closing

 private:
  std::uint64_t sequence_ = 0;
};

}  // namespace weir::testing_session
