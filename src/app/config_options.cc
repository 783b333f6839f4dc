// The rows of THE option table, in the order of config/weir.yaml. No behaviour here: that is in config_kinds.cc.
#include "weir/app/config_options.h"

#include <array>

#include "weir/app/config_kinds.h"

namespace weir {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;

// Shortens `[](Config& config) -> OptionSlot { return &config.FIELD; }`, which every row needs.
#define WEIR_FIELD(field) [](Config& config) -> OptionSlot { return &config.field; }

// clang-format off: one option reads as a block of its own.
constexpr std::array kOptions{
    OptionRow{"sources.http.enabled", &kBooleanKind, WEIR_FIELD(sources.http_enabled), 0, 0, "",
              "Take events over HTTP: POST /v1/events, the paths of other tools, the tracker and the pixel."},
    OptionRow{"sources.http.listen", &kListenKind, WEIR_FIELD(sources.http.listen), 0, 0, "",
              "Address and port of the public listener. Port 0 lets the system choose."},
    OptionRow{"sources.http.origins", &kOriginsKind, WEIR_FIELD(sources.http_origins), 0, 100, "origins",
              "Web origins whose pages may send events from a browser (CORS); \"*\" means all."},
    OptionRow{"sources.http.trusted_proxies", &kNetworksKind, WEIR_FIELD(sources.http_trusted_proxies), 0, 100,
              "networks", "Proxies whose X-Forwarded-For or Forwarded header tells the address of the client."},
    OptionRow{"sources.http.country_header", &kHeaderOrOffKind, WEIR_FIELD(sources.http_country_header), 1, 64, "bytes",
              "Header in which a trusted proxy says the country of the client, such as CF-IPCountry."},
    OptionRow{"sources.http.body_bytes", &kSizeKind, WEIR_FIELD(sources.http.body_bytes), kKiB, 64 * kMiB, "bytes",
              "Longest request body; a longer one is answered with 413."},
    OptionRow{"sources.http.body_memory_bytes", &kSizeKind, WEIR_FIELD(sources.http.body_memory_bytes), kMiB, 64 * kGiB,
              "bytes", "Large bodies of all connections together; beyond it requests are answered with 503."},
    OptionRow{"sources.http.header_bytes", &kSizeKind, WEIR_FIELD(sources.http.header_bytes), kKiB, kMiB, "bytes",
              "Longest request head; a longer one is answered with 431."},
    OptionRow{"sources.http.request_timeout", &kDurationKind, WEIR_FIELD(sources.http.request_timeout_ms), 100,
              10 * kMinute, "", "How long a request may take from its first byte to its last; then 408."},
    OptionRow{"sources.http.idle_timeout", &kDurationKind, WEIR_FIELD(sources.http.idle_timeout_ms), 100, kHour, "",
              "How long a kept connection may be silent between two requests."},
    OptionRow{"sources.http.connections", &kIntegerKind, WEIR_FIELD(sources.http.connections), 1, 65'536, "connections",
              "Connections open at once; further ones are closed and counted."},
    OptionRow{
        "sources.http.client_connections", &kIntegerOrOffKind, WEIR_FIELD(sources.http.client_connections), 1, 65'536,
        "connections",
        "Connections open at once from one address that is no trusted proxy; further ones are closed and counted."},
    OptionRow{"sources.http.client_requests", &kIntegerOrOffKind, WEIR_FIELD(sources.http_client_requests), 1,
              1'000'000, "requests",
              "Requests a second from one client, up to two seconds ahead; more are answered with 429 and counted."},
    OptionRow{"sources.tcp.listen", &kListenOrOffKind, WEIR_FIELD(sources.tcp_listen), 0, 0, "",
              "Address and port of the TCP listener for one JSON event per line."},
    OptionRow{"sources.tcp.format", &kSourceFormatKind, WEIR_FIELD(sources.tcp_format), 0, 0, "",
              "Format of its lines. default: pipeline.format."},
    OptionRow{"sources.unix.path", &kPathOrOffKind, WEIR_FIELD(sources.unix_path), 1, 107, "bytes",
              "Path of the unix socket for one JSON event per line."},
    OptionRow{"sources.unix.format", &kSourceFormatKind, WEIR_FIELD(sources.unix_format), 0, 0, "",
              "Format of its lines. default: pipeline.format."},
    OptionRow{"sources.stream_connections", &kIntegerKind, WEIR_FIELD(sources.stream_connections), 1, 65'536,
              "connections", "Connections open at once on the TCP listener, and as many on the unix socket."},
    OptionRow{"sources.stdin.enabled", &kBooleanKind, WEIR_FIELD(sources.stdin_enabled), 0, 0, "",
              "Read events from standard input, one per line."},
    OptionRow{"sources.stdin.format", &kSourceFormatKind, WEIR_FIELD(sources.stdin_format), 0, 0, "",
              "Format of its lines. default: pipeline.format."},
    OptionRow{"sources.syslog.path", &kPathOrOffKind, WEIR_FIELD(sources.syslog.path), 1, 107, "bytes",
              "Path of the unix datagram socket for syslog messages, one event each."},
    OptionRow{"sources.syslog.listen", &kListenOrOffKind, WEIR_FIELD(sources.syslog.listen), 0, 0, "",
              "Address and UDP port for syslog messages, one event each. UDP may lose some: prefer the unix socket."},
    OptionRow{"sources.syslog.format", &kSourceFormatKind, WEIR_FIELD(sources.syslog.format), 0, 0, "",
              "Format of what is behind the syslog header. default: pipeline.format."},
    OptionRow{"sources.syslog.receive_buffer", &kSizeKind, WEIR_FIELD(sources.syslog.receive_buffer_bytes), 64 * kKiB,
              kGiB, "bytes", "Room asked of the system for datagrams not read yet; net.core.rmem_max bounds it."},
    OptionRow{"sources.tail", &kTailKind, WEIR_FIELD(sources.tail), 0, 64, "files",
              "Files that are read as they grow, through rotation. A path may hold wildcards; rotated files must not "
              "match."},
    OptionRow{"sources.tail_state", &kPathOrOffKind, WEIR_FIELD(sources.tail_state), 1, 4091, "bytes",
              "File that remembers how far tailed files were read. Off: a restart begins again by each file's from."},
    OptionRow{"sources.tail_files", &kIntegerKind, WEIR_FIELD(sources.tail_files), 1, 4096, "files",
              "Tailed files open at once, rotated ones included; further ones have to wait."},

    OptionRow{"admin.listen", &kListenKind, WEIR_FIELD(admin.listen), 0, 0, "",
              "Address and port of /metrics, the health checks, the report and the live page."},
    OptionRow{"admin.web_config", &kPathOrOffKind, WEIR_FIELD(web_config), 1, 4095, "bytes",
              "File with TLS and users for it, in the format of Prometheus's --web.config.file."},
    OptionRow{"admin.body_bytes", &kSizeKind, WEIR_FIELD(admin.body_bytes), kKiB, 64 * kMiB, "bytes",
              "Longest request body. The admin listener uses no bodies; this only bounds mistaken clients."},
    OptionRow{"admin.body_memory_bytes", &kSizeKind, WEIR_FIELD(admin.body_memory_bytes), kMiB, 64 * kGiB, "bytes",
              "Large bodies of all connections together."},
    OptionRow{"admin.header_bytes", &kSizeKind, WEIR_FIELD(admin.header_bytes), kKiB, kMiB, "bytes",
              "Longest request head."},
    OptionRow{"admin.request_timeout", &kDurationKind, WEIR_FIELD(admin.request_timeout_ms), 100, 10 * kMinute, "",
              "How long a request may take from its first byte to its last."},
    OptionRow{"admin.idle_timeout", &kDurationKind, WEIR_FIELD(admin.idle_timeout_ms), 100, kHour, "",
              "How long a kept connection may be silent between two requests, such as two scrapes."},
    OptionRow{"admin.connections", &kIntegerKind, WEIR_FIELD(admin.connections), 1, 65'536, "connections",
              "Connections open at once; further ones are closed and counted."},
    OptionRow{"admin.live_streams", &kIntegerKind, WEIR_FIELD(live_streams), 1, 4096, "streams",
              "Readers of the live feed at once, such as open live pages; further ones are answered with 503."},

    OptionRow{
        "durability", &kDurabilityKind, WEIR_FIELD(pipeline.state.durability), 0, 0, "",
        "What the end of the process costs: none keeps nothing, interval and sync keep state in state.directory."},
    OptionRow{"state.directory", &kPathOrOffKind, WEIR_FIELD(pipeline.state.directory), 1, 4000, "bytes",
              "Directory for the journal and snapshots, for this instance alone. Off: state is lost with the process."},
    OptionRow{"state.snapshot_interval", &kDurationKind, WEIR_FIELD(pipeline.state.snapshot_interval_ms), kSecond,
              kHour, "", "How often a snapshot of all state is taken, so that a restart has little to do again."},
    OptionRow{"state.journal_bytes", &kSizeKind, WEIR_FIELD(pipeline.state.journal_bytes), kMiB, 1024 * kGiB, "bytes",
              "Records since the last snapshot; beyond it one is taken, beyond twice of it events are refused."},

    OptionRow{"pipeline.format", &kFormatKind, WEIR_FIELD(pipeline.reader.format), 0, 0, "",
              "Format of sources of lines that name none: tcp, unix, stdin, syslog, tail."},
    OptionRow{"pipeline.shards", &kIntegerOrAutoKind, WEIR_FIELD(pipeline.shards), 1, 256, "threads",
              "Threads that keep sessions. The numbers do not depend on it. auto: half the cores, at least 1."},
    OptionRow{"pipeline.batch_events", &kIntegerKind, WEIR_FIELD(pipeline.batch_events), 1, 4096, "events",
              "Most events handed from thread to thread at once. The numbers do not depend on it."},
    OptionRow{"pipeline.queue_events", &kIntegerKind, WEIR_FIELD(pipeline.queue_events), 256, 16'777'216, "events",
              "Most events under way between readers and shards; beyond it sources are held back."},
    OptionRow{"pipeline.publish_interval", &kDurationKind, WEIR_FIELD(pipeline.publish_interval_ms), 10, kMinute, "",
              "How often live numbers are renewed for scrapes and the live page."},

    OptionRow{"sessions.timeout", &kDurationKind, WEIR_FIELD(pipeline.sessions.timeout_ms), kSecond, kDay, "",
              "A gap longer than this between two events of a visitor starts a new session."},
    OptionRow{"sessions.max_duration", &kDurationKind, WEIR_FIELD(pipeline.sessions.max_duration_ms), kSecond, 7 * kDay,
              "", "An event further than this behind a session's first starts a new session."},
    OptionRow{"sessions.lateness", &kDurationKind, WEIR_FIELD(pipeline.sessions.lateness_ms), 0, kHour, "",
              "How far behind the newest event one may come and still count; older ones are late and left out."},
    OptionRow{"sessions.dedup", &kDurationKind, WEIR_FIELD(pipeline.sessions.dedup_ms), kSecond, kDay, "",
              "How long a visitor's delivery id is remembered; its second one inside this span is dropped."},
    OptionRow{"sessions.clock_ahead", &kDurationKind, WEIR_FIELD(pipeline.reader.clock_ahead_ms), 0, kDay, "",
              "Live only: an event further in the future than this gets its time of receipt."},
    OptionRow{"sessions.split_on", &kSplitOnKind, WEIR_FIELD(pipeline.sessions), 0, 2, "reasons",
              "What else starts a new session: campaign (another campaign), midnight (another UTC day)."},

    OptionRow{"pages.rules", &kPageRulesKind, WEIR_FIELD(pipeline.reader.page_rules), 0, 1000, "patterns",
              "Ordered patterns that give many pages one name; the first that matches wins."},

    OptionRow{"channels", &kChannelsKind, WEIR_FIELD(pipeline.reader.channels), 0, 100, "rules",
              "Ordered rules that give visits a channel of your own; the built-in ones get the rest."},

    OptionRow{"brand_terms", &kBrandTermsKind, WEIR_FIELD(pipeline.reader.brand_terms), 0, 1000, "terms",
              "Words by which people search for the brand itself; they make the dimension brand."},

    OptionRow{"bots", &kBotsKind, WEIR_FIELD(pipeline.reader.bots), 0, 0, "",
              "Whether known bots are kept out of sessions and counted apart; auto: in serve, not in replay."},

    OptionRow{"geoip.database", &kPathOrOffKind, WEIR_FIELD(pipeline.reader.country_database), 1, 4095, "bytes",
              "MaxMind database (.mmdb) of countries or cities, for events that come without a country."},

    OptionRow{"sites.NAME", &kSitesKind, WEIR_FIELD(pipeline.reader.sites), 0, 1000, "sites",
              "The sites that are counted. With any, events of all others are rejected as unknown_site."},

    OptionRow{"privacy.honor_gpc", &kHonorGpcKind, WEIR_FIELD(pipeline.reader.honor_gpc), 0, 0, "",
              "What the header Sec-GPC: 1 does: each event counts alone, is dropped, or counts like others."},

    OptionRow{"identity.salt_file", &kPathOrOffKind, WEIR_FIELD(pipeline.reader.salt_file), 1, 4095, "bytes",
              "File that keeps the daily salts of derived visitors, so that instances and restarts agree."},

    OptionRow{"access_log.methods", &kMethodsKind, WEIR_FIELD(pipeline.reader.parser.access_log.methods), 0, 20,
              "methods", "Access logs: methods of page views."},
    OptionRow{"access_log.statuses", &kStatusesKind, WEIR_FIELD(pipeline.reader.parser.access_log.statuses), 0, 100,
              "statuses", "Access logs: statuses of page views, classes such as 2xx or single ones such as 404."},
    OptionRow{"access_log.static_extensions", &kExtensionsKind,
              WEIR_FIELD(pipeline.reader.parser.access_log.static_extensions), 0, 200, "extensions",
              "Access logs: a path that ends in one of these is a part of a page, not a page. Case does not matter."},
    OptionRow{"access_log.ignored_paths", &kPathPrefixesKind,
              WEIR_FIELD(pipeline.reader.parser.access_log.ignored_paths), 0, 200, "paths",
              "Access logs: a path that starts with one of these is no page."},
    OptionRow{"access_log.host", &kHostOrOffKind, WEIR_FIELD(pipeline.reader.parser.access_log.host), 1, 253, "bytes",
              "Access logs: host of the lines that name none. It gives the site, and tells the site's own links."},

    OptionRow{"funnels.slow_ms", &kMillisecondsKind, WEIR_FIELD(pipeline.slow_ms), 1, 10 * kMinute, "milliseconds",
              "A page that took longer than this counts as a cause of leakage."},
    OptionRow{"funnels.NAME", &kFunnelsKind, WEIR_FIELD(pipeline.funnels), 2, kMaxFunnelSteps, "steps",
              "A funnel and its steps in order. A step has page, conversion or event, and a name if you like."},

    OptionRow{"rollups.NAME", &kRollupsKind, WEIR_FIELD(pipeline.windows.rollups), 1, 10'000, "cells",
              "What KPIs are grouped by, and how many cells are kept; the rest fold into __other__. Any rollup "
              "given replaces the whole default list."},

    OptionRow{"windows", &kWindowsKind, WEIR_FIELD(pipeline.windows.windows), kMinute, 7 * kDay, "",
              "Sliding windows in which live KPIs are kept."},

    OptionRow{"limits.memory", &kMemoryKind, WEIR_FIELD(pipeline.memory_bytes), 64 * kMiB, 1024 * kGiB, "bytes",
              "Memory of the process. Near it heartbeats, then old sessions, then events are turned away. auto: nine "
              "tenths of what its control group may have."},
    OptionRow{"limits.line_bytes", &kSizeKind, WEIR_FIELD(pipeline.reader.parser.line_bytes), 1, 64 * kMiB, "bytes",
              "Longest line; a longer one is rejected as too_long."},
    OptionRow{"limits.depth", &kIntegerKind, WEIR_FIELD(pipeline.reader.parser.depth), 1, 256, "levels",
              "Deepest nesting inside an event; a deeper one is rejected as too_deep."},
    OptionRow{"limits.label_bytes", &kSizeKind, WEIR_FIELD(pipeline.reader.label_bytes), 32, kKiB, "bytes",
              "Longest label value, such as a page; a longer one is cut."},
    OptionRow{"limits.visitor_bytes", &kSizeKind, WEIR_FIELD(pipeline.reader.visitor_bytes), 16, kKiB, "bytes",
              "Longest visitor id; an event with a longer one is rejected."},
    OptionRow{"limits.sessions", &kIntegerKind, WEIR_FIELD(pipeline.sessions.sessions), 1000, 100'000'000, "sessions",
              "Open sessions kept; beyond it the oldest are closed early and counted."},
    OptionRow{"limits.reorder_events", &kIntegerKind, WEIR_FIELD(pipeline.sessions.reorder_events), 1000, 100'000'000,
              "events", "Events held back to be put in order; beyond it the oldest go on early and are counted."},
    OptionRow{"limits.delivery_ids", &kIntegerKind, WEIR_FIELD(pipeline.sessions.delivery_ids), 1000, 400'000'000,
              "delivery ids", "Delivery ids remembered; beyond it the oldest are forgotten and counted."},
    OptionRow{"limits.orders", &kIntegerKind, WEIR_FIELD(pipeline.sessions.orders), 1000, 100'000'000, "orders",
              "Order ids remembered; beyond it the oldest are forgotten and counted."},
    OptionRow{"limits.visitors", &kIntegerKind, WEIR_FIELD(pipeline.windows.visitors), 1000, 400'000'000, "visits",
              "Visits remembered to count distinct visitors; beyond it the oldest are forgotten and counted."},
    OptionRow{"limits.overnight_visitors", &kIntegerKind, WEIR_FIELD(pipeline.reader.overnight_visitors), 1000,
              100'000'000, "visitors",
              "Derived visitors remembered so that their sessions survive midnight; beyond it the oldest split."},
    OptionRow{"limits.cells", &kIntegerKind, WEIR_FIELD(pipeline.windows.cells), 16, 1'000'000, "cells",
              "Cells each shard tracks per rollup, exported or not, but at least 8 times the rollup's limit."},
    OptionRow{"limits.currencies", &kIntegerKind, WEIR_FIELD(pipeline.windows.currencies), 1, 256, "currencies",
              "Currencies shown apart in metrics and live reports; further ones are summed as XXX."},
    OptionRow{"limits.symbols", &kIntegerKind, WEIR_FIELD(pipeline.reader.symbols), 1000, 10'000'000, "texts",
              "Label texts remembered; beyond it the oldest are forgotten and counted."},

    OptionRow{"dead_letter.path", &kPathOrOffKind, WEIR_FIELD(pipeline.reader.dead_letter_path), 1, 4095, "bytes",
              "File for lines that were rejected or late, to look at or replay later."},
    OptionRow{"dead_letter.bytes", &kSizeKind, WEIR_FIELD(pipeline.reader.dead_letter_bytes), 64 * kKiB, 64 * kGiB,
              "bytes", "Size of each of the two files kept: the current one and the one before it."},

    OptionRow{"export.ratios", &kBooleanKind, WEIR_FIELD(sinks.ratios), 0, 0, "",
              "Export ratios such as the bounce ratio beside the sums. Turn it off when many instances are added up."},

    OptionRow{"table.rollup", &kNameKind, WEIR_FIELD(sinks.rollup), 1, 48, "bytes",
              "Name of the rollup that the table on the terminal shows."},
    OptionRow{"table.rows", &kIntegerKind, WEIR_FIELD(sinks.rows), 1, 10'000, "rows",
              "Cells shown by the table on the terminal."},
    OptionRow{"table.width", &kIntegerKind, WEIR_FIELD(sinks.width), 40, 1000, "columns",
              "Width of the table when the width of the terminal is not known."},
    OptionRow{"table.color", &kBooleanKind, WEIR_FIELD(sinks.color), 0, 0, "", "Color the table on the terminal."},

    OptionRow{"shutdown.delay", &kDurationKind, WEIR_FIELD(shutdown.delay_ms), 0, 10 * kMinute, "",
              "How long SIGTERM leaves the listeners open while /-/ready already says no."},
    OptionRow{"shutdown.timeout", &kDurationKind, WEIR_FIELD(shutdown.timeout_ms), 100, 10 * kMinute, "",
              "How long connections may take to finish after that; then they are cut, which the log says."},

    OptionRow{"log.level", &kLogLevelKind, WEIR_FIELD(log_level), 0, 0, "", "Least important messages logged."},
    OptionRow{"log.path", &kPathOrOffKind, WEIR_FIELD(log_path), 1, 4095, "bytes",
              "File for the log, opened again at SIGHUP. Off: standard error."},
};
// clang-format on

#undef WEIR_FIELD

}  // namespace

std::span<const OptionRow> option_table() { return kOptions; }

std::string option_text(const OptionRow& row, const Config& config) {
  Config copy = config;  // a slot points into a Config that may be changed
  return row.kind->text(row.slot(copy));
}

}  // namespace weir
