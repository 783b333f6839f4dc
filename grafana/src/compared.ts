// KPIs now and a week ago, which is how dashboards show them; and the numbers that every dashboard about landing pages
// begins with, each with what it means, once.
import {
  aWeekAgo,
  bounceRatio,
  conversionRatio,
  dwellMedian,
  dwellP95,
  funnelLeakage,
  type Kpi,
  pagesPerSession,
} from './kpis';
import { type Line, type PanelOptions, type Placed, stat } from './panels';
import type { Scope } from './scopes';
import { units } from './units';

/** A KPI and, pale, what it was a week ago. */
export function compared(scope: Scope, kpi: Kpi, name = 'now'): Line[] {
  return [
    { name, expr: kpi(scope) },
    { name: `${name === 'now' ? '' : `${name}, `}a week earlier`, expr: kpi(scope, aWeekAgo), pale: true },
  ];
}

/**
 * Both as numbers. They have no thresholds: what bounce or dwell is good differs from site to site, and the alerts of
 * growth measure against last week, with the number of sessions in mind.
 */
export const comparedNumber = (scope: Scope, options: PanelOptions & { width?: number }, kpi: Kpi): Placed =>
  stat({ ...options, lines: compared(scope, kpi) });

export const endedOnly =
  'Of sessions that have ended, which takes 30 minutes (sessions.timeout) after their last event.';

export const howDwellIsMade =
  'Within 2 % where it is of one cell: one instance, and one site, page or pair. Of several together it lies between ' +
  'the lowest and the highest of them, estimated from the buckets of sessions that have ended: as a rule within 10 % with ' +
  '1,000 sessions, within 20 % with 100 (docs/grafana.md).';

/** What sessions are like: from bounce to the leakage of the funnel chosen. */
export function qualityNumbers(scope: Scope): Placed[] {
  const number = (options: PanelOptions, kpi: Kpi) => comparedNumber(scope, options, kpi);
  return [
    number(
      {
        title: 'Bounce',
        about:
          'Share of sessions with a landing page that had one page view, no conversion and no custom event. It ' +
          'falls while sessions are open: a bounce is taken back by the second page view.',
        unit: units.share,
        decimals: 1,
      },
      bounceRatio,
    ),
    number(
      {
        title: 'Pages / session',
        about: 'Page views per session with a landing page.',
        unit: units.decimal,
        decimals: 2,
      },
      pagesPerSession,
    ),
    number(
      {
        title: 'Dwell p50',
        about: `Half of the sessions dwelt longer, from first event to last; those of one event are left out. ${howDwellIsMade}`,
        unit: units.seconds,
        decimals: 0,
      },
      dwellMedian,
    ),
    number(
      {
        title: 'Dwell p95',
        about: `One session of twenty dwelt longer; those of one event are left out. ${howDwellIsMade}`,
        unit: units.seconds,
        decimals: 0,
      },
      dwellP95,
    ),
    number(
      {
        title: 'Conversion',
        about: 'Share of sessions with at least one conversion of any name.',
        unit: units.share,
        decimals: 2,
      },
      conversionRatio,
    ),
    number(
      {
        title: 'Leakage of $funnel',
        about: 'Share of the sessions at the first step of the funnel that never took its last.',
        unit: units.share,
        decimals: 1,
      },
      funnelLeakage,
    ),
  ];
}
