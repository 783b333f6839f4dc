#include "weir/pipeline/pipeline.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/core/check.h"
#include "weir/core/time_text.h"
#include "weir/parse/line_buffer.h"

namespace weir {
namespace {

constexpr std::size_t kParsedEvents = 32;  // small enough for the first-level cache
constexpr std::size_t kReplayQueueEvents = 4096;
constexpr std::size_t kLeastBatches = 4;  // per shard
constexpr std::size_t kReportedErrors = 10;
constexpr std::size_t kFullPercent = 95;  // of a queue: from here on new bodies are refused
constexpr TimeMs kIdleMs = 1000;          // without events for so long, time moves by the wall clock

std::size_t shard_count_of(const PipelineOptions& options) {
  if (options.shards > 0) return options.shards;
  return std::max(1U, std::thread::hardware_concurrency() / 2);
}

Stat received_stat(SourceKind kind) {
  return static_cast<Stat>(static_cast<std::size_t>(Stat::kReceivedHttp) + static_cast<std::size_t>(kind));
}

/// Windows whose step divides the schedule's span.
Result<WindowSchedule> make_schedule(const WindowOptions& options, TimeMs every_ms) {
  WindowSchedule schedule{every_ms, {}};
  if (every_ms == 0) return schedule;
  std::string steps;
  for (std::size_t w = 0; w < options.windows.size(); ++w) {
    const TimeMs step_ms = step_of_window(options.windows[w]);
    if (every_ms % step_ms == 0) schedule.windows.push_back(w);
    steps += fmt::format("{}{} ({} window)", w == 0 ? "" : ", ", format_duration(step_ms),
                         format_duration(options.windows[w]));
  }
  if (schedule.windows.empty()) {
    return Error{
        fmt::format("no window can be shown every {}: use a multiple of a step: {}", format_duration(every_ms), steps)};
  }
  return schedule;
}

}  // namespace

/// A stream of lines into the pipeline.
class Pipeline::Stream final : public ByteStream {
 public:
  Stream(Pipeline& pipeline, SourceKind kind)
      : pipeline_(pipeline), kind_(kind), lines_(pipeline.settings_.options.reader.parser.line_bytes) {}

  std::span<char> prepare() override { return lines_.prepare(); }
  void commit(std::size_t size) override {
    lines_.commit(size);
    take(lines_.take_lines());
  }
  void finish() override { take(lines_.take_rest()); }

 private:
  void take(std::string_view text) {
    const std::lock_guard lock(pipeline_.intake_mutex_);
    if (!text.empty()) pipeline_.take_text(text, Framing::kLines, kind_, Origin{}, nullptr);
    for (auto line = lines_.take_oversize(); !line.empty(); line = lines_.take_oversize()) {
      pipeline_.take_oversize(line, kind_);
    }
  }

  Pipeline& pipeline_;
  SourceKind kind_;
  LineBuffer lines_;
};

Result<std::unique_ptr<Pipeline>> Pipeline::start(const PipelineSettings& settings, const Clock& clock) {
  const ReaderOptions& reader = settings.options.reader;
  const FormatRow* format = find_format(reader.format);
  if (format == nullptr) {
    std::string names;
    for (const FormatRow& row : format_table()) names += fmt::format("{}{}", names.empty() ? "" : ", ", row.name);
    return Error{fmt::format("unknown format \"{}\"; known formats: {}", reader.format, names)};
  }
  Result<WindowSchedule> schedule = make_schedule(settings.options.windows, settings.every_ms);
  if (!schedule) return schedule.error();
  Result<std::unique_ptr<DeadLetters>> letters = DeadLetters::open(reader.dead_letter_path, reader.dead_letter_bytes);
  if (!letters) return letters.error();
  std::unique_ptr<Pipeline> pipeline(new Pipeline(settings, clock, *format, std::move(*letters)));
  pipeline->schedule_ = std::move(*schedule);
  try {
    pipeline->make_shards();
  } catch (const std::bad_alloc&) {
    pipeline->finished_ = true;
    return Error{
        "not enough memory for the tables: lower limits.sessions, limits.reorder_events and limits.visitors, or raise "
        "the limit of address space (ulimit -v, LimitAS=)"};
  }
  pipeline->start_threads();
  return pipeline;
}

Pipeline::Pipeline(const PipelineSettings& settings, const Clock& clock, const FormatRow& format,
                   std::unique_ptr<DeadLetters> dead_letters)
    : settings_(settings),
      clock_(clock),
      funnels_(std::make_shared<FunnelSet>(settings.options.funnels, settings.options.slow_ms)),
      hasher_(settings.options.hash_seed ? *settings.options.hash_seed : random_seed()),
      symbols_(hasher_, settings.options.reader.symbols / 2),
      special_{symbols_.symbol_of(kNoneLabel), symbols_.symbol_of(kOtherLabel)},
      dead_letters_(std::move(dead_letters)),
      queues_(shard_count_of(settings.options)),
      hub_(queues_.size()),
      parser_(format.make(settings.options.reader.parser)),
      event_maker_(settings.options.reader, settings.options.windows.rollups, *funnels_, symbols_, special_, hasher_,
                   settings.mode == PipelineMode::kServe ? TimeSource::kLive : TimeSource::kEvents),
      router_(settings.options.sessions, settings.options.batch_events, queues_, *dead_letters_),
      parsed_(kParsedEvents),
      builder_(settings.options.windows) {
  const PipelineOptions& options = settings_.options;
  // Serve needs room for bursts. A replay's reader may just as well wait, and few batches stay in the cache.
  const bool replay = settings_.mode == PipelineMode::kReplay;
  const std::size_t queue_events = replay ? std::min(options.queue_events, kReplayQueueEvents) : options.queue_events;
  const std::size_t batches = queue_events / options.batch_events / queues_.size();
  for (auto& queue : queues_) {
    queue = std::make_unique<BatchQueue>(std::max(kLeastBatches, batches), options.batch_events);
  }
  auto empty = std::make_shared<Report>();
  empty->funnels = funnels_;
  builder_.build_live({}, 0, *empty);
  report_ = std::move(empty);
}

Pipeline::~Pipeline() {
  if (!finished_) finish();
}

ShardContext Pipeline::shard_context() {
  const std::size_t count = queues_.size();
  const auto share = [count](std::size_t limit) { return std::max<std::size_t>(1, limit / count); };
  const bool serve = settings_.mode == PipelineMode::kServe;
  ShardContext context{
      .sessions = settings_.options.sessions,
      .windows = settings_.options.windows,
      .duties = {.windows = serve || schedule_.every_ms > 0, .counters = serve},
      .contributions = serve || schedule_.every_ms > 0 ? Contributions::kProvisional : Contributions::kFinal,
      .schedule = schedule_,
      .funnels = *funnels_,
      .symbols = symbols_,
      .special = special_,
      .dead_letters = *dead_letters_,
      .hub = hub_};
  context.sessions.sessions = share(context.sessions.sessions);
  context.sessions.reorder_events = share(context.sessions.reorder_events);
  context.sessions.delivery_ids = share(context.sessions.delivery_ids);
  context.sessions.orders = share(context.sessions.orders);
  context.windows.visitors = share(context.windows.visitors);
  return context;
}

void Pipeline::make_shards() {
  for (std::size_t i = 0; i < queues_.size(); ++i) shards_.push_back(std::make_unique<Shard>(shard_context()));
}

void Pipeline::start_threads() {
  for (std::size_t i = 0; i < queues_.size(); ++i) shard_threads_.emplace_back([this, i] { run_shard(i); });
  if (settings_.mode == PipelineMode::kServe) publisher_ = std::thread([this] { run_publisher(); });
}

void Pipeline::run_shard(std::size_t index) {
  BatchQueue& queue = *queues_[index];
  Shard& shard = *shards_[index];
  std::uint64_t pinned_version = 0;
  for (bool more = true; more;) {
    Batch* batch = queue.pop();
    if (const std::uint64_t version = pinned_version_.load(std::memory_order_acquire); version != pinned_version) {
      pinned_version = version;
      const std::lock_guard lock(report_mutex_);
      shard.set_pinned(pinned_);
    }
    more = shard.step(*batch);
    queue.release(batch);
  }
}

void Pipeline::run_publisher() {
  while (const std::optional<Cut> cut = hub_.wait()) publish_live(*cut);
}

std::unique_ptr<ByteStream> Pipeline::open_stream(SourceKind kind) { return std::make_unique<Stream>(*this, kind); }

BodyResult Pipeline::take_body(std::string_view body, const Origin& origin) {
  BodyResult result;
  const std::lock_guard lock(intake_mutex_);
  take_text(body, Framing::kDocument, SourceKind::kHttp, origin, &result);
  return result;
}

bool Pipeline::has_room() const {
  return std::all_of(queues_.begin(), queues_.end(), [](const auto& queue) {
    return queue->batches_under_way() * 100 < queue->batch_count() * kFullPercent;
  });
}

void Pipeline::take_text(std::string_view text, Framing framing, SourceKind kind, const Origin& origin,
                         BodyResult* result) {
  const TimeMs received_ms = clock_.now_ms();
  Event event;
  bool any_routed = false;
  parser_->begin(text, framing);
  while (const std::size_t count = parser_->next(parsed_)) {
    intake_stats_[received_stat(kind)] += static_cast<std::int64_t>(count);
    for (const ParsedEvent& parsed : std::span(parsed_).first(count)) {
      std::optional<Rejection> rejection;
      if (parsed.rejected) {
        rejection = parsed.reason;
      } else {
        rejection = event_maker_.make(parsed.event, origin, received_ms, event);
      }
      if (!rejection) router_.route(event, parsed.line);
      any_routed = any_routed || !rejection;
      if (rejection) reject(parsed.line, *rejection);
      if (result == nullptr) continue;
      const bool is_json = rejection != Rejection::kMalformed && rejection != Rejection::kInvalidUtf8;
      result->any_json = result->any_json || is_json;
      ++(rejection ? result->rejected : result->accepted);
      if (rejection && result->errors.size() < kReportedErrors) {
        result->errors.push_back({parsed.line_number, name_of(*rejection)});
      }
    }
  }
  received_.store(intake_stats_.received(), std::memory_order_relaxed);
  if (!any_routed) return;  // refused lines do not keep time from passing
  last_intake_steady_ms_ = clock_.steady_ms();
  newest_at_last_intake_ms_ = router_.newest_ms();
}

void Pipeline::reject(std::string_view line, Rejection reason) {
  ++intake_stats_[stat_of(reason)];
  dead_letters_->write(line, name_of(reason));
}

void Pipeline::take_oversize(std::string_view beginning, SourceKind kind) {
  ++intake_stats_[received_stat(kind)];
  reject(beginning, Rejection::kTooLong);
}

void Pipeline::let_time_pass() {
  const TimeMs idle_ms = clock_.steady_ms() - last_intake_steady_ms_;
  if (router_.started() && idle_ms > kIdleMs) router_.advance_to(newest_at_last_intake_ms_ + idle_ms);
}

std::uint64_t Pipeline::tick() {
  const std::lock_guard lock(intake_mutex_);
  let_time_pass();
  if (hub_.is_open()) return 0;  // shards are behind: the next tick asks again
  StatValues counts = intake_stats_;
  counts += router_.stats();
  counts += event_maker_.stats();
  hub_.open(++snapshot_number_, counts, router_.watermark_ms());
  router_.send_all(BatchKind::kSnapshot, snapshot_number_);
  return snapshot_number_;
}

std::shared_ptr<const Report> Pipeline::finish() {
  WEIR_CHECK(!finished_);
  finished_ = true;
  const bool serve = settings_.mode == PipelineMode::kServe;
  {
    const std::lock_guard lock(intake_mutex_);
    StatValues counts = intake_stats_;
    counts += router_.stats();
    counts += event_maker_.stats();
    hub_.open(++snapshot_number_, counts, router_.watermark_ms());
    router_.send_all(serve ? BatchKind::kDrain : BatchKind::kStop, snapshot_number_);
  }
  for (std::thread& thread : shard_threads_) thread.join();
  hub_.close();
  if (serve) {
    publisher_.join();
  } else {
    publish_final(*hub_.wait());
  }
  return report();
}

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
  for (const ShardSnapshot& shard : cut.shards) {
    report.stats += shard.stats;
    if (!shard.first_event_ms) continue;
    report.first_event_ms = std::min(report.first_event_ms.value_or(*shard.first_event_ms), *shard.first_event_ms);
    report.last_event_ms = std::max(report.last_event_ms.value_or(*shard.last_event_ms), *shard.last_event_ms);
  }
  WEIR_CHECK(report.stats.received() == report.stats.settled() + report.stats[Stat::kQueued]);
}

void Pipeline::publish_live(const Cut& cut) {
  auto report = std::make_shared<Report>();
  add_counts(cut, *report);
  if (extra_stats_) report->stats += extra_stats_();
  std::vector<RollupsSnapshot> shards;
  TimeMs at_ms = 0;
  for (const ShardSnapshot& shard : cut.shards) {
    shards.push_back(shard.rollups);
    at_ms = std::max(at_ms, shard.time_ms);
  }
  builder_.build_live(shards, at_ms, *report);
  {
    const std::lock_guard lock(report_mutex_);
    pinned_ = builder_.exported();
  }
  pinned_version_.fetch_add(1, std::memory_order_release);
  store(std::move(report));
}

void Pipeline::publish_final(const Cut& cut) {
  auto report = std::make_shared<Report>();
  add_counts(cut, *report);
  std::vector<RollupsSnapshot> shards;
  for (const ShardSnapshot& shard : cut.shards) shards.push_back(shard.rollups);
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

void Pipeline::add_stats_from(std::function<StatValues()> stats) { extra_stats_ = std::move(stats); }

}  // namespace weir
