// See pixel.h.
#include "pixel.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "replies.h"
#include "weir/core/text.h"

namespace weir {
namespace {

struct Parameter {
  std::string_view field;  // of the native event; also the parameter's name
  std::string_view alias;  // a short name for it; empty: none
};

/// What a query may say. Times are left out: an image is an event of now.
constexpr std::array kParameters{
    Parameter{"type", "t"},    Parameter{"url", "u"},  Parameter{"referrer", "r"}, Parameter{"site", "s"},
    Parameter{"name", "n"},    Parameter{"id", ""},    Parameter{"visitor", ""},   Parameter{"order", ""},
    Parameter{"currency", ""}, Parameter{"value", ""}, Parameter{"source", ""},    Parameter{"medium", ""},
    Parameter{"campaign", ""},
};

/// The first value of a parameter that is not empty, as it is written.
std::string_view raw_value(std::string_view query, const Parameter& parameter) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos || equals + 1 == pair.size()) continue;
    const std::string_view name = pair.substr(0, equals);
    if (name == parameter.field || (name == parameter.alias && !name.empty())) return pair.substr(equals + 1);
  }
  return {};
}

void append_quoted(std::string& json, std::string_view text) {
  json += '"';
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (byte < 0x20) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", static_cast<unsigned>(byte));
      continue;
    }
    if (letter == '"' || letter == '\\') json += '\\';
    json += letter;
  }
  json += '"';
}

/// True for digits with at most one point among them: a number in JSON, but for zeros in front.
bool is_amount(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view rest = point == std::string_view::npos ? "0" : text.substr(point + 1);
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return digits(whole) && digits(rest) && (whole.size() == 1 || whole[0] != '0');
}

void append_field(std::string& json, std::string_view field, std::string_view value) {
  json += json.size() == 1 ? "\"" : ",\"";
  json.append(field).append("\":");
  if (field == "value" && is_amount(value)) {
    json += value;
  } else {
    append_quoted(json, value);
  }
}

}  // namespace

std::string pixel_event(std::string_view query, std::string_view page) {
  std::string json = "{";
  for (const Parameter& parameter : kParameters) {
    const std::string value = decode_query_value(raw_value(query, parameter));
    if (!value.empty()) {
      append_field(json, parameter.field, value);
    } else if (parameter.field == "type") {
      append_field(json, parameter.field, "page_view");
    } else if (parameter.field == "url" && !page.empty()) {
      append_field(json, parameter.field, page);
    }
  }
  return json += "}";
}

std::optional<HttpResponse> answer_pixel(const HttpRequest& request, const Origin& origin, Intake& intake) {
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = failure(405, "only GET and HEAD are answered here");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (request.method == "GET") {
    std::string body = pixel_event(request.query, request.header("Referer"));
    const std::size_t size = body.size();
    body.append(kHttpBodyPadding, '\0');
    // What became of it shows in weir_events_rejected_total.
    const BodyResult result = intake.take_body(std::string_view(body).substr(0, size), origin,
                                               Wording{.format = "native", .call = {}, .query = {}});
    if (result.refused) return std::nullopt;
    HttpResponse response = pixel_response();
    response.held_until = result.durable_at;
    return response;
  }
  return pixel_response();
}

}  // namespace weir
