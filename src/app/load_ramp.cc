#include "load_ramp.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "load_report.h"
#include "weir/core/check.h"
#include "weir/core/time_text.h"

namespace weir {
namespace {

constexpr double kLeastPart = 0.95;
constexpr double kMostFedLatePart = 0.01;
constexpr double kLowestRate = 1;
constexpr double kHighestRate = 10e6;
constexpr double kStep = 2;

}  // namespace

bool is_own_limit(const LoadResult& result) {
  const LoadCounts& counts = result.counts;
  const bool taken = counts.refused.events + counts.rejected.events + counts.failed.events == 0;
  return taken && static_cast<double>(counts.fed_late) > kMostFedLatePart * static_cast<double>(counts.sent.requests);
}

std::string reason_of_strain(const LoadResult& result, TimeMs p99_ms) {
  const LoadCounts& counts = result.counts;
  if (counts.refused.events > 0) return fmt::format("{} events refused", counts.refused.events);
  if (counts.rejected.events > 0) return fmt::format("{} events rejected", counts.rejected.events);
  if (counts.failed.events > 0) return fmt::format("{} events failed", counts.failed.events);
  if (is_own_limit(result)) {
    const double part = static_cast<double>(counts.fed_late) / static_cast<double>(counts.sent.requests);
    return fmt::format("{:.1f}% made late: own limit", part * 100);
  }
  const std::int64_t p99_ns = counts.latency.percentile_ns(99);
  if (p99_ns > p99_ms * 1'000'000) {
    return fmt::format("p99 {} is over {}", format_latency(p99_ns), format_duration(p99_ms));
  }
  const double sent = result.sent_rate() / result.asked_rate;
  if (sent < kLeastPart) return fmt::format("{:.1f}% of the rate sent", sent * 100);
  // Answers that take long, but no longer and longer, leave as much open at the end as is sent meanwhile.
  const double under_way = static_cast<double>(counts.latency.percentile_ns(1)) / 1e9 / result.sending_seconds;
  const double accepted = result.accepted_rate() / result.asked_rate + under_way;
  if (accepted < kLeastPart) return fmt::format("{:.1f}% of the rate accepted", accepted * 100);
  return {};
}

void LoadRamp::took_it() {
  WEIR_CHECK(rate_.has_value());
  good_ = *rate_;
  choose_next();
}

void LoadRamp::strained() {
  WEIR_CHECK(rate_.has_value());
  if (!std::exchange(repeats_, true)) return;
  bad_ = *rate_;
  choose_next();
}

void LoadRamp::choose_next() {
  const double tried = *rate_;
  rate_.reset();
  repeats_ = false;
  if (++steps_ >= kMostSteps) return;
  if (!bad_) {
    if (tried < kHighestRate) rate_ = std::min(tried * kStep, kHighestRate);
  } else if (!good_) {
    if (tried > kLowestRate) rate_ = std::max(tried / kStep, kLowestRate);
  } else if (*bad_ / *good_ > kPrecision) {
    rate_ = std::sqrt(*good_ * *bad_);
  }
}

}  // namespace weir
