// A dashboard as the linter reads it from a file: what it looks at, and no more. Anything may be missing.

export interface Target {
  expr?: string;
  instant?: boolean;
  range?: boolean;
  datasource?: { uid?: string };
}

export interface Panel {
  title?: string;
  type: string;
  description?: string;
  datasource?: { uid?: string };
  targets?: Target[];
  panels?: Panel[];
  fieldConfig?: { defaults?: { unit?: string }; overrides?: { properties?: { id: string; value?: unknown }[] }[] };
}

export interface Variable {
  name: string;
  type: string;
  label?: string;
  query?: string | { query?: string };
  datasource?: { uid?: string };
  multi?: boolean;
  allValue?: string;
  refresh?: number;
}

export interface Dashboard {
  title: string;
  uid?: string;
  editable?: boolean;
  panels?: Panel[];
  templating?: { list?: Variable[] };
}

/** Panels that show data, also those inside of rows. */
export function panelsOf(dashboard: Dashboard): Panel[] {
  const all = (dashboard.panels ?? []).flatMap((panel) => [panel, ...(panel.panels ?? [])]);
  return all.filter((panel) => panel.type !== 'row' && panel.type !== 'text');
}

export function queryOf(variable: Variable): string {
  return (typeof variable.query === 'string' ? variable.query : variable.query?.query) ?? '';
}
