#include "weir/pipeline/snapshot_hub.h"

#include "weir/core/check.h"

namespace weir {

void SnapshotHub::open(std::uint64_t number, const StatValues& intake, TimeMs watermark_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !cut_; });
  cut_.emplace();
  cut_->number = number;
  cut_->intake = intake;
  cut_->watermark_ms = watermark_ms;
}

bool SnapshotHub::is_open() const {
  const std::lock_guard lock(mutex_);
  return cut_.has_value();
}

void SnapshotHub::hand_in(std::uint64_t number, ShardSnapshot snapshot) {
  {
    const std::lock_guard lock(mutex_);
    WEIR_CHECK(cut_ && cut_->number == number && cut_->shards.size() < shard_count_);
    cut_->shards.push_back(std::move(snapshot));
    if (cut_->shards.size() < shard_count_) return;
  }
  changed_.notify_all();
}

std::optional<Cut> SnapshotHub::wait() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_whole() || closed_; });
  }
  return take();
}

std::optional<Cut> SnapshotHub::take() {
  std::optional<Cut> cut;
  {
    const std::lock_guard lock(mutex_);
    if (!is_whole()) return std::nullopt;
    cut.swap(cut_);
  }
  changed_.notify_all();
  return cut;
}

void SnapshotHub::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void SnapshotHub::add_window(TimeMs at_ms, std::size_t window, RollupsSnapshot part) {
  const std::lock_guard lock(mutex_);
  if (window_cells_ > kMostWindowCells) return;
  for (const auto& cells : part) window_cells_ += cells.size();
  if (window_cells_ <= kMostWindowCells) windows_[{at_ms, window}].push_back(std::move(part));
}

bool SnapshotHub::windows_dropped() const {
  const std::lock_guard lock(mutex_);
  return window_cells_ > kMostWindowCells;
}

WindowSeries SnapshotHub::take_windows() {
  const std::lock_guard lock(mutex_);
  return std::move(windows_);
}

}  // namespace weir
