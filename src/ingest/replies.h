// Replies: how each tool's clients expect to be answered once a body was taken. Pure functions of the request and of
// what became of it. Must never tell more than that, least of all about a visitor.
#pragma once

#include <random>
#include <string>
#include <string_view>

#include "weir/ingest/intake.h"
#include "weir/ingest/routes.h"
#include "weir/net/http_server.h"

namespace weir {

/// A request whose body was taken.
struct TakenRequest {
  const HttpRequest& request;
  const Origin& origin;
  std::string_view body;  // inflated
  const BodyResult& result;
  std::minstd_rand& random;  // for texts that mean nothing
};

Reply reply_native;       // counts, or 204 to a browser's single good event
Reply reply_segment;      // 200 {"success":true}
Reply reply_plausible;    // 202 ok
Reply reply_umami;        // 200 with the texts its tracker sends back
Reply reply_umami_batch;  // 200 with counts
Reply reply_nothing;      // 204, whatever came
Reply reply_matomo;       // a pixel, or 204 when none is wanted, or counts for a bulk request

/// A JSON text.
HttpResponse json_response(unsigned status, std::string body);
/// {"error":"..."}; `why` needs no escapes.
HttpResponse failure(unsigned status, std::string_view why);
/// A GIF of one transparent pixel.
HttpResponse pixel_response();

}  // namespace weir
