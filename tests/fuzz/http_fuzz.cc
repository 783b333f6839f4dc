// Fuzz target of the public listener: what a client may send over one connection, in pieces of any size, with the
// routes and the formats behind them. The first byte of the input is the size of the pieces, 0: all at once. Must not
// crash or read outside its buffers, must answer in HTTP or not at all, and must be done with the connection once the
// client is.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/check.h"
#include "weir/core/ip_address.h"
#include "weir/ingest/source.h"
#include "weir/parse/parser.h"

namespace {

using namespace weir;

/// Parses bodies, and forgets what was in them. Every third is kept some time after it was taken.
class ParsingIntake final : public Intake {
 public:
  std::unique_ptr<ByteStream> open_stream(SourceKind, std::string_view) override { return nullptr; }
  BodyResult take_body(std::string_view body, const Origin& origin, const Wording& wording) override {
    WEIR_CHECK(parse_ip_address(origin.address).has_value());
    const FormatRow* const row = find_format(wording.format.empty() ? "native" : wording.format);
    WEIR_CHECK(row != nullptr);
    std::unique_ptr<Parser>& parser = parsers_[row];
    if (parser == nullptr) parser = row->make({.line_bytes = 1024, .depth = 6});
    BodyResult result;
    parser->begin(body, Framing::kDocument, {wording.call, wording.query});
    while (const std::size_t count = parser->next(parsed_)) {
      for (std::size_t i = 0; i < count; ++i) {
        result.any_json = result.any_json || !parsed_[i].rejected;
        ++(parsed_[i].rejected ? result.rejected : result.accepted);
        if (!parsed_[i].rejected || result.errors.size() >= 10) continue;
        result.errors.push_back({parsed_[i].line_number, name_of(parsed_[i].reason)});
      }
    }
    result.durable_at = ++taken_ % 3 == 0 ? taken_ : 0;
    return result;
  }
  std::uint64_t keep_bodies() override { return taken_; }
  std::optional<Stat> refusal() const override { return std::nullopt; }
  void count_refused(std::size_t, Stat) override {}

 private:
  std::map<const FormatRow*, std::unique_ptr<Parser>> parsers_;
  std::array<ParsedEvent, 32> parsed_;
  std::uint64_t taken_ = 0;
};

/// The listener, which goes on when the client lets it: nothing here depends on the time.
class Listener {
 public:
  Listener() {
    SourceOptions options;
    options.http.listen = {"127.0.0.1", 0};
    options.http.body_bytes = 2048;
    options.http.header_bytes = 512;
    options.http.client_connections = 0;
    options.http_origins = {"https://shop.example"};
    options.http_country_header = "Country";
    const auto row =
        std::ranges::find_if(source_table(), [](const SourceRow& any) { return any.kind == SourceKind::kHttp; });
    source_ = *row->start(options, {io_, intake_, stats_, {}, tail_stats_, {}});
  }

  /// Sends all of it in pieces, reads until the listener closes, and returns what it said.
  std::string talk(std::string_view bytes, std::size_t piece) {
    const int client = connected();
    said_.clear();
    bool open = true;
    while (open && !bytes.empty()) {
      const ssize_t sent = ::send(client, bytes.data(), std::min(piece, bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
      io_.poll();
      open = listen_to(client) && (sent > 0 || errno == EAGAIN);
    }
    ::shutdown(client, SHUT_WR);
    for (int turns = 0; open; ++turns) {
      constexpr int kMostTurns = 40;
      WEIR_CHECK(turns < kMostTurns);
      io_.run_one_for(std::chrono::milliseconds(100));
      io_.poll();
      open = listen_to(client);
    }
    ::close(client);
    io_.poll();
    return said_;
  }

 private:
  /// Ends by a reset, so that ends of connections do not pile up in the system.
  int connected() const {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    WEIR_CHECK(client >= 0);
    const linger reset{1, 0};
    WEIR_CHECK(::setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(source_->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    WEIR_CHECK(::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return client;
  }
  /// Reads what there is. False when the listener has closed.
  bool listen_to(int client) {
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t size = ::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size > 0) {
        said_.append(buffer.data(), static_cast<std::size_t>(size));
      } else {
        return size < 0 && errno == EAGAIN;
      }
    }
  }

  boost::asio::io_context io_;
  ParsingIntake intake_;
  StatBoard stats_;
  StatBoard tail_stats_;
  std::unique_ptr<Source> source_;
  std::string said_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static Listener listener;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string said = listener.talk(bytes, data[0] == 0 ? size : data[0]);
  WEIR_CHECK(said.empty() || said.starts_with("HTTP/1.1 "));
  return 0;
}
