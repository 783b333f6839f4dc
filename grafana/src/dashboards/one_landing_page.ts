// One landing page: its KPIs, where its visits leak out of a funnel and why, how long they stay, where they come from.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { compared, comparedNumber, endedOnly, qualityNumbers } from '../compared';
import {
  bounceRatio,
  conversionRatio,
  type Kpi,
  leaked,
  narrowed,
  pagesPerSession,
  reached,
  sessions,
  stepLeakage,
  unknownDwellRatio,
  visitors,
} from '../kpis';
import { instances, uids } from '../names';
import { dashboard } from '../page';
import { bars, graph, heatMap, type PanelOptions, table } from '../panels';
import { ended, firstOf, liveWindow, type Scope } from '../scopes';
import { units } from '../units';
import * as variables from '../variables';

const onPage = `${instances}, site="$site", landing_page="$landing_page"`;
const fromChannel = 'channel=~"$channel"';

/**
 * The page in all channels, or in those chosen. Series of the rollup `landing` have no label `channel`: they match only
 * when the choice is "All", which stands for `.*`. Then they come first, because `landing_channel` may have folded pairs.
 */
const ofChannels = (scope: (rollup: string, ...matchers: string[]) => Scope): Scope =>
  firstOf(scope('landing', onPage, fromChannel), scope('landing_channel', onPage, fromChannel));

const page = ofChannels(liveWindow);
const lately = ofChannels((rollup, ...matchers) => ended('$__rate_interval', rollup, ...matchers));
const byChannel = liveWindow('landing_channel', onPage, fromChannel);

const number = (options: PanelOptions, kpi: Kpi) => comparedNumber(page, options, kpi);

const cause = (name: string) =>
  page.sum('funnel_leaked_sessions', narrowed({}, `funnel="$funnel", cause="${name}"`, ['step']));
const perChannel = { by: ['channel'] };
/** Sessions that ended, by bucket of their dwell time. */
const dwellBuckets = [
  `sum by (le) (increase(weir_landing_dwell_seconds_bucket{${onPage}, ${fromChannel}}[$__rate_interval]))`,
  `sum by (le) (increase(weir_landing_channel_dwell_seconds_bucket{${onPage}, ${fromChannel}}[$__rate_interval]))`,
].join(' or ');

export const oneLandingPage = (): Dashboard =>
  dashboard({
    uid: uids.onePage,
    title: 'One landing page',
    about:
      'Everything about one landing page. Single channels come from the rollup "landing_channel": what is beyond its ' +
      'limit has no numbers of its own here; raise rollups.landing_channel.limit to see more.',
    from: 'now-24h',
    variables: [
      variables.dataSource(),
      variables.oneSite(),
      variables.landingPage(),
      variables.channelOfPage(),
      variables.window(),
      variables.funnel(),
      variables.job(),
      variables.instance(),
    ],
    sections: [
      {
        title: '$landing_page in the last $window',
        panels: [
          number(
            { title: 'Sessions', about: 'Sessions that began on this page in the window.', unit: units.count },
            sessions,
          ),
          number(
            {
              title: 'Visitors',
              about: 'Distinct visitors of the window. Who came by several channels, or reached several instances, counts once in each.',
              unit: units.count,
            },
            visitors,
          ),
          ...qualityNumbers(page),
        ],
      },
      {
        title: 'Funnel $funnel: where sessions leak, and why',
        panels: [
          bars({
            title: 'Sessions that reached each step',
            about: 'Sessions of the window that took the steps of the funnel up to this one, in order.',
            unit: units.count,
            name: '{{step}}',
            expr: `sort_desc(${reached(page)})`,
          }),
          table({
            title: 'Leakage and its causes',
            about:
              'Of the sessions that reached a step and no further: error - an error or a status of 500 and above came ' +
              'behind it; slow - a page took longer than funnels.slow_ms; wandered - other pages were viewed; left - ' +
              'nothing more. Sessions that are open may still go on. The last step of a funnel leaks nothing.',
            keys: [{ label: 'step', name: 'Step' }],
            columns: [
              { name: 'Reached', expr: reached(page), unit: units.count },
              { name: 'Leakage', expr: stepLeakage(page), unit: units.share, decimals: 1 },
              { name: 'error', expr: cause('error'), unit: units.count },
              { name: 'slow', expr: cause('slow'), unit: units.count },
              { name: 'wandered', expr: cause('wandered'), unit: units.count },
              { name: 'left', expr: cause('left'), unit: units.count },
            ],
            sortBy: 'Reached',
            width: 16,
            height: 8,
          }),
          graph({
            title: 'Leakage of each step',
            about: 'Share of the sessions at a step that never took the next, and a week earlier.',
            unit: units.share,
            max: 1,
            lines: compared(page, stepLeakage, '{{step}}'),
            width: 12,
          }),
          graph({
            title: 'Leaked sessions by step and cause',
            about: 'Sessions of the window that got to a step and no further, by what they did next.',
            unit: units.count,
            stacked: 'amount',
            lines: [{ name: '{{step}}: {{cause}}', expr: leaked(page) }],
            width: 12,
          }),
        ],
      },
      {
        title: 'How long visits last',
        panels: [
          heatMap({
            title: 'Dwell distribution',
            about: `Sessions by dwell time, from first event to last. The darker, the more. ${endedOnly}`,
            unit: units.seconds,
            expr: dwellBuckets,
          }),
          graph({
            title: 'Sessions of one event',
            about:
              'Share of the sessions that ended whose dwell is unknown, because they had one event only. They are in no ' +
              'mean and no quantile. Heartbeats of the tracker (engagement events) make it small.',
            unit: units.share,
            max: 1,
            lines: [{ name: 'unknown dwell', expr: unknownDwellRatio(lately) }],
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
            lines: compared(page, sessions),
          }),
          graph({
            title: 'Bounce',
            about: 'Bounced sessions / sessions, and a week earlier.',
            unit: units.share,
            max: 1,
            lines: compared(page, bounceRatio),
          }),
          graph({
            title: 'Conversion',
            about: 'Sessions with a conversion / all sessions, and a week earlier.',
            unit: units.share,
            lines: compared(page, conversionRatio),
          }),
        ],
      },
      {
        title: 'Where visits come from',
        panels: [
          graph({
            title: 'Sessions by channel',
            about: 'Sessions of the window by channel. Pairs of page and channel beyond the limit of the rollup are missing.',
            unit: units.count,
            stacked: 'amount',
            lines: [{ name: '{{channel}}', expr: sessions(byChannel, perChannel) }],
            width: 12,
          }),
          table({
            title: 'Channels of this page',
            about: 'The window, by channel. Pairs of page and channel beyond the limit of the rollup are missing.',
            keys: [{ label: 'channel', name: 'Channel' }],
            columns: [
              { name: 'Sessions', expr: sessions(byChannel, perChannel), unit: units.count },
              { name: 'Bounce', expr: bounceRatio(byChannel, perChannel), unit: units.share, decimals: 1 },
              { name: 'Pages / session', expr: pagesPerSession(byChannel, perChannel), unit: units.decimal, decimals: 2 },
              { name: 'Conversion', expr: conversionRatio(byChannel, perChannel), unit: units.share, decimals: 2 },
            ],
            sortBy: 'Sessions',
            width: 12,
            height: 8,
          }),
        ],
      },
    ],
  });
