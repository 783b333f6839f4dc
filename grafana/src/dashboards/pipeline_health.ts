// For those who run Weir: is it up, does it keep up, does it lose anything, how near are its limits.
import { AnnotationQueryBuilder, type Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource, instances, uids } from '../names';
import { dashboard } from '../page';
import { graph, type Line, stat } from '../panels';
import { sumBy } from '../scopes';
import { thresholds, units } from '../units';
import * as variables from '../variables';

const own = `{${instances}}`;
const each = ['job', 'instance'];
/** Only of Weir: other programs have process_* too, and "All" stands for any job. */
const ofWeir = (vector: string) => `${vector} and on (job, instance) weir_build_info${own}`;
/** Also of instances that are down and say nothing any more: all targets of a job that had Weir within the last day. */
const ofJobsOfWeir = (vector: string) => `${vector} and on (job) last_over_time(weir_build_info${own}[1d])`;
const rate = (metric: string) => `rate(${metric}${own}[$__rate_interval])`;
/** Rate of a family over all instances: rates first, then their sum, so that a restart is no burst. */
const totalRate = (metric: string, ...by: string[]) => sumBy(by, rate(metric));
const perInstance = (metric: string): Line => ({ name: '{{instance}}', expr: `${metric}${own}` });

/** What events become. With those still queued they add up to what was received. */
const outcomes: Line[] = [
  { name: 'counted', expr: totalRate('weir_events_counted_total') },
  { name: 'rejected', expr: totalRate('weir_events_rejected_total') },
  { name: 'late', expr: totalRate('weir_events_late_total') },
  { name: 'duplicate', expr: totalRate('weir_events_duplicate_total') },
  { name: 'shed', expr: totalRate('weir_events_shed_total') },
];

/** The conservation law. All its terms are of one scrape, so it holds at every moment, not only on average. */
const unaccounted = [
  sumBy(each, `weir_events_received_total${own}`),
  ...['counted', 'rejected', 'late', 'duplicate', 'shed'].map((fate) => sumBy(each, `weir_events_${fate}_total${own}`)),
  sumBy(each, `weir_events_queued${own}`),
].join(' - ');

const watermarkLag = `time() - weir_watermark_timestamp_seconds${own}`;
const rejectedShare = `${totalRate('weir_events_rejected_total')} / ${totalRate('weir_events_received_total')}`;
const shedShare = `${totalRate('weir_events_shed_total')} / ${totalRate('weir_events_received_total')}`;
const refusedShare =
  `sum(rate(weir_http_requests_total{${instances}, code="5xx"}[$__rate_interval])) / ` +
  totalRate('weir_http_requests_total');
const foldedShare = (rollup: string, label: string) =>
  `sum(weir_${rollup}_window_sessions{${instances}, window="$window", ${label}="__other__"} or ` +
  `0 * weir_${rollup}_window_sessions{${instances}, window="$window"}) / ` +
  `sum(weir_${rollup}_window_sessions{${instances}, window="$window"})`;

/** What was given up because a limit was reached. */
const limits: [string, string][] = [
  ['sessions closed early', 'weir_sessions_closed_early_total'],
  ['events put in order early', 'weir_reorder_forced_total'],
  ['delivery ids forgotten', 'weir_dedup_forgotten_total'],
  ['orders forgotten', 'weir_orders_forgotten_total'],
  ['visits forgotten', 'weir_visitors_forgotten_total'],
  ['derived visitors forgotten', 'weir_overnight_visitors_forgotten_total'],
  ['label texts forgotten', 'weir_symbols_forgotten_total'],
  ['labels cut', 'weir_labels_cut_total'],
  ['connections refused', 'weir_connections_refused_total'],
  ['dead letters dropped', 'weir_dead_letters_dropped_total'],
  ['syslog datagrams lost', 'weir_syslog_overruns_total'],
];

/** Failures of files and clocks around Weir. */
const troubles: [string, string][] = [
  ['dead letters not written', 'weir_dead_letter_errors_total'],
  ['tailed files not read', 'weir_tail_read_errors_total'],
  ['tail state not written', 'weir_tail_state_errors_total'],
  ['tailed files lost', 'weir_tail_files_lost_total'],
  ['salt file not used', 'weir_salt_file_errors_total'],
  ['clocks ahead', 'weir_clock_clamped_total'],
];
const rates = (rows: [string, string][]): Line[] => rows.map(([name, metric]) => ({ name, expr: totalRate(metric) }));

const restarts = () =>
  new AnnotationQueryBuilder()
    .name('Starts of Weir')
    .datasource(datasource)
    .enable(true)
    .iconColor('purple')
    .expr(ofWeir(`process_start_time_seconds${own} * 1000`))
    .useValueForTime(true)
    .titleFormat('Weir started')
    .textFormat('{{instance}}')
    .step('60s');

export const pipelineHealth = (): Dashboard =>
  dashboard({
    uid: uids.pipeline,
    title: 'Pipeline health',
    about: 'Whether Weir is up, keeps up, and accounts for every event; how near its limits are.',
    from: 'now-6h',
    variables: [variables.dataSource(), variables.job(), variables.instance(), variables.window()],
    annotations: [restarts()],
    sections: [
      {
        title: 'State',
        panels: [
          stat({
            title: 'Instances down',
            about: 'Instances Prometheus knows of and cannot scrape, in jobs that had Weir within the last day.',
            unit: units.count,
            thresholds: thresholds.anyIsBad,
            lines: [{ name: 'down', expr: `sum(${ofJobsOfWeir(`1 - up${own}`)})` }],
          }),
          stat({
            title: 'Instances ready',
            about: 'Instances that take events, as /-/ready says.',
            unit: units.count,
            thresholds: thresholds.zeroIsBad,
            lines: [{ name: 'ready', expr: `sum(weir_ready${own}) or vector(0)` }],
          }),
          stat({
            title: 'Events unaccounted for',
            about:
              'received - (counted + rejected + late + duplicate + shed + queued), the worst instance. It is 0 at every ' +
              'scrape; anything else is a bug of Weir.',
            unit: units.count,
            thresholds: thresholds.anyIsBad,
            lines: [{ name: 'unaccounted', expr: `max(abs(${unaccounted}))` }],
          }),
          stat({
            title: 'Watermark lag',
            about:
              'How far event time is behind the clock, the worst instance. sessions.lateness (5 s) and a second or two ' +
              'are normal. Absent until the first event.',
            unit: units.seconds,
            decimals: 1,
            thresholds: thresholds.lagSeconds,
            lines: [{ name: 'lag', expr: `max(${watermarkLag})` }],
          }),
          stat({
            title: 'Requests refused',
            about: 'Share of requests answered with 503 because queues were full. Senders that keep to Retry-After lose nothing.',
            unit: units.share,
            decimals: 2,
            thresholds: thresholds.refusedShare,
            lines: [{ name: 'refused', expr: refusedShare }],
          }),
          stat({
            title: 'Events shed',
            about: 'Share of the events received that were dropped for want of room.',
            unit: units.share,
            decimals: 2,
            thresholds: thresholds.refusedShare,
            lines: [{ name: 'shed', expr: shedShare }],
          }),
          stat({
            title: 'Events rejected',
            about: 'Share of the events received that could not be understood. The reasons are below.',
            unit: units.share,
            decimals: 2,
            thresholds: thresholds.rejectedShare,
            lines: [{ name: 'rejected', expr: rejectedShare }],
          }),
          stat({
            title: 'Series',
            about: 'KPI series in a scrape, the largest instance. The default configuration stays under 20,000.',
            unit: units.count,
            thresholds: thresholds.series,
            lines: [{ name: 'series', expr: `max(weir_series${own})` }],
          }),
        ],
      },
      {
        title: 'Events',
        panels: [
          graph({
            title: 'Received by source',
            about: 'Events per second, by the source that took them in.',
            unit: units.perSecond,
            stacked: 'amount',
            lines: [{ name: '{{source}}', expr: totalRate('weir_events_received_total', 'source') }],
          }),
          graph({
            title: 'What became of them',
            about: 'Events per second by their fate. Together with those still queued they are all that was received.',
            unit: units.perSecond,
            stacked: 'amount',
            lines: outcomes,
          }),
          graph({
            title: 'Events unaccounted for, by instance',
            about: 'received - (counted + rejected + late + duplicate + shed + queued): the conservation law says 0.',
            unit: units.count,
            lines: [{ name: '{{instance}}', expr: unaccounted }],
          }),
          graph({
            title: 'Rejected by reason',
            about: 'Events per second that could not be understood. docs/semantics.md explains the reasons.',
            unit: units.perSecond,
            lines: [{ name: '{{reason}}', expr: totalRate('weir_events_rejected_total', 'reason') }],
          }),
          graph({
            title: 'Late, duplicate and shed',
            about:
              'Late: older than the watermark, not applied; more of them ask for a higher sessions.lateness. Duplicate: ' +
              'deliveries seen before. Shed: no room.',
            unit: units.perSecond,
            lines: [
              { name: 'late', expr: totalRate('weir_events_late_total') },
              { name: 'duplicate', expr: totalRate('weir_events_duplicate_total') },
              { name: 'shed: {{reason}}', expr: totalRate('weir_events_shed_total', 'reason') },
            ],
          }),
          graph({
            title: 'Counted by type',
            about: 'Events per second by type. resource, bot and opted_out are kept out of sessions.',
            unit: units.perSecond,
            stacked: 'amount',
            lines: [{ name: '{{type}}', expr: totalRate('weir_events_counted_total', 'type') }],
          }),
        ],
      },
      {
        title: 'Keeping up',
        panels: [
          graph({
            title: 'Watermark lag',
            about: 'How far event time is behind the clock. A line that climbs at 45 degrees is a shard that is stuck.',
            unit: units.seconds,
            thresholds: thresholds.lagSeconds,
            lines: [{ name: '{{instance}}', expr: watermarkLag }],
          }),
          graph({
            title: 'Queues',
            about:
              'Batches under way between readers and shards, and events waiting to be put in order. The second follows ' +
              'the rate of events times sessions.lateness.',
            unit: units.count,
            lines: [
              { name: 'batches, {{instance}}', expr: `weir_queue_batches${own}` },
              { name: 'events, {{instance}}', expr: `weir_events_queued${own}` },
            ],
          }),
          graph({
            title: 'Waits for shards',
            about: 'Times per second a reader had to wait for a shard. Meanwhile its source is not read, so senders wait too.',
            unit: units.perSecond,
            lines: [{ name: '{{instance}}', expr: totalRate('weir_backpressure_waits_total', 'instance') }],
          }),
          graph({
            title: 'HTTP answers',
            about: 'Requests per second at the public listener, by class of status. 5xx is 503: queues were full.',
            unit: units.perSecond,
            lines: [{ name: '{{code}}', expr: totalRate('weir_http_requests_total', 'code') }],
          }),
          graph({
            title: 'Connections',
            about: 'Open connections of all public listeners, and new ones per second.',
            unit: units.count,
            lines: [
              { name: 'open, {{instance}}', expr: `weir_connections_open${own}` },
              { name: 'new per second, {{instance}}', expr: totalRate('weir_connections_accepted_total', 'instance') },
            ],
          }),
          graph({
            title: 'Active sessions',
            about: 'Sessions open now, by instance. limits.sessions (1,000,000) bounds them.',
            unit: units.count,
            lines: [perInstance('weir_active_sessions')],
          }),
        ],
      },
      {
        title: 'State on disk',
        panels: [
          graph({
            title: 'Journal writable',
            about: '0 while an instance refuses events because it cannot keep them (docs/runbooks.md, WeirJournalNotWritable).',
            unit: units.count,
            max: 1,
            lines: [perInstance('weir_journal_writable')],
          }),
          graph({
            title: 'Journal',
            about: 'Bytes of the journal on the disk. It shrinks with each snapshot. 0 where nothing is kept.',
            unit: units.bytes,
            lines: [perInstance('weir_journal_bytes')],
          }),
          graph({
            title: 'Age of the newest snapshot',
            about: 'state.snapshot_interval (60 s) while events come. 0 before the first snapshot of a process.',
            unit: units.seconds,
            lines: [
              {
                name: '{{instance}}',
                expr: `(time() - weir_snapshot_timestamp_seconds${own}) * (weir_snapshot_timestamp_seconds${own} > bool 0)`,
              },
            ],
          }),
          graph({
            title: 'Written to the journal',
            about: 'Bytes of records per second.',
            unit: units.bytesPerSecond,
            lines: [{ name: '{{instance}}', expr: totalRate('weir_journal_written_bytes_total', 'instance') }],
          }),
          graph({
            title: 'Syncs and failures of the journal',
            about: 'fsyncs per second, and failures to write or to sync.',
            unit: units.perSecond,
            lines: [
              { name: 'syncs, {{instance}}', expr: totalRate('weir_journal_syncs_total', 'instance') },
              { name: 'failures, {{instance}}', expr: totalRate('weir_journal_errors_total', 'instance') },
            ],
          }),
          graph({
            title: 'Snapshots',
            about: 'Snapshots of all state, by result. One that fails leaves the one before it, and is tried again.',
            unit: units.count,
            lines: [
              {
                name: '{{instance}}: {{result}}',
                expr: sumBy(['instance', 'result'], `increase(weir_snapshots_total${own}[$__rate_interval])`),
              },
            ],
          }),
        ],
      },
      {
        title: 'Resources',
        panels: [
          graph({
            title: 'CPU',
            about: 'Cores in use, user and system time.',
            unit: units.decimal,
            decimals: 2,
            lines: [{ name: '{{instance}}', expr: sumBy(['instance'], ofWeir(rate('process_cpu_seconds_total'))) }],
          }),
          graph({
            title: 'Memory',
            about: 'Resident memory of the process, and what open sessions hold of it.',
            unit: units.bytes,
            lines: [
              { name: 'resident, {{instance}}', expr: ofWeir(`process_resident_memory_bytes${own}`) },
              { name: 'sessions, {{instance}}', expr: `weir_session_table_bytes${own}` },
            ],
          }),
          graph({
            title: 'File descriptors in use',
            about: 'Open descriptors / the most the process may have.',
            unit: units.share,
            max: 1,
            lines: [{ name: '{{instance}}', expr: ofWeir(`process_open_fds${own} / process_max_fds${own}`) }],
          }),
        ],
      },
      {
        title: 'Series and limits',
        panels: [
          graph({
            title: 'Series',
            about: 'KPI series in a scrape. 20,000 is the budget of the default configuration; more funnels, windows and cells need more.',
            unit: units.count,
            thresholds: thresholds.series,
            lines: [perInstance('weir_series')],
          }),
          graph({
            title: 'Time to render a scrape',
            about: 'Time taken to render the KPI series, and all of the scrape as Prometheus sees it.',
            unit: units.seconds,
            lines: [
              { name: 'render, {{instance}}', expr: `weir_render_duration_seconds${own}` },
              { name: 'scrape, {{instance}}', expr: ofWeir(`scrape_duration_seconds${own}`) },
            ],
          }),
          graph({
            title: 'Sessions folded into __other__',
            about:
              'Share of the sessions of $window in cells beyond the limit of their rollup. Totals stay exact, but these ' +
              'sites, pages, channels and so on cannot be told apart: raise the limit, or give pages one name by pages.rules. ' +
              'Of landing_channel only the heaviest pairs are meant to be shown.',
            unit: units.share,
            max: 1,
            thresholds: thresholds.foldedShare,
            lines: [
              { name: 'site', expr: foldedShare('site', 'site') },
              { name: 'landing', expr: foldedShare('landing', 'landing_page') },
              { name: 'channel', expr: foldedShare('channel', 'channel') },
              { name: 'campaign', expr: foldedShare('campaign', 'campaign') },
              { name: 'device', expr: foldedShare('device', 'device') },
              { name: 'landing_channel', expr: foldedShare('landing_channel', 'landing_page') },
            ],
          }),
          graph({
            title: 'Limits reached',
            about: 'What was given up per second because a limit was reached. config/weir.yaml explains each under limits.',
            unit: units.perSecond,
            lines: rates(limits),
          }),
          graph({
            title: 'Troubles around Weir',
            about: 'Failures per second of files Weir reads or writes, and events whose clock was ahead.',
            unit: units.perSecond,
            lines: rates(troubles),
          }),
          graph({
            title: 'Configuration read again',
            about:
              'Times Weir read its configuration again (SIGHUP), by result. After a failure it goes on with the one it ' +
              'had; its log says what is wrong.',
            unit: units.count,
            lines: [
              {
                name: '{{instance}}: {{result}}',
                expr: sumBy(['instance', 'result'], `increase(weir_config_reloads_total${own}[$__rate_interval])`),
              },
            ],
          }),
        ],
      },
    ],
  });
