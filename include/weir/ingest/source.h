// THE source table: where bytes come from. A source hands out bytes only; formats and events are behind Intake.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weir/core/result.h"
#include "weir/core/stats.h"
#include "weir/ingest/intake.h"
#include "weir/model/site.h"
#include "weir/net/http_server.h"
#include "weir/net/stream_server.h"

namespace weir {

/// Syslog datagrams: one line each.
struct SyslogOptions {
  std::string path;    // of a unix datagram socket; empty: off
  std::string listen;  // UDP; empty: off
  std::string format;  // as every format here: a name of THE format table; empty: pipeline.format
  std::size_t receive_buffer_bytes = 4 * 1024 * 1024;
};

/// Files that are read as they grow.
struct TailOptions {
  enum class From : std::uint8_t { kEnd, kStart };
  std::string path;  // may hold the wildcards of glob(7); rotated files must not match
  std::string format;
  From from = From::kEnd;  // of files that are there at the first look; later ones are read from their start
};

/// All sources' options, as in configuration under `sources`.
struct SourceOptions {
  bool http_enabled = true;
  HttpServerOptions http{.listen = {"127.0.0.1", 8080}, .client_connections = 256};
  std::size_t http_client_requests = 0;        // a second, of one client; 0: no limit
  std::vector<std::string> http_origins{"*"};  // CORS: origins allowed, or "*"
  std::vector<Site> sites;                     // with any, "*" above means the origins they allow
  std::vector<std::string> http_trusted_proxies{"127.0.0.0/8", "::1"};
  std::string http_country_header;  // believed from trusted proxies; empty: none
  std::string tcp_listen;           // empty: off
  std::string tcp_format;
  std::string unix_path;  // empty: off
  std::string unix_format;
  std::size_t stream_connections = 4096;  // of the tcp and of the unix listener, each
  bool stdin_enabled = false;
  std::string stdin_format;
  SyslogOptions syslog;
  std::vector<TailOptions> tail;
  std::string tail_state;        // file that remembers the places of tailed files; empty: off
  std::size_t tail_files = 256;  // open at once
};

/// A running source. Made, started and stopped by the ingest thread.
class Source {
 public:
  virtual ~Source() = default;
  /// One line for the log: "http://127.0.0.1:8080/v1/events".
  virtual std::string description() const = 0;
  /// The port bound, 0 when there is none. Any thread.
  virtual std::uint16_t port() const = 0;
  /// Stops taking in new data; what was received is handed to the intake. Ingest thread.
  virtual void stop() = 0;
};

/// What a source may use while it runs; all outlive it.
struct SourceContext {
  boost::asio::io_context& io;  // run by the ingest thread
  Intake& intake;
  StatBoard& stats;                       // written by the ingest thread only
  std::function<void()> on_end;           // called when a finite source (stdin) is used up; may be empty
  StatBoard& tail_stats;                  // written by the tail source's thread only
  std::function<void(std::string)> warn;  // one line for the log; any thread; may be empty
};

/// One row of THE source table.
struct SourceRow {
  SourceKind kind;
  std::string_view name;
  bool (*enabled)(const SourceOptions& options);
  Result<std::unique_ptr<Source>> (*start)(const SourceOptions& options, const SourceContext& context);
};
std::span<const SourceRow> source_table();

/// Progress of a file being read. Any thread may read it.
struct FileProgress {
  std::atomic<std::uint64_t> bytes_done{0};  // of the file as stored (compressed size for .gz)
  std::atomic<bool> cancelled{false};        // set by another thread to stop early
};

/// Says which format a text is of by its first bytes (at least 64 KiB, or all there are): a name of THE format table,
/// of static storage.
using FormatChooser = std::function<Result<std::string_view>(std::string_view head)>;

/// Reads a whole file ("-" = stdin; gzip detected by its magic bytes) into one stream of `intake` and finishes it.
/// Without `choose` the stream has the format of pipeline.format.
/// For replay; runs on the calling thread. Fails when the file cannot be opened or read, or when `choose` fails,
/// naming it and the cause.
Result<std::uint64_t> read_file(const std::string& path, Intake& intake, FileProgress& progress,
                                const FormatChooser& choose = {});

}  // namespace weir
