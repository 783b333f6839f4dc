// THE source table. A new source is one row here, one file beside, and its options in source.h.
#include <array>

#include "source_rows.h"
#include "weir/ingest/source.h"

namespace weir {
namespace {

constexpr std::array kSources{
    SourceRow{SourceKind::kHttp, "http", [](const SourceOptions& options) { return options.http_enabled; },
              start_http_source},
    SourceRow{SourceKind::kTcp, "tcp", [](const SourceOptions& options) { return !options.tcp_listen.empty(); },
              start_tcp_source},
    SourceRow{SourceKind::kUnix, "unix", [](const SourceOptions& options) { return !options.unix_path.empty(); },
              start_unix_source},
    SourceRow{SourceKind::kStdin, "stdin", [](const SourceOptions& options) { return options.stdin_enabled; },
              start_stdin_source},
    SourceRow{
        SourceKind::kSyslog, "syslog",
        [](const SourceOptions& options) { return !options.syslog.path.empty() || !options.syslog.listen.empty(); },
        start_syslog_source},
    SourceRow{SourceKind::kTail, "tail", [](const SourceOptions& options) { return !options.tail.empty(); },
              start_tail_source},
};

}  // namespace

std::span<const SourceRow> source_table() { return kSources; }

}  // namespace weir
