#include "weir/model/funnel.h"

#include "weir/core/check.h"
#include "weir/core/text.h"

namespace weir {

FunnelSet::FunnelSet(std::vector<Funnel> funnels, TimeMs slow_ms) : funnels_(std::move(funnels)), slow_ms_(slow_ms) {
  WEIR_CHECK(funnels_.size() <= kMaxFunnels);
  unsigned bit = 0;
  for (const Funnel& funnel : funnels_) {
    WEIR_CHECK(funnel.steps.size() <= kMaxFunnelSteps);
    first_bit_.push_back(bit);
    bit += static_cast<unsigned>(funnel.steps.size());
  }
  WEIR_CHECK(bit <= kMaxFunnelStepsTotal);
  column_count_ = bit * kLeakCauseCount;
}

namespace {

template <class Matches>
std::uint64_t matching_steps(const std::vector<Funnel>& funnels, Matches matches) {
  std::uint64_t steps = 0;
  unsigned bit = 0;
  for (const Funnel& funnel : funnels) {
    for (const FunnelStep& step : funnel.steps) {
      if (matches(step)) steps |= std::uint64_t{1} << bit;
      ++bit;
    }
  }
  return steps;
}

}  // namespace

std::uint64_t FunnelSet::steps_of_page(std::string_view page) const {
  return matching_steps(funnels_, [&](const FunnelStep& step) {
    return step.kind == FunnelStep::Kind::kPage && glob_match(step.pattern, page);
  });
}

std::uint64_t FunnelSet::steps_of_conversion(std::string_view name) const {
  return matching_steps(funnels_, [&](const FunnelStep& step) {
    return step.kind == FunnelStep::Kind::kConversion && glob_match(step.pattern, name);
  });
}

std::uint64_t FunnelSet::steps_of_event(std::string_view type, std::string_view name) const {
  return matching_steps(funnels_, [&](const FunnelStep& step) {
    if (step.kind != FunnelStep::Kind::kEvent) return false;
    return glob_match(step.pattern, type) || (!name.empty() && glob_match(step.pattern, name));
  });
}

}  // namespace weir
