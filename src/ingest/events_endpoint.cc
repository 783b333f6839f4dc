// See events_endpoint.h.
#include "events_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "gzip.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

constexpr std::string_view kEventsPath = "/v1/events";
constexpr std::size_t kKeptInflatedBytes = 1024 * 1024;  // memory kept between bodies

HttpResponse json(unsigned status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}};
}

HttpResponse failure(unsigned status, std::string_view why) {
  return json(status, fmt::format("{{\"error\":\"{}\"}}\n", why));
}

std::string result_json(const BodyResult& result) {
  std::string text = fmt::format("{{\"accepted\":{},\"rejected\":{},\"errors\":[", result.accepted, result.rejected);
  for (std::size_t i = 0; i < result.errors.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{{\"line\":{},\"reason\":\"{}\"}}", i == 0 ? "" : ",",
                   result.errors[i].line, result.errors[i].reason);
  }
  return text += "]}\n";
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char letter) { return letter >= 'A' && letter <= 'Z' ? letter + 32 : letter; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool from_browser(const HttpRequest& request) {
  return !request.header("Origin").empty() || !request.header("Sec-Fetch-Mode").empty();
}

HttpResponse preflight() {
  return {.status = 204,
          .content_type = {},
          .body = {},
          .headers = {{"Access-Control-Allow-Methods", "POST, OPTIONS"},
                      {"Access-Control-Allow-Headers", "Content-Type"},
                      {"Access-Control-Max-Age", "86400"},
                      {"Allow", "POST, OPTIONS"}}};
}

}  // namespace

EventsEndpoint::EventsEndpoint(Intake& intake, std::vector<std::string> origins)
    : intake_(intake),
      origins_(std::move(origins)),
      any_origin_(std::find(origins_.begin(), origins_.end(), "*") != origins_.end()),
      jitter_(static_cast<std::minstd_rand::result_type>(random_seed())) {}

HttpResponse EventsEndpoint::answer(const HttpRequest& request) {
  const std::string_view origin = request.header("Origin");
  const bool allowed = origin_allowed(origin);
  HttpResponse response = allowed ? answer_allowed(request) : failure(403, "this origin is not allowed");
  response.headers.emplace_back("Cache-Control", "no-store");
  // Caches must keep answers for different origins apart, also the refusals.
  if (!any_origin_) response.headers.emplace_back("Vary", "Origin");
  if (!origin.empty() && allowed) {
    response.headers.emplace_back("Access-Control-Allow-Origin", any_origin_ ? "*" : std::string(origin));
  }
  return response;
}

bool EventsEndpoint::origin_allowed(std::string_view origin) const {
  if (origin.empty() || any_origin_) return true;
  return std::any_of(origins_.begin(), origins_.end(),
                     [origin](const std::string& listed) { return equal_ignoring_case(listed, origin); });
}

HttpResponse EventsEndpoint::answer_allowed(const HttpRequest& request) {
  if (request.path != kEventsPath) return failure(404, "nothing here; events go to POST /v1/events");
  if (request.method == "OPTIONS") return preflight();
  if (request.method == "POST") return take(request);
  HttpResponse response = failure(405, "only POST is answered here");
  response.headers.emplace_back("Allow", "POST, OPTIONS");
  return response;
}

HttpResponse EventsEndpoint::take(const HttpRequest& request) {
  if (!intake_.has_room()) {
    HttpResponse response = failure(503, "queues are full; try again later");
    // Jitter keeps refused clients from all coming back at once.
    response.headers.emplace_back("Retry-After", std::to_string(std::uniform_int_distribution(1, 5)(jitter_)));
    return response;
  }
  const std::string_view encoding = request.header("Content-Encoding");
  if (encoding.empty() || equal_ignoring_case(encoding, "identity")) return take_body(request, request.body);
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
    response = take_body(request, std::string_view(inflated_).substr(0, size));
  }
  if (inflated_.size() > kKeptInflatedBytes) std::string().swap(inflated_);
  return response;
}

HttpResponse EventsEndpoint::take_body(const HttpRequest& request, std::string_view body) {
  const Origin origin{.address = request.peer_address, .user_agent = request.header("User-Agent")};
  const BodyResult result = intake_.take_body(body, origin);
  if (!result.any_json) return json(400, result_json(result));
  const bool single = result.accepted == 1 && result.rejected == 0;
  if (single && from_browser(request)) return {.status = 204, .content_type = {}, .body = {}, .headers = {}};
  return json(202, result_json(result));
}

}  // namespace weir
