// Format segment: calls of Segment's HTTP API, alone or in a batch, as its own SDKs and RudderStack's send them. Events
// about visitors rather than by them (identify, group, alias) have no effect.
#include <algorithm>
#include <array>

#include "json_formats.h"
#include "json_parser.h"
#include "recognition.h"

namespace weir {
namespace {

constexpr std::array kOrderCompleted{std::string_view("Order Completed"), std::string_view("Completed Order")};
/// Names of Segment's e-commerce vocabulary that carry `revenue` and sell nothing.
constexpr std::array kNoSales{std::string_view("Checkout Started"), std::string_view("Order Updated"),
                              std::string_view("Order Refunded"), std::string_view("Order Cancelled")};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// An event whose time was corrected on its way (it has a receivedAt) keeps it. Else the skew formula needs the times
/// of the sender's clock: SDKs send `timestamp`, servers that pass events on call it `originalTimestamp`.
Fault read_times(const JsonEvent& in, RawEvent& event) {
  const JsonTime timestamp = in.event.time("timestamp");
  const JsonTime received = in.event.time("receivedAt");
  const JsonTime original = in.event.time("originalTimestamp");
  JsonTime sent = in.event.time("sentAt");
  if (!sent.instant && !sent.bad) sent = in.envelope.time("sentAt");
  if (timestamp.bad || original.bad || received.bad || sent.bad) return Rejection::kBadTime;
  if (timestamp.instant && received.instant) {
    event.ts_ms = timestamp.instant;
    return {};
  }
  event.ts_ms = original.instant ? original.instant : timestamp.instant;
  event.sent_at_ms = sent.instant;
  return {};
}

void read_visitor(const JsonEvent& in, RawEvent& event) {
  // The anonymous id comes first: it stays the same when somebody logs in, and with it the session.
  event.visitor = in.event.id("anonymousId", in.texts);
  if (event.visitor.empty()) event.visitor = in.event.id("userId", in.texts);
  event.id = in.event.id("messageId", in.texts);
}

void read_context(const JsonObject& context, RawEvent& event) {
  const JsonObject page = context.object("page");
  event.url = page.text({"url", "path"});
  event.referrer = page.text("referrer");
  event.user_agent = context.text("userAgent");
  event.address = context.text("ip");
  const JsonObject campaign = context.object("campaign");
  event.campaign = campaign.text("name");
  event.source = campaign.text("source");
  event.medium = campaign.text("medium");
  event.term = campaign.text("term");
  event.content = campaign.text("content");
}

Fault read_page(const JsonEvent& in, RawEvent& event) {
  const JsonObject properties = in.event.object("properties");
  event.type = "page_view";
  event.name = in.event.text("name");
  if (const std::string_view url = properties.text("url"); !url.empty()) event.url = url;
  if (event.url.empty()) event.url = properties.text("path");
  if (const std::string_view referrer = properties.text("referrer"); !referrer.empty()) event.referrer = referrer;
  if (!event.url.empty()) return {};
  // Screens of an app, and pages reported by servers, have a name instead.
  const std::string_view name = event.name.empty() ? properties.text("name") : event.name;
  if (name.empty()) return Rejection::kMissingField;
  event.url = in.texts.join({name.starts_with('/') ? "" : "/", encode_path(name, in.texts)});
  return event.url.empty() ? Fault(Rejection::kTooLong) : Fault();
}

Fault read_track(const JsonEvent& in, RawEvent& event) {
  event.name = in.event.text("event");
  if (event.name.empty()) return Rejection::kMissingField;
  const JsonObject properties = in.event.object("properties");
  const std::optional<double> revenue = properties.amount("revenue");
  const bool order_completed = is_one_of(kOrderCompleted, event.name);
  if (!order_completed && (revenue.value_or(0) <= 0 || is_one_of(kNoSales, event.name))) {
    event.type = "custom";
    return {};
  }
  event.type = "conversion";
  event.value = revenue;
  if (order_completed) {
    event.name = "purchase";
    if (!event.value) event.value = properties.amount("total");
    if (!event.value) event.value = properties.amount("value");
  }
  event.currency = properties.text("currency");
  event.order = properties.id("order_id", in.texts);
  if (event.order.empty()) event.order = properties.id("orderId", in.texts);
  return {};
}

Fault read_segment(const JsonEvent& in, RawEvent& event) {
  const bool from_path = !in.call.name.empty() && in.call.name != "batch";
  const std::string_view type = from_path ? in.call.name : in.event.text("type");
  if (type == "identify" || type == "group" || type == "alias") {
    event.type = type;
    event.resource = true;
    return {};
  }
  const JsonObject own_context = in.event.object("context");
  read_context(own_context.exists() ? own_context : in.envelope.object("context"), event);
  read_visitor(in, event);
  if (const Fault fault = read_times(in, event)) return fault;
  if (type == "page" || type == "screen") return read_page(in, event);
  if (type == "track") return read_track(in, event);
  return Rejection::kMissingField;
}

constexpr JsonFormat kSegment{"batch", read_segment};

}  // namespace

std::unique_ptr<Parser> make_segment_parser(const ParserOptions& options) {
  return std::make_unique<JsonParser>(kSegment, options);
}

bool recognises_segment(std::string_view line) {
  return names_any(line, {"\"anonymousId\"", "\"userId\""}) &&
         reads_as(*make_segment_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
