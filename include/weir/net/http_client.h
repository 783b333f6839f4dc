// HttpClient: a small blocking client for a kept connection to a server of ours (demo traffic, weir top).
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

/// One connection, opened at the first request and again when it was lost. Owned by one thread.
class HttpClient {
 public:
  explicit HttpClient(ListenAddress server);
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
  ListenAddress server_;
  std::function<bool()> patient_;  // empty: as patient as the timeouts are
  std::unique_ptr<Connection> connection_;
};

}  // namespace weir
