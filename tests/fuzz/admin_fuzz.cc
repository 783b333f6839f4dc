// Fuzz target of the admin listener: what may come over one connection, in pieces of any size; behind it every sink
// with a path, the live page and the live feed, over reports that have something in them. The first byte of the input
// is the size of the pieces, 0: all at once. Must not crash or read outside its buffers, must answer in HTTP or not at
// all, must end with the client, streams included, and must change nothing.
#include "../../src/app/admin_endpoint.h"
#include "fuzz_server.h"

namespace {

using namespace weir;

class Admin {
 public:
  Admin() {
    constexpr std::string_view kVisit =
        R"({"type":"page_view","ts":1799999990000,"visitor":"a","url":"https://s.example/p?utm_campaign=c"})"
        "\n"
        R"({"type":"conversion","ts":1799999995000,"visitor":"a","url":"/q","value":3,"currency":"EUR"})"
        "\nnothing\n";
    const std::unique_ptr<ByteStream> stream = server_.pipeline().open_stream(SourceKind::kFile);
    stream->write(kVisit);
    stream->finish();
    server_.stats().set(Stat::kReady, 1);
    HttpServerOptions options;
    options.listen = {"127.0.0.1", 0};
    options.header_bytes = 512;
    listener_ = *HttpServer::listen(
        server_.io(), options, [this](const HttpRequest& request) { return endpoint_.handle(request); }, nullptr,
        false);
  }

  void talk(std::string_view bytes, std::size_t piece) {
    server_.report();
    const StatValues before = server_.pipeline().report()->stats;
    const std::string said = server_.talk(listener_->port(), bytes, piece, [this] { feed(); });
    WEIR_CHECK(said.empty() || said.starts_with("HTTP/1.1 "));
    live_.publish();  // to readers that went away
    endpoint_.forget_old();
    WEIR_CHECK(live_.stats()[Stat::kLiveStreamsOpen] == 0);
    WEIR_CHECK(server_.pipeline().report()->stats.received() == before.received());
  }

 private:
  /// Sends to whoever reads the live feed.
  void feed() {
    for (int events = 0; events < 3; ++events) {
      server_.clock().advance(LiveFeed::kIdleMs);
      server_.report();
      live_.publish();
      server_.io().poll();
    }
  }

  fuzz::FuzzServer server_;
  LiveFeed live_{[this] { return server_.pipeline().report(); }, server_.clock(), 2};
  AdminEndpoint endpoint_{server_.pipeline(), server_.stats(), SinkOptions{}, live_, server_.clock()};
  std::unique_ptr<HttpServer> listener_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static fuzz::Renewed<Admin> renewed;
  renewed.next().talk({reinterpret_cast<const char*>(data) + 1, size - 1}, data[0] == 0 ? size : data[0]);
  return 0;
}
