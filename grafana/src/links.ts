// Ways from one dashboard to another. They keep the time range and the choices at the top.
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { tag, uids } from './names';

/** The menu of all dashboards of Weir, at the top of each. */
export function menu(): Builder<DashboardLink> {
  const link = new DashboardLinkBuilder('Weir')
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .icon('external link')
    .tooltip('The other dashboards of Weir')
    .includeVars(true)
    .keepTime(true);
  return {
    build: () => {
      // Without a placement the link stands beside the choices, where people find it.
      const { placement: _placement, ...shown } = link.build();
      return shown;
    },
  };
}

/** From a row of a table to its landing page. */
export const toLandingPage = {
  title: 'Look at this landing page',
  url:
    `/d/${uids.onePage}?` +
    'var-landing_page=${__data.fields["Landing page"]:percentencode}&var-site=${__data.fields.Site:percentencode}&' +
    '${datasource:queryparam}&${job:queryparam}&${instance:queryparam}&${window:queryparam}&${funnel:queryparam}&' +
    '${__url_time_range}',
};
