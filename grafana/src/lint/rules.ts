// The rules of Grafana's dashboard-linter, under its names and written anew, and some of our own (weir-...). Each walks one
// dashboard and says what it finds. What the others are for is in the documentation of dashboard-linter.
import { type Dashboard, type Panel, panelsOf, queryOf, type Variable } from './dashboard';
import { rateInterval, type Selector, selectorsOf } from './promql';
import { knownUnits } from './units';

export interface Finding {
  rule: string;
  dashboard: string;
  /** Empty when it is about the whole dashboard. */
  panel: string;
  message: string;
}

type Report = (message: string, panel?: Panel) => void;
type Rule = (dashboard: Dashboard, report: Report) => void;

const onReload = 2; // of a variable: read anew when the time range changes

const variablesOf = (dashboard: Dashboard) => dashboard.templating?.list ?? [];

function checkInstanceVariable(dashboard: Dashboard, name: string, label: string, report: Report): void {
  const variable = variablesOf(dashboard).find((candidate) => candidate.name === name);
  if (!variable) return report(`no variable ${name}`);
  const wanted: [boolean, string][] = [
    [variable.type === 'query', 'be a query'],
    [variable.label === label, `be labelled ${label}`],
    [variable.multi === true, 'allow several values'],
    [variable.allValue === '.+', 'stand for .+ when all are chosen'],
    [variable.datasource?.uid === '${datasource}', 'use the data source chosen'],
  ];
  for (const [kept, wish] of wanted) if (!kept) report(`variable ${name} must ${wish}`);
}

/** Calls `check` for every selector of every valid query. */
function eachSelector(
  dashboard: Dashboard,
  check: (selector: Selector, panel: Panel, all: Selector[]) => void,
): void {
  for (const panel of panelsOf(dashboard)) {
    for (const target of panel.targets ?? []) {
      const selectors = selectorsOf(target.expr ?? '');
      if (typeof selectors === 'string') continue; // target-promql-rule says so
      for (const selector of selectors) check(selector, panel, selectors);
    }
  }
}

function checkMatcher(dashboard: Dashboard, label: string, report: Report): void {
  eachSelector(dashboard, (selector, panel) => {
    if (selector.matchers.get(label) === `=~"$${label}"`) return;
    report(`${selector.metric} has no matcher ${label}=~"$${label}"`, panel);
  });
}

/** What a query of a variable selects from: the first argument of label_values, or the one of query_result. */
function checkVariableQuery(variable: Variable, report: Report): void {
  const query = queryOf(variable);
  const call = /^(label_values|query_result|label_names|metrics)\((.*)\)$/s.exec(query);
  if (!call) return report(`variable ${variable.name}: "${query}" is no function of Prometheus variables`);
  const argument = call[1] === 'label_values' ? call[2]!.replace(/,\s*[a-z_]+$/, '') : call[2]!;
  const selectors = selectorsOf(argument);
  if (typeof selectors === 'string') report(`variable ${variable.name}: ${selectors}`);
}

/** Metrics that Weir has divided already, each instance for itself. */
const readyMade = /^weir_\w+_window_(\w+_ratio|pages_per_session|dwell_(mean|p50|p95)_seconds|average_order_value)$/;

/** The lowest and the highest of several quantiles bound an estimate from the buckets of all. */
function isBound(selector: Selector, all: Selector[]): boolean {
  const [, rollup] = /^(weir_\w+)_window_dwell_p\d+_seconds$/.exec(selector.metric) ?? [];
  const used = (how: string) => all.some((other) => other.metric === selector.metric && other.calledBy === how);
  const estimated = all.some((other) => other.metric === `${rollup}_dwell_seconds_bucket`);
  return ['min', 'max'].includes(selector.calledBy) && used('min') && used('max') && estimated;
}

export const rules: Record<string, Rule> = {
  // Ratios and quantiles of several instances can neither be added up nor averaged, their parts can.
  'weir-parts-rule': (dashboard, report) =>
    eachSelector(dashboard, (selector, panel, all) => {
      if (!readyMade.test(selector.metric) || isBound(selector, all)) return;
      report(`${selector.metric} is right for one instance only`, panel);
    }),
  // A sum over windows of different lengths counts the same sessions several times.
  'weir-window-rule': (dashboard, report) =>
    eachSelector(dashboard, (selector, panel) => {
      if (!/^weir_\w+_window_/.test(selector.metric) || selector.matchers.get('window') === '="$window"') return;
      report(`${selector.metric} without window="$window"`, panel);
    }),
  // "All" jobs are those of other programs, too, and some metrics are every program's.
  'weir-own-metrics-rule': (dashboard, report) =>
    eachSelector(dashboard, (selector, panel) => {
      if (selector.metric.startsWith('weir_') || selector.ofWeir) return;
      report(`${selector.metric} of any program: add "and on (job, instance) weir_build_info"`, panel);
    }),
  // The last value of a range may be of a process that is gone: what is bad would stay green.
  'weir-now-rule': (dashboard, report) => {
    for (const panel of panelsOf(dashboard)) {
      if (!['stat', 'gauge', 'bargauge'].includes(panel.type)) continue;
      if (panel.targets?.some((target) => !target.instant || target.range)) report('shows a figure that may be old', panel);
    }
  },
  'template-datasource-rule': (dashboard, report) => {
    const sources = variablesOf(dashboard).filter((variable) => variable.type === 'datasource');
    const [source] = sources;
    if (!source) return report('no variable for the data source');
    if (sources.length > 1) report('several variables for data sources');
    if (source.name !== 'datasource') report(`the data source is called ${source.name}, not datasource`);
    if (source.label !== 'Data source') report(`the data source is labelled ${source.label}, not Data source`);
  },
  'template-job-rule': (dashboard, report) => checkInstanceVariable(dashboard, 'job', 'Job', report),
  'template-instance-rule': (dashboard, report) => checkInstanceVariable(dashboard, 'instance', 'Instance', report),
  'template-label-promql-rule': (dashboard, report) => {
    for (const variable of variablesOf(dashboard)) if (variable.type === 'query') checkVariableQuery(variable, report);
  },
  'template-on-time-change-reload-rule': (dashboard, report) => {
    for (const variable of variablesOf(dashboard)) {
      if (variable.type !== 'query' || variable.refresh === onReload) continue;
      report(`variable ${variable.name} is not read anew when the time range changes`);
    }
  },
  'uneditable-dashboard-rule': (dashboard, report) => {
    if (dashboard.editable !== false) report('can be edited, and would then differ from its source');
  },
  'panel-datasource-rule': (dashboard, report) => {
    for (const panel of panelsOf(dashboard)) {
      const used = [panel.datasource?.uid, ...(panel.targets ?? []).map((target) => target.datasource?.uid ?? '${datasource}')];
      if (used.some((uid) => uid !== '${datasource}')) report('does not use the data source chosen', panel);
    }
  },
  'panel-title-description-rule': (dashboard, report) => {
    for (const panel of panelsOf(dashboard)) {
      if (!panel.title) report('has no title', panel);
      if (!panel.description) report('has no description', panel);
    }
  },
  'panel-units-rule': (dashboard, report) => {
    for (const panel of panelsOf(dashboard)) {
      const overrides = (panel.fieldConfig?.overrides ?? []).flatMap((override) => override.properties ?? []);
      const units = overrides.filter((property) => property.id === 'unit').map((property) => String(property.value));
      for (const unit of [panel.fieldConfig?.defaults?.unit ?? '', ...units]) {
        if (!knownUnits.has(unit)) report(unit ? `unknown unit ${unit}` : 'has no unit', panel);
      }
    }
  },
  'panel-no-targets-rule': (dashboard, report) => {
    for (const panel of panelsOf(dashboard)) if (!panel.targets?.length) report('has no query', panel);
  },
  'target-promql-rule': (dashboard, report) => {
    for (const panel of panelsOf(dashboard)) {
      for (const target of panel.targets ?? []) {
        const selectors = selectorsOf(target.expr ?? '');
        if (typeof selectors === 'string') report(selectors, panel);
        else if (selectors.length === 0) report(`"${target.expr ?? ''}" selects nothing`, panel);
      }
    }
  },
  'target-rate-interval-rule': (dashboard, report) =>
    eachSelector(dashboard, (selector, panel) => {
      if (selector.calledBy !== 'rate' && selector.calledBy !== 'irate') return;
      if (selector.range !== rateInterval) report(`${selector.calledBy} of ${selector.metric} without $__rate_interval`, panel);
    }),
  'target-job-rule': (dashboard, report) => checkMatcher(dashboard, 'job', report),
  'target-instance-rule': (dashboard, report) => checkMatcher(dashboard, 'instance', report),
  'target-counter-agg-rule': (dashboard, report) =>
    eachSelector(dashboard, (selector, panel) => {
      if (!/_(total|bucket)$/.test(selector.metric)) return;
      if (['rate', 'irate', 'increase'].includes(selector.calledBy)) return;
      report(`counter ${selector.metric} without rate or increase`, panel);
    }),
};

/** All that the rules find in a dashboard. */
export function lint(dashboard: Dashboard): Finding[] {
  const findings: Finding[] = [];
  for (const [rule, run] of Object.entries(rules)) {
    run(dashboard, (message, panel) =>
      findings.push({ rule, dashboard: dashboard.title, panel: panel ? panel.title || '(no title)' : '', message }),
    );
  }
  return findings;
}
