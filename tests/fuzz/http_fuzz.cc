// Fuzz target of the public listener: what a client may send over one connection, in pieces of any size, with the
// routes, the formats and all of a server's pipeline behind it. The first byte of the input is the size of the pieces,
// 0: all at once. Must not crash or read outside its buffers, must answer in HTTP or not at all, and must be done with
// the connection once the client is.
#include "fuzz_server.h"

namespace {

using namespace weir;

SourceOptions small_listener() {
  SourceOptions options;
  options.http.listen = {"127.0.0.1", 0};
  options.http.body_bytes = 2048;
  options.http.header_bytes = 512;
  options.http.client_connections = 0;
  options.http_origins = {"https://shop.example"};
  options.http_country_header = "Country";
  return options;
}

struct Listener {
  fuzz::FuzzServer server;
  std::unique_ptr<Source> source = server.start(SourceKind::kHttp, small_listener());
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static fuzz::Renewed<Listener> renewed;
  auto& [server, source] = renewed.next();
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string said = server.talk(source->port(), bytes, data[0] == 0 ? size : data[0]);
  WEIR_CHECK(said.empty() || said.starts_with("HTTP/1.1 "));
  server.report();
  return 0;
}
