#include "live_feed.h"

#include <fmt/format.h>

#include <algorithm>

#include "live_query.h"
#include "weir/core/hash.h"
#include "weir/net/negotiation.h"
#include "weir/sink/json_writer.h"

namespace weir {
namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kRetry = "retry: 2000\n\n";  // milliseconds until a reader connects anew

HttpResponse feed_refusal(unsigned status, std::string_view reason) {
  HttpResponse response{.status = status, .content_type = std::string(kJson), .body = {}, .headers = {}};
  JsonWriter json(response.body, JsonLayout::kCompact);
  json.begin_object();
  json.key("error");
  json.string(reason);
  json.end_object();
  response.body += '\n';
  return response;
}

/// A number that is another one when a report shows something else, other than that time went by.
std::uint64_t shown_by(const Report& report) {
  std::vector<std::int64_t> values;
  for (const StatRow& row : stat_table()) values.push_back(report.stats[row.stat]);
  for (const WindowTotals& window : report.windows) values.push_back(window.at_ms);  // sessions leave as it moves on
  return Hasher(0)({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(values[0])});
}

}  // namespace

HttpResponse LiveFeed::answer(const HttpRequest& request) {
  Result<LiveQuery> query = parse_live_query(request.query);
  if (!query) return feed_refusal(400, query.error().message);
  const std::shared_ptr<const Report> report = newest_();
  if (const auto checked = check_live_query(*report, *query); !checked) {
    return feed_refusal(400, checked.error().message);
  }
  const std::string accept = list_of(request, "Accept");
  if (accepted_weight(accept, kJson) > accepted_weight(accept, kEventStream)) {  // the newest report alone
    return {.status = 200,
            .content_type = std::string(kJson),
            .body = render_live_json(*report, *query, clock_.now_ms()) + "\n",
            .headers = {{"Cache-Control", "no-store"}}};
  }
  forget_ended();
  if (readers_.size() >= limit_) {
    stats_.add(Stat::kLiveStreamsRefused);
    HttpResponse response = feed_refusal(503, "too many live streams are open; admin.live_streams is their limit");
    response.headers.emplace_back("Retry-After", "5");
    return response;
  }
  HttpResponse response{
      .status = 200,
      .content_type = std::string(kEventStream),
      .body = std::string(kRetry) + event_of(*report, *query),
      .headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}},  // the second tells nginx to pass it on
  };
  look_at(*report);
  response.on_stream = [this, query = std::move(*query)](std::weak_ptr<HttpStream> stream) {
    readers_.push_back({std::move(stream), query, shown_, clock_.steady_ms(), std::nullopt});
    stats_.set(Stat::kLiveStreamsOpen, static_cast<std::int64_t>(readers_.size()));
  };
  return response;
}

void LiveFeed::publish() {
  if (readers_.empty()) return;
  forget_ended();
  if (readers_.empty()) return;
  const TimeMs now_ms = clock_.steady_ms();
  const std::shared_ptr<const Report> report = newest_();
  look_at(*report);
  // Events go out in rounds, so that readers who ask for the same share a text, whenever they joined.
  const bool is_round =
      now_ms - round_ms_ >= kEventMs &&
      std::any_of(readers_.begin(), readers_.end(), [&](const Reader& reader) { return is_due(reader, now_ms); });
  if (is_round) round_ms_ = now_ms;
  for (Reader& reader : readers_) {
    if (is_round && is_due(reader, now_ms)) send_event(reader, *report, now_ms);
  }
}

void LiveFeed::look_at(const Report& report) {
  if (report.number == number_) return;
  number_ = report.number;
  shown_ = shown_by(report);
}

bool LiveFeed::is_due(const Reader& reader, TimeMs now_ms) const {
  const TimeMs silent_ms = now_ms - reader.sent_ms;
  return silent_ms >= kEventMs && (reader.shown != shown_ || silent_ms >= kIdleMs);
}

void LiveFeed::send_event(Reader& reader, const Report& report, TimeMs now_ms) {
  if (!send(reader, event_of(report, reader.query), now_ms)) return;
  reader.shown = shown_;
}

/// The event for a query, rendered once for each report.
const std::string& LiveFeed::event_of(const Report& report, const LiveQuery& query) {
  if (report.number != rendered_number_ || rendered_.size() > limit_) rendered_.clear();
  rendered_number_ = report.number;
  const auto found = std::find_if(rendered_.begin(), rendered_.end(),
                                  [&query](const Rendered& rendered) { return rendered.query == query; });
  if (found != rendered_.end()) return found->event;
  rendered_.push_back({query, fmt::format("data: {}\n\n", render_live_json(report, query, clock_.now_ms()))});
  return rendered_.back().event;
}

/// False when the reader did not take the piece: it is given time, and then dropped.
bool LiveFeed::send(Reader& reader, std::string_view piece, TimeMs now_ms) {
  const std::shared_ptr<HttpStream> stream = reader.stream.lock();
  if (!stream) return false;
  if (stream->try_send(piece)) {
    reader.sent_ms = now_ms;
    reader.waiting_since_ms.reset();
    return true;
  }
  if (!reader.waiting_since_ms) reader.waiting_since_ms = now_ms;
  if (now_ms - *reader.waiting_since_ms < kSlowMs) return false;
  stats_.add(Stat::kLiveStreamsDropped);
  stream->close();
  return false;
}

void LiveFeed::forget_ended() {
  std::erase_if(readers_, [](const Reader& reader) {
    const std::shared_ptr<HttpStream> stream = reader.stream.lock();
    return !stream || !stream->is_open();
  });
  stats_.set(Stat::kLiveStreamsOpen, static_cast<std::int64_t>(readers_.size()));
}

}  // namespace weir
