// What Weir asks of a request beyond Beast's grammar: exactly one Host in HTTP/1.1, at most one Content-Length,
// no transfer coding but chunked, no folded lines, no chunk extensions, no trailers. Every one of these has been used
// to smuggle a request past a front server.
#include "http_parser.h"

#include <boost/beast/http/error.hpp>

#include "weir/core/ascii.h"

namespace weir {
namespace {

namespace http = boost::beast::http;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

bool has_folded_line(std::string_view header) {
  for (std::size_t end = header.find('\n'); end < header.size() - 1; end = header.find('\n', end + 1)) {
    if (header[end + 1] == ' ' || header[end + 1] == '\t') return true;
  }
  return false;
}

HttpParser::HttpParser(HttpScratch& scratch, std::size_t header_bytes, std::size_t body_bytes) : scratch_(scratch) {
  scratch_.fields.clear();
  scratch_.chunked_body.clear();
  header_limit(static_cast<std::uint32_t>(header_bytes));
  body_limit(body_bytes);
}

std::string_view HttpParser::field(std::string_view name) const {
  for (const HttpField& field : scratch_.fields) {
    if (equal_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

std::vector<std::string_view> HttpParser::fields(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const HttpField& field : scratch_.fields) {
    if (equal_ignoring_case(field.name, name)) values.push_back(field.value);
  }
  return values;
}

unsigned HttpParser::status_of(const error_code& error) {
  if (error == http::error::header_limit) return 431;
  if (error == http::error::body_limit) return 413;
  return 400;
}

void HttpParser::on_request_impl(http::verb, Text method, Text target, int version, error_code&) {
  method_ = view(method);
  target_ = view(target);
  version_ = version;
}

void HttpParser::on_field_impl(http::field name, Text name_text, Text value, error_code& error) {
  if (is_header_done()) {
    error = http::error::bad_field;  // a trailer
    return;
  }
  scratch_.fields.push_back({view(name_text), view(value)});
  if (name == http::field::host) ++hosts_;
  if (name == http::field::content_length) ++lengths_;
  if (name == http::field::transfer_encoding && (!equal_ignoring_case(view(value), "chunked") || version_ < 11)) {
    error = http::error::bad_transfer_encoding;
  }
  if (name == http::field::expect) {
    expects_continue_ = equal_ignoring_case(view(value), "100-continue");
    expects_unknown_ = !expects_continue_;
  }
}

void HttpParser::on_header_impl(error_code& error) {
  const bool host_fits = hosts_ == 1 || (hosts_ == 0 && version_ < 11);
  if (!host_fits) error = http::error::bad_field;
  if (lengths_ > 1) error = http::error::multiple_content_length;
}

void HttpParser::on_chunk_header_impl(std::uint64_t, Text extensions, error_code& error) {
  if (!extensions.empty()) error = http::error::bad_chunk_extension;
}

std::size_t HttpParser::on_chunk_body_impl(std::uint64_t, Text body, error_code&) {
  scratch_.chunked_body.append(body.data(), body.size());
  return body.size();
}

}  // namespace weir
