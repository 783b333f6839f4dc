// The KPIs as PromQL, by the definitions of docs/semantics.md: sums first, then one division.
import type { Cut, Scope } from './scopes';

export const aWeekAgo: Cut = { ago: '1w' };

export type Kpi = (scope: Scope, cut?: Cut) => string;

export const sessions: Kpi = (scope, cut) => scope.sum('sessions', cut);
export const visitors: Kpi = (scope, cut) => scope.sum('visitors', cut);
export const bounceRatio: Kpi = (scope, cut) =>
  `${scope.sum('bounced_sessions', cut)} / ${scope.sum('landed_sessions', cut)}`;
export const pagesPerSession: Kpi = (scope, cut) =>
  `${scope.sum('page_views', cut)} / ${scope.sum('landed_sessions', cut)}`;
export const conversionRatio: Kpi = (scope, cut) =>
  `${scope.sum('converted_sessions', cut)} / ${scope.sum('sessions', cut)}`;
export const dwellMedian: Kpi = (scope, cut) => scope.dwellQuantile('p50', cut);
export const dwellP95: Kpi = (scope, cut) => scope.dwellQuantile('p95', cut);
export const unknownDwellRatio: Kpi = (scope, cut) =>
  `${scope.sum('dwell_unknown_sessions', cut)} / ${scope.sum('sessions', cut)}`;
export const orders: Kpi = (scope, cut) => scope.sum('orders', cut);

/** The cut with further labels or matchers. */
export function narrowed(cut: Cut | undefined, matchers: string, by: string[] = []): Cut {
  const all = cut?.matchers ? `${cut.matchers}, ${matchers}` : matchers;
  return { ...cut, by: [...(cut?.by ?? []), ...by], matchers: all };
}

/** Revenue in the currency chosen at the top: amounts of different currencies cannot be added. */
export const revenue: Kpi = (scope, cut) => scope.sum('revenue', narrowed(cut, 'currency="$currency"'));
export const averageOrderValue: Kpi = (scope, cut) => `${revenue(scope, cut)} / ${orders(scope, cut)}`;
export const revenuePerSession: Kpi = (scope, cut) => `${revenue(scope, cut)} / ${sessions(scope, cut)}`;

const chosenFunnel = 'funnel="$funnel"';

/** Sessions that reached each step of the funnel chosen. */
export const reached: Kpi = (scope, cut) => scope.sum('funnel_sessions', narrowed(cut, chosenFunnel, ['step']));
/** Sessions that got to each step and no further, by cause. */
export const leaked: Kpi = (scope, cut) =>
  scope.sum('funnel_leaked_sessions', narrowed(cut, chosenFunnel, ['step', 'cause']));
/** Share of the sessions at each step that never took the next. */
export const stepLeakage: Kpi = (scope, cut) =>
  `${scope.sum('funnel_leaked_sessions', narrowed(cut, chosenFunnel, ['step']))} / ${reached(scope, cut)}`;

/** The same by cause. */
export const causeLeakage: Kpi = (scope, cut) =>
  `${leaked(scope, cut)} / on (${[...(cut?.by ?? []), 'step'].join(', ')}) group_left () ${reached(scope, cut)}`;

/**
 * Share of the sessions at the first step that never took the last. No step is reached by more sessions than the one
 * before it: the first has the most, the last the least.
 */
export const funnelLeakage: Kpi = (scope, cut) => {
  const by = cut?.by?.length ? ` by (${cut.by.join(', ')}) ` : '';
  return `1 - min${by}(${reached(scope, cut)}) / max${by}(${reached(scope, cut)})`;
};

/** By how much a share differs from that of last week. */
export const change = (kpi: Kpi): Kpi => (scope, cut) => `${kpi(scope, cut)} - ${kpi(scope, { ...cut, ...aWeekAgo })}`;

/** Growth of a count since the same time last week, as a share of it. */
export const growth = (kpi: Kpi): Kpi => (scope, cut) =>
  `${kpi(scope, cut)} / ${kpi(scope, { ...cut, ...aWeekAgo })} - 1`;
