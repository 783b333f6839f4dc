// Format plausible: the body of Plausible's /api/event, with the long keys of its API or the short ones of its tracker.
// It has no visitor, no time and no order; the first two come from the connection.
#include "json_formats.h"
#include "json_parser.h"
#include "recognition.h"

namespace weir {
namespace {

constexpr std::string_view kAppScheme = "app://";  // what Plausible has apps put before their screens

/// Whichever of two keys holds an object.
JsonObject object_of(const JsonObject& event, std::string_view long_key, std::string_view short_key) {
  const JsonObject object = event.object(long_key);
  return object.exists() ? object : event.object(short_key);
}

Fault read_plausible(const JsonEvent& in, RawEvent& event) {
  const std::string_view name = in.event.text({"name", "n"});
  const std::string_view domains = in.event.text({"domain", "d"});
  event.url = in.event.text({"url", "u"});
  if (name.empty() || event.url.empty()) return Rejection::kMissingField;
  if (event.url.starts_with(kAppScheme)) {
    event.url = in.texts.join({"https://", event.url.substr(kAppScheme.size())});
  }
  event.site = as_site(domains.substr(0, domains.find(',')), in.texts);
  event.referrer = in.event.text({"referrer", "r"});
  if (name == "pageview") {
    event.type = "page_view";
    return {};
  }
  if (name == "engagement") {
    event.type = "engagement";
    event.engaged_ms = in.event.whole("e");
    return {};
  }
  event.name = name;
  const JsonObject revenue = object_of(in.event, "revenue", "$");
  event.value = revenue.amount("amount");
  if (event.value) {
    event.type = "conversion";
    event.currency = revenue.text("currency");
    return {};
  }
  // An event that is no interaction must not turn a bounce into a visit.
  const bool passive = in.event.is_false("interactive") || in.event.is_false("i");
  event.type = passive ? "engagement" : "custom";
  return {};
}

constexpr JsonFormat kPlausible{"", read_plausible};

}  // namespace

std::unique_ptr<Parser> make_plausible_parser(const ParserOptions& options) {
  return std::make_unique<JsonParser>(kPlausible, options);
}

bool recognises_plausible(std::string_view line) {
  return !names_any(line, {"\"type\""}) && names_any(line, {"\"domain\"", "\"d\""}) &&
         reads_as(*make_plausible_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
