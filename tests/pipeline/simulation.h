// Simulation: a pipeline in serve with its store, driven from one thread by a seed. The seed chooses the stream, who
// takes the next step, what the clock and the disk do, when the process ends and how it begins again. After each step
// what is shown is compared with what must be (LiveModel).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "live_model.h"
#include "simulated_disk.h"
#include "support/random_source.h"
#include "support/random_stream.h"
#include "weir/core/clock.h"
#include "weir/pipeline/pipeline.h"

namespace weir::support {

enum class JournalKind : std::uint8_t { kSimulated, kRocks };

/// One thread, one run.
class Simulation final : private Turns {
 public:
  /// `folder` begins the name of one in the real file system, which holds nothing but the salts.
  Simulation(std::uint64_t seed, JournalKind journal, const std::string& folder);
  ~Simulation() override;
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  /// Empty when everything was as it must be; else what was not, and the steps before it.
  std::string run();

  /// What it came to, so that a test can tell that seeds reach everything.
  struct Tally {
    std::int64_t steps = 0;
    std::int64_t kills = 0;
    std::int64_t power_losses = 0;
    std::int64_t stops = 0;
    std::int64_t troubles = 0;
    std::int64_t lost_records = 0;  // at a loss of power, not acknowledged
    std::int64_t ghosts = 0;        // not acknowledged, and there nevertheless
    std::int64_t damaged_snapshots = 0;
    std::int64_t refused_bodies = 0;
    std::int64_t shed = 0;
    std::int64_t comparisons = 0;
    Tally& operator+=(const Tally& other);
  };
  const Tally& tally() const { return tally_; }

 private:
  enum class End : std::uint8_t { kKill, kPowerLoss, kStop };

  void wait(Pipeline& pipeline, WaitFor what) override;
  bool step_some_shard(Pipeline& pipeline);
  void step_other(Pipeline& pipeline);

  void choose_options();
  void step();
  void step_rare();
  void feed();
  void feed_body(const std::vector<std::string>& lines);
  void feed_stream(const std::vector<std::string>& lines);
  void keep_places();
  void settle(Portion portion);
  void keep_bodies();
  void note_records();
  void tick();
  void publish();
  void sync();
  void take_snapshot(bool when_due);
  std::vector<std::string> snapshots() const;
  void move_clock(std::int64_t by_ms);
  void change_disk();

  void end(End how);
  void begin();
  bool start();
  void damage_newest_snapshot();
  void resolve(End how);
  void compare_now();
  void compare(const Report& report, const NaiveMoment& moment);
  void settle();

  std::optional<std::uint64_t> newest_snapshot() const;
  void note(const std::string& what);
  void fail(const std::string& what);
  bool failed() const { return !problem_.empty(); }

  const std::uint64_t seed_;
  RandomSource random_;
  RandomStream stream_;
  SimulatedDisk disk_;
  ManualClock clock_;
  PipelineOptions options_;
  LiveModel model_;
  std::unique_ptr<Pipeline> pipeline_;
  bool disk_fails_ = false;  // now and then, in this run
  std::size_t next_line_ = 0;
  int ends_left_ = 0;
  int depth_ = 0;           // of steps that others wait for
  bool only_work_ = false;  // nothing comes in: the pipeline begins or ends
  bool snapshotting_ = false;
  bool bodies_wait_ = false;  // for keep_bodies()

  std::uint64_t records_ = 0;             // kept, as of the last look
  std::uint64_t told_ = 0;                // records that are said to be on the disk
  LiveCut cut_;                           // of the snapshot that is being taken
  std::map<std::string, LiveCut> cuts_;   // by what is in the snapshot: numbers are given again after a failure
  std::optional<std::uint64_t> damaged_;  // number of the newest snapshot, when it is
  bool troubled_ = false;                 // the disk has failed since the process began
  std::map<std::uint64_t, std::pair<std::int64_t, std::int64_t>> ticks_;  // watermark and received, by report
  std::uint64_t shown_ = 0;                                               // number of the last report
  std::int64_t shown_watermark_ms_ = 0;
  std::int64_t synced_ms_ = 0;
  std::string problem_;
  std::deque<std::string> notes_;
  Tally tally_;
};

}  // namespace weir::support
