// Fuzz target of the other sources: lines over TCP, datagrams of syslog, files plain and compressed, and tailed files
// that are rotated and cut, with the pipeline behind them. The first byte of the input chooses a row of the table at
// the end, the second the size of the pieces in which the rest comes, 0: all at once. Must not crash or read outside
// its buffers, and must account for every event.
#include <array>

#include "fuzz_server.h"
#include "scratch_folder.h"
#include "weir/ingest/tailer.h"
#include "weir/parse/parser.h"

namespace {

using namespace weir;

struct Sources {
  fuzz::FuzzServer server;
  std::unique_ptr<Source> tcp = server.start(SourceKind::kTcp, [] {
    SourceOptions options;
    options.tcp_listen = "127.0.0.1:0";
    return options;
  }());
  std::unique_ptr<Source> syslog = server.start(SourceKind::kSyslog, [] {
    SourceOptions options;
    options.syslog.listen = "127.0.0.1:0";
    options.syslog.format = "nginx_json";
    return options;
  }());
};

const fuzz::ScratchFolder& folder() {
  static const fuzz::ScratchFolder folder;
  return folder;
}

std::string_view take_piece(std::string_view& bytes, std::size_t size) {
  const std::string_view piece = bytes.substr(0, size);
  bytes.remove_prefix(piece.size());
  return piece;
}

/// Events there may be in a text: a line may hold an array of them.
std::size_t most_events(std::string_view text) { return text.size() + 1; }

std::size_t read_connection(Sources& sources, std::string_view bytes, std::size_t piece) {
  WEIR_CHECK(sources.server.talk(sources.tcp->port(), bytes, piece).empty());
  return most_events(bytes);
}

std::size_t read_datagrams(Sources& sources, std::string_view bytes, std::size_t piece) {
  static const int client = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(sources.syslog->port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::size_t datagrams = 0;
  for (; !bytes.empty(); ++datagrams) {
    const std::string_view datagram = take_piece(bytes, piece);
    const ssize_t sent = ::sendto(client, datagram.data(), datagram.size(), 0,
                                  reinterpret_cast<const sockaddr*>(&address), sizeof address);
    WEIR_CHECK(sent == static_cast<ssize_t>(datagram.size()));
    sources.server.io().poll();
  }
  return datagrams;
}

/// The size of the pieces says whether its format is to be guessed.
std::size_t read_whole_file(Sources& sources, std::string_view bytes, std::size_t piece) {
  FileProgress progress;
  const FormatChooser guess = [](std::string_view head) -> Result<std::string_view> {
    const FormatRow* const row = detect_format(head);
    return row == nullptr ? Result<std::string_view>(Error{"no format"}) : Result<std::string_view>(row->name);
  };
  const std::string path = folder().write("whole", bytes);
  const Result<std::uint64_t> size =
      read_file(path, sources.server.pipeline(), progress, piece % 2 == 0 ? guess : FormatChooser{});
  WEIR_CHECK(!size || *size == bytes.size());
  constexpr std::size_t kMostGrowth = 1100;  // of deflate
  const bool compressed = bytes.starts_with("\x1f\x8b");
  return compressed ? bytes.size() * kMostGrowth : most_events(bytes);
}

/// The first byte of each piece says what happens before the rest of it is written: 0 the file is cut to nothing, 1 it
/// is moved away, 2 the tailer starts again; anything else is part of what is written.
std::size_t read_growing_file(Sources& sources, std::string_view bytes, std::size_t piece) {
  SourceOptions options;
  options.tail = {{folder().file("tailed"), "", TailOptions::From::kStart}};
  options.tail_state = folder().file("places");
  std::filesystem::remove(options.tail_state);
  std::filesystem::remove(folder().file("tailed.1"));
  folder().write("tailed", "");
  const std::size_t most = bytes.size();
  const SourceContext context = sources.server.context();
  const auto started = [&] {
    return std::make_unique<Tailer>(options,
                                    TailerContext{context.intake, context.tail_stats, sources.server.clock(), {}});
  };
  std::unique_ptr<Tailer> tailer = started();
  while (!bytes.empty()) {
    std::string_view text = take_piece(bytes, piece);
    const char change = text[0];
    if (change >= 0 && change <= 2) text.remove_prefix(1);
    if (change == 1) std::filesystem::rename(folder().file("tailed"), folder().file("tailed.1"));
    if (change == 2) {
      tailer->save();
      tailer = started();
    }
    folder().write("tailed", text, change == 0 ? O_TRUNC : O_APPEND);
    sources.server.clock().advance(Tailer::kScanMs);
    constexpr int kMostRounds = 1000;
    for (int rounds = 0; tailer->round() != Tailer::Round::kAtEnd; ++rounds) WEIR_CHECK(rounds < kMostRounds);
  }
  return most;
}

/// THE sources; each returns how many events it can have received at most.
constexpr std::array kSources{read_connection, read_datagrams, read_whole_file, read_growing_file};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static fuzz::Renewed<Sources> renewed;
  Sources& sources = renewed.next();
  fuzz::FuzzServer& server = sources.server;
  server.report();
  const std::int64_t before = server.pipeline().report()->stats.received();
  // In memory of its own, so that reading past it is seen.
  const std::string bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t most = kSources[data[0] % kSources.size()](sources, bytes, data[1] == 0 ? size : data[1]);
  server.report();
  const std::int64_t received = server.pipeline().report()->stats.received() - before;
  WEIR_CHECK(received >= 0 && static_cast<std::size_t>(received) <= most);
  return 0;
}
