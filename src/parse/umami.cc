// Format umami: the body of Umami's /api/send, and of /api/batch, which is an array of them. Vitals and what is told
// about a visitor have no effect.
#include "json_formats.h"
#include "json_parser.h"
#include "recognition.h"

namespace weir {
namespace {

/// Paths become whole urls where the host is known, so that links within the site are told from links to it.
std::string_view url_of(const JsonEvent& in, const JsonObject& payload) {
  const std::string_view url = payload.text("url");
  const std::string_view host = payload.text("hostname");
  if (host.empty() || url.find("://") != std::string_view::npos) return url;
  return in.texts.join({"https://", host, url.starts_with('/') ? "" : "/", url});
}

/// What Umami calls an event: with a name it is one, without it is a page view.
Fault read_named(const JsonObject& payload, RawEvent& event) {
  event.name = payload.text("name");
  if (event.name.empty()) {
    event.type = "page_view";
    return event.url.empty() ? Fault(Rejection::kMissingField) : Fault();
  }
  const JsonObject data = payload.object("data");
  event.value = data.amount("revenue");
  if (event.value.value_or(0) > 0) {
    event.type = "conversion";
    event.currency = data.text("currency");
    return {};
  }
  event.value.reset();
  event.type = "custom";
  return {};
}

Fault read_umami(const JsonEvent& in, RawEvent& event) {
  const std::string_view type = in.event.text("type");
  const JsonObject payload = in.event.object("payload");
  if (!payload.exists()) return Rejection::kMissingField;
  if (type == "identify" || type == "performance") {
    event.type = type;
    event.resource = true;
    return {};
  }
  event.visitor = payload.id("id", in.texts);
  // The host is what other formats go by; the id of the website names what has none.
  event.site = as_site(payload.text({"hostname", "website"}), in.texts);
  event.url = url_of(in, payload);
  event.referrer = payload.text("referrer");
  event.user_agent = payload.text("userAgent");
  event.device = payload.text("device");
  event.address = payload.text("ip");
  const JsonTime time = payload.time("timestamp");
  if (time.bad) return Rejection::kBadTime;
  event.ts_ms = time.instant;
  if (type == "event") return read_named(payload, event);
  if (type != "error") return Rejection::kMissingField;
  event.type = "error";
  return {};
}

constexpr JsonFormat kUmami{"", read_umami};

}  // namespace

std::unique_ptr<Parser> make_umami_parser(const ParserOptions& options) {
  return std::make_unique<JsonParser>(kUmami, options);
}

bool recognises_umami(std::string_view line) {
  return names_any(line, {"\"payload\""}) &&
         reads_as(*make_umami_parser(ParserOptions{}), line, [](const RawEvent&) { return true; });
}

}  // namespace weir
