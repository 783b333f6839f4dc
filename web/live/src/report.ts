// What the live feed sends (docs/live-page.md), and what is read out of it. Sums are added, ratios derived from sums.

export interface FunnelStep {
  step: string;
  reached: number;
  leakage_ratio: number | null;
  causes: Record<string, number>;
}

/** One row of a window. Its labels beside `site` are in fields of the names of the dimensions. */
export interface Row {
  at: string;
  window: string;
  rollup: string;
  site: string;
  sessions: number;
  landed_sessions: number;
  bounced_sessions: number;
  engaged_sessions: number;
  converted_sessions: number;
  page_views: number;
  visitors: number;
  orders: number;
  bounce_ratio: number | null;
  pages_per_session: number | null;
  conversion_ratio: number | null;
  dwell_seconds: {
    known: number;
    unknown: number;
    sum: number;
    mean: number | null;
    p50: number | null;
    p95: number | null;
  };
  revenue: Record<string, number>;
  funnels: Record<string, FunnelStep[]>;
}

export interface Live {
  time: string;
  version: string;
  number: number;
  events: {
    received: number;
    counted: number;
    rejected: Record<string, number>;
    late: number;
    duplicate: number;
    shed: number;
    queued: number;
  };
  received_by_source: Record<string, number>;
  counted_by_type: Record<string, number>;
  stats: Record<string, number>;
  watermark: string | null;
  sites: string[];
  window_lengths: string[];
  rollups: Record<string, string[]>;
  window: string;
  windows: Row[];
  left_out: Record<string, number>;
}

/** The rollup that groups by these dimensions, if there is one. */
export function rollupOf(live: Live, ...dimensions: string[]): string | undefined {
  const wanted = dimensions.join();
  return Object.keys(live.rollups).find((name) => live.rollups[name]?.join() === wanted);
}

export function rowsOf(live: Live, rollup: string | undefined): Row[] {
  return rollup === undefined ? [] : live.windows.filter((row) => row.rollup === rollup);
}

/** A label of a row; empty when its rollup has no such dimension. */
export function label(row: Row, dimension: string): string {
  const value = (row as unknown as Record<string, unknown>)[dimension];
  return typeof value === 'string' ? value : '';
}

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

function addTo(sums: Record<string, number>, more: Record<string, number>): void {
  for (const [name, value] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + value;
}

/** Funnels of several rows added up, step by step. */
export function addFunnels(rows: Row[]): Record<string, FunnelStep[]> {
  const sums: Record<string, FunnelStep[]> = {};
  for (const row of rows) {
    for (const [name, steps] of Object.entries(row.funnels)) {
      const sum = (sums[name] ??= steps.map(({ step }) => ({ step, reached: 0, leakage_ratio: null, causes: {} })));
      steps.forEach((step, place) => {
        const into = sum[place];
        if (!into) return;
        into.reached += step.reached;
        addTo(into.causes, step.causes);
      });
    }
  }
  for (const steps of Object.values(sums)) {
    steps.forEach((step, place) => {
      const next = steps[place + 1];
      step.leakage_ratio = next && step.reached > 0 ? 1 - next.reached / step.reached : null;
    });
  }
  return sums;
}

/** Rows added up. Quantiles are those of a single row, else null: they cannot be added. */
export function addRows(rows: Row[]): Row | null {
  const [first] = rows;
  if (!first || rows.length === 1) return first ?? null;
  const sum = (part: (row: Row) => number) => rows.reduce((total, row) => total + part(row), 0);
  const total: Row = {
    ...first,
    sessions: sum((row) => row.sessions),
    landed_sessions: sum((row) => row.landed_sessions),
    bounced_sessions: sum((row) => row.bounced_sessions),
    engaged_sessions: sum((row) => row.engaged_sessions),
    converted_sessions: sum((row) => row.converted_sessions),
    page_views: sum((row) => row.page_views),
    visitors: sum((row) => row.visitors),
    orders: sum((row) => row.orders),
    dwell_seconds: {
      known: sum((row) => row.dwell_seconds.known),
      unknown: sum((row) => row.dwell_seconds.unknown),
      sum: sum((row) => row.dwell_seconds.sum),
      mean: null,
      p50: null,
      p95: null,
    },
    revenue: {},
    funnels: addFunnels(rows),
  };
  total.bounce_ratio = ratio(total.bounced_sessions, total.landed_sessions);
  total.pages_per_session = ratio(total.page_views, total.landed_sessions);
  total.conversion_ratio = ratio(total.converted_sessions, total.sessions);
  total.dwell_seconds.mean = ratio(total.dwell_seconds.sum, total.dwell_seconds.known);
  for (const row of rows) addTo(total.revenue, row.revenue);
  return total;
}

/** The largest sum of an object of currencies: amounts in several have none. */
export const largestOf = (sums: Record<string, number>): number => Math.max(0, ...Object.values(sums));

/** All events of an object of counts. */
export const sumOf = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
