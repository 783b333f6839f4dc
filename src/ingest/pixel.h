// The pixel: GET /weir.gif of the public listener, an event in the parameters of an image, for pages without scripts
// and for mails. Turns the parameters into one native event; what an event is stays behind Intake.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "weir/ingest/intake.h"
#include "weir/net/http_server.h"

namespace weir {

inline constexpr std::string_view kPixelPath = "/weir.gif";

/// The native event that a query stands for, a JSON object; `page` is the url when the query names none. Longer than
/// the query by a factor that escaping bounds; bytes that are no text are left to the parser to refuse.
std::string pixel_event(std::string_view query, std::string_view page);

/// Counts the event and answers a transparent image of one pixel, also for an event that is refused: nobody who sees a
/// broken image could mend it. HEAD counts nothing. Nothing when the intake could not take it: it may come again.
std::optional<HttpResponse> answer_pixel(const HttpRequest& request, const Origin& origin, Intake& intake);

}  // namespace weir
