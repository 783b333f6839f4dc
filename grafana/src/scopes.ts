// Where KPIs come from: a rollup's live windows, or its counters over a range. Both only ever hand out sums over all
// instances; what divides them is in kpis.ts, so that no ratio is added up or averaged.

/** How a sum is cut: by which labels, at which steps of a funnel, and how long ago. */
export interface Cut {
  by?: string[];
  matchers?: string;
  ago?: string;
}

export interface Scope {
  /** Sum of a part of the KPI table, such as `sessions`. */
  sum(part: string, cut?: Cut): string;
  /** Quantile of known dwell times. */
  dwellQuantile(quantile: Quantile, cut?: Cut): string;
}

/** Those that Weir has as gauges. */
export type Quantile = 'p50' | 'p95';
const shareOf: Record<Quantile, number> = { p50: 0.5, p95: 0.95 };

function aggregated(how: string, labels: string[], vector: string): string {
  return labels.length > 0 ? `${how} by (${labels.join(', ')}) (${vector})` : `${how}(${vector})`;
}

export const sumBy = (labels: string[], vector: string) => aggregated('sum', labels, vector);

/** A metric with its matchers, and how long ago. `range` is that of a range vector. */
function selector(metric: string, matchers: string[], cut: Cut, range?: string): string {
  const labels = [...matchers, ...(cut.matchers ? [cut.matchers] : [])].join(', ');
  return `${metric}{${labels}}${range ? `[${range}]` : ''}${cut.ago ? ` offset ${cut.ago}` : ''}`;
}

/** Of sessions that ended. The buckets hold counts, so they can be added up over instances; quantiles cannot. */
function endedQuantile(rollup: string, matchers: string[], range: string, quantile: Quantile, cut: Cut): string {
  const buckets = `increase(${selector(`weir_${rollup}_dwell_seconds_bucket`, matchers, cut, range)})`;
  return `histogram_quantile(${shareOf[quantile]}, ${sumBy(['le', ...(cut.by ?? [])], buckets)})`;
}

/**
 * A quantile of several cells together lies between the lowest and the highest of theirs: the estimate from the buckets
 * is kept between the two. Of one cell alone, which is a site or page of one instance, they are the same and exact.
 * Without such gauges (export.ratios: false) the estimate stands.
 */
function windowQuantile(rollup: string, matchers: string[], quantile: Quantile, cut: Cut): string {
  const inWindow = [...matchers, 'window="$window"'];
  const single = selector(`weir_${rollup}_window_dwell_${quantile}_seconds`, inWindow, cut);
  const lowest = aggregated('min', cut.by ?? [], single);
  const highest = aggregated('max', cut.by ?? [], single);
  const estimate = endedQuantile(rollup, matchers, '$window', quantile, cut);
  return `(${estimate} < ${highest} or ${highest}) > ${lowest} or ${lowest} or ${estimate}`;
}

/** The window chosen at the top: live, open sessions included. Only sums of one window mean anything. */
export function liveWindow(rollup: string, ...matchers: string[]): Scope {
  return {
    sum: (part, cut = {}) =>
      sumBy(cut.by ?? [], selector(`weir_${rollup}_window_${part}`, [...matchers, 'window="$window"'], cut)),
    dwellQuantile: (quantile, cut = {}) => windowQuantile(rollup, matchers, quantile, cut),
  };
}

/** Sessions that ended within a range. Counters take restarts of instances into account. */
export function ended(range: string, rollup: string, ...matchers: string[]): Scope {
  return {
    sum: (part, cut = {}) =>
      sumBy(cut.by ?? [], `increase(${selector(`weir_${rollup}_${part}_total`, matchers, cut, range)})`),
    dwellQuantile: (quantile, cut = {}) => endedQuantile(rollup, matchers, range, quantile, cut),
  };
}

/** The first scope that has anything. */
export function firstOf(first: Scope, second: Scope): Scope {
  return {
    sum: (part, cut) => `(${first.sum(part, cut)} or ${second.sum(part, cut)})`,
    dwellQuantile: (quantile, cut) => `(${first.dwellQuantile(quantile, cut)} or ${second.dwellQuantile(quantile, cut)})`,
  };
}
