// The choices at the top of dashboards.
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { datasource, instances } from './names';

const all = { text: ['All'], value: ['$__all'] };

export const dataSource = () =>
  new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus').hide(VariableHide.DontHide);

/** Values of a label, read anew with the time range, so that what came since is there. */
function labelValues(name: string, label: string, from: string, value: string): QueryVariableBuilder {
  const query = `label_values(${from}, ${value})`;
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query({ query, refId: 'StandardVariableQuery' })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .hide(VariableHide.DontHide);
}

const many = (variable: QueryVariableBuilder) => variable.multi(true).includeAll(true).allValue('.+').current(all);

export const job = () => many(labelValues('job', 'Job', 'weir_build_info', 'job'));
export const instance = () => many(labelValues('instance', 'Instance', 'weir_build_info{job=~"$job"}', 'instance'));

export const manySites = () => many(labelValues('site', 'Site', `weir_site_window_sessions{${instances}}`, 'site'));
export const oneSite = () => labelValues('site', 'Site', `weir_site_window_sessions{${instances}}`, 'site');

export const landingPage = () =>
  labelValues(
    'landing_page',
    'Landing page',
    `weir_landing_window_sessions{${instances}, site="$site"}`,
    'landing_page',
  );

export const manyChannels = () =>
  many(labelValues('channel', 'Channel', `weir_channel_window_sessions{${instances}, site=~"$site"}`, 'channel'));

/** "All" also matches series without a channel: see pageScope. */
export const channelOfPage = () =>
  many(
    labelValues(
      'channel',
      'Channel',
      `weir_landing_channel_window_sessions{${instances}, site="$site", landing_page="$landing_page"}`,
      'channel',
    ),
  ).allValue('.*');

export const funnel = () => labelValues('funnel', 'Funnel', `weir_site_window_funnel_sessions{${instances}}`, 'funnel');

export const currency = () =>
  labelValues('currency', 'Currency', `weir_site_revenue_total{${instances}}`, 'currency');

export const window = () =>
  labelValues('window', 'Window', `weir_site_window_sessions{${instances}}`, 'window').current({
    text: '1h',
    value: '1h',
  });

export const top = () =>
  new CustomVariableBuilder('top').label('Rows').values('10,25,50,100').current({ text: '25', value: '25' });
