#include "weir/core/stats.h"

namespace weir {
namespace {

using enum Stat;
using enum StatKind;

constexpr std::string_view kReceivedHelp = "Events received, by the source that took them in.";
constexpr std::string_view kCountedHelp =
    "Events taken in, by type; resource, bot and opted_out are kept out of sessions.";
constexpr std::string_view kRejectedHelp = "Events refused because they could not be understood, by reason.";
constexpr std::string_view kShedHelp =
    "Events left out unread or unused, and not acknowledged: for want of room, or because a client sends too often.";
constexpr std::string_view kRefusedHelp =
    "Connections refused: too many of all clients (limit), too many of one (client), or memory (memory) or open files "
    "(descriptors) are scarce.";
constexpr std::string_view kClosedEarlyHelp =
    "Sessions closed before their time: because limits.sessions was reached, or to make room under limits.memory.";
constexpr std::string_view kReloadHelp = "Times the configuration was read again on SIGHUP; a failure changes nothing.";
constexpr std::string_view kSnapshotHelp = "Snapshots of all state that were tried.";
constexpr std::string_view kHttpHelp = "HTTP requests answered by the public listener, by class of status.";

constexpr std::array<StatRow, kStatCount> kTable{{
    {kReceivedHttp, kCounter, "weir_events_received_total", "source", "http", kReceivedHelp},
    {kReceivedTcp, kCounter, "weir_events_received_total", "source", "tcp", kReceivedHelp},
    {kReceivedUnix, kCounter, "weir_events_received_total", "source", "unix", kReceivedHelp},
    {kReceivedStdin, kCounter, "weir_events_received_total", "source", "stdin", kReceivedHelp},
    {kReceivedFile, kCounter, "weir_events_received_total", "source", "file", kReceivedHelp},
    {kReceivedSyslog, kCounter, "weir_events_received_total", "source", "syslog", kReceivedHelp},
    {kReceivedTail, kCounter, "weir_events_received_total", "source", "tail", kReceivedHelp},
    {kReceivedJournal, kCounter, "weir_events_received_total", "source", "journal", kReceivedHelp},
    {kCountedPageView, kCounter, "weir_events_counted_total", "type", "page_view", kCountedHelp},
    {kCountedConversion, kCounter, "weir_events_counted_total", "type", "conversion", kCountedHelp},
    {kCountedEngagement, kCounter, "weir_events_counted_total", "type", "engagement", kCountedHelp},
    {kCountedError, kCounter, "weir_events_counted_total", "type", "error", kCountedHelp},
    {kCountedCustom, kCounter, "weir_events_counted_total", "type", "custom", kCountedHelp},
    {kCountedResource, kCounter, "weir_events_counted_total", "type", "resource", kCountedHelp},
    {kCountedBot, kCounter, "weir_events_counted_total", "type", "bot", kCountedHelp},
    {kCountedOptedOut, kCounter, "weir_events_counted_total", "type", "opted_out", kCountedHelp},
    {kRejectedMalformed, kCounter, "weir_events_rejected_total", "reason", "malformed", kRejectedHelp},
    {kRejectedInvalidUtf8, kCounter, "weir_events_rejected_total", "reason", "invalid_utf8", kRejectedHelp},
    {kRejectedMissingField, kCounter, "weir_events_rejected_total", "reason", "missing_field", kRejectedHelp},
    {kRejectedBadString, kCounter, "weir_events_rejected_total", "reason", "bad_string", kRejectedHelp},
    {kRejectedBadNumber, kCounter, "weir_events_rejected_total", "reason", "bad_number", kRejectedHelp},
    {kRejectedBadTime, kCounter, "weir_events_rejected_total", "reason", "bad_time", kRejectedHelp},
    {kRejectedBadUrl, kCounter, "weir_events_rejected_total", "reason", "bad_url", kRejectedHelp},
    {kRejectedTooLong, kCounter, "weir_events_rejected_total", "reason", "too_long", kRejectedHelp},
    {kRejectedTooDeep, kCounter, "weir_events_rejected_total", "reason", "too_deep", kRejectedHelp},
    {kRejectedUnknownSite, kCounter, "weir_events_rejected_total", "reason", "unknown_site", kRejectedHelp},
    {kLate, kCounter, "weir_events_late_total", "", "", "Events older than the watermark, not applied."},
    {kDuplicate, kCounter, "weir_events_duplicate_total", "", "", "Events whose delivery id was seen before, dropped."},
    {kShedHeartbeat, kCounter, "weir_events_shed_total", "reason", "heartbeat", kShedHelp},
    {kShedOverload, kCounter, "weir_events_shed_total", "reason", "overload", kShedHelp},
    {kShedClientRate, kCounter, "weir_events_shed_total", "reason", "client_rate", kShedHelp},
    {kShedJournal, kCounter, "weir_events_shed_total", "reason", "journal", kShedHelp},
    {kShedMemory, kCounter, "weir_events_shed_total", "reason", "memory", kShedHelp},
    {kQueued, kGauge, "weir_events_queued", "", "", "Events received and still waiting to be put in order."},
    {kActiveSessions, kGauge, "weir_active_sessions", "", "", "Sessions open now."},
    {kSessionTableBytes, kGauge, "weir_session_table_bytes", "", "", "Memory held for open sessions, tables included."},
    {kSessionsClosedEarly, kCounter, "weir_sessions_closed_early_total", "reason", "limit", kClosedEarlyHelp},
    {kSessionsClosedForMemory, kCounter, "weir_sessions_closed_early_total", "reason", "memory", kClosedEarlyHelp},
    {kReorderForced, kCounter, "weir_reorder_forced_total", "", "",
     "Events released before the watermark because limits.reorder_events was reached."},
    {kDedupForgotten, kCounter, "weir_dedup_forgotten_total", "", "",
     "Delivery ids forgotten early because limits.delivery_ids was reached."},
    {kOrdersForgotten, kCounter, "weir_orders_forgotten_total", "", "",
     "Order ids forgotten because limits.orders was reached."},
    {kVisitorsForgotten, kCounter, "weir_visitors_forgotten_total", "", "",
     "Visits forgotten early because limits.visitors or limits.memory was reached; such visitors may count twice."},
    {kCellsFolded, kCounter, "weir_cells_folded_total", "", "",
     "Cells folded into __other__ because a rollup was full."},
    {kSymbolsForgotten, kCounter, "weir_symbols_forgotten_total", "", "",
     "Label texts forgotten because limits.symbols was reached."},
    {kLabelsCut, kCounter, "weir_labels_cut_total", "", "", "Label values cut at limits.label_bytes."},
    {kClockClamped, kCounter, "weir_clock_clamped_total", "", "",
     "Events whose clock was ahead by more than sessions.clock_ahead; they got their time of receipt."},
    {kBotsIncluded, kCounter, "weir_bot_events_included_total", "", "",
     "Events of known bots that count like everybody's because this is a replay (bots: auto)."},
    {kOvernightForgotten, kCounter, "weir_overnight_visitors_forgotten_total", "", "",
     "Derived visitors forgotten early because limits.overnight_visitors was reached; they may count twice."},
    {kSaltFileErrors, kCounter, "weir_salt_file_errors_total", "", "",
     "Days on which identity.salt_file could not be used, so that a salt of this process alone was taken."},
    {kDeadLettersWritten, kCounter, "weir_dead_letters_written_total", "", "",
     "Lines written to the dead-letter file."},
    {kDeadLettersDropped, kCounter, "weir_dead_letters_dropped_total", "", "",
     "Lines dropped from the dead-letter file because it was full."},
    {kDeadLetterErrors, kCounter, "weir_dead_letter_errors_total", "", "", "Failed writes to the dead-letter file."},
    {kConnectionsAccepted, kCounter, "weir_connections_accepted_total", "", "",
     "Connections accepted by all listeners."},
    {kConnectionsRefused, kCounter, "weir_connections_refused_total", "reason", "limit", kRefusedHelp},
    {kConnectionsRefusedClient, kCounter, "weir_connections_refused_total", "reason", "client", kRefusedHelp},
    {kConnectionsRefusedMemory, kCounter, "weir_connections_refused_total", "reason", "memory", kRefusedHelp},
    {kConnectionsRefusedDescriptors, kCounter, "weir_connections_refused_total", "reason", "descriptors", kRefusedHelp},
    {kConnectionsOpen, kGauge, "weir_connections_open", "", "", "Connections open now."},
    {kHttpRequests2xx, kCounter, "weir_http_requests_total", "code", "2xx", kHttpHelp},
    {kHttpRequests4xx, kCounter, "weir_http_requests_total", "code", "4xx", kHttpHelp},
    {kHttpRequests5xx, kCounter, "weir_http_requests_total", "code", "5xx", kHttpHelp},
    {kSyslogOverruns, kCounter, "weir_syslog_overruns_total", "", "",
     "UDP datagrams the system dropped because Weir did not read fast enough."},
    {kTailFilesOpen, kGauge, "weir_tail_files_open", "", "", "Tailed files open now, rotated ones included."},
    {kTailRotations, kCounter, "weir_tail_rotations_total", "", "",
     "Times another file took the place of a tailed one."},
    {kTailTruncations, kCounter, "weir_tail_truncations_total", "", "", "Times a tailed file was cut or begun anew."},
    {kTailReadErrors, kCounter, "weir_tail_read_errors_total", "", "",
     "Failures to find, open or read a tailed file; all are tried again."},
    {kTailStateErrors, kCounter, "weir_tail_state_errors_total", "", "",
     "Failures to write the places of tailed files to sources.tail_state."},
    {kTailFilesLost, kCounter, "weir_tail_files_lost_total", "", "",
     "Files being read when Weir stopped that were not found again; what was added to them since is not counted."},
    {kReloadsDone, kCounter, "weir_config_reloads_total", "result", "success", kReloadHelp},
    {kReloadsFailed, kCounter, "weir_config_reloads_total", "result", "failure", kReloadHelp},
    {kJournalWritable, kGauge, "weir_journal_writable", "", "",
     "1 while accepted events are kept as durability asks; 0 while the journal fails and events are refused."},
    {kJournalBytes, kGauge, "weir_journal_bytes", "", "", "Bytes of the records in the journal."},
    {kJournalRecords, kCounter, "weir_journal_records_total", "", "", "Records written to the journal."},
    {kJournalWrittenBytes, kCounter, "weir_journal_written_bytes_total", "", "",
     "Bytes of the records written to the journal."},
    {kJournalSyncs, kCounter, "weir_journal_syncs_total", "", "", "Times the journal was brought to the disk (fsync)."},
    {kJournalErrors, kCounter, "weir_journal_errors_total", "", "", "Failures to write or to sync the journal."},
    {kJournalDamaged, kCounter, "weir_journal_damaged_records_total", "", "",
     "Records of the journal that were missing or could not be read at the start."},
    {kSnapshotsWritten, kCounter, "weir_snapshots_total", "result", "success", kSnapshotHelp},
    {kSnapshotsFailed, kCounter, "weir_snapshots_total", "result", "failure", kSnapshotHelp},
    {kSnapshotBytes, kGauge, "weir_snapshot_bytes", "", "", "Size of the newest snapshot."},
    {kSnapshotTime, kGauge, "weir_snapshot_timestamp_seconds", "", "",
     "When the newest snapshot was taken; 0 before the first."},
    {kSnapshotDuration, kGauge, "weir_snapshot_duration_seconds", "", "",
     "How long the newest snapshot took from its cut to its end.", 0.001},
    {kRecoveryDuration, kGauge, "weir_recovery_duration_seconds", "", "",
     "How long it took at the start to bring state back.", 0.001},
    {kRecoveredEvents, kGauge, "weir_recovered_events", "", "", "Events taken from the journal at the start."},
    {kQueueBatches, kGauge, "weir_queue_batches", "", "", "Batches of events under way between readers and shards."},
    {kBackpressureWaits, kCounter, "weir_backpressure_waits_total", "", "",
     "Times a reader had to wait for a shard; meanwhile its source was not read."},
    {kLiveStreamsOpen, kGauge, "weir_live_streams_open", "", "", "Readers of the live feed connected now."},
    {kLiveStreamsRefused, kCounter, "weir_live_streams_refused_total", "", "",
     "Readers of the live feed refused because admin.live_streams was reached."},
    {kLiveStreamsDropped, kCounter, "weir_live_streams_dropped_total", "", "",
     "Readers of the live feed dropped because they did not read."},
    {kMemoryLimit, kGauge, "weir_memory_limit_bytes", "", "",
     "What limits.memory allows to be resident (process_resident_memory_bytes); 0 without a limit."},
    {kMemoryGrade, kGauge, "weir_memory_grade", "", "",
     "How short memory is: 0 ample, 1 heartbeats are left out, 2 oldest sessions are closed, 3 events are refused."},
    {kCertificateExpiry, kGauge, "weir_tls_certificate_expiry_timestamp_seconds", "", "",
     "When the certificate in use by the admin listener ends; 0 without TLS."},
    {kReady, kGauge, "weir_ready", "", "",
     "1 while events are welcome, as /-/ready says; 0 while starting or stopping."},
}};

constexpr bool rows_follow_the_enum() {
  for (std::size_t i = 0; i < kStatCount; ++i) {
    if (kTable[i].stat != static_cast<Stat>(i)) return false;
  }
  return true;
}
static_assert(rows_follow_the_enum());

}  // namespace

std::span<const StatRow, kStatCount> stat_table() { return kTable; }

}  // namespace weir
