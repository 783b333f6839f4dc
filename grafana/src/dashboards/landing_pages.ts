// For growth teams: how all landing pages do, now and against the same time last week; which ones to look at.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { compared, comparedNumber, howDwellIsMade, qualityNumbers } from '../compared';
import {
  aWeekAgo,
  bounceRatio,
  causeLeakage,
  change,
  conversionRatio,
  dwellMedian,
  dwellP95,
  funnelLeakage,
  growth,
  type Kpi,
  leaked,
  pagesPerSession,
  sessions,
  stepLeakage,
  visitors,
} from '../kpis';
import { toLandingPage } from '../links';
import { sites, uids } from '../names';
import { dashboard } from '../page';
import { graph, type KeyColumn, type PanelOptions, table } from '../panels';
import { ended, liveWindow, type Scope } from '../scopes';
import { thresholds, units } from '../units';
import * as variables from '../variables';

const site = liveWindow('site', sites);
const pages = liveWindow('landing', sites);
const pagesInRange = ended('$__range', 'landing', sites);

const number = (options: PanelOptions, kpi: Kpi) => comparedNumber(site, options, kpi);

const page = { by: ['site', 'landing_page'] };
const pageKeys: KeyColumn[] = [
  { label: 'landing_page', name: 'Landing page', link: toLandingPage },
  { label: 'site', name: 'Site' },
];

/** Only the pages with the most sessions: all columns must have the same rows. */
const amongTop = (scope: Scope, expr: string) =>
  `(${expr}) and on (site, landing_page) topk($top, ${sessions(scope, page)})`;

function pageColumns(scope: Scope) {
  const column = (name: string, kpi: Kpi, unit: (typeof units)[keyof typeof units], decimals: number) => ({
    name,
    expr: amongTop(scope, kpi(scope, page)),
    unit,
    decimals,
  });
  return [
    { name: 'Sessions', expr: `topk($top, ${sessions(scope, page)})`, unit: units.count, decimals: 0 },
    { ...column('Against last week', growth(sessions), units.share, 0), thresholds: thresholds.growth },
    column('Bounce', bounceRatio, units.share, 1),
    column('Pages / session', pagesPerSession, units.decimal, 2),
    column('Dwell p50', dwellMedian, units.seconds, 0),
    column('Dwell p95', dwellP95, units.seconds, 0),
    column('Conversion', conversionRatio, units.share, 2),
    column('Leakage', funnelLeakage, units.share, 1),
  ];
}

export const landingPages = (): Dashboard =>
  dashboard({
    uid: uids.landingPages,
    title: 'Landing pages',
    about: 'How visits begin and what becomes of them, per landing page, compared with the same time last week.',
    from: 'now-24h',
    variables: [
      variables.dataSource(),
      variables.manySites(),
      variables.window(),
      variables.funnel(),
      variables.top(),
      variables.job(),
      variables.instance(),
    ],
    sections: [
      {
        title: 'In the last $window',
        panels: [
          number(
            {
              title: 'Sessions',
              about: 'Sessions that began in the window, open ones included. Below: the same window a week earlier.',
              unit: units.count,
            },
            sessions,
          ),
          number(
            {
              title: 'Visitors',
              about:
                'Distinct visitors of the window, per landing page or site. Who reaches several instances, or several ' +
                'sites, counts once in each.',
              unit: units.count,
            },
            visitors,
          ),
          ...qualityNumbers(site),
        ],
      },
      {
        title: 'Landing pages in the last $window',
        panels: [
          table({
            title: 'Top landing pages',
            about:
              'The landing pages with the most sessions of the window; Rows says how many. Click one to look into it. ' +
              '__other__ holds the pages beyond the limit of the rollup "landing"; (none) the sessions without a page ' +
              'view. Leakage is of the whole funnel chosen. Dwell: ' +
              howDwellIsMade,
            keys: pageKeys,
            columns: pageColumns(pages),
            sortBy: 'Sessions',
          }),
        ],
      },
      {
        title: 'Funnel $funnel of the sites chosen: where sessions leak, and why, against last week',
        panels: [
          graph({
            title: 'Leakage of each step',
            about: 'Share of the sessions of the window at a step that never took the next, and a week earlier.',
            unit: units.share,
            max: 1,
            lines: compared(site, stepLeakage, '{{step}}'),
            width: 12,
          }),
          table({
            title: 'Leakage by step and cause',
            about:
              'Sessions of the window that got to a step and no further, by what they did next, and their share of those ' +
              'at the step. Change is against the same window a week earlier; WeirLeakageJump fires when a step loses ' +
              'more than 10 points more. One landing page has the same for a page.',
            keys: [
              { label: 'step', name: 'Step' },
              { label: 'cause', name: 'Cause' },
            ],
            columns: [
              { name: 'Sessions', expr: leaked(site), unit: units.count },
              { name: 'Leakage', expr: causeLeakage(site), unit: units.share, decimals: 1 },
              { name: 'A week earlier', expr: causeLeakage(site, aWeekAgo), unit: units.share, decimals: 1 },
              {
                name: 'Change',
                expr: change(causeLeakage)(site),
                unit: units.share,
                decimals: 1,
                thresholds: thresholds.leakageChange,
              },
            ],
            sortBy: 'Change',
            width: 12,
            height: 8,
          }),
        ],
      },
      {
        title: 'Over time: each point is the window of $window that ends there',
        panels: [
          graph({
            title: 'Sessions',
            about: 'Sessions that began in the window, and a week earlier.',
            unit: units.count,
            lines: compared(site, sessions),
          }),
          graph({
            title: 'Bounce',
            about: 'Bounced sessions / sessions with a landing page, and a week earlier.',
            unit: units.share,
            lines: compared(site, bounceRatio),
          }),
          graph({
            title: 'Conversion',
            about: 'Sessions with a conversion / all sessions, and a week earlier.',
            unit: units.share,
            lines: compared(site, conversionRatio),
          }),
          graph({
            title: 'Dwell',
            about: `Median and 95th percentile, and a week earlier. ${howDwellIsMade}`,
            unit: units.seconds,
            lines: [...compared(site, dwellMedian, 'p50'), ...compared(site, dwellP95, 'p95')],
          }),
          graph({
            title: 'Pages / session',
            about: 'Page views / sessions with a landing page, and a week earlier.',
            unit: units.decimal,
            lines: compared(site, pagesPerSession),
          }),
          graph({
            title: 'Leakage of $funnel',
            about: 'Share of the sessions at the first step of the funnel that never took its last, and a week earlier.',
            unit: units.share,
            max: 1,
            lines: compared(site, funnelLeakage),
          }),
        ],
      },
      {
        title: 'Landing pages in the time range at the top right',
        panels: [
          table({
            title: 'Top landing pages of the time range',
            about:
              'As above, but of all sessions that ended within the time range, and against the same range a week ' +
              'earlier. Choose "Last 7 days" to compare whole weeks. Dwell is estimated from buckets (3, 6, 10, 15, 20, ' +
              '30, 50, 75 s, 2, 3, 4, 6, 10, 15, 20, 30 min, 1 h): as a rule within 10 % with 1,000 sessions, within 20 % with ' +
              '100, and always in the bucket of the true value.',
            keys: pageKeys,
            columns: pageColumns(pagesInRange),
            sortBy: 'Sessions',
          }),
        ],
      },
    ],
  });
