// All dashboards. A new one is a row here and a file beside this one.
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { acquisition } from './acquisition';
import { landingPages } from './landing_pages';
import { oneLandingPage } from './one_landing_page';
import { pipelineHealth } from './pipeline_health';

const dashboards: Record<string, () => Dashboard> = {
  'landing_pages.json': landingPages,
  'one_landing_page.json': oneLandingPage,
  'acquisition.json': acquisition,
  'pipeline_health.json': pipelineHealth,
};

/** File names and their text, the same for the same sources. */
export function rendered(): Map<string, string> {
  return new Map(Object.entries(dashboards).map(([file, make]) => [file, `${JSON.stringify(make(), null, 2)}\n`]));
}
