// Format ga4_mp: the Measurement Protocol of Google Analytics 4, what servers send besides the tag in the browser. One
// document has the visitor and a list of events.
#include <algorithm>
#include <array>

#include "json_formats.h"
#include "json_parser.h"
#include "recognition.h"

namespace weir {
namespace {

/// How an event's name decides what it is; all other names are custom events.
struct NameRow {
  std::string_view name;
  std::string_view type;  // empty: taken without effect
};
constexpr std::array kNames{
    NameRow{"page_view", "page_view"},
    NameRow{"screen_view", "page_view"},
    NameRow{"purchase", "conversion"},
    NameRow{"in_app_purchase", "conversion"},
    NameRow{"user_engagement", "engagement"},
    // Sent by the tag or by machines rather than by what a visitor chose to do: none of them ends a bounce.
    NameRow{"scroll", "engagement"},
    NameRow{"campaign_details", "engagement"},
    NameRow{"exception", "error"},
    NameRow{"session_start", ""},
    NameRow{"first_visit", ""},
    NameRow{"first_open", ""},
};

Fault read_time(const JsonEvent& in, RawEvent& event) {
  JsonTime time = in.event.time("timestamp_micros");
  if (!time.instant && !time.bad) time = in.envelope.time("timestamp_micros");
  event.ts_ms = time.instant;
  return time.bad ? Fault(Rejection::kBadTime) : Fault();
}

void read_sender(const JsonEvent& in, const JsonObject& params, RawEvent& event) {
  event.visitor = in.envelope.id("client_id", in.texts);
  if (event.visitor.empty()) event.visitor = in.envelope.id("app_instance_id", in.texts);
  if (event.visitor.empty()) event.visitor = in.envelope.id("user_id", in.texts);
  event.session = params.id("session_id", in.texts);
  event.user_agent = in.envelope.text("user_agent");
  event.address = in.envelope.text("ip_override");
  event.device = in.envelope.object("device").text("category");
}

void read_traffic(const JsonObject& params, RawEvent& event) {
  event.url = params.text("page_location");
  event.referrer = params.text("page_referrer");
  event.source = params.text("source");
  event.medium = params.text("medium");
  event.campaign = params.text("campaign");
  event.term = params.text("term");
  event.content = params.text("content");
}

Fault read_page(const JsonEvent& in, const JsonObject& params, RawEvent& event) {
  if (!event.url.empty()) return {};
  const std::string_view screen = params.text("screen_name");
  if (screen.empty()) return Rejection::kMissingField;
  event.url = in.texts.join({screen.starts_with('/') ? "" : "/", encode_path(screen, in.texts)});
  return event.url.empty() ? Fault(Rejection::kTooLong) : Fault();
}

Fault read_ga4_mp(const JsonEvent& in, RawEvent& event) {
  const std::string_view name = in.event.text("name");
  if (name.empty() || !in.envelope.exists()) return Rejection::kMissingField;
  const auto row = std::find_if(kNames.begin(), kNames.end(), [name](const NameRow& one) { return one.name == name; });
  event.type = row == kNames.end() ? "custom" : row->type;
  if (event.type.empty()) {
    event.type = name;
    event.resource = true;
    return {};
  }
  const JsonObject params = in.event.object("params");
  read_sender(in, params, event);
  read_traffic(params, event);
  if (const Fault fault = read_time(in, event)) return fault;
  if (event.type == "page_view") return read_page(in, params, event);
  event.name = name;
  if (event.type == "conversion") {
    event.value = params.amount("value");
    event.currency = params.text("currency");
    event.order = params.id("transaction_id", in.texts);
  } else if (event.type == "engagement") {
    event.engaged_ms = params.whole("engagement_time_msec");
  }
  return {};
}

constexpr JsonFormat kGa4Mp{"events", read_ga4_mp};

}  // namespace

std::unique_ptr<Parser> make_ga4_mp_parser(const ParserOptions& options) {
  return std::make_unique<JsonParser>(kGa4Mp, options);
}

bool recognises_ga4_mp(std::string_view line) {
  return names_any(line, {"\"client_id\"", "\"app_instance_id\""}) &&
         reads_as(*make_ga4_mp_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
