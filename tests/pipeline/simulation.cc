#include "simulation.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "serving.h"
#include "simulated_journal.h"
#include "support/report_compare.h"

namespace weir::support {
namespace {

constexpr StreamSize kStreamSize{10, 30};
constexpr std::string_view kUnfinished = ".new";
constexpr std::size_t kNotesKept = 60;
constexpr std::int64_t kSyncMs = 100;  // the keeper's thread syncs this often

std::string snapshot_prefix(const std::string& directory) { return directory + "/snapshot-"; }

}  // namespace

Simulation::Tally& Simulation::Tally::operator+=(const Tally& other) {
  steps += other.steps;
  kills += other.kills;
  power_losses += other.power_losses;
  stops += other.stops;
  troubles += other.troubles;
  lost_records += other.lost_records;
  ghosts += other.ghosts;
  damaged_snapshots += other.damaged_snapshots;
  refused_bodies += other.refused_bodies;
  shed += other.shed;
  comparisons += other.comparisons;
  return *this;
}

Simulation::Simulation(std::uint64_t seed, JournalKind journal, const std::string& folder)
    : seed_(seed),
      random_(seed * 2 + 1),
      stream_(make_random_stream(seed, kStreamSize)),
      disk_(seed * 2),
      clock_(kNowMs),
      model_(stream_.options) {
  choose_options();
  options_.state.directory = folder + "-" + std::to_string(seed);
  options_.state.disk = disk_.env();
  if (journal == JournalKind::kSimulated) options_.state.open_journal = SimulatedJournal::open;
  disk_.on_change([this](const std::string& path) {
    // While a snapshot is written, everything else goes on.
    const bool of_snapshot = path.starts_with(snapshot_prefix(options_.state.directory));
    if (of_snapshot && !path.ends_with(kUnfinished) && !disk_.paths(path + std::string(kUnfinished)).empty()) {
      cuts_.insert_or_assign(disk_.contents(path + std::string(kUnfinished)), cut_);  // it gets its name
    }
    if (of_snapshot && snapshotting_ && !only_work_ && depth_ == 0 && random_.chance(30)) step_other(*pipeline_);
  });
}

Simulation::~Simulation() {
  only_work_ = true;
  disk_.on_change({});
  disk_.die();
}

void Simulation::choose_options() {
  options_ = serving_options(stream_.options, static_cast<std::size_t>(random_.between(1, 3)));
  options_.batch_events = static_cast<std::size_t>(random_.pick({1, 2, 4, 16}));
  options_.queue_events = random_.chance(50) ? 4096 : 8;
  options_.hash_seed = seed_;
  options_.reader.symbols = 1000;
  SessionOptions& sessions = options_.sessions;
  sessions.sessions = sessions.reorder_events = sessions.delivery_ids = sessions.orders = 4000;
  options_.windows.visitors = 4000;
  for (Rollup& rollup : options_.windows.rollups) rollup.limit = 500;
  options_.state.durability = random_.chance(50) ? "interval" : "sync";
  options_.state.snapshot_interval_ms = random_.pick({500, 5000, 3'600'000});
  options_.state.journal_bytes = random_.chance(40) ? 200 : 1 << 20;
  disk_fails_ = random_.chance(60);
  ends_left_ = static_cast<int>(random_.between(1, 2));
}

std::string Simulation::run() {
  begin();
  while (!failed() && (next_line_ < stream_.lines.size() || ends_left_ > 0)) {
    step();
    if (!failed() && disk_.dead()) end(random_.chance(50) ? End::kKill : End::kPowerLoss);
  }
  if (!failed()) settle();
  if (!failed()) {
    end(End::kStop);
    if (!failed()) compare_now();
  }
  only_work_ = true;
  disk_.die();
  pipeline_.reset();
  if (!failed()) return {};
  std::string text = problem_ + "\n  durability " + options_.state.durability + ", shards " +
                     std::to_string(options_.shards) + ", lateness " + std::to_string(stream_.options.lateness_ms);
  for (const std::string& line : notes_) text += "\n    " + line;
  return text;
}

void Simulation::note(const std::string& what) {
  notes_.push_back(std::string(static_cast<std::size_t>(depth_) * 2, ' ') + what);
  if (notes_.size() > kNotesKept) notes_.pop_front();
}

void Simulation::fail(const std::string& what) {
  if (problem_.empty()) problem_ = what;
  note("FAILED: " + what);
}

// Who goes on.

void Simulation::wait(Pipeline& pipeline, WaitFor what) {
  ++depth_;
  const bool others = what == WaitFor::kState && !only_work_ && depth_ == 1 && random_.chance(40);
  if (others) {
    step_other(pipeline);
  } else if (!step_some_shard(pipeline) && !(what == WaitFor::kReport && pipeline.step(PipelinePart::kPublisher))) {
    std::fprintf(stderr, "WEIR_SEED=%llu: nobody can go on\n", static_cast<unsigned long long>(seed_));
    std::abort();
  }
  --depth_;
}

bool Simulation::step_some_shard(Pipeline& pipeline) {
  const std::size_t first = static_cast<std::size_t>(random_.between(0, 9));
  for (std::size_t i = 0; i < options_.shards; ++i) {
    if (pipeline.step(PipelinePart::kShard, (first + i) % options_.shards)) return true;
  }
  return false;
}

/// A step of anybody but the one who takes snapshots.
void Simulation::step_other(Pipeline& pipeline) {
  ++depth_;
  const std::int64_t choice = random_.between(0, 9);
  if (choice <= 3) random_.chance(90) ? feed() : keep_places();
  if (choice >= 4 && choice <= 6) static_cast<void>(step_some_shard(pipeline));
  if (choice == 7) tick();
  if (choice == 8) publish();
  if (choice == 9) sync();
  --depth_;
}

void Simulation::step() {
  ++tally_.steps;
  const std::int64_t choice = random_.between(0, 99);
  if (choice <= 34) return random_.chance(90) ? feed() : keep_places();
  if (choice <= 60) return static_cast<void>(step_some_shard(*pipeline_));
  if (choice <= 68) return tick();
  if (choice <= 75) return publish();
  if (choice <= 80) return sync();
  if (choice <= 86) return take_snapshot(true);
  if (choice <= 91) return move_clock(random_.pick<std::int64_t>({1, 30, 99, 250, 900, 1001, 4000, 20'000}));
  step_rare();
}

void Simulation::step_rare() {
  const std::int64_t choice = random_.between(0, 9);
  if (choice <= 2) return take_snapshot(false);
  if (choice <= 4) return compare_now();
  if (choice <= 6 && disk_fails_) return change_disk();
  if (choice == 7 && ends_left_ > 0) return disk_.die_after(static_cast<int>(random_.between(1, 12)));
  if (choice >= 8 && ends_left_ > 0) return end(random_.pick({End::kKill, End::kPowerLoss, End::kStop}));
}

// What comes in.

void Simulation::feed() {
  if (next_line_ >= stream_.lines.size() || disk_.dead()) return;
  const auto most = static_cast<std::int64_t>(stream_.lines.size() - next_line_);
  const std::int64_t count = std::min(most, random_.between(1, 6));
  std::vector<std::string> lines;
  for (std::int64_t i = 0; i < count; ++i) lines.push_back(stream_.lines[next_line_++].text);
  // A body that begins otherwise is something else than lines.
  const bool may_be_body = lines.front().starts_with('{');
  may_be_body&& random_.chance(70) ? feed_body(lines) : feed_stream(lines);
}

void Simulation::feed_body(const std::vector<std::string>& lines) {
  const bool kept = pipeline_->keeps();
  Portion portion = model_.portion_of(lines, clock_.now_ms(), LiveModel::Heartbeats::kTaken);
  if (!pipeline_->has_room()) {
    ++tally_.refused_bodies;
    note(fmt::format("body of {} is refused unread", lines.size()));
    pipeline_->count_refused(portion.lines.size(), Stat::kShedOverload);
    return model_.refused_unread(static_cast<std::int64_t>(portion.lines.size()));
  }
  std::string body;
  for (const std::string& line : lines) (body += line) += '\n';
  const std::size_t size = body.size();
  body.append(64, '\0');
  const BodyResult result = pipeline_->take_body(std::string_view(body).substr(0, size), Origin{});
  note(fmt::format("body of {}: {} accepted, {} rejected, {} shed{}", lines.size(), result.accepted, result.rejected,
                   result.shed, result.refused ? ", refused" : ""));
  if (result.refused && !kept) return;
  if (result.refused) fail("a body is refused, though it can be kept");
  if (result.shed > 0) portion = model_.portion_of(lines, clock_.now_ms(), LiveModel::Heartbeats::kShed);
  tally_.shed += portion.shed;
  const auto accepted = static_cast<std::int64_t>(result.accepted);
  if (accepted != portion.placed + portion.too_late || static_cast<std::int64_t>(result.rejected) != portion.invalid ||
      static_cast<std::int64_t>(result.shed) != portion.shed) {
    fail(fmt::format("the answer to a body: expected {} accepted, {} rejected, {} shed",
                     portion.placed + portion.too_late, portion.invalid, portion.shed));
  }
  if (!portion.makes_record()) return model_.took(std::move(portion), 0);
  if (result.durable_at != records_ + 1) fail("an answer does not wait for its record");
  bodies_wait_ ? model_.joins_last(portion) : model_.waits(std::move(portion));
  bodies_wait_ = true;
  if (random_.chance(50)) keep_bodies();
}

/// The end of a turn of the event loop. Everything else that the journal has to do with does the same by itself, but
/// the model has to know whether it could be kept.
void Simulation::keep_bodies() {
  if (!bodies_wait_) return;
  bodies_wait_ = false;
  const std::uint64_t kept = pipeline_->keep_bodies();
  note_records();
  note(fmt::format("bodies are kept up to {}", kept));
  if (options_.state.durability == "sync" ? kept > records_ : kept != records_) fail("what is kept is not what was");
}

void Simulation::feed_stream(const std::vector<std::string>& lines) {
  if (!pipeline_->keeps() && random_.chance(50)) {  // not read any more, but for what was under way
    next_line_ -= lines.size();
    return;
  }
  keep_bodies();
  Portion portion = model_.portion_of(lines, clock_.now_ms(), LiveModel::Heartbeats::kTaken);
  const std::unique_ptr<ByteStream> stream = pipeline_->open_stream(SourceKind::kTail);
  if (random_.chance(50)) portion.place = std::to_string(next_line_);
  if (!portion.place.empty()) stream->mark("log", portion.place);
  std::string text;
  for (const std::string& line : lines) (text += line) += '\n';
  stream->write(text);
  note(fmt::format("lines: {}, place \"{}\"", lines.size(), portion.place));
  settle(std::move(portion));
}

/// What a tail does now and then, behind all that it read.
void Simulation::keep_places() {
  if (disk_.dead()) return;
  keep_bodies();
  Portion portion = model_.portion_of({}, clock_.now_ms(), LiveModel::Heartbeats::kTaken);
  portion.place = fmt::format("all at {}", next_line_);
  portion.of_all = true;
  pipeline_->keep_places(portion.place);
  note(fmt::format("places \"{}\"", portion.place));
  settle(std::move(portion));
}

/// Finds out what became of what a source brought that nobody waits for.
void Simulation::settle(Portion portion) {
  // It goes into the journal, or it waits, or there is nothing to keep.
  if (!portion.makes_record()) {
    model_.took(std::move(portion), 0);
  } else if (pipeline_->newest_record() == records_ + 1 && model_.waiting() == 0) {
    model_.took(std::move(portion), ++records_);
  } else if (pipeline_->keeps()) {
    fail("events were accepted and are not kept");
  } else {
    model_.waits(std::move(portion));
  }
  note_records();
}

/// What waited may have gone into the journal.
void Simulation::note_records() {
  while (pipeline_->newest_record() > records_ && model_.waiting() > 0) model_.waited_long_enough(++records_);
  if (pipeline_->newest_record() != records_) fail("the journal has a record that nobody made");
}

void Simulation::tick() {
  keep_bodies();
  model_.pass_time(clock_.now_ms());
  const std::uint64_t number = pipeline_->tick();
  if (number > 0) ticks_[number] = {model_.watermark_ms(), model_.received()};
}

void Simulation::publish() {
  if (!pipeline_->step(PipelinePart::kPublisher)) return;
  const std::shared_ptr<const Report> report = pipeline_->report();
  const StatValues& stats = report->stats;
  const auto [watermark_ms, received] = ticks_[report->number];
  if (stats.received() != stats.settled() + stats[Stat::kQueued]) fail("received is not what became of it");
  if (stats.received() != received) fail(fmt::format("received: expected {}, got {}", received, stats.received()));
  if (report->watermark_ms.value_or(0) != watermark_ms) {
    fail(fmt::format("watermark: expected {}, got {}", watermark_ms, report->watermark_ms.value_or(0)));
  }
  if (report->number <= shown_) fail("a report came twice");
  if (report->watermark_ms.value_or(0) < shown_watermark_ms_) fail("the watermark went back");
  shown_ = report->number;
  shown_watermark_ms_ = report->watermark_ms.value_or(0);
}

void Simulation::sync() {
  synced_ms_ = clock_.now_ms();
  const bool works = pipeline_->keeps() && disk_.trouble() == Trouble::kNone && !troubled_;
  static_cast<void>(pipeline_->step(PipelinePart::kSync));
  if (works && !disk_.dead() && told_ != records_) fail("a sync of a good disk did not reach the last record");
}

void Simulation::take_snapshot(bool when_due) {
  keep_bodies();
  cut_ = model_.cut(records_);
  snapshotting_ = true;
  bool good = true;
  if (when_due) {
    static_cast<void>(pipeline_->step(PipelinePart::kSnapshots));
  } else {
    good = pipeline_->take_snapshot();
  }
  snapshotting_ = false;
  note(fmt::format("snapshot {}: {}, newest {}", when_due ? "if due" : "now", good ? "good" : "failed",
                   newest_snapshot().value_or(0)));
  note_records();
}

/// Their paths, the oldest first.
std::vector<std::string> Simulation::snapshots() const {
  std::vector<std::string> paths = disk_.paths(snapshot_prefix(options_.state.directory));
  std::erase_if(paths, [](const std::string& path) { return path.ends_with(kUnfinished); });
  return paths;
}

std::optional<std::uint64_t> Simulation::newest_snapshot() const {
  const std::vector<std::string> paths = snapshots();
  if (paths.empty()) return std::nullopt;
  return std::strtoull(paths.back().c_str() + snapshot_prefix(options_.state.directory).size(), nullptr, 10);
}

void Simulation::move_clock(std::int64_t by_ms) {
  clock_.advance(by_ms);
  note(fmt::format("clock + {} ms", by_ms));
  if (clock_.now_ms() - synced_ms_ >= kSyncMs) sync();
}

void Simulation::change_disk() {
  ++tally_.troubles;
  troubled_ = true;
  if (disk_.trouble() != Trouble::kNone) {
    note("disk: works again");
    return disk_.set_trouble(Trouble::kNone);
  }
  const std::int64_t choice = random_.between(0, 4);
  note(fmt::format("disk: trouble {}", choice));
  if (choice >= 3) return disk_.fail_once_after(static_cast<int>(random_.between(1, 10)));
  disk_.set_trouble(choice == 0 ? Trouble::kFull : choice == 1 ? Trouble::kSyncFails : Trouble::kBroken);
}

}  // namespace weir::support
