// A dashboard: choices at the top, sections with panels below. Panels are placed from left to right, and begin a new
// line when the 24 columns are full.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  type AnnotationQuery,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { menu } from './links';
import { tag } from './names';
import type { Placed } from './panels';

export interface Section {
  title: string;
  panels: Placed[];
}

export interface Page {
  uid: string;
  title: string;
  about: string;
  /** What the time range is at first, such as `now-24h`. */
  from: string;
  variables: Builder<VariableModel>[];
  annotations?: Builder<AnnotationQuery>[];
  sections: Section[];
}

function checkLines(section: Section): void {
  let used = 0;
  for (const { width } of section.panels) {
    used += width;
    if (used > 24) throw new Error(`${section.title}: panels do not fill lines of 24 columns`);
    if (used === 24) used = 0;
  }
  if (used !== 0) throw new Error(`${section.title}: the last line has ${24 - used} columns left`);
}

export function dashboard(page: Page): Dashboard {
  const builder = new DashboardBuilder(page.title)
    .uid(page.uid)
    .description(page.about)
    .tags([tag])
    .timezone('browser')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: page.from, to: 'now' })
    .refresh('30s')
    .link(menu())
    .variables(page.variables)
    .annotations(page.annotations ?? []);
  for (const section of page.sections) {
    checkLines(section);
    builder.withRow(new RowBuilder(section.title));
    for (const { panel, width, height } of section.panels) builder.withPanel(panel.span(width).height(height));
  }
  const built = builder.build();
  // Numbered, so that links to single panels stay what they are from one Grafana to the next.
  built.panels?.forEach((panel, index) => {
    panel.id = index + 1;
  });
  return built;
}
