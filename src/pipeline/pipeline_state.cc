// How Pipeline keeps its state over the end of the process: events go to the journal before they go anywhere else, and
// come back from it in the same order. On the intake side, under its mutex, but for the start.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "intake_state.h"
#include "pipeline_portion.h"
#include "weir/core/check.h"
#include "weir/core/hash.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::size_t kRecordEvents = 512;  // of bodies that are kept together

/// What sums are kept of, a line each. State of another shape would be read as something it is not.
std::vector<std::string> shape_of(const PipelineOptions& options) {
  std::vector<std::string> shape;
  std::vector<std::string_view> dimensions;
  for (const DimensionRow& row : kDimensionTable) dimensions.push_back(row.label);
  shape.push_back(fmt::format("dimensions: {}", fmt::join(dimensions, " ")));
  shape.push_back(fmt::format("windows: {}", fmt::join(options.windows.windows, " ")));
  for (const Rollup& rollup : options.windows.rollups) {
    std::vector<std::string_view> labels;
    for (const Dimension dimension : rollup.dimensions) labels.push_back(label_of(dimension));
    shape.push_back(fmt::format("rollup {}: {}", rollup.name, fmt::join(labels, " ")));
  }
  for (const Funnel& funnel : options.funnels) {
    std::string steps;
    for (const FunnelStep& step : funnel.steps) {
      steps += fmt::format(" {}={}", static_cast<int>(step.kind), clean_label(step.pattern, 1024));
    }
    shape.push_back(fmt::format("funnel {}:{}", funnel.name, steps));
  }
  return shape;
}

}  // namespace

/// Opens what is kept, and gives the settings what it was kept with; null when nothing is to be kept.
Result<std::unique_ptr<StateKeeper>> Pipeline::open_state(PipelineSettings& settings, const Clock& clock) {
  PipelineOptions& options = settings.options;
  if (settings.mode != PipelineMode::kServe || !options.state.kept()) return std::unique_ptr<StateKeeper>();
  const WantedState wanted{.identity = {.hash_seed = options.hash_seed ? *options.hash_seed : random_seed(),
                                        .shards = shard_count_of(options),
                                        .shape = shape_of(options)},
                           .any_shards = options.shards == 0};
  Result<std::unique_ptr<StateKeeper>> keeper = StateKeeper::open(options.state, wanted, clock);
  if (!keeper) return keeper.error();
  options.hash_seed = (*keeper)->identity().hash_seed;
  options.shards = (*keeper)->identity().shards;
  // Visitors would be others after a restart if the salts were only in memory.
  if (options.reader.salt_file.empty()) options.reader.salt_file = (*keeper)->salts_path();
  return keeper;
}

Result<std::monostate> Pipeline::recover() {
  if (keeper_ == nullptr) {
    start_threads();
    return std::monostate{};
  }
  const TimeMs began_ms = clock_.steady_ms();
  const Result<std::monostate> loaded = keeper_->load(*this);
  start_threads();
  if (!loaded) return loaded.error();
  const Result<std::monostate> replayed = keeper_->replay(*this);
  if (!replayed) return replayed.error();
  router_.send_all(BatchKind::kRecovered, 0);
  for (const std::string& waiting : wait_for_states(WaitFor::kShards)) {
    // They were received by an earlier process and will be counted by this one.
    intake_stats_[Stat::kReceivedJournal] += static_cast<std::int64_t>(ByteReader(waiting).number());
  }
  received_.store(intake_stats_.received(), std::memory_order_relaxed);
  // Time went on while nobody was there.
  last_intake_steady_ms_ = clock_.steady_ms() - std::max<TimeMs>(0, clock_.now_ms() - last_intake_ms_);
  const Recovery& recovery = keeper_->recovery();
  recovered_.any = recovery.any;
  recovered_.records = recovery.records;
  recovered_.warnings = recovery.warnings;
  recovered_.duration_ms = clock_.steady_ms() - began_ms;
  keeper_->start(*this);
  if (settings_.turns == nullptr) keeper_->start_threads();
  return std::monostate{};
}

/// Makes a record of a piece of a stream, or adds a body to the one under way. Its events go no further before the
/// journal has them, so meanwhile time is as it was.
void Pipeline::take_and_keep(const Portion& portion, BodyResult* result) {
  const bool is_body = result != nullptr;
  if (is_body && !journal_takes()) {
    result->refused = true;
    return;
  }
  if (!is_body) close_record();
  const Router::Order now = router_.order();
  if (!placed_.empty()) {
    router_.rewind(placed_order_);
  } else {
    if (!backlog_.empty()) router_.rewind(backlog_.back().behind);
    head_ = {.received_ms = clock_.now_ms(),
             .newest_ms = router_.newest_ms(),
             .started = router_.started(),
             .source = portion.source,
             .place = portion.place};
    recorder_.begin(head_);
  }
  const std::size_t first = placed_.size();
  take_text(portion, result);
  placed_order_ = router_.order();
  router_.rewind(now);
  if (is_body && placed_.size() > first) result->durable_at = keeper_->newest_record() + 1;
  if (!is_body || placed_.size() >= kRecordEvents) close_record();
}

/// Gives the record under way to the journal, and then its events to the shards. Whoever sent them cannot be told to
/// come again any more: while the journal fails they wait, unacknowledged, and nothing more is taken.
void Pipeline::close_record() {
  if (!placed_.empty() || !head_.place.empty()) keep_record();
}

void Pipeline::keep_record() {
  const std::string_view record = recorder_.finish();
  // What waits already comes first.
  if (backlog_.empty() && keeper_->append(record)) {
    send_placed(placed_);
    note_places(head_);
  } else {
    backlog_.push_back({std::string(record), placed_, std::string(head_.source), std::string(head_.place),
                        head_.replaces_all_places, placed_order_});
    backlogged_ = true;
  }
  placed_.clear();
  head_ = {};
}

std::uint64_t Pipeline::keep_bodies() {
  if (keeper_ == nullptr) return 0;
  const std::lock_guard lock(intake_mutex_);
  close_record();
  return keeper_->kept();
}

void Pipeline::send_placed(const std::vector<Event>& events) {
  for (const Event& event : events) router_.send_placed(event);
}

void Pipeline::journal_works() {
  const std::lock_guard lock(intake_mutex_);
  auto first_left = backlog_.begin();
  for (; first_left != backlog_.end() && keeper_->append(first_left->record); ++first_left) {
    send_placed(first_left->events);
    note_places({.source = first_left->source,
                 .place = first_left->place,
                 .replaces_all_places = first_left->replaces_all_places});
  }
  backlog_.erase(backlog_.begin(), first_left);
  backlogged_ = !backlog_.empty();
}

void Pipeline::note_places(const RecordHead& head) {
  if (head.replaces_all_places) {
    places_.all = head.place;
    places_.marked.clear();
  } else if (!head.source.empty() && !head.place.empty()) {
    std::erase_if(places_.marked, [&](const auto& mark) { return mark.first == head.source; });
    places_.marked.emplace_back(head.source, head.place);
  }
}

/// In order behind what waits: lines up to a place must be kept before it is.
void Pipeline::keep_places(std::string_view all) {
  if (keeper_ == nullptr) return;
  const std::lock_guard lock(intake_mutex_);
  close_record();
  // Of those that wait the latest will do. The first was tried, and may be on the disk.
  if (backlog_.size() > 1 && backlog_.back().replaces_all_places) backlog_.pop_back();
  placed_order_ = backlog_.empty() ? router_.order() : backlog_.back().behind;
  head_ = {.received_ms = last_intake_ms_,
           .newest_ms = placed_order_.newest_ms,
           .started = placed_order_.started,
           .source = {},
           .place = all,
           .replaces_all_places = true};
  recorder_.begin(head_);
  keep_record();
}

std::optional<KeptPlaces> Pipeline::kept_places() const {
  if (keeper_ == nullptr) return std::nullopt;
  const std::lock_guard lock(intake_mutex_);
  return places_;
}

void Pipeline::on_durable(std::function<void(std::uint64_t)> tell) {
  if (keeper_ != nullptr) keeper_->on_durable(std::move(tell));
}

std::vector<std::string> Pipeline::cut_state(const std::function<void()>& turn) {
  std::vector<std::string> parts;
  {
    const std::lock_guard lock(intake_mutex_);
    close_record();
    turn();
    ByteWriter writer;
    save_intake(writer);
    parts.push_back(writer.take());
    router_.send_all(BatchKind::kSave, 0);
  }
  for (std::string& state : wait_for_states(WaitFor::kState)) parts.push_back(std::move(state));
  return parts;
}

void Pipeline::save_intake(ByteWriter& writer) const {
  write_intake({router_.order(), newest_at_last_intake_ms_, last_intake_ms_, places_}, writer);
  event_maker_->identity().save(writer);
  symbols_.save(writer);
}

bool Pipeline::load_intake(ByteReader& reader) {
  IntakeState state = read_intake(reader);
  newest_at_last_intake_ms_ = state.newest_at_last_intake_ms;
  last_intake_ms_ = state.last_intake_ms;
  places_ = std::move(state.places);
  router_.rewind(state.order);
  return event_maker_->identity().load(reader) && symbols_.load(reader) && reader.done();
}

bool Pipeline::load_state(const std::vector<std::string_view>& parts) {
  bool good = parts.size() == 1 + shards_.size();
  for (std::size_t i = 0; good && i < shards_.size(); ++i) {
    ByteReader reader(parts[1 + i]);
    good = shards_[i]->load(reader);
  }
  if (good) {
    ByteReader reader(parts[0]);
    good = load_intake(reader);
  }
  if (good) return true;
  shards_.clear();
  make_shards();
  router_.rewind({});
  newest_at_last_intake_ms_ = last_intake_ms_ = 0;
  places_ = {};
  return false;
}

bool Pipeline::replay(std::string_view record) {
  const std::lock_guard lock(intake_mutex_);
  if (!read_record(record, symbols_, special_.none, replayed_)) return false;
  const RecordHead& head = replayed_.head;
  note_places(head);
  if (router_.started()) router_.advance_to(head.newest_ms);
  VisitorIdentity& identity = event_maker_->identity();
  for (const Event& event : replayed_.events) {
    if (event.derived) identity.recall(event.visitor, event.time_ms);
    router_.send_placed(event);
  }
  if (replayed_.events.empty()) return true;
  recovered_.events += static_cast<std::int64_t>(replayed_.events.size());
  last_intake_ms_ = head.received_ms;
  newest_at_last_intake_ms_ = router_.newest_ms();
  return true;
}

}  // namespace weir
