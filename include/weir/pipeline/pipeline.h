// Pipeline: read this first. Everything between the bytes of a source and a published report.
//
//   source -> Intake (this class) -> LineBuffer -> Parser -> EventMaker -> Router
//                                                                            | BatchQueue, one per shard
//                                                                            v
//          Report <- ReportBuilder <- SnapshotHub <- Rollups <- Sessionizer <- ReorderBuffer <- Deduplicator
//
// Values flow one way. The intake side runs on the caller's thread under one mutex, taken per piece of text; it
// gives events their order of arrival. Each shard has a thread and shares nothing. Serve has one more thread, the
// publisher, which turns snapshots into reports, so neither a scrape nor a snapshot ever stops a shard.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <variant>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/fair_mutex.h"
#include "weir/core/result.h"
#include "weir/ingest/intake.h"
#include "weir/kpi/report.h"
#include "weir/parse/parser.h"
#include "weir/pipeline/dead_letters.h"
#include "weir/pipeline/event_maker.h"
#include "weir/pipeline/memory_guard.h"
#include "weir/pipeline/options.h"
#include "weir/pipeline/router.h"
#include "weir/pipeline/shard.h"
#include "weir/pipeline/snapshot_hub.h"
#include "weir/pipeline/state_collector.h"
#include "weir/pipeline/state_keeper.h"
#include "weir/pipeline/turns.h"
#include "weir/store/event_record.h"
#include "weir/window/report_builder.h"

namespace weir {

/// What a pipeline is for.
enum class PipelineMode : std::uint8_t {
  kServe,   // live: provisional contributions, windows, counters, reports several times a second
  kReplay,  // files: sessions count when they are over; windows only on a schedule
};

struct PipelineSettings {
  PipelineOptions options;
  PipelineMode mode = PipelineMode::kServe;
  TimeMs every_ms = 0;     // replay: report windows at each multiple of this; 0: none
  Turns* turns = nullptr;  // for tests: no threads; whoever starts the pipeline calls step()
};

/// Says that no row of THE format table has this name, and which names there are.
Error unknown_format(std::string_view name);

/// What was brought back at the start.
struct RecoveredState {
  bool any = false;  // there was state
  std::int64_t records = 0;
  std::int64_t events = 0;  // of the journal
  std::int64_t duration_ms = 0;
  std::vector<std::string> warnings;
};

/// A running pipeline.
class Pipeline final : public Intake, private StateOwner {
 public:
  /// Starts shards (and the publisher), and, in serve, brings kept state back. Fails on an unknown format, a file named
  /// by the options that cannot be used, state that cannot, or an `every_ms` that is no multiple of any window's step.
  /// `clock` outlives the pipeline.
  static Result<std::unique_ptr<Pipeline>> start(const PipelineSettings& settings, const Clock& clock);
  /// The first half of start(): opens everything. Only reports may be asked for until recover() is done.
  static Result<std::unique_ptr<Pipeline>> open(const PipelineSettings& settings, const Clock& clock);
  /// The second half: starts the threads and brings kept state back. Once, on any thread.
  Result<std::monostate> recover();
  ~Pipeline() override;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Intake. Any thread.
  std::unique_ptr<ByteStream> open_stream(SourceKind kind, std::string_view format = {}) override;
  using Intake::take_body;
  BodyResult take_body(std::string_view body, const Origin& origin, const Wording& wording) override;
  std::uint64_t keep_bodies() override;
  void keep_places(std::string_view all) override;
  std::optional<KeptPlaces> kept_places() const override;
  void on_durable(std::function<void(std::uint64_t)> tell) override;
  bool keeps() const override { return journal_takes() && memory_.grade() < MemoryGrade::kFull; }
  bool memory_is_scarce() const override { return memory_.grade() >= MemoryGrade::kScarce; }
  std::optional<Stat> refusal() const override;
  void count_refused(std::size_t events, Stat why) override;

  /// Serve: lets time pass, looks how short memory is, and asks for a snapshot. Returns the number of the report that
  /// will have all that was taken in before, or 0 when the last snapshot is still being taken. Call every
  /// publish_interval. Any thread.
  std::uint64_t tick();

  /// Serve: takes new options up for events that come from now on, as far as reloaded() says. Fails, and changes
  /// nothing, when a file cannot be used. Any thread.
  Result<std::monostate> reload(const ReaderOptions& reader);
  /// Opens the files again that lines are appended to, as they may have been moved away. Any thread.
  Result<std::monostate> reopen_files() { return dead_letters_->open_again(); }

  /// The newest report; never null. Any thread.
  std::shared_ptr<const Report> report() const;
  /// The same with what the network side counts about itself added at every report. Call before the first event.
  void add_stats_from(std::function<StatValues()> stats);

  /// Ends the stream: everything taken in is counted, shards stop, the last report is returned. A replay closes all
  /// sessions; serve reports open ones as they stand. No intake may be under way or follow.
  std::shared_ptr<const Report> finish();

  /// True when the windows of a replay were more than memory should hold, so that the last report lacks some. After
  /// finish().
  bool windows_dropped() const { return hub_.windows_dropped(); }

  /// Events that the journal never took, so that the last report has them and the next start does not. After finish().
  std::int64_t unkept() const { return unkept_; }

  /// What was brought back at the start. Once recover() is done.
  const RecoveredState& recovered() const { return recovered_; }
  /// How far recover() is. Any thread.
  RecoveryProgress recovery_progress() const {
    return keeper_ == nullptr ? RecoveryProgress{} : keeper_->recovery_progress();
  }
  /// Why events cannot be kept; empty when they can. Any thread.
  std::string problem() const;
  /// How short memory is. Any thread.
  const MemoryGuard& memory() const { return memory_; }
  /// Takes a snapshot of all state now; false when it failed, or nothing is kept. Any thread.
  bool take_snapshot() { return keeper_ != nullptr && keeper_->take_snapshot(); }

  /// With PipelineSettings::turns: does what the part's thread would do next; `shard` is the index of kShard. False
  /// when there was nothing to do for a shard or the publisher.
  bool step(PipelinePart part, std::size_t shard = 0);
  /// Batches that wait for a shard. Any thread.
  std::size_t batches_before(std::size_t shard) const { return queues_[shard]->batches_under_way(); }
  /// Number of the last record of the journal that is kept; 0: none.
  std::uint64_t newest_record() const { return keeper_ == nullptr ? 0 : keeper_->newest_record(); }

  /// Events taken in so far. Any thread.
  std::int64_t received() const { return received_.load(std::memory_order_relaxed); }

 private:
  class Stream;

  /// What can fail to open.
  struct Opened {
    std::unique_ptr<DeadLetters> dead_letters;
    MakerParts parts;
    std::unique_ptr<StateKeeper> keeper;
  };
  Pipeline(const PipelineSettings& settings, const Clock& clock, const FormatRow& format, Opened opened);
  static Result<std::unique_ptr<StateKeeper>> open_state(PipelineSettings& settings, const Clock& clock);
  ShardContext shard_context();
  void make_shards();
  void start_threads();
  void run_shard(std::size_t index);
  bool work(std::size_t index, Batch* batch);
  void stop_threads();
  std::vector<std::string> wait_for_states(WaitFor what);
  void run_publisher();
  struct Portion;
  void take_text(const Portion& portion, BodyResult* result);
  struct Outcome;
  Outcome take_event(const ParsedEvent& parsed, const Portion& portion, TimeMs received_ms, bool shed_heartbeats);
  bool is_filled(std::size_t percent) const;
  bool journal_takes() const { return keeper_ == nullptr || (keeper_->works() && !backlogged_); }
  void look_at_memory();
  StatValues intake_counts() const;
  void take(const Portion& portion, BodyResult* result);
  void take_and_keep(const Portion& portion, BodyResult* result);
  void close_record();
  void keep_record();
  void send_placed(const std::vector<Event>& events);
  void save_intake(ByteWriter& writer) const;
  bool load_intake(ByteReader& reader);
  void note_places(const RecordHead& head);

  // StateOwner
  std::vector<std::string> cut_state(const std::function<void()>& turn) override;
  bool load_state(const std::vector<std::string_view>& parts) override;
  bool replay(std::string_view record) override;
  void journal_works() override;
  Parser& parser_of(const FormatRow& format);
  std::unique_ptr<EventMaker> make_event_maker(MakerParts parts);
  void reject(std::string_view line, Rejection reason);
  void refuse(std::string_view line, SourceKind kind, Rejection reason);
  void let_time_pass();
  void add_counts(const Cut& cut, Report& report) const;
  bool is_built(const Cut& cut) const;
  void publish_live(const Cut& cut);
  void build_live(const Cut& cut, Report& report);
  void publish_final(const Cut& cut);
  void store(std::shared_ptr<const Report> report);

  PipelineSettings settings_;  // its reader options are guarded by intake_mutex_: reload() changes them
  const std::size_t line_bytes_;
  const Clock& clock_;
  std::shared_ptr<const FunnelSet> funnels_;  // shared with reports, which may outlive the pipeline
  Hasher hasher_;
  SymbolTable symbols_;
  SpecialSymbols special_;
  std::unique_ptr<DeadLetters> dead_letters_;
  WindowSchedule schedule_;

  std::vector<std::unique_ptr<BatchQueue>> queues_;  // one per shard
  SnapshotHub hub_;
  std::vector<std::unique_ptr<Shard>> shards_;  // each used by its thread only
  std::vector<std::uint64_t> pinned_versions_;  // what each shard was told of; likewise
  std::vector<std::thread> shard_threads_;
  std::thread publisher_;

  mutable FairMutex intake_mutex_;  // guards the intake side: all down to `received_`
  const FormatRow* default_format_;
  std::vector<std::unique_ptr<Parser>> parsers_;  // by row of THE format table; made when first needed
  std::unique_ptr<EventMaker> event_maker_;
  Router router_;
  std::vector<ParsedEvent> parsed_;
  StatValues intake_stats_;  // received and rejected
  std::uint64_t snapshot_number_ = 0;
  TimeMs last_intake_steady_ms_ = 0;
  TimeMs newest_at_last_intake_ms_ = 0;
  TimeMs last_intake_ms_ = 0;  // wall time
  /// The record under way: of one piece of a stream, or of the bodies since the last keep_bodies().
  RecordWriter recorder_;
  RecordHead head_;
  std::vector<Event> placed_;   // its events, until they are in the journal
  Router::Order placed_order_;  // where the next events are placed
  /// A record that the journal did not take.
  struct Waiting {
    std::string record;
    std::vector<Event> events;
    std::string source;
    std::string place;
    bool replaces_all_places;
    Router::Order behind;  // where the next events are placed
  };
  std::vector<Waiting> backlog_;
  std::int64_t unkept_ = 0;  // events of the backlog that finish() found
  KeptPlaces places_;
  EventRecord replayed_;
  std::atomic<std::int64_t> received_{0};

  ReportBuilder builder_;                                         // publisher thread, or finish(); so is the next
  std::vector<std::weak_ptr<const RollupsSnapshot>> built_from_;  // what report_ was built from
  mutable std::mutex report_mutex_;
  std::shared_ptr<const Report> report_;                   // guarded by report_mutex_
  std::vector<std::shared_ptr<const CellKeySet>> pinned_;  // likewise
  std::atomic<std::uint64_t> pinned_version_{0};
  std::function<StatValues()> extra_stats_;
  StatBoard refused_;         // bodies refused unread, received and shed; written by the http source's thread
  bool finished_ = true;      // no thread runs
  RecoveredState recovered_;  // written by recover()
  std::atomic<bool> backlogged_{false};  // there is a backlog_
  StateCollector states_;
  std::unique_ptr<StateKeeper> keeper_;  // null: nothing is kept
  MemoryGuard memory_;                   // looks under intake_mutex_
};

}  // namespace weir
