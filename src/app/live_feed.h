// LiveFeed: GET /api/v1/live, a stream of server-sent events. Each reader gets the newest report as it connects, and
// then each that says something new, at most one a second. It works only while somebody listens, keeps no text for
// readers that are slow, and drops those that stay so.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weir/core/clock.h"
#include "weir/core/stats.h"
#include "weir/kpi/report.h"
#include "weir/net/http_server.h"
#include "weir/sink/live_json.h"

namespace weir {

/// All members on the thread of the admin listener, except stats().
class LiveFeed {
 public:
  using Source = std::function<std::shared_ptr<const Report>()>;

  /// `newest` returns the newest report, never null. `clock` outlives the feed. At most `streams` readers at once.
  LiveFeed(Source newest, const Clock& clock, std::size_t streams)
      : newest_(std::move(newest)), clock_(clock), limit_(streams) {}

  /// Begins a stream, or gives the newest report alone to who prefers JSON, or says why not: 400 for a query that
  /// asks for what is not there, 503 when there are too many.
  HttpResponse answer(const HttpRequest& request);
  /// Sends what is due. Call several times a second: every kLookMs.
  void publish();
  /// Any thread.
  StatValues stats() const { return stats_.read(); }

  static constexpr TimeMs kLookMs = 100;
  static constexpr TimeMs kEventMs = 1000;   // between two events of a stream
  static constexpr TimeMs kIdleMs = 5000;    // silence before the newest is sent though it says nothing new
  static constexpr TimeMs kSlowMs = 10'000;  // how long a piece may stay under way before the reader is dropped

 private:
  struct Reader {
    std::weak_ptr<HttpStream> stream;
    LiveQuery query;
    std::uint64_t shown;                     // by the last report it took
    TimeMs sent_ms;                          // when it took the last piece
    std::optional<TimeMs> waiting_since_ms;  // when it first did not take one since then
  };
  struct Rendered {
    LiveQuery query;
    std::string event;
  };

  bool is_due(const Reader& reader, TimeMs now_ms) const;
  const std::string& event_of(const Report& report, const LiveQuery& query);
  void forget_ended();
  void look_at(const Report& report);
  void send_event(Reader& reader, const Report& report, TimeMs now_ms);
  bool send(Reader& reader, std::string_view piece, TimeMs now_ms);

  Source newest_;
  const Clock& clock_;
  std::size_t limit_;
  std::vector<Reader> readers_;
  std::vector<Rendered> rendered_;  // of rendered_number_; at most one per reader
  std::uint64_t rendered_number_ = 0;
  std::uint64_t number_ = 0;  // of the report looked at last
  std::uint64_t shown_ = 0;   // and what it shows
  TimeMs round_ms_ = 0;       // when readers were last sent events
  StatBoard stats_;
};

}  // namespace weir
