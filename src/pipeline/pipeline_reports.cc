// How Pipeline turns the snapshots of its shards into reports. On the publisher's thread, or that of finish().
#include <algorithm>

#include "weir/core/check.h"
#include "weir/pipeline/pipeline.h"

namespace weir {

void Pipeline::add_counts(const Cut& cut, Report& report) const {
  report.number = cut.number;
  report.funnels = funnels_;
  report.stats = cut.intake;
  if (cut.watermark_ms > 0) report.watermark_ms = cut.watermark_ms;
  std::int64_t under_way = 0;
  for (const auto& queue : queues_) under_way += static_cast<std::int64_t>(queue->batches_under_way());
  report.stats[Stat::kQueueBatches] = under_way;
  report.stats[Stat::kSymbolsForgotten] = symbols_.forgotten();
  dead_letters_->add_stats(report.stats);
  report.stats[Stat::kJournalWritable] = 1;
  if (keeper_ != nullptr) keeper_->add_stats(report.stats);
  report.stats[Stat::kMemoryLimit] = memory_.limited() ? static_cast<std::int64_t>(memory_.limit_bytes()) : 0;
  report.stats[Stat::kMemoryGrade] = static_cast<std::int64_t>(memory_.grade());
  report.stats[Stat::kRecoveryDuration] = recovered_.duration_ms;
  report.stats[Stat::kRecoveredEvents] = recovered_.events;
  for (const ShardSnapshot& shard : cut.shards) {
    report.stats += shard.stats;
    if (!shard.first_event_ms) continue;
    report.first_event_ms = std::min(report.first_event_ms.value_or(*shard.first_event_ms), *shard.first_event_ms);
    report.last_event_ms = std::max(report.last_event_ms.value_or(*shard.last_event_ms), *shard.last_event_ms);
  }
  WEIR_CHECK(report.stats.received() == report.stats.settled() + report.stats[Stat::kQueued]);
}

/// Whether all shards hand in what the last report was built from. Shards hand in in any order.
bool Pipeline::is_built(const Cut& cut) const {
  return std::all_of(cut.shards.begin(), cut.shards.end(), [this](const ShardSnapshot& shard) {
    return std::any_of(built_from_.begin(), built_from_.end(),
                       [&](const auto& built) { return built.lock() == shard.rollups; });
  });
}

void Pipeline::publish_live(const Cut& cut) {
  const bool idle = is_built(cut);  // then only counts and times are new
  auto report = idle ? std::make_shared<Report>(*this->report()) : std::make_shared<Report>();
  add_counts(cut, *report);
  if (extra_stats_) report->stats += extra_stats_();
  if (!idle) build_live(cut, *report);
  store(std::move(report));
}

void Pipeline::build_live(const Cut& cut, Report& report) {
  std::vector<RollupsSnapshot> shards;
  TimeMs at_ms = 0;
  built_from_.clear();
  for (const ShardSnapshot& shard : cut.shards) {
    shards.push_back(*shard.rollups);
    built_from_.emplace_back(shard.rollups);
    at_ms = std::max(at_ms, shard.time_ms);
  }
  builder_.build_live(shards, at_ms, report);
  {
    const std::lock_guard lock(report_mutex_);
    pinned_ = builder_.exported();
  }
  pinned_version_.fetch_add(1, std::memory_order_release);
}

void Pipeline::publish_final(const Cut& cut) {
  auto report = std::make_shared<Report>();
  add_counts(cut, *report);
  std::vector<RollupsSnapshot> shards;
  for (const ShardSnapshot& shard : cut.shards) shards.push_back(*shard.rollups);
  builder_.build_final(shards, *report);
  report->windows_wanted = schedule_.every_ms > 0;
  for (const auto& [key, parts] : hub_.take_windows()) {
    const auto [at_ms, window] = key;
    // Shards go on to the newest time seen; the report ends with the last event that counted.
    if (!report->last_event_ms || at_ms >= *report->last_event_ms + schedule_.every_ms) continue;
    for (WindowTotals& totals : builder_.build_window(parts, window, at_ms)) {
      report->windows.push_back(std::move(totals));
    }
  }
  store(std::move(report));
}

void Pipeline::store(std::shared_ptr<const Report> report) {
  const std::lock_guard lock(report_mutex_);
  report_ = std::move(report);
}

std::shared_ptr<const Report> Pipeline::report() const {
  const std::lock_guard lock(report_mutex_);
  return report_;
}

}  // namespace weir
