#include "weir/kpi/report.h"

#include <algorithm>

namespace weir {

void Counters::add(const SessionFacts& session, const Contribution& contribution) {
  totals.add(contribution, +1);
  if (!session.dwell_known) return;
  const double seconds = session.dwell_ms / 1000.0;
  const auto bucket = std::lower_bound(kDwellBucketBounds.begin(), kDwellBucketBounds.end(), seconds);
  ++dwell_buckets[static_cast<std::size_t>(bucket - kDwellBucketBounds.begin())];
}

void Counters::merge(const Counters& other, int sign) {
  totals.merge(other.totals, sign);
  for (std::size_t i = 0; i < dwell_buckets.size(); ++i) dwell_buckets[i] += sign * other.dwell_buckets[i];
}

}  // namespace weir
