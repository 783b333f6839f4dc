// npm run check: the linter is shown a fault and a near miss for each rule, then the committed dashboards; what the
// sources give must be what is committed.
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rendered } from './dashboards';
import { uids } from './names';
import type { Dashboard, Panel, Variable } from './lint/dashboard';
import { type Exception, faultsOf } from './lint/exceptions';
import { lint, rules } from './lint/rules';

const folder = 'dashboards';
const read = (path: string) => readFileSync(path, 'utf8');
const committed = () => readdirSync(folder).map((file): Dashboard => JSON.parse(read(`${folder}/${file}`)));

const chosen = { uid: '${datasource}' };

/** A dashboard that keeps all rules, with one change. */
function sample(change: (dashboard: { panel: Panel; variables: Variable[]; dashboard: Dashboard }) => void): Dashboard {
  const panel: Panel = {
    title: 'CPU',
    description: 'Cores in use.',
    type: 'timeseries',
    datasource: chosen,
    fieldConfig: { defaults: { unit: 'none' } },
    targets: [{ expr: 'sum(rate(weir_cpu_total{job=~"$job", instance=~"$instance"}[$__rate_interval]))' }],
  };
  const variables: Variable[] = [
    { name: 'datasource', type: 'datasource', label: 'Data source', query: 'prometheus' },
    ...['job', 'instance'].map((name) => ({
      name,
      type: 'query',
      label: name === 'job' ? 'Job' : 'Instance',
      query: { query: `label_values(up, ${name})` },
      datasource: chosen,
      multi: true,
      allValue: '.+',
      refresh: 2,
    })),
  ];
  const dashboard: Dashboard = { title: 'Sample', editable: false, panels: [panel], templating: { list: variables } };
  change({ panel, variables, dashboard });
  return dashboard;
}

const expr = (text: string) => sample(({ panel }) => (panel.targets = [{ expr: text }]));
const own = 'job=~"$job", instance=~"$instance"';

const estimate = `histogram_quantile(0.95, sum by (le) (increase(weir_site_dwell_seconds_bucket{${own}}[$window])))`;
const ofSites = (how: string) => `${how}(weir_site_window_dwell_p95_seconds{${own}, window="$window"})`;

/** Per rule: dashboards with that fault alone. */
const faults: Record<string, Dashboard[]> = {
  'weir-parts-rule': [
    expr(`avg(weir_landing_window_bounce_ratio{${own}, window="$window"})`),
    expr(`weir_site_window_dwell_p95_seconds{${own}, window="$window"}`),
    expr(`${ofSites('max')} - ${ofSites('min')}`),
    expr(`${ofSites('max')} > ${estimate}`),
    expr(`${ofSites('max')} > ${ofSites('min')} > ${ofSites('avg')} > ${estimate}`),
    expr(`weir_brand_window_average_order_value{${own}, window="$window"}`),
    expr(`weir_site_window_funnel_leakage_ratio{${own}, window="$window"}`),
  ],
  'weir-window-rule': [
    expr(`sum(weir_landing_window_sessions{${own}})`),
    expr(`sum(weir_landing_window_sessions{${own}, window=~"$window"})`),
  ],
  'weir-own-metrics-rule': [
    expr(`sum(1 - up{${own}})`),
    expr(`sum(rate(process_cpu_seconds_total{${own}}[$__rate_interval]))`),
    expr(`up{${own}} and on (instance) weir_build_info{${own}}`),
    expr(`up{${own}} and on (job) weir_ready{${own}}`),
    expr(`weir_build_info{${own}} and on (job) up{${own}}`),
    expr(`up{${own}} or on (job) weir_build_info{${own}}`),
  ],
  'weir-now-rule': [
    sample(({ panel }) => (panel.type = 'stat')),
    sample(({ panel }) => Object.assign(panel, { type: 'bargauge', targets: [{ ...panel.targets![0], range: true, instant: true }] })),
  ],
  'template-datasource-rule': [
    sample(({ variables }) => (variables[0]!.name = 'prometheus')),
    sample(({ variables }) => (variables[0]!.label = 'Source')),
    sample(({ variables }) => variables.splice(0, 1)),
  ],
  'template-job-rule': [
    sample(({ variables }) => (variables[1]!.multi = false)),
    sample(({ variables }) => variables.splice(1, 1)),
  ],
  'template-instance-rule': [
    sample(({ variables }) => (variables[2]!.allValue = '.*')),
    sample(({ variables }) => (variables[2]!.datasource = { uid: 'abc' })),
  ],
  'template-label-promql-rule': [
    sample(({ variables }) => (variables[1]!.query = 'label_values(up{, job)')),
    sample(({ variables }) => (variables[1]!.query = 'values(up, job)')),
  ],
  'template-on-time-change-reload-rule': [sample(({ variables }) => (variables[2]!.refresh = 1))],
  'uneditable-dashboard-rule': [sample(({ dashboard }) => (dashboard.editable = true))],
  'panel-datasource-rule': [
    sample(({ panel }) => (panel.datasource = { uid: 'abc' })),
    sample(({ panel }) => (panel.targets![0]!.datasource = { uid: 'abc' })),
  ],
  'panel-title-description-rule': [
    sample(({ panel }) => (panel.title = '')),
    sample(({ panel }) => delete panel.description),
  ],
  'panel-units-rule': [
    sample(({ panel }) => delete panel.fieldConfig),
    sample(({ panel }) => (panel.fieldConfig!.defaults!.unit = 'seconds')),
    sample(({ panel }) => (panel.fieldConfig!.overrides = [{ properties: [{ id: 'unit', value: 'sec' }] }])),
  ],
  'panel-no-targets-rule': [sample(({ panel }) => (panel.targets = []))],
  'target-promql-rule': [expr(`sum(weir_ready{${own}}`), expr('1 + 1'), expr('')],
  'target-rate-interval-rule': [expr(`rate(weir_a_total{${own}}[5m])`), expr(`sum(irate((weir_a_total{${own}}[5m] offset 1w)))`)],
  'target-job-rule': [expr('weir_ready{instance=~"$instance"}'), expr('weir_ready{job="$job", instance=~"$instance"}')],
  'target-instance-rule': [expr(`weir_ready{${own}} / on (job) weir_ready{job=~"$job"}`)],
  'target-counter-agg-rule': [expr(`weir_a_total{${own}}`), expr(`sum(max_over_time(weir_a_total{${own}}[1h]))`)],
};

const fine: Dashboard[] = [
  sample(({ panel }) => Object.assign(panel, { type: 'stat', targets: [{ ...panel.targets![0], range: false, instant: true }] })),
  sample(() => {}),
  expr(`sum(increase(weir_a_total{${own}}[$__range] offset 1w))`),
  expr(`topk($top, weir_cells{${own}})`),
  expr(`sum(weir_site_window_page_views{${own}, window="$window"}) / sum(weir_site_window_landed_sessions{${own}, window="$window"})`),
  expr(`sum by (job) (rate(process_cpu_seconds_total{${own}}[$__rate_interval]) and on (job, instance) weir_build_info{${own}})`),
  expr(`sum(1 - up{${own}} and on (job) last_over_time(weir_build_info{${own}}[1d]))`),
  expr(`process_open_fds{${own}} / process_max_fds{${own}} and on (job, instance) weir_build_info{${own}}`),
  expr(`(${estimate} < ${ofSites('max')} or ${ofSites('max')}) > ${ofSites('min')} or ${ofSites('min')}`),
  sample(({ variables }) => variables.push({ name: 'n', type: 'custom', query: '1,2' })),
  sample(({ dashboard }) => dashboard.panels!.push({ type: 'row' })),
];

test('each rule finds its faults and only them', () => {
  deepStrictEqual(Object.keys(faults), Object.keys(rules), 'every rule is put to the test');
  for (const [rule, dashboards] of Object.entries(faults)) {
    for (const dashboard of dashboards) {
      const found = new Set(lint(dashboard).map((finding) => finding.rule));
      deepStrictEqual([...found], [rule], JSON.stringify(dashboard));
    }
  }
  for (const dashboard of fine) deepStrictEqual(lint(dashboard), []);
});

test('an exception covers its panel and its rule, needs a reason, and must be needed', () => {
  const finding = { rule: 'r', dashboard: 'd', panel: 'p', message: 'm' };
  const exception = { rule: 'r', dashboard: 'd', panel: 'p', reason: 'a reason that says something' };
  deepStrictEqual(faultsOf([finding], [exception]), []);
  strictEqual(faultsOf([{ ...finding, panel: 'q' }, finding], [exception]).length, 1);
  strictEqual(faultsOf([], [exception]).length, 1);
  strictEqual(faultsOf([finding], [{ ...exception, reason: '' }]).length, 1);
});

test('the committed dashboards keep the rules', () => {
  const exceptions: Exception[] = JSON.parse(read('lint_exceptions.json'));
  const dashboards = committed();
  ok(dashboards.length >= 4 && dashboards.every((dashboard) => (dashboard.panels?.length ?? 0) > 10));
  deepStrictEqual(faultsOf(dashboards.flatMap(lint), exceptions), []);
});

test('the committed dashboards are what the sources give', () => {
  deepStrictEqual(readdirSync(folder).sort(), [...rendered().keys()].sort());
  for (const [file, text] of rendered()) ok(read(`${folder}/${file}`) === text, `${file} differs: run npm run build`);
});

test('uids are fixed and each is used once', () => {
  deepStrictEqual(
    committed().map((dashboard) => dashboard.uid).sort(),
    Object.values(uids).sort(),
  );
});
