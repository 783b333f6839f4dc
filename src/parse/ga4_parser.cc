#include "ga4_parser.h"

#include <algorithm>
#include <array>

#include "line_parser.h"
#include "query_parameters.h"
#include "recognition.h"
#include "weir/core/text.h"

namespace weir {
namespace {

constexpr std::array<std::string_view, 18> kKeys{"en",
                                                 "cid",
                                                 "uid",
                                                 "sid",
                                                 "dl",
                                                 "dr",
                                                 "_et",
                                                 "_c",
                                                 "cu",
                                                 "epn.value",
                                                 "ep.value",
                                                 "ep.currency",
                                                 "ep.transaction_id",
                                                 "cs",
                                                 "cm",
                                                 "cn",
                                                 "ct",
                                                 "cc"};

/// Events that the tag sends by itself. They show that the visitor is there, and are no deeds of the visitor's.
constexpr std::array<std::string_view, 4> kPresence{"user_engagement", "scroll", "session_start", "first_visit"};

std::string_view type_of(std::string_view name, bool key_event) {
  if (name == "page_view") return "page_view";
  if (name == "purchase" || key_event) return "conversion";
  const bool presence = std::find(kPresence.begin(), kPresence.end(), name) != kPresence.end();
  return presence ? "engagement" : "event";
}

}  // namespace

Fault Ga4Reader::read(std::string_view line, RawEvent& event, TextRoom& texts) {
  if (shared_.size() > line_bytes_) return Rejection::kTooLong;
  Parameters<kKeys.size()> values(kKeys);
  values.take(query_of(line));
  values.take(shared_);
  const std::string_view name = values.text("en", texts);
  if (name.empty()) return Rejection::kMissingField;
  event.type = type_of(name, values.raw("_c") == "1");
  event.url = values.text("dl", texts);
  if (event.type == "page_view" && event.url.empty()) return Rejection::kMissingField;
  if (event.type == "conversion" || event.type == "event") event.name = name;
  event.visitor = first_of(values.text("cid", texts), values.text("uid", texts));
  event.visitor_given = !event.visitor.empty();
  event.session = values.text("sid", texts);
  event.referrer = values.text("dr", texts);
  event.engaged_ms = whole_of_value(values.raw("_et"));
  event.source = values.text("cs", texts);
  event.medium = values.text("cm", texts);
  event.campaign = values.text("cn", texts);
  event.term = values.text("ct", texts);
  event.content = values.text("cc", texts);
  if (event.type != "conversion") return {};
  event.value = amount_of_value(first_of(values.text("epn.value", texts), values.text("ep.value", texts)));
  event.currency = first_of(values.text("cu", texts), values.text("ep.currency", texts));
  event.order = values.text("ep.transaction_id", texts);
  return {};
}

std::unique_ptr<Parser> make_ga4_parser(const ParserOptions& options) {
  return std::make_unique<LineParser<Ga4Reader>>(options);
}

bool recognises_ga4(std::string_view line) {
  if (line.find("v=2&") == std::string_view::npos) return false;
  return reads_as(*make_ga4_parser(ParserOptions{}), line, [](const RawEvent& event) { return event.visitor_given; });
}

}  // namespace weir
