#include "weir/pipeline/pipeline.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "pipeline_portion.h"
#include "weir/core/check.h"
#include "weir/core/thread_name.h"
#include "weir/core/time_text.h"
#include "weir/parse/line_buffer.h"

namespace weir {
namespace {

constexpr std::size_t kParsedEvents = 32;        // small enough for the first-level cache
constexpr std::size_t kLeastBatches = 4;         // per shard
constexpr std::size_t kOversizeHeadBytes = 512;  // of a line that is refused as too long: for the dead letters
constexpr TimeMs kIdleMs = 500;                  // without events for so long, time moves by the wall clock
constexpr std::size_t kSparedMemoryShare = 16;   // of the limit: sessions, and visits, may hold it however short it is

TimeSource time_source_of(PipelineMode mode) {
  return mode == PipelineMode::kServe ? TimeSource::kLive : TimeSource::kEvents;
}

}  // namespace

/// A stream of lines into the pipeline.
class Pipeline::Stream final : public ByteStream {
 public:
  Stream(Pipeline& pipeline, SourceKind kind, const FormatRow& format)
      : pipeline_(pipeline), kind_(kind), format_(format), lines_(pipeline.line_bytes_) {}

  std::span<char> prepare() override { return lines_.prepare(); }
  void commit(std::size_t size) override {
    lines_.commit(size);
    take(lines_.take_lines());
  }
  void mark(std::string_view source, std::string_view place) override {
    source_ = source;
    place_ = place;
  }
  void refuse_too_long(std::string_view beginning) override {
    const std::lock_guard lock(pipeline_.intake_mutex_);
    pipeline_.refuse(beginning.substr(0, kOversizeHeadBytes), kind_, Rejection::kTooLong);
  }
  void finish() override {
    const std::string_view rest = lines_.take_rest();
    const bool may_be_cut = kind_ == SourceKind::kTcp || kind_ == SourceKind::kUnix;
    const bool blank = rest.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (!may_be_cut || blank || format_.shows_cuts) return take(rest);
    {
      const std::lock_guard lock(pipeline_.intake_mutex_);
      pipeline_.refuse(rest, kind_, Rejection::kMalformed);
    }
    take({});
  }

 private:
  void take(std::string_view text) {
    const std::lock_guard lock(pipeline_.intake_mutex_);
    if (!text.empty()) {
      pipeline_.take({text, Framing::kLines, kind_, format_, Origin{}, Call{}, source_, place_}, nullptr);
      place_.clear();
    }
    for (auto line = lines_.take_oversize(); !line.empty(); line = lines_.take_oversize()) {
      pipeline_.refuse(line, kind_, Rejection::kTooLong);
    }
  }

  Pipeline& pipeline_;
  SourceKind kind_;
  const FormatRow& format_;
  LineBuffer lines_;
  std::string source_;  // whose place comes with the next lines
  std::string place_;   // empty: none
};

ReaderOptions reloaded(ReaderOptions running, const ReaderOptions& fresh) {
  running.parser.depth = fresh.parser.depth;
  running.parser.access_log = fresh.parser.access_log;
  running.label_bytes = fresh.label_bytes;
  running.visitor_bytes = fresh.visitor_bytes;
  running.clock_ahead_ms = fresh.clock_ahead_ms;
  running.page_rules = fresh.page_rules;
  running.channels = fresh.channels;
  running.brand_terms = fresh.brand_terms;
  running.bots = fresh.bots;
  running.honor_gpc = fresh.honor_gpc;
  running.country_database = fresh.country_database;
  return running;
}

Error unknown_format(std::string_view name) {
  return Error{fmt::format("unknown format \"{}\"; known formats: {}", name, fmt::join(format_names(), ", "))};
}

Result<std::unique_ptr<Pipeline>> Pipeline::start(const PipelineSettings& settings, const Clock& clock) {
  Result<std::unique_ptr<Pipeline>> pipeline = open(settings, clock);
  if (!pipeline) return pipeline.error();
  const Result<std::monostate> recovered = (*pipeline)->recover();
  if (!recovered) return recovered.error();
  return pipeline;
}

Result<std::unique_ptr<Pipeline>> Pipeline::open(const PipelineSettings& wanted, const Clock& clock) {
  PipelineSettings settings = wanted;
  const ReaderOptions& reader = settings.options.reader;
  const FormatRow* format = find_format(reader.format);
  if (format == nullptr) return unknown_format(reader.format);
  Result<WindowSchedule> schedule = make_schedule(settings.options.windows, settings.every_ms);
  if (!schedule) return schedule.error();
  Result<std::unique_ptr<DeadLetters>> letters = DeadLetters::open(reader.dead_letter_path, reader.dead_letter_bytes);
  if (!letters) return letters.error();
  Result<std::unique_ptr<StateKeeper>> keeper = open_state(settings, clock);
  if (!keeper) return keeper.error();
  Result<MakerParts> parts =
      EventMaker::open_parts(reader, settings.options.sessions.timeout_ms, time_source_of(settings.mode));
  if (!parts) return parts.error();
  Opened opened{std::move(*letters), std::move(*parts), std::move(*keeper)};
  std::unique_ptr<Pipeline> pipeline(new Pipeline(settings, clock, *format, std::move(opened)));
  pipeline->schedule_ = std::move(*schedule);
  try {
    pipeline->make_shards();
  } catch (const std::bad_alloc&) {
    return Error{
        "not enough memory for the tables: lower limits.sessions, limits.reorder_events and limits.visitors, or raise "
        "the limit of address space (ulimit -v, LimitAS=)"};
  }
  return pipeline;
}

Pipeline::Pipeline(const PipelineSettings& settings, const Clock& clock, const FormatRow& format, Opened opened)
    : settings_(settings),
      line_bytes_(settings.options.reader.parser.line_bytes),
      clock_(clock),
      funnels_(std::make_shared<FunnelSet>(settings.options.funnels, settings.options.slow_ms)),
      hasher_(settings.options.hash_seed ? *settings.options.hash_seed : random_seed()),
      symbols_(hasher_, settings.options.reader.symbols / 2),
      special_{symbols_.symbol_of(kNoneLabel), symbols_.symbol_of(kOtherLabel)},
      dead_letters_(std::move(opened.dead_letters)),
      queues_(shard_count_of(settings.options)),
      hub_(queues_.size()),
      pinned_versions_(queues_.size()),
      default_format_(&format),
      parsers_(format_table().size()),
      event_maker_(make_event_maker(std::move(opened.parts))),
      router_(settings.options.sessions, settings.options.batch_events, queues_, *dead_letters_),
      parsed_(kParsedEvents),
      recorder_(symbols_, special_.none),
      builder_(settings.options.windows),
      states_(queues_.size()),
      keeper_(std::move(opened.keeper)),
      memory_(settings_.mode == PipelineMode::kServe ? settings_.options.memory_bytes : kNoMemoryLimit,
              settings_.options.memory_reading) {
  const PipelineOptions& options = settings_.options;
  const std::size_t batches = options.queue_events / options.batch_events / queues_.size();
  for (auto& queue : queues_) {
    queue = std::make_unique<BatchQueue>(std::max(kLeastBatches, batches), options.batch_events);
  }
  if (settings_.turns != nullptr) {
    router_.wait_by([this] { settings_.turns->wait(*this, WaitFor::kShards); });
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
      .hub = hub_,
      .states = states_,
      .spared_bytes = memory_.limit_bytes() / kSparedMemoryShare / count,
      .index = shards_.size()};
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
  finished_ = false;
  if (settings_.turns != nullptr) return;
  for (std::size_t i = 0; i < queues_.size(); ++i) shard_threads_.emplace_back([this, i] { run_shard(i); });
  if (settings_.mode == PipelineMode::kServe) publisher_ = std::thread([this] { run_publisher(); });
}

void Pipeline::run_shard(std::size_t index) {
  name_this_thread(fmt::format("weir-shard-{}", index));
  while (work(index, queues_[index]->pop())) continue;
}

/// Applies a batch. False when the stream is over.
bool Pipeline::work(std::size_t index, Batch* batch) {
  Shard& shard = *shards_[index];
  std::uint64_t& told = pinned_versions_[index];
  if (const std::uint64_t version = pinned_version_.load(std::memory_order_acquire); version != told) {
    told = version;
    const std::lock_guard lock(report_mutex_);
    shard.set_pinned(pinned_);
  }
  const bool more = shard.step(*batch);
  queues_[index]->release(batch);
  return more;
}

void Pipeline::run_publisher() {
  name_this_thread("weir-publish");
  while (const std::optional<Cut> cut = hub_.wait()) publish_live(*cut);
}

std::unique_ptr<ByteStream> Pipeline::open_stream(SourceKind kind, std::string_view format) {
  const FormatRow* const row = format.empty() ? default_format_ : find_format(format);
  WEIR_CHECK(row != nullptr);
  return std::make_unique<Stream>(*this, kind, *row);
}

BodyResult Pipeline::take_body(std::string_view body, const Origin& origin, const Wording& wording) {
  const FormatRow* const row = wording.format.empty() ? default_format_ : find_format(wording.format);
  WEIR_CHECK(row != nullptr);
  BodyResult result;
  const std::lock_guard lock(intake_mutex_);
  take({body, Framing::kDocument, SourceKind::kHttp, *row, origin, {wording.call, wording.query}}, &result);
  return result;
}

std::unique_ptr<EventMaker> Pipeline::make_event_maker(MakerParts parts) {
  const PipelineOptions& options = settings_.options;
  return std::make_unique<EventMaker>(options.reader, options.windows.rollups, *funnels_, symbols_, special_, hasher_,
                                      time_source_of(settings_.mode), std::move(parts));
}

Result<std::monostate> Pipeline::reload(const ReaderOptions& reader) {
  Result<std::unique_ptr<const CountryDatabase>> countries = EventMaker::open_countries(reader);
  if (!countries) return countries.error();
  const std::lock_guard lock(intake_mutex_);
  settings_.options.reader = reloaded(std::move(settings_.options.reader), reader);
  MakerParts parts;
  parts.countries = std::move(*countries);
  std::unique_ptr<EventMaker> fresh = make_event_maker(std::move(parts));
  fresh->take_over_from(*event_maker_);
  event_maker_ = std::move(fresh);
  for (std::unique_ptr<Parser>& parser : parsers_) parser.reset();
  return std::monostate{};
}

void Pipeline::let_time_pass() {
  const TimeMs idle_ms = clock_.steady_ms() - last_intake_steady_ms_;
  if (!backlog_.empty()) return;  // for what waits it must not
  if (router_.started() && idle_ms > kIdleMs) router_.advance_to(newest_at_last_intake_ms_ + idle_ms);
}

void Pipeline::look_at_memory() {
  if (memory_.look() < MemoryGrade::kShort || hub_.is_open()) return;
  router_.send_all(BatchKind::kRelieve, 0);
}

std::string Pipeline::problem() const {
  if (!journal_takes()) return keeper_->problem();
  if (keeps()) return {};
  constexpr std::size_t kMiB = std::size_t{1} << 20;
  return fmt::format("{} MiB of memory are in use, and limits.memory is {} MiB", memory_.used_bytes() / kMiB,
                     memory_.limit_bytes() / kMiB);
}

std::uint64_t Pipeline::tick() {
  const std::lock_guard lock(intake_mutex_);
  close_record();
  let_time_pass();
  look_at_memory();
  if (hub_.is_open()) return 0;  // shards are behind: the next tick asks again
  hub_.open(++snapshot_number_, intake_counts(), router_.watermark_ms());
  router_.send_all(BatchKind::kSnapshot, snapshot_number_);
  return snapshot_number_;
}

std::shared_ptr<const Report> Pipeline::finish() {
  WEIR_CHECK(!finished_);
  finished_ = true;
  const bool serve = settings_.mode == PipelineMode::kServe;
  static_cast<void>(keep_bodies());
  if (keeper_ != nullptr) keeper_->stop();  // sessions are kept as they are, not as draining leaves them
  {
    const std::lock_guard lock(intake_mutex_);
    for (const Waiting& waiting : backlog_) {
      send_placed(waiting.events);
      unkept_ += static_cast<std::int64_t>(waiting.events.size());
    }
    backlog_.clear();
    while (settings_.turns != nullptr && hub_.is_open()) settings_.turns->wait(*this, WaitFor::kReport);
    hub_.open(++snapshot_number_, intake_counts(), router_.watermark_ms());
    router_.send_all(serve ? BatchKind::kDrain : BatchKind::kStop, snapshot_number_);
  }
  stop_threads();
  if (const std::optional<Cut> last = hub_.take()) serve ? publish_live(*last) : publish_final(*last);
  return report();
}

void Pipeline::stop_threads() {
  for (std::size_t i = 0; settings_.turns != nullptr && i < queues_.size(); ++i) {
    while (queues_[i]->batches_under_way() > 0) settings_.turns->wait(*this, WaitFor::kShards);
  }
  for (std::thread& thread : shard_threads_) thread.join();
  hub_.close();
  if (publisher_.joinable()) publisher_.join();
}

bool Pipeline::step(PipelinePart part, std::size_t shard) {
  switch (part) {
    case PipelinePart::kShard: {
      Batch* const batch = queues_[shard]->try_pop();
      return batch != nullptr && (work(shard, batch), true);
    }
    case PipelinePart::kPublisher: {
      const std::optional<Cut> cut = hub_.take();
      return cut && (publish_live(*cut), true);
    }
    case PipelinePart::kSync:
      return keeper_ != nullptr && (keeper_->step_syncs(), true);
    case PipelinePart::kSnapshots:
      return keeper_ != nullptr && (keeper_->step_snapshots(), true);
  }
  return false;
}

/// What shards hand in, once all have.
std::vector<std::string> Pipeline::wait_for_states(WaitFor what) {
  while (settings_.turns != nullptr && !states_.is_whole()) settings_.turns->wait(*this, what);
  return states_.wait();
}

void Pipeline::add_stats_from(std::function<StatValues()> stats) { extra_stats_ = std::move(stats); }

}  // namespace weir
