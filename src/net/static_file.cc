#include "weir/net/static_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include "weir/core/check.h"
#include "weir/core/hash.h"

namespace weir {
namespace {

std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  WEIR_CHECK(::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 9, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  WEIR_CHECK(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

/// The next element of a comma-separated header value, without white space around it; takes it off the front.
std::string_view next_element(std::string_view& list) {
  const std::size_t comma = list.find(',');
  std::string_view element = list.substr(0, comma);
  list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  const std::size_t from = element.find_first_not_of(" \t");
  if (from == std::string_view::npos) return {};
  return element.substr(from, element.find_last_not_of(" \t") - from + 1);
}

/// True for "gzip" in an Accept-Encoding, unless its weight is zero.
bool accepts_gzip(std::string_view list) {
  while (!list.empty()) {
    const std::string_view element = next_element(list);
    const std::size_t end = element.find_first_of("; \t");
    if (element.substr(0, end) != "gzip" && element.substr(0, end) != "x-gzip") continue;
    const std::size_t weight = element.find("q=");
    return weight == std::string_view::npos || element.find_first_not_of("0.", weight + 2) != std::string_view::npos;
  }
  return false;
}

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
  compressed_ = {gzip(text), fmt::format("\"{}-gzip\"", hash)};
}

HttpResponse StaticFile::answer(const HttpRequest& request) const {
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 405,
            .content_type = "application/json",
            .body = "{\"error\":\"only GET and HEAD are answered here\"}\n",
            .headers = {{"Allow", "GET, HEAD"}}};
  }
  const bool compress = accepts_gzip(request.header("Accept-Encoding"));
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
