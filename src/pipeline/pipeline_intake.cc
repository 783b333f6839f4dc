// How Pipeline takes text in: parsing, making events, sending them on, or saying why not. All under its intake mutex.
#include <algorithm>

#include "pipeline_portion.h"
#include "weir/pipeline/pipeline.h"

namespace weir {
namespace {

constexpr std::size_t kReportedErrors = 10;
constexpr std::size_t kScarcePercent = 80;  // of a queue: from here on heartbeats over HTTP are left out
constexpr std::size_t kFullPercent = 95;    // of a queue: from here on new bodies are refused

Stat received_stat(SourceKind kind) {
  return static_cast<Stat>(static_cast<std::size_t>(Stat::kReceivedHttp) + static_cast<std::size_t>(kind));
}

}  // namespace

Parser& Pipeline::parser_of(const FormatRow& format) {
  std::unique_ptr<Parser>& parser = parsers_[static_cast<std::size_t>(&format - format_table().data())];
  if (parser == nullptr) parser = format.make(settings_.options.reader.parser);
  return *parser;
}

/// True when some shard's queue is filled that much.
bool Pipeline::is_filled(std::size_t percent) const {
  return std::any_of(queues_.begin(), queues_.end(), [percent](const auto& queue) {
    return queue->batches_under_way() * 100 >= queue->batch_count() * percent;
  });
}

std::optional<Stat> Pipeline::refusal() const {
  if (memory_.grade() >= MemoryGrade::kFull) return Stat::kShedMemory;
  if (!journal_takes()) return Stat::kShedJournal;
  if (is_filled(kFullPercent)) return Stat::kShedOverload;
  return std::nullopt;
}

void Pipeline::count_refused(std::size_t events, Stat why) { refused_.add(why, static_cast<std::int64_t>(events)); }

void Pipeline::take(const Portion& portion, BodyResult* result) {
  keeper_ == nullptr ? take_text(portion, result) : take_and_keep(portion, result);
}

/// What became of one event.
struct Pipeline::Outcome {
  Fault rejection;
  bool shed = false;
};

void Pipeline::take_text(const Portion& portion, BodyResult* result) {
  const TimeMs received_ms = clock_.now_ms();
  // Other sources are just not read for a while, which loses nothing.
  const bool shed_heartbeats = portion.kind == SourceKind::kHttp && (memory_is_scarce() || is_filled(kScarcePercent));
  Parser& parser = parser_of(portion.format);
  bool any_accepted = false;
  parser.begin(portion.text, portion.framing, portion.call);
  while (const std::size_t count = parser.next(parsed_)) {
    intake_stats_[received_stat(portion.kind)] += static_cast<std::int64_t>(count);
    for (const ParsedEvent& parsed : std::span(parsed_).first(count)) {
      const auto [rejection, shed] = take_event(parsed, portion, received_ms, shed_heartbeats);
      any_accepted = any_accepted || !(rejection || shed);
      if (result == nullptr) continue;
      const bool is_json = rejection != Rejection::kMalformed && rejection != Rejection::kInvalidUtf8;
      result->any_json = result->any_json || is_json;
      ++(shed ? result->shed : rejection ? result->rejected : result->accepted);
      if (rejection && result->errors.size() < kReportedErrors) {
        result->errors.push_back({parsed.line_number, name_of(*rejection)});
      }
    }
  }
  received_.store(intake_stats_.received(), std::memory_order_relaxed);
  if (!any_accepted) return;  // refused lines do not keep time from passing
  last_intake_ms_ = received_ms;
  last_intake_steady_ms_ = clock_.steady_ms();
  newest_at_last_intake_ms_ = router_.newest_ms();
}

/// Sends one event on its way, or says why not.
Pipeline::Outcome Pipeline::take_event(const ParsedEvent& parsed, const Portion& portion, TimeMs received_ms,
                                       bool shed_heartbeats) {
  Event event;
  Fault rejection;
  if (parsed.rejected) {
    rejection = parsed.reason;
  } else if (const std::optional<Stat> apart = event_maker_->set_apart(parsed.event, portion.origin)) {
    ++intake_stats_[*apart];
    return {};
  } else {
    rejection = event_maker_->make(parsed.event, portion.origin, received_ms, event);
  }
  if (rejection) {
    reject(parsed.line, *rejection);
  } else if (shed_heartbeats && event.type == EventType::kEngagement) {
    ++intake_stats_[Stat::kShedHeartbeat];
    return {.rejection = {}, .shed = true};
  } else if (keeper_ == nullptr) {
    router_.route(event, parsed.line);
  } else if (router_.place(event, parsed.line)) {
    placed_.push_back(event);
    recorder_.add(event);
  }
  return {rejection};
}

void Pipeline::reject(std::string_view line, Rejection reason) {
  ++intake_stats_[stat_of(reason)];
  dead_letters_->write(line, name_of(reason));
}

void Pipeline::refuse(std::string_view line, SourceKind kind, Rejection reason) {
  ++intake_stats_[received_stat(kind)];
  reject(line, reason);
}

/// What the intake side counted so far.
StatValues Pipeline::intake_counts() const {
  StatValues counts = intake_stats_;
  counts += router_.stats();
  counts += event_maker_->stats();
  const StatValues refused = refused_.read();
  counts += refused;
  counts[Stat::kReceivedHttp] += refused.shed();
  for (const Waiting& waiting : backlog_) counts[Stat::kQueued] += static_cast<std::int64_t>(waiting.events.size());
  return counts;
}

}  // namespace weir
