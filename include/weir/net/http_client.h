// HttpClient: a small blocking client for a kept connection to a server of ours (demo traffic, weir top), also over TLS.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "weir/core/result.h"
#include "weir/net/address.h"

namespace weir {

struct HttpReply {
  unsigned status = 0;
  std::string body;
};

/// A server of ours, as a url names it.
struct HttpServerUrl {
  ListenAddress address;
  bool tls = false;
  std::string host;         // as written: a numeric address or localhost; the certificate must be for it
  std::string credentials;  // "user:password" for basic authentication; empty: none
};

/// Reads "http://127.0.0.1:9464/", "https://user:password@[::1]:9464", "127.0.0.1:9464" or ":9464"; a name or password
/// may be percent-encoded. Fails with what was found, but for a password, and what is expected.
Result<HttpServerUrl> parse_server_url(std::string_view url);

/// One connection, opened at the first request and again when it was lost. Owned by one thread.
class HttpClient {
 public:
  explicit HttpClient(ListenAddress server);
  /// `ca_file` holds who may have signed the server's certificate (PEM); empty: whom the system trusts.
  HttpClient(HttpServerUrl server, std::string ca_file);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Has `patient` asked every 50 ms while the server keeps get() or post() waiting, on the same thread. False ends the
  /// wait with an error, and the connection with it.
  void set_patience(std::function<bool()> patient) { patient_ = std::move(patient); }

  /// GETs a path with its query, and says what type of answer is wanted. Waits and fails as post() does, but asks once
  /// more when the server has closed the kept connection.
  Result<HttpReply> get(std::string_view path, std::string_view accept);
  /// POSTs `body` and waits for the answer: 10 s at most to connect, to send and to receive each. Fails with the
  /// server's address and the cause.
  Result<HttpReply> post(std::string_view path, std::string_view content_type, std::string_view body);

 private:
  struct Connection;
  struct Request;
  Result<HttpReply> exchange(const Request& request);
  HttpServerUrl server_;
  std::string ca_file_;
  std::function<bool()> patient_;  // empty: as patient as the timeouts are
  std::unique_ptr<Connection> connection_;
};

}  // namespace weir
