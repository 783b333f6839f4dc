#include "weir/net/static_file.h"

#include <fmt/format.h>

#include "weir/core/hash.h"
#include "weir/net/negotiation.h"

namespace weir {
namespace {

constexpr int kSmallest = 9;  // level of gzip: it is done once

/// If-None-Match compares weakly: a proxy that compresses marks the tag so.
bool names_tag(std::string_view list, std::string_view tag) {
  while (!list.empty()) {
    std::string_view element = next_element(list);
    if (element == "*") return true;
    if (element.starts_with("W/")) element.remove_prefix(2);
    if (element == tag) return true;
  }
  return false;
}

}  // namespace

StaticFile::StaticFile(std::string content_type, std::string_view text, Headers headers)
    : content_type_(std::move(content_type)), headers_(std::move(headers)) {
  // Not secret, and equal in all processes: several of them may stand behind one name.
  const std::string hash = fmt::format("{:016x}", Hasher(0)(text));
  plain_ = {std::string(text), fmt::format("\"{}\"", hash)};
  compressed_ = {gzip(text, kSmallest), fmt::format("\"{}-gzip\"", hash)};
}

HttpResponse StaticFile::answer(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 405,
            .content_type = "application/json",
            .body = "{\"error\":\"only GET and HEAD are answered here\"}\n",
            .headers = {{"Allow", "GET, HEAD"}}};
  }
  const bool compress = accepts_gzip(list_of(request, "Accept-Encoding"));
  const Variant& variant = compress ? compressed_ : plain_;
  HttpResponse response{.status = 200, .content_type = content_type_, .body = {}, .headers = headers_};
  response.headers.emplace_back("ETag", variant.tag);
  response.headers.emplace_back("Vary", "Accept-Encoding");
  if (names_tag(request.header("If-None-Match"), variant.tag)) {
    response.status = 304;
    return response;
  }
  response.body = variant.body;
  if (compress) response.headers.emplace_back("Content-Encoding", "gzip");
  return response;
}

}  // namespace weir
