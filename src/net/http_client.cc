#include "weir/net/http_client.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "weir/net/secret.h"

namespace weir {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::chrono::seconds kTimeout{10};
constexpr std::chrono::milliseconds kPatienceAsked{50};     // so often
constexpr std::uint64_t kLargestAnswer = 64 * 1024 * 1024;  // bytes

using Response = http::response_parser<http::string_body>;

/// What a request meets whose kept connection the server has closed meanwhile.
bool is_lost_connection(const beast::error_code& error) {
  return error == http::error::end_of_stream || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe;
}

}  // namespace

struct HttpClient::Request : http::request<http::string_body> {
  using http::request<http::string_body>::request;
};

struct HttpClient::Connection {
  explicit Connection(const std::function<bool()>& asked) : patient(asked) {}

  asio::io_context io{1};
  beast::tcp_stream stream{io};
  asio::ssl::context tls_context{asio::ssl::context::tls_client};
  std::optional<asio::ssl::stream<beast::tcp_stream&>> tls;  // none: plain HTTP
  beast::flat_buffer buffer;
  const std::function<bool()>& patient;

  /// Runs one asynchronous operation to its end, so that the stream's timeout applies.
  template <class Start>
  beast::error_code complete(Start start) {
    beast::error_code result;
    stream.expires_after(kTimeout);
    start([&result](beast::error_code error, auto&&...) { result = error; });
    io.restart();
    if (patient) {
      for (io.run_for(kPatienceAsked); !io.stopped() && patient();) io.run_for(kPatienceAsked);
      if (!io.stopped()) stream.close();  // which ends the operation
    }
    io.run();
    return result;
  }

  beast::error_code connect(const ListenAddress& server) {
    beast::error_code error;
    const auto address = asio::ip::make_address(server.host, error);
    if (error) return error;
    return complete([&](auto done) {
      stream.async_connect(asio::ip::tcp::endpoint(address, server.port),
                           [done](beast::error_code e) mutable { done(e); });
    });
  }

  /// The handshake; the certificate must be for the host of the url and signed by whom we trust.
  beast::error_code secure(const HttpServerUrl& server, const std::string& ca_file) {
    beast::error_code error;
    if (ca_file.empty()) {
      tls_context.set_default_verify_paths(error);
    } else {
      tls_context.load_verify_file(ca_file, error);
    }
    if (error) return error;
    tls.emplace(stream, tls_context);
    tls->set_verify_mode(asio::ssl::verify_peer, error);
    if (error) return error;
    SSL* const session = tls->native_handle();
    const bool numeric = ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(session), server.host.c_str()) == 1;
    if (!numeric && (::SSL_set1_host(session, server.host.c_str()) != 1 ||
                     ::SSL_set_tlsext_host_name(session, server.host.c_str()) != 1)) {
      return asio::error::invalid_argument;
    }
    return complete([&](auto done) {
      tls->async_handshake(asio::ssl::stream_base::client, [done](beast::error_code e) mutable { done(e); });
    });
  }

  template <class Stream>
  beast::error_code exchange_over(Stream& over, const Request& request, Response& response) {
    const beast::error_code error = complete([&](auto done) {
      http::async_write(over, request, [done](beast::error_code e, std::size_t) mutable { done(e); });
    });
    if (error) return error;
    return complete([&](auto done) {
      http::async_read(over, buffer, response, [done](beast::error_code e, std::size_t) mutable { done(e); });
    });
  }
  beast::error_code exchange(const Request& request, Response& response) {
    return tls ? exchange_over(*tls, request, response) : exchange_over(stream, request, response);
  }
};

HttpClient::HttpClient(ListenAddress server)
    : server_{.address = std::move(server), .tls = false, .host = {}, .credentials = {}} {}
HttpClient::HttpClient(HttpServerUrl server, std::string ca_file)
    : server_(std::move(server)), ca_file_(std::move(ca_file)) {}
HttpClient::~HttpClient() = default;

Result<HttpReply> HttpClient::get(std::string_view path, std::string_view accept) {
  Request request(http::verb::get, beast::string_view(path.data(), path.size()), 11);
  request.set(http::field::accept, beast::string_view(accept.data(), accept.size()));
  request.set(http::field::host, to_string(server_.address));
  if (!server_.credentials.empty()) {
    request.set(http::field::authorization, "Basic " + encode_base64(server_.credentials));
  }
  return exchange(request);
}

Result<HttpReply> HttpClient::post(std::string_view path, std::string_view content_type, std::string_view body) {
  Request request(http::verb::post, beast::string_view(path.data(), path.size()), 11);
  request.set(http::field::host, to_string(server_.address));
  request.set(http::field::content_type, beast::string_view(content_type.data(), content_type.size()));
  request.body() = body;
  request.prepare_payload();
  return exchange(request);
}

Result<HttpReply> HttpClient::exchange(const Request& request) {
  // A server may close a kept connection at any moment. To ask once more does no harm; a post might be taken twice.
  const bool may_repeat = connection_ != nullptr && request.method() == http::verb::get;
  std::optional<Response> response;
  const auto attempt = [&] {
    response.emplace();
    response->body_limit(kLargestAnswer);
    beast::error_code error;
    if (!connection_) {
      connection_ = std::make_unique<Connection>(patient_);
      error = connection_->connect(server_.address);
      if (!error && server_.tls) error = connection_->secure(server_, ca_file_);
    }
    if (!error) error = connection_->exchange(request, *response);
    if (error || !response->keep_alive()) connection_.reset();
    return error;
  };
  beast::error_code error = attempt();
  if (may_repeat && is_lost_connection(error)) error = attempt();
  if (error) {
    const std::string path(request.target());
    return Error{fmt::format("{}://{}{}: {}", server_.tls ? "https" : "http", to_string(server_.address),
                             path.substr(0, path.find('?')), error.message())};
  }
  return HttpReply{response->get().result_int(), std::move(response->get().body())};
}

}  // namespace weir
