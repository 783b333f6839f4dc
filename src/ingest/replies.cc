// Implementation of replies.h, one function per tool.
#include "replies.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace weir {
namespace {

constexpr std::string_view kPixel(
    "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00"  // one pixel, a palette of two colours
    "\x21\xF9\x04\x01\x00\x00\x00\x00"                            // the first of which is transparent
    "\x2C\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3B",
    43);
constexpr std::size_t kIdSize = 32;  // hexadecimal digits

HttpResponse empty_response(unsigned status) {
  return {.status = status, .content_type = {}, .body = {}, .headers = {}};
}

/// [{"line":1,"reason":"..."}]
std::string errors_json(const BodyResult& result) {
  std::string text = "[";
  for (std::size_t i = 0; i < result.errors.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{{\"line\":{},\"reason\":\"{}\"}}", i == 0 ? "" : ",",
                   result.errors[i].line, result.errors[i].reason);
  }
  return text += "]";
}

/// True when the request had something and nothing of it was JSON.
bool was_no_json(const BodyResult& result) { return result.rejected > 0 && !result.any_json; }

/// True when `name=value` is one of the parameters.
bool has_parameter(std::string_view parameters, std::string_view wanted) {
  while (!parameters.empty()) {
    const std::string_view pair = parameters.substr(0, parameters.find('&'));
    if (pair == wanted) return true;
    parameters.remove_prefix(std::min(parameters.size(), pair.size() + 1));
  }
  return false;
}

bool is_hexadecimal(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string random_hexadecimal(std::size_t size, std::minstd_rand& random) {
  std::uniform_int_distribution<std::size_t> digit(0, 15);
  std::string text;
  while (text.size() < size) text += "0123456789abcdef"[digit(random)];
  return text;
}

std::string as_uuid(std::string_view digits) {
  return fmt::format("{}-{}-{}-{}-{}", digits.substr(0, 8), digits.substr(8, 4), digits.substr(12, 4),
                     digits.substr(16, 4), digits.substr(20, 12));
}

}  // namespace

HttpResponse json_response(unsigned status, std::string body) {
  return {.status = status, .content_type = "application/json", .body = std::move(body), .headers = {}};
}

HttpResponse failure(unsigned status, std::string_view why) {
  return json_response(status, fmt::format("{{\"error\":\"{}\"}}\n", why));
}

HttpResponse pixel_response() {
  return {.status = 200, .content_type = "image/gif", .body = std::string(kPixel), .headers = {}};
}

HttpResponse reply_native(const TakenRequest& taken) {
  const BodyResult& result = taken.result;
  const bool single = result.accepted == 1 && result.rejected == 0;
  if (result.any_json && single && taken.origin.from_browser) return empty_response(204);
  const std::string shed = result.shed == 0 ? "" : fmt::format("\"shed\":{},", result.shed);
  return json_response(result.any_json ? 202 : 400,
                       fmt::format("{{\"accepted\":{},\"rejected\":{},{}\"errors\":{}}}\n", result.accepted,
                                   result.rejected, shed, errors_json(result)));
}

HttpResponse reply_segment(const TakenRequest& taken) {
  if (was_no_json(taken.result)) return json_response(400, "{\"success\":false,\"message\":\"malformed JSON\"}\n");
  return json_response(200, "{\"success\":true}\n");
}

HttpResponse reply_plausible(const TakenRequest& taken) {
  if (!taken.result.any_json) return failure(400, "the body is no JSON");
  HttpResponse response{.status = 202, .content_type = "text/plain; charset=utf-8", .body = "ok", .headers = {}};
  if (taken.result.rejected > 0) response.headers.emplace_back("x-plausible-dropped", "1");
  return response;
}

HttpResponse reply_umami(const TakenRequest& taken) {
  if (taken.result.accepted == 0) return failure(400, "the event was refused");
  // The tracker sends `cache` back with its next event. It gets the same texts again, for as long as it stays.
  std::string cache(taken.request.header("x-umami-cache"));
  if (cache.size() != 2 * kIdSize || !is_hexadecimal(cache)) cache = random_hexadecimal(2 * kIdSize, taken.random);
  return json_response(200, fmt::format("{{\"cache\":\"{}\",\"sessionId\":\"{}\",\"visitId\":\"{}\"}}\n", cache,
                                        as_uuid(std::string_view(cache).substr(0, kIdSize)),
                                        as_uuid(std::string_view(cache).substr(kIdSize))));
}

HttpResponse reply_umami_batch(const TakenRequest& taken) {
  const BodyResult& result = taken.result;
  if (was_no_json(result)) return failure(400, "the body is no JSON");
  return json_response(
      200, fmt::format("{{\"size\":{},\"processed\":{},\"errors\":{},\"details\":{}}}\n",
                       result.accepted + result.rejected, result.accepted, result.rejected, errors_json(result)));
}

HttpResponse reply_nothing(const TakenRequest&) { return empty_response(204); }

HttpResponse reply_matomo(const TakenRequest& taken) {
  constexpr std::string_view kNoImage = "send_image=0";
  const std::size_t first = taken.body.find_first_not_of(" \t\r\n");
  const bool bulk = first != std::string_view::npos && taken.body[first] == '{';
  if (bulk) {
    return json_response(200, fmt::format("{{\"status\":\"success\",\"tracked\":{},\"invalid\":{}}}\n",
                                          taken.result.accepted, taken.result.rejected));
  }
  if (has_parameter(taken.request.query, kNoImage) || has_parameter(taken.body, kNoImage)) return empty_response(204);
  return pixel_response();
}

}  // namespace weir
