// Where visits come from and what they are worth: channels, campaigns, revenue, brand.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { compared, comparedNumber } from '../compared';
import {
  averageOrderValue,
  bounceRatio,
  conversionRatio,
  growth,
  type Kpi,
  orders,
  revenue,
  revenuePerSession,
  sessions,
} from '../kpis';
import { sites, uids } from '../names';
import { dashboard } from '../page';
import { type Column, graph, type PanelOptions, table } from '../panels';
import { liveWindow, type Scope } from '../scopes';
import { thresholds, units } from '../units';
import * as variables from '../variables';

const chosenChannels = 'channel=~"$channel"';
const channels = liveWindow('channel', sites, chosenChannels);
const campaigns = liveWindow('campaign', sites);
const brands = liveWindow('brand', sites);

/** Searches for the brand, of all whose term is known. */
const brandShare: Kpi = (scope, cut) =>
  `${scope.sum('sessions', { ...cut, matchers: 'brand="brand"' })} / ` +
  `${scope.sum('sessions', { ...cut, matchers: 'brand=~"brand|non_brand"' })}`;

const number = (options: PanelOptions, kpi: Kpi, scope = channels) =>
  comparedNumber(scope, { ...options, width: 4 }, kpi);

/** What a source brings, per label. */
function worth(scope: Scope, label: string): Column[] {
  const cut = { by: [label] };
  return [
    { name: 'Sessions', expr: sessions(scope, cut), unit: units.count },
    {
      name: 'Against last week',
      expr: growth(sessions)(scope, cut),
      unit: units.share,
      decimals: 0,
      thresholds: thresholds.growth,
    },
    { name: 'Bounce', expr: bounceRatio(scope, cut), unit: units.share, decimals: 1 },
    { name: 'Conversion', expr: conversionRatio(scope, cut), unit: units.share, decimals: 2 },
    { name: 'Orders', expr: orders(scope, cut), unit: units.count },
    { name: 'Revenue', expr: revenue(scope, cut), unit: units.money, decimals: 2 },
    { name: 'Order value', expr: averageOrderValue(scope, cut), unit: units.money, decimals: 2 },
    { name: 'Revenue / session', expr: revenuePerSession(scope, cut), unit: units.money, decimals: 3 },
  ];
}

const byChannel = { by: ['channel'] };
const ofCurrency =
  'Revenue is that of the currency chosen; orders are of all currencies, so with several the order value is too low.';
const brandRollup =
  'Needs search terms (utm_term), brand_terms, and a rollup of its own in the configuration, beside the ones in use: ' +
  'rollups: {brand: {dimensions: [brand], limit: 10}}. See docs/grafana.md.';

export const acquisition = (): Dashboard =>
  dashboard({
    uid: uids.acquisition,
    title: 'Acquisition',
    about: 'Which channels and campaigns bring visits, and what they are worth.',
    from: 'now-24h',
    variables: [
      variables.dataSource(),
      variables.manySites(),
      variables.manyChannels(),
      variables.currency(),
      variables.window(),
      variables.job(),
      variables.instance(),
    ],
    sections: [
      {
        title: 'In the last $window',
        panels: [
          number(
            { title: 'Sessions', about: 'Sessions that came by the channels chosen.', unit: units.count },
            sessions,
          ),
          number(
            {
              title: 'Conversion',
              about: 'Share of these sessions with at least one conversion.',
              unit: units.share,
              decimals: 2,
            },
            conversionRatio,
          ),
          number(
            {
              title: 'Orders',
              about: 'Orders in these sessions, in all currencies. An order id counts once per visitor.',
              unit: units.count,
            },
            orders,
          ),
          number(
            {
              title: 'Revenue in $currency',
              about: 'Revenue of orders in the currency chosen. Empty when there was none in the window.',
              unit: units.money,
              decimals: 2,
            },
            revenue,
          ),
          number(
            { title: 'Average order value in $currency', about: ofCurrency, unit: units.money, decimals: 2 },
            averageOrderValue,
          ),
          number(
            {
              title: 'Brand share',
              about: `Searches for the brand, of the sessions whose search term is known, whatever channels are chosen. ${brandRollup}`,
              unit: units.share,
              decimals: 1,
            },
            brandShare,
            brands,
          ),
        ],
      },
      {
        title: 'Channels',
        panels: [
          table({
            title: 'What channels bring',
            about: `The window, by channel, against the same time last week. ${ofCurrency}`,
            keys: [{ label: 'channel', name: 'Channel' }],
            columns: worth(channels, 'channel'),
            sortBy: 'Sessions',
          }),
          graph({
            title: 'Sessions by channel',
            about: 'Sessions of the window of $window that ends there, by channel. A colour that vanishes is a source that ran dry.',
            unit: units.count,
            stacked: 'amount',
            lines: [{ name: '{{channel}}', expr: sessions(channels, byChannel) }],
          }),
          graph({
            title: 'Mix of channels',
            about: 'The same as shares of the channels chosen.',
            unit: units.count,
            stacked: 'share',
            lines: [{ name: '{{channel}}', expr: sessions(channels, byChannel) }],
          }),
          graph({
            title: 'Conversion by channel',
            about: 'Sessions with a conversion / sessions, by channel.',
            unit: units.share,
            lines: [{ name: '{{channel}}', expr: conversionRatio(channels, byChannel) }],
          }),
        ],
      },
      {
        title: 'Campaigns',
        panels: [
          table({
            title: 'What campaigns bring',
            about:
              `The window, by campaign (utm_campaign), against the same time last week, whatever channels are chosen. ` +
              `(none) are visits without one. ${ofCurrency}`,
            keys: [{ label: 'campaign', name: 'Campaign' }],
            columns: worth(campaigns, 'campaign'),
            sortBy: 'Sessions',
          }),
        ],
      },
      {
        title: 'Revenue and brand over time',
        panels: [
          graph({
            title: 'Revenue by channel in $currency',
            about: 'Revenue of the window, by channel.',
            unit: units.money,
            stacked: 'amount',
            lines: [{ name: '{{channel}}', expr: revenue(channels, byChannel) }],
          }),
          graph({
            title: 'Average order value in $currency',
            about: `Revenue / orders, and a week earlier. ${ofCurrency}`,
            unit: units.money,
            lines: compared(channels, averageOrderValue),
          }),
          graph({
            title: 'Brand share',
            about: `Searches for the brand, of the sessions whose search term is known. ${brandRollup}`,
            unit: units.share,
            max: 1,
            lines: compared(brands, brandShare),
          }),
        ],
      },
    ],
  });
