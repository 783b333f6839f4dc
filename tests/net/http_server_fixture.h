// A running HttpServer with a handler that echoes what it was given; shared by the tests of the server.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "support/http_client.h"
#include "support/io_thread.h"
#include "weir/net/http_server.h"

namespace weir {

class HttpServerTest : public testing::Test {
 protected:
  using Client = support::SocketClient;

  void TearDown() override {
    if (server_) thread_.run([this] { server_.reset(); });
  }

  void start(HttpServerOptions options = {}) { start(std::move(options), echo); }

  void start(HttpServerOptions options, HttpHandler handler) {
    options.listen = {"127.0.0.1", 0};
    auto server =
        thread_.run([&] { return HttpServer::listen(thread_.io(), options, std::move(handler), &stats_, true); });
    ASSERT_TRUE(server.has_value()) << server.error().message;
    server_ = std::move(*server);
  }

  /// Answers with the parts of the request; "/throw" throws, "/empty" answers 204, "/size/N" answers N bytes.
  static HttpResponse echo(const HttpRequest& request) {
    if (request.path == "/throw") throw std::runtime_error("handler failed");
    if (request.path == "/empty") return {.status = 204, .content_type = {}, .body = "never sent", .headers = {}};
    HttpResponse response{.status = 200, .content_type = "text/plain", .body = {}, .headers = {}};
    if (request.path.starts_with("/size/")) {
      response.body.assign(std::stoul(std::string(request.path.substr(6))), 'x');
      return response;
    }
    // The promise of readable bytes behind the body is checked by reading them.
    unsigned sum = 0;
    for (std::size_t i = 0; i < kHttpBodyPadding; ++i)
      sum += static_cast<unsigned char>(request.body.data()[request.body.size() + i]);
    response.headers.emplace_back("X-Padding", std::to_string(sum));
    response.headers.emplace_back("X-Agent", std::string(request.header("uSER-aGENT")));
    response.body.append(request.method).append(" ").append(request.path).append("|").append(request.query);
    response.body.append("|").append(request.peer_address).append("|").append(request.body);
    return response;
  }

  std::uint16_t port() const { return server_->port(); }
  std::int64_t stat(Stat stat) const { return stats_.read()[stat]; }
  std::string echoed(std::string_view start, std::string_view body = {}) const {
    return std::string(start).append("|127.0.0.1|").append(body);
  }
  /// Waits until the io thread has handled everything it knew of.
  void settle() {
    thread_.run([] {});
  }

  StatBoard stats_;
  support::IoThread thread_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace weir
