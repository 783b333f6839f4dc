// How a simulated process ends and begins again, and how what is shown is compared with what must be.
#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "serving.h"
#include "simulation.h"
#include "support/report_compare.h"
#include "weir/sink/sinks.h"

namespace weir::support {
namespace {

constexpr int kMostStarts = 8;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::string text_of(const LiveCounts& counts) {
  return fmt::format("received {}, counted {}, rejected {}, late {}, duplicate {}, shed {}, queued {}", counts.received,
                     counts.counted, counts.rejected, counts.late, counts.duplicate, counts.shed, counts.queued);
}

}  // namespace

void Simulation::end(End how) {
  --ends_left_;
  only_work_ = true;
  if (how == End::kStop && !disk_.dead()) {
    ++tally_.stops;
    note("stop");
    keep_bodies();
    cut_ = model_.cut(records_);
    const std::shared_ptr<const Report> report = pipeline_->finish();
    note_records();
    // What waits for the disk is counted by a process that ends, and forgotten with it.
    if (model_.waiting() == 0) compare(*report, {model_.newest_ms(), kNever});
  } else {
    ++(how == End::kPowerLoss ? tally_.power_losses : tally_.kills);
    note(how == End::kPowerLoss ? "loss of power" : "kill");
    disk_.die();
  }
  const std::uint64_t kept = pipeline_->newest_record();
  if (kept != records_) fail("the journal has a record that nobody made");
  disk_.die();
  pipeline_.reset();
  if (failed()) return;
  if (how == End::kPowerLoss) disk_.lose_power();
  disk_.restart();
  if (how != End::kPowerLoss && random_.chance(50)) damage_newest_snapshot();
  clock_.advance(random_.pick<std::int64_t>({0, 10, 2000, 60'000}));
  begin();
  if (!failed()) resolve(how);
}

/// Starts, again and again when the process dies meanwhile.
void Simulation::begin() {
  only_work_ = true;
  const std::uint64_t told = told_;
  for (int i = 0; !failed() && !start(); ++i) {
    if (i == kMostStarts) return fail("it does not start");
    disk_.die();
    pipeline_.reset();
    disk_.restart();
  }
  if (failed()) return;
  told_ = told;
  only_work_ = false;
  ticks_.clear();
  shown_ = 0;
  shown_watermark_ms_ = 0;
  troubled_ = false;
  synced_ms_ = clock_.now_ms();
  bodies_wait_ = false;
  pipeline_->on_durable([this](std::uint64_t number) {
    if (disk_.dead()) return;
    told_ = std::max(told_, number);
    note(fmt::format("told {}", number));
  });
}

bool Simulation::start() {
  const bool may_fail = disk_fails_ && random_.chance(20);
  if (may_fail) {
    const auto changes = static_cast<int>(random_.between(1, 6));
    random_.chance(50) ? disk_.die_after(changes) : disk_.fail_once_after(changes);
  }
  Result<std::unique_ptr<Pipeline>> pipeline =
      Pipeline::start({options_, PipelineMode::kServe, 0, static_cast<Turns*>(this)}, clock_);
  if (!pipeline) {
    note("start: " + pipeline.error().message);
    if (!may_fail) fail("it does not start: " + pipeline.error().message);
    return false;
  }
  pipeline_ = std::move(*pipeline);
  return !disk_.dead();
}

void Simulation::damage_newest_snapshot() {
  const std::vector<std::string> paths = snapshots();
  // Without power, the journal before it may be gone, too.
  if (paths.size() < 2 || tally_.power_losses > 0 || damaged_) return;
  ++tally_.damaged_snapshots;
  note("damage " + paths.back());
  disk_.damage(paths.back());
  damaged_ = newest_snapshot();
}

/// Finds out what the new process has, and whether it may have that.
void Simulation::resolve(End how) {
  const std::uint64_t found = pipeline_->newest_record();
  const std::optional<std::uint64_t> newest = newest_snapshot();
  const bool damaged = newest && newest == damaged_;
  std::vector<std::string> paths = snapshots();
  if (damaged) paths.pop_back();
  const LiveCut cut = paths.empty() ? LiveCut{} : cuts_[disk_.contents(paths.back())];
  // What was not acknowledged may be there.
  std::optional<Portion> ghost;
  if (model_.waiting() > 0) ghost = model_.first_waiting();
  note(fmt::format("began with {} records of {}, {} told, snapshot {}", found, records_, told_, newest.value_or(0)));
  const std::uint64_t least = how == End::kPowerLoss ? told_ : records_;
  const std::uint64_t most = records_ + (ghost ? 1 : 0);
  if (found < least || found > most) {
    return fail(fmt::format("after its end there are {} records, which must be {} to {}", found, least, most));
  }
  const std::vector<std::string>& warnings = pipeline_->recovered().warnings;
  if (warnings.size() != (damaged ? 1 : 0)) fail("warnings: " + (warnings.empty() ? "none" : warnings.front()));
  if (found < records_) tally_.lost_records += static_cast<std::int64_t>(records_ - found);
  if (found <= records_) ghost.reset();
  if (ghost) ++tally_.ghosts;
  model_.recovered(found, cut, ghost);
  records_ = found;
  told_ = std::min(told_, found);
  const std::optional<KeptPlaces> places = pipeline_->kept_places();
  const std::string place = !places ? "" : places->marked.empty() ? places->all : places->marked.back().second;
  if (place != model_.place()) fail(fmt::format("place: expected {}, got {}", model_.place(), place));
}

/// With all that came in on its way no longer, and one more report.
void Simulation::compare_now() {
  if (disk_.dead()) return;
  const auto work = [this] {
    while (step_some_shard(*pipeline_)) continue;
    publish();
  };
  work();
  tick();
  work();
  if (ticks_.empty() || shown_ != ticks_.rbegin()->first) return fail("there is no report");
  if (!failed()) compare(*pipeline_->report(), {model_.waiting_ms(), model_.waiting_ms()});
}

void Simulation::compare(const Report& report, const NaiveMoment& moment) {
  ++tally_.comparisons;
  const LiveModel::Expected expected = model_.expected(moment);
  const StatValues& stats = report.stats;
  const LiveCounts found{.received = stats.received(),
                         .counted = stats.counted(),
                         .rejected = stats.rejected(),
                         .late = stats[Stat::kLate],
                         .duplicate = stats[Stat::kDuplicate],
                         .shed = stats.shed(),
                         .queued = stats[Stat::kQueued]};
  if (text_of(found) != text_of(expected.counts)) {
    return fail("counts: expected " + text_of(expected.counts) + "; got " + text_of(found));
  }
  const std::string difference_found =
      difference(expected.sums, sums_of(nlohmann::json::parse(render_report_json(report, SinkOptions{}))));
  if (!difference_found.empty()) fail(difference_found);
}

/// Once the disk works, everything must be kept again without help.
void Simulation::settle() {
  disk_.restart();
  for (int i = 0; i < 3 && !failed(); ++i) {
    move_clock(1001);
    take_snapshot(true);
  }
  if (failed()) return;
  if (!pipeline_->keeps() || model_.waiting() > 0) return fail("the disk works, and nothing is kept");
  sync();
  if (!failed() && told_ != records_) return fail("what is kept is not said to be on the disk");
  compare_now();
}

}  // namespace weir::support
