// HttpParser: Beast's strict HTTP/1.1 grammar without its containers. Fields are views into the connection's buffer,
// so a request costs no allocation. Refuses what Beast lets pass: see http_parser.cc.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// One header field. Views into the bytes given to the parser.
struct HttpField {
  std::string_view name;
  std::string_view value;
};

/// Memory a connection keeps from request to request.
struct HttpScratch {
  std::vector<HttpField> fields;
  std::string chunked_body;
};

/// Parses one request; make a new one for the next. After the header, only a chunked body is fed to it: the caller
/// takes a body of known length by itself.
class HttpParser final : public boost::beast::http::basic_parser<true> {
 public:
  using error_code = boost::system::error_code;

  HttpParser(HttpScratch& scratch, std::size_t header_bytes, std::size_t body_bytes);

  std::string_view method() const { return method_; }
  std::string_view target() const { return target_; }
  /// 10 or 11.
  int version() const { return version_; }
  /// Value of the first field of that name, in any case; empty when absent.
  std::string_view field(std::string_view name) const;
  /// Values of all fields of that name, in their order.
  std::vector<std::string_view> fields(std::string_view name) const;
  /// True when the client waits for "100 Continue" before it sends the body.
  bool expects_continue() const { return expects_continue_; }
  /// True when the client expects something unknown (417).
  bool expects_unknown() const { return expects_unknown_; }

  /// The status with which a failed parse is answered.
  static unsigned status_of(const error_code& error);

 private:
  using Text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb verb, Text method, Text target, int version,
                       error_code& error) override;
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field name, Text name_text, Text value, error_code& error) override;
  void on_header_impl(error_code& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t size, Text extensions, error_code& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t remaining, Text body, error_code& error) override;
  void on_finish_impl(error_code&) override {}

  HttpScratch& scratch_;
  std::string_view method_;
  std::string_view target_;
  int version_ = 11;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  bool expects_continue_ = false;
  bool expects_unknown_ = false;
};

/// True when a header, as received, continues a field on a further line. Beast joins such lines in a buffer of its
/// own that ends before the field is used, so they are looked for in the bytes.
bool has_folded_line(std::string_view header);

}  // namespace weir
