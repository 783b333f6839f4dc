#include "load_counts.h"

#include <algorithm>
#include <charconv>

namespace weir {
namespace {

constexpr std::string_view kOthers = "others";

/// The number behind "rejected": in an answer of ours; 0 in answers of others.
std::uint64_t rejected_in(std::string_view body) {
  constexpr std::string_view kKey = "\"rejected\":";
  const std::size_t at = body.find(kKey);
  if (at == std::string_view::npos) return 0;
  std::uint64_t count = 0;
  std::from_chars(body.data() + at + kKey.size(), body.data() + body.size(), count);
  return count;
}

}  // namespace

LoadTally& LoadTally::operator+=(const LoadTally& other) {
  requests += other.requests;
  events += other.events;
  return *this;
}

LoadOutcome outcome_of(const HttpAnswer& answer, std::uint64_t events) {
  using Kind = LoadOutcome::Kind;
  if (answer.status == 429 || answer.status == 503) return {Kind::kRefused, 0};
  if (answer.status == 400) return {Kind::kRejected, events};
  if (answer.status < 200 || answer.status > 299) return {Kind::kFailed, 0};
  const std::uint64_t rejected = std::min(events, rejected_in(answer.body));
  return {rejected == events ? Kind::kRejected : Kind::kAccepted, rejected};
}

void LoadCounts::count_error(std::string_view words, std::uint64_t requests) {
  const auto found = errors.find(words);
  if (found != errors.end()) {
    found->second += requests;
  } else {
    errors[std::string(errors.size() < kMostErrors ? words : kOthers)] += requests;
  }
}

void LoadCounts::sending_until(std::int64_t then_ns) {
  sending_ended_ns = then_ns;
  count_meanwhile();
}

void LoadCounts::answered(std::int64_t now_ns) {
  last_answer_ns = now_ns;
  if (now_ns <= sending_ended_ns) count_meanwhile();
}

void LoadCounts::count_meanwhile() {
  answered_meanwhile = answered_events();
  accepted_meanwhile = accepted.events;
}

std::uint64_t LoadCounts::answered_events() const {
  return accepted.events + rejected.events + refused.events + failed.events - unanswered_events;
}

void LoadCounts::add(const LoadCounts& other) {
  sent += other.sent;
  accepted += other.accepted;
  rejected += other.rejected;
  refused += other.refused;
  failed += other.failed;
  not_sent += other.not_sent;
  unanswered_events += other.unanswered_events;
  fed_late += other.fed_late;
  reconnects += other.reconnects;
  retry_after_seconds = std::max(retry_after_seconds, other.retry_after_seconds);
  for (const auto& [status, count] : other.statuses) statuses[status] += count;
  for (const auto& [words, count] : other.errors) count_error(words, count);
  sending_ended_ns = std::max(sending_ended_ns, other.sending_ended_ns);
  last_answer_ns = std::max(last_answer_ns, other.last_answer_ns);
  answered_meanwhile += other.answered_meanwhile;
  accepted_meanwhile += other.accepted_meanwhile;
  latency.add(other.latency);
  service.add(other.service);
  lag.add(other.lag);
}

bool LoadCounts::adds_up() const {
  LoadTally sum = accepted;
  for (const LoadTally& part : {rejected, refused, failed}) sum += part;
  return sum == sent;
}

}  // namespace weir
