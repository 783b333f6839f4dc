// Responses as bytes; see http_response.h.
#include "http_response.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <iterator>

namespace weir {
namespace {

bool is_header_text(std::string_view text) {
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return false;
  }
  return true;
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  if (name.empty() || !is_header_text(name) || !is_header_text(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

std::string_view explanation_of(unsigned status) {
  switch (status) {
    case 408:
      return "the request took too long";
    case 413:
      return "the body is over the limit";
    case 417:
      return "only 100-continue can be expected";
    case 431:
      return "the header is over the limit";
    case 500:
      return "the server failed to answer";
    case 503:
      return "too much is under way; try again later";
    default:
      return "not a well-formed HTTP/1.1 request";
  }
}

}  // namespace

std::string_view reason_of(unsigned status) {
  const auto text = boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(status));
  if (text.empty() || status < 100) return "Status";
  return {text.data(), text.size()};
}

void append_response(std::string& out, const HttpResponse& response, AfterResponse after, ResponseBody body) {
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nServer: weir\r\nX-Content-Type-Options: nosniff\r\n",
                 response.status, reason_of(response.status));
  const bool bodiless = response.status < 200 || response.status == 204 || response.status == 304;
  if (!bodiless) {
    if (!response.content_type.empty()) append_header(out, "Content-Type", response.content_type);
    if (after != AfterResponse::kStream) {
      fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    }
  }
  for (const auto& [name, value] : response.headers) append_header(out, name, value);
  if (after == AfterResponse::kClose || after == AfterResponse::kStream) out.append("Connection: close\r\n");
  if (after == AfterResponse::kKeepOpenAndSaySo) out.append("Connection: keep-alive\r\n");
  out.append("\r\n");
  if (!bodiless && body == ResponseBody::kSend) out.append(response.body);
}

HttpResponse refusal(unsigned status) {
  HttpResponse response{.status = status,
                        .content_type = "application/json",
                        .body = fmt::format("{{\"error\":\"{}\"}}\n", explanation_of(status)),
                        .headers = {}};
  if (status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

}  // namespace weir
