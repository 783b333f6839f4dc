// LoadCounts: what became of the requests of a load. Every request that was sent ends in exactly one of accepted,
// rejected, refused and failed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "latency_histogram.h"
#include "weir/net/http_answer.h"

namespace weir {

struct LoadTally {
  std::uint64_t requests = 0;
  std::uint64_t events = 0;

  void add(std::uint64_t request_events) {
    ++requests;
    events += request_events;
  }
  LoadTally& operator+=(const LoadTally& other);
  bool operator==(const LoadTally&) const = default;
};

/// What an answer says about the events of its request.
struct LoadOutcome {
  enum class Kind { kAccepted, kRejected, kRefused, kFailed };
  Kind kind = Kind::kFailed;
  std::uint64_t rejected_events = 0;  // among those of an accepted request
};
/// 2xx accepts, but for the "rejected" events its body counts; 400 rejects all; 429 and 503 refuse, that is, ask to
/// come again; everything else is a failure.
LoadOutcome outcome_of(const HttpAnswer& answer, std::uint64_t events);

/// One thread.
struct LoadCounts {
  LoadTally sent;
  LoadTally accepted;
  LoadTally rejected;  // its requests: those of which nothing was accepted
  LoadTally refused;
  LoadTally failed;
  LoadTally not_sent;                   // due, but no connection had become free when the time was over
  std::uint64_t unanswered_events = 0;  // part of failed: the server may have taken them
  std::uint64_t fed_late = 0;           // requests late because their events were not made in time
  std::uint64_t reconnects = 0;
  std::uint32_t retry_after_seconds = 0;  // the longest a refusal asked for
  std::map<unsigned, std::uint64_t> statuses;
  std::map<std::string, std::uint64_t, std::less<>> errors;  // by words; at most kMostErrors, the rest are "others"

  /// Times of the steady clock. Sending ends with the last request sent, and not before all that were due are.
  std::int64_t sending_ended_ns = 0;
  std::int64_t last_answer_ns = 0;  // 0: none
  /// Of the events sent, those that had an answer, and those accepted, when sending ended.
  std::uint64_t answered_meanwhile = 0;
  std::uint64_t accepted_meanwhile = 0;

  /// From the time a request was due to its answer; requests never answered or sent count the time they had waited.
  /// Refused ones are left out: a quick refusal must not make the rest look fast.
  LatencyHistogram latency;
  /// From sending to the answer, of the requests in `latency` that were answered.
  LatencyHistogram service;
  /// From the time a request was due to sending.
  LatencyHistogram lag;

  static constexpr std::size_t kMostErrors = 16;
  void count_error(std::string_view words, std::uint64_t requests);
  /// A request was sent: sending goes on until then.
  void sending_until(std::int64_t then_ns);
  /// An answer came, and is counted above.
  void answered(std::int64_t now_ns);
  std::uint64_t answered_events() const;
  void add(const LoadCounts& other);
  /// sent = accepted + rejected + refused + failed, in requests and in events.
  bool adds_up() const;

 private:
  void count_meanwhile();
};

}  // namespace weir
