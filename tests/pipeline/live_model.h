// LiveModel: what a pipeline in serve must have, over crashes too: which portions of a stream are kept, what time it is
// for them, and what the naive model makes of that.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/naive_model.h"

namespace weir::support {

/// Event time of a live stream. It moves by events, and by the clock when none come.
struct LiveTime {
  bool started = false;
  std::int64_t newest_ms = 0;            // newest event, or later when time went on without any
  std::int64_t newest_at_intake_ms = 0;  // when events were last taken in
  std::int64_t intake_ms = 0;            // when that was, by the clock
};

/// Lines that are taken in at once, as a body or a piece of a stream.
struct Portion {
  std::vector<NaiveLine> lines;  // without blank ones, and what was shed
  std::int64_t taken_ms = 0;     // by the clock
  std::string place;             // of its source, behind it; empty: none
  bool of_all = false;           // nothing but places of all sources; those that wait give way to later ones
  LiveTime before;
  std::int64_t newest_ms = 0;  // behind it
  std::int64_t placed = 0;     // events that are new to the pipeline, or late, or duplicates
  std::int64_t too_late = 0;   // that are not even looked up as duplicates
  std::int64_t invalid = 0;
  std::int64_t shed = 0;
  std::uint64_t record = 0;  // of the journal

  bool makes_record() const { return placed > 0 || !place.empty(); }
};

/// What was counted, by rows of weir_events_*.
struct LiveCounts {
  std::int64_t received = 0;
  std::int64_t counted = 0;
  std::int64_t rejected = 0;
  std::int64_t late = 0;
  std::int64_t duplicate = 0;
  std::int64_t shed = 0;
  std::int64_t queued = 0;
};

/// State behind a record, as a snapshot has it.
struct LiveCut {
  LiveTime time;
  std::uint64_t record = 0;
};

class LiveModel {
 public:
  explicit LiveModel(const NaiveOptions& options) : options_(options) {}

  enum class Heartbeats : std::uint8_t { kTaken, kShed };
  /// What these lines are if they are taken in now.
  Portion portion_of(const std::vector<std::string>& lines, std::int64_t now_ms, Heartbeats heartbeats) const;
  /// It went its way; `record` is 0 when it made none.
  void took(Portion portion, std::uint64_t record);
  /// A body was refused unread.
  void refused_unread(std::int64_t events);
  /// It is not in the journal, and waits.
  void waits(Portion portion);
  /// The same, as a part of the last one that waits.
  void joins_last(const Portion& portion);
  /// The oldest of those that wait is in the journal as this record.
  void waited_long_enough(std::uint64_t record);
  std::size_t waiting() const { return waiting_.size(); }
  const Portion& first_waiting() const { return waiting_.front(); }
  void pass_time(std::int64_t now_ms);

  LiveCut cut(std::uint64_t record) const { return {time_, record}; }
  /// Another process has what came up to this record, starting from a cut, and counts from 0. `ghost` is a portion that
  /// was not acknowledged, and is there nevertheless.
  void recovered(std::uint64_t record, const LiveCut& from, const std::optional<Portion>& ghost);

  std::int64_t watermark_ms() const;
  /// Events from here on wait to be put in order.
  std::int64_t waiting_ms() const;
  std::int64_t newest_ms() const { return time_.newest_ms; }
  std::int64_t received() const;
  /// Place of the last portion that has one.
  std::string place() const;

  struct Expected {
    nlohmann::json sums;  // rollups, windows, first and last event
    LiveCounts counts;
  };
  Expected expected(const NaiveMoment& moment) const;

 private:
  LiveTime behind_all() const;
  void note_taken(const Portion& portion);
  NaiveResult run(const NaiveMoment& moment) const;
  static LiveCounts counts_of(const NaiveResult& result);

  NaiveOptions options_;
  LiveTime time_;
  std::vector<Portion> kept_;
  std::vector<Portion> waiting_;
  LiveCounts before_;  // of what an earlier process counted
  LiveCounts aside_;   // of portions that left no record
};

/// What of a report's JSON the model can know; rows of no sessions and visitors of all time depend on when reports were
/// made.
nlohmann::json sums_of(nlohmann::json report);

}  // namespace weir::support
