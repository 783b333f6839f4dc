// The table of landing pages: one row for each, sorted by any column, with the course of its sessions. Choosing a page
// narrows the funnels to it.
import { element, Keyed, setClass, setData, setText } from './dom';
import { count, decimal, duration, moneys, percent } from './format';
import type { History } from './history';
import { label, largestOf, type Row } from './report';
import { Spark } from './spark';

interface Column {
  key: string;
  title: string;
  spoken?: string; // the whole name, where the title leans on its neighbour
  value: (row: Row) => number | null;
  text: (row: Row) => string;
  optional?: boolean; // left out where there is little room
}

const kColumns: Column[] = [
  { key: 'sessions', title: 'Sessions', value: (row) => row.sessions, text: (row) => count(row.sessions) },
  { key: 'bounce_ratio', title: 'Bounce', value: (row) => row.bounce_ratio, text: (row) => percent(row.bounce_ratio) },
  {
    key: 'pages_per_session',
    title: 'Pages',
    value: (row) => row.pages_per_session,
    text: (row) => decimal(row.pages_per_session),
    optional: true,
  },
  {
    key: 'dwell_p50',
    title: 'Dwell p50',
    value: (row) => row.dwell_seconds.p50,
    text: (row) => duration(row.dwell_seconds.p50),
    optional: true,
  },
  {
    key: 'dwell_p95',
    title: 'p95',
    spoken: 'Dwell p95',
    value: (row) => row.dwell_seconds.p95,
    text: (row) => duration(row.dwell_seconds.p95),
    optional: true,
  },
  {
    key: 'conversion_ratio',
    title: 'Conv.',
    value: (row) => row.conversion_ratio,
    text: (row) => percent(row.conversion_ratio),
  },
  {
    key: 'revenue',
    title: 'Revenue',
    value: (row) => largestOf(row.revenue),
    text: (row) => moneys(row.revenue),
    optional: true,
  },
];

interface Line {
  pick: HTMLButtonElement;
  name: HTMLElement;
  site: HTMLElement;
  row: HTMLElement;
  spark: Spark;
  cells: HTMLDataElement[];
}

const kMadeUp = ['(none)', '__other__']; // labels of Weir: no page view at all, and pages beyond the limit
const kShort = 10; // rows shown unless all are asked for

/** The name of a page's series in the history, and the key of its row. */
export const pageKey = (row: Row): string => JSON.stringify([row.site, label(row, 'landing_page')]);

export class LandingTable {
  private sorted = 'sessions';
  private falling = true;
  private headers = new Map<string, HTMLElement>();
  private body = element('tbody');
  private lines: Keyed<Line>;
  private rows: Row[] = [];
  private history: History | null = null;
  private more = element('button', { type: 'button', class: 'more', 'aria-expanded': 'false' });
  private whole = false;
  picked = '';

  constructor(
    private table: HTMLElement,
    private note: HTMLElement,
    private onPick: () => void,
  ) {
    const head = element('tr', {}, element('th', { scope: 'col' }, 'Landing page'));
    for (const { key, title, spoken, optional } of kColumns) {
      const button = element('button', { type: 'button', class: 'sort', 'aria-label': spoken ?? title }, title);
      const header = element('th', { scope: 'col', class: optional ? 'number optional' : 'number' }, button);
      button.addEventListener('click', () => this.sortBy(key));
      this.headers.set(key, header);
      head.append(header);
      if (key === 'sessions') head.append(element('th', { scope: 'col', class: 'trend' }, 'Trend'));
    }
    table.append(element('thead', {}, head), this.body);
    table.parentElement?.after(this.more);
    this.more.addEventListener('click', () => {
      this.whole = !this.whole;
      this.more.setAttribute('aria-expanded', String(this.whole));
      this.draw();
    });
    this.lines = new Keyed(this.body, (key) => this.make(key));
    this.markSorted();
  }

  update(rows: Row[], leftOut: number, severalSites: boolean, history: History): void {
    this.rows = rows;
    this.history = history;
    setClass(this.table, 'several-sites', severalSites);
    if (!rows.some((row) => pageKey(row) === this.picked)) this.picked = '';
    const more = leftOut > 0 ? `, ${count(leftOut)} more are not shown` : '';
    setText(
      this.note,
      rows.length > 0
        ? `${count(rows.length)} pages${more}. Choose one to see its funnels.`
        : 'No sessions in this window yet.',
    );
    this.draw();
  }

  private draw(): void {
    const column = kColumns.find(({ key }) => key === this.sorted) ?? kColumns[0];
    const value = (row: Row) => column?.value(row) ?? -1;
    const sign = this.falling ? -1 : 1;
    const sorted = [...this.rows].sort((a, b) => sign * (value(a) - value(b))); // stable: equal ones stay in order
    this.more.hidden = sorted.length <= kShort;
    setText(this.more, this.whole ? `Show ${kShort}` : `Show all ${count(sorted.length)}`);
    const shown = this.whole ? sorted : sorted.slice(0, kShort);
    const byKey = new Map(shown.map((row) => [pageKey(row), row]));
    this.lines.update([...byKey.keys()], (line, key) => this.change(line, key, byKey.get(key) as Row));
  }

  private change(line: Line, key: string, row: Row): void {
    setText(line.name, label(row, 'landing_page'));
    setClass(line.name, 'made-up', kMadeUp.includes(label(row, 'landing_page')));
    setText(line.site, row.site);
    line.pick.setAttribute('aria-pressed', String(key === this.picked));
    setClass(line.row, 'picked', key === this.picked);
    kColumns.forEach((column, place) => {
      const cell = line.cells[place];
      if (cell) setData(cell, column.value(row), column.text(row));
    });
    if (this.history) line.spark.update(this.history.times, this.history.of(key));
  }

  private make(key: string): { item: Line; root: Element } {
    const name = element('span', { class: 'page' });
    const site = element('span', { class: 'site' });
    const pick = element('button', { type: 'button', class: 'pick', 'aria-pressed': 'false' }, name, site);
    pick.addEventListener('click', () => {
      this.picked = this.picked === key ? '' : key;
      this.draw();
      this.onPick();
    });
    const spark = new Spark();
    const row = element('tr', {}, element('th', { scope: 'row' }, pick));
    const cells = kColumns.map(({ key: column, optional }) => {
      const data = element('data', { 'data-kpi': column });
      row.append(element('td', { class: optional ? 'number optional' : 'number' }, data));
      if (column === 'sessions') row.append(element('td', { class: 'trend' }, spark.root));
      return data;
    });
    return { item: { pick, name, site, row, spark, cells }, root: row };
  }

  private sortBy(key: string): void {
    this.falling = this.sorted === key ? !this.falling : true;
    this.sorted = key;
    this.markSorted();
    this.draw();
  }

  private markSorted(): void {
    for (const [key, header] of this.headers) {
      header.setAttribute('aria-sort', key !== this.sorted ? 'none' : this.falling ? 'descending' : 'ascending');
    }
  }
}
