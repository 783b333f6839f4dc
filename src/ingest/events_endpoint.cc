// See events_endpoint.h.
#include "events_endpoint.h"

#include <algorithm>

#include "gzip.h"
#include "pixel.h"
#include "replies.h"
#include "weir/core/ascii.h"
#include "weir/core/hash.h"
#include "weir/ingest/routes.h"

namespace weir {
namespace {

constexpr std::size_t kKeptInflatedBytes = 1024 * 1024;  // memory kept between bodies

HttpResponse preflight(const Route& route) {
  const std::string allow(allow_of(route));
  return {.status = 204,
          .content_type = {},
          .body = {},
          .headers = {{"Access-Control-Allow-Methods", allow},
                      {"Access-Control-Allow-Headers", std::string(route.headers)},
                      {"Access-Control-Max-Age", "86400"},
                      {"Allow", allow}}};
}

/// How many events a request that is not read counts for: one for each line of its body.
std::size_t events_in(const HttpRequest& request) {
  if (!request.header("Content-Encoding").empty()) return 1;
  std::size_t events = 0;
  for (std::string_view rest = request.body; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (rest.substr(0, end).find_first_not_of(" \t\r") != std::string_view::npos) ++events;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::max<std::size_t>(1, events);
}

}  // namespace

EventsEndpoint::EventsEndpoint(Intake& intake, std::vector<std::string> origins, OriginReader origin_reader,
                               SiteList sites, ClientRates rates)
    : intake_(intake),
      origins_(std::move(origins)),
      origin_reader_(std::move(origin_reader)),
      sites_(std::move(sites)),
      rates_(std::move(rates)),
      any_origin_(sites_.empty() && std::find(origins_.begin(), origins_.end(), "*") != origins_.end()),
      random_(static_cast<std::minstd_rand::result_type>(random_seed())) {}

HttpResponse EventsEndpoint::answer(const HttpRequest& request) {
  if (request.path == kTrackerPath) return tracker_.answer(request);  // the same for all, so caches may keep it
  const std::string_view origin = request.header("Origin");
  const bool allowed = origin_allowed(origin);
  HttpResponse response = allowed ? answer_allowed(request) : failure(403, "this origin is not allowed");
  response.headers.emplace_back("Cache-Control", "no-store");
  // Pages that demand it of all they load (Cross-Origin-Embedder-Policy) may send, too.
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  // Caches must keep answers for different origins apart, also the refusals.
  if (!any_origin_) response.headers.emplace_back("Vary", "Origin");
  if (!origin.empty() && allowed) {
    response.headers.emplace_back("Access-Control-Allow-Origin", any_origin_ ? "*" : std::string(origin));
  }
  return response;
}

bool EventsEndpoint::origin_allowed(std::string_view origin) const {
  if (origin.empty() || any_origin_ || sites_.allows(origin)) return true;
  return std::any_of(origins_.begin(), origins_.end(),
                     [origin](const std::string& listed) { return equal_ignoring_case(listed, origin); });
}

HttpResponse EventsEndpoint::answer_allowed(const HttpRequest& request) {
  if (request.path == kPixelPath) {
    if (auto refusal = refuse(request)) return std::move(*refusal);
    std::optional<HttpResponse> image = answer_pixel(request, origin_reader_.read(request), intake_);
    return image ? std::move(*image) : busy();
  }
  const Route* const route = find_route(request.path);
  if (route == nullptr) return failure(404, "nothing here; events go to POST /v1/events");
  if (request.method == "OPTIONS") return preflight(*route);
  if (takes(*route, request.method)) return take(request, *route);
  HttpResponse response =
      failure(405, takes(*route, "GET") ? "only GET and POST are answered here" : "only POST is answered here");
  response.headers.emplace_back("Allow", allow_of(*route));
  return response;
}

/// Turns a request away unread: its client sends too often, or queues or memory are full.
std::optional<HttpResponse> EventsEndpoint::refuse(const HttpRequest& request) {
  if (rates_.enabled()) {
    const std::string_view client = origin_reader_.read(request).address;
    // A proxy that does not tell its clients apart stands for many.
    if (!origin_reader_.trusts(client) && !rates_.allow(client)) {
      intake_.count_refused(events_in(request), Stat::kShedClientRate);
      HttpResponse response = failure(429, "this client sends too often; see sources.http.client_requests");
      response.headers.emplace_back("Retry-After", "1");
      return response;
    }
  }
  const std::optional<Stat> why = intake_.refusal();
  if (!why) return std::nullopt;
  intake_.count_refused(events_in(request), *why);
  return busy();
}

HttpResponse EventsEndpoint::busy() {
  HttpResponse response = failure(503, "no room for events now; try again later");
  // Jitter keeps refused clients from all coming back at once.
  response.headers.emplace_back("Retry-After", std::to_string(std::uniform_int_distribution(1, 5)(random_)));
  return response;
}

HttpResponse EventsEndpoint::take(const HttpRequest& request, const Route& route) {
  if (auto refusal = refuse(request)) return std::move(*refusal);
  const std::string_view encoding = request.header("Content-Encoding");
  if (encoding.empty() || equal_ignoring_case(encoding, "identity")) return take_body(request, route, request.body);
  if (!equal_ignoring_case(encoding, "gzip") && !equal_ignoring_case(encoding, "x-gzip")) {
    HttpResponse response = failure(415, "the content encoding must be gzip or identity");
    response.headers.emplace_back("Accept-Encoding", "gzip, identity");
    return response;
  }
  std::size_t size = 0;
  const InflateLimits limits{.padding_bytes = kHttpBodyPadding};
  const InflateResult inflated = inflate_body(request.body, limits, inflated_, size);
  HttpResponse response;
  if (inflated == InflateResult::kTooLarge) {
    response = failure(413, "the body is over the limit once inflated");
  } else if (inflated == InflateResult::kCorrupt) {
    response = failure(400, "the body is not whole, sound gzip");
  } else {
    response = take_body(request, route, std::string_view(inflated_).substr(0, size));
  }
  if (inflated_.size() > kKeptInflatedBytes) std::string().swap(inflated_);
  return response;
}

HttpResponse EventsEndpoint::take_body(const HttpRequest& request, const Route& route, std::string_view body) {
  const Origin origin = origin_reader_.read(request);
  const BodyResult result =
      intake_.take_body(body, origin, {.format = route.format, .call = route.call, .query = request.query});
  // All of it were heartbeats, and there is no room for these.
  const bool all_shed = result.shed > 0 && result.accepted + result.rejected == 0;
  if (result.refused || all_shed) return busy();
  HttpResponse response = route.reply({request, origin, body, result, random_});
  response.held_until = result.durable_at;
  return response;
}

}  // namespace weir
