#include "live_model.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "support/naive_event.h"

namespace weir::support {
namespace {

constexpr std::int64_t kIdleMs = 500;  // without events for so long, time moves by the clock

nlohmann::json with_sessions(const nlohmann::json& rows) {
  nlohmann::json kept = nlohmann::json::array();
  for (const nlohmann::json& row : rows) {
    if (row["sessions"] > 0) kept.push_back(row);
  }
  return kept;
}

}  // namespace

nlohmann::json sums_of(nlohmann::json report) {
  report.erase("events");
  for (nlohmann::json& rows : report["rollups"]) {
    rows = with_sessions(rows);
    for (nlohmann::json& row : rows) row.erase("visitors");
  }
  report["windows"] = with_sessions(report["windows"]);
  return report;
}

LiveTime LiveModel::behind_all() const {
  LiveTime time = time_;
  if (waiting_.empty()) return time;
  time.newest_ms = waiting_.back().newest_ms;
  time.started = time.started || waiting_.back().before.started || waiting_.back().placed > 0;
  return time;
}

Portion LiveModel::portion_of(const std::vector<std::string>& lines, std::int64_t now_ms, Heartbeats heartbeats) const {
  Portion portion;
  portion.taken_ms = now_ms;
  portion.before = behind_all();
  portion.newest_ms = portion.before.newest_ms;
  bool started = portion.before.started;
  for (const std::string& line : lines) {
    if (line.find_first_not_of(" \t\r\n") == std::string::npos) continue;
    const NaiveReading reading = read_naive_event(line, options_.line_bytes);
    if (reading.event && reading.event->is_engagement() && heartbeats == Heartbeats::kShed) {
      ++portion.shed;
      continue;
    }
    portion.lines.push_back({line, portion.before.newest_ms});
    if (!reading.event) {
      ++portion.invalid;
      continue;
    }
    const std::int64_t ts_ms = reading.event->ts_ms;
    portion.newest_ms = started ? std::max(portion.newest_ms, ts_ms) : ts_ms;
    started = true;
    const bool too_late = ts_ms < portion.newest_ms - options_.lateness_ms - options_.dedup_ms;
    ++(too_late ? portion.too_late : portion.placed);
  }
  return portion;
}

void LiveModel::note_taken(const Portion& portion) {
  aside_.received += portion.shed;
  aside_.shed += portion.shed;
  if (portion.placed + portion.too_late == 0) return;
  time_.intake_ms = portion.taken_ms;
  time_.newest_at_intake_ms = portion.newest_ms;
}

void LiveModel::took(Portion portion, std::uint64_t record) {
  note_taken(portion);
  if (record == 0) {
    aside_.received += static_cast<std::int64_t>(portion.lines.size());
    aside_.rejected += portion.invalid;
    aside_.late += portion.too_late;
    return;
  }
  time_.started = time_.started || portion.placed > 0;
  time_.newest_ms = portion.newest_ms;
  portion.record = record;
  kept_.push_back(std::move(portion));
}

void LiveModel::refused_unread(std::int64_t events) {
  aside_.received += events;
  aside_.shed += events;
}

void LiveModel::waits(Portion portion) {
  note_taken(portion);
  const bool replaced = waiting_.size() > 1 && portion.of_all && waiting_.back().of_all;  // but for the first
  if (replaced) waiting_.pop_back();
  waiting_.push_back(std::move(portion));
}

void LiveModel::joins_last(const Portion& portion) {
  note_taken(portion);
  Portion& last = waiting_.back();
  last.lines.insert(last.lines.end(), portion.lines.begin(), portion.lines.end());
  last.newest_ms = portion.newest_ms;
  last.placed += portion.placed;
  last.too_late += portion.too_late;
  last.invalid += portion.invalid;
  last.shed += portion.shed;
}

void LiveModel::waited_long_enough(std::uint64_t record) {
  Portion portion = std::move(waiting_.front());
  waiting_.erase(waiting_.begin());
  time_.started = time_.started || portion.placed > 0;
  time_.newest_ms = std::max(time_.newest_ms, portion.newest_ms);
  portion.record = record;
  kept_.push_back(std::move(portion));
}

void LiveModel::pass_time(std::int64_t now_ms) {
  const std::int64_t idle_ms = now_ms - time_.intake_ms;
  if (!waiting_.empty() || !time_.started || idle_ms <= kIdleMs) return;
  time_.newest_ms = std::max(time_.newest_ms, time_.newest_at_intake_ms + idle_ms);
}

void LiveModel::recovered(std::uint64_t record, const LiveCut& from, const std::optional<Portion>& ghost) {
  std::erase_if(kept_, [&](const Portion& portion) { return portion.record > record; });
  waiting_.clear();
  if (ghost) {
    kept_.push_back(*ghost);
    kept_.back().record = record;
  }
  time_ = from.time;
  for (const Portion& portion : kept_) {
    if (portion.record <= from.record) continue;
    if (time_.started) time_.newest_ms = std::max(time_.newest_ms, portion.before.newest_ms);
    if (portion.placed == 0) continue;
    time_.newest_ms = std::max(time_.newest_ms, portion.newest_ms);
    time_.started = true;
    time_.newest_at_intake_ms = time_.newest_ms;
    time_.intake_ms = portion.taken_ms;
  }
  before_ = aside_ = {};
  const LiveCounts found = counts_of(run({0, waiting_ms()}));
  before_ = found;
  before_.received -= found.queued;  // they are received again, from the journal
  before_.queued = 0;
}

std::int64_t LiveModel::watermark_ms() const {
  return time_.started ? std::max<std::int64_t>(0, time_.newest_ms - options_.lateness_ms) : 0;
}

std::int64_t LiveModel::waiting_ms() const {
  // They are put in order in steps, of which the lateness has 256.
  const std::int64_t step_ms = std::clamp<std::int64_t>(options_.lateness_ms / 256, 1, 1000);
  return watermark_ms() / step_ms * step_ms;
}

std::int64_t LiveModel::received() const {
  std::int64_t received = aside_.received - before_.received;
  for (const std::vector<Portion>* portions : {&kept_, &waiting_}) {
    for (const Portion& portion : *portions) received += static_cast<std::int64_t>(portion.lines.size());
  }
  return received;
}

std::string LiveModel::place() const {
  const auto last =
      std::find_if(kept_.rbegin(), kept_.rend(), [](const Portion& portion) { return !portion.place.empty(); });
  return last == kept_.rend() ? std::string() : last->place;
}

NaiveResult LiveModel::run(const NaiveMoment& moment) const {
  std::vector<NaiveLine> lines;
  for (const Portion& portion : kept_) lines.insert(lines.end(), portion.lines.begin(), portion.lines.end());
  return run_naive_model(lines, options_, moment);
}

LiveCounts LiveModel::counts_of(const NaiveResult& result) {
  const nlohmann::json& events = result.report["events"];
  LiveCounts counts;
  counts.received = events["received"];
  counts.counted = events["counted"];
  for (const nlohmann::json& count : events["rejected"]) counts.rejected += count.get<std::int64_t>();
  counts.late = events["late"];
  counts.duplicate = events["duplicate"];
  counts.queued = events["queued"];
  return counts;
}

LiveModel::Expected LiveModel::expected(const NaiveMoment& moment) const {
  NaiveResult result = run(moment);
  LiveCounts counts = counts_of(result);
  counts.received = received();
  counts.counted -= before_.counted;
  counts.rejected += aside_.rejected - before_.rejected;
  counts.late += aside_.late - before_.late;
  counts.duplicate -= before_.duplicate;
  counts.shed = aside_.shed;
  for (const Portion& portion : waiting_) {
    counts.rejected += portion.invalid;
    counts.late += portion.too_late;
    counts.queued += portion.placed;
  }
  return {sums_of(std::move(result.report)), counts};
}

}  // namespace weir::support
