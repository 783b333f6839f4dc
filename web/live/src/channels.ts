// How sessions came: one row for each channel, with its share of all sessions.
import { element, Keyed, setData, setText } from './dom';
import { count, percent } from './format';
import { addRows, label, type Row } from './report';

interface Line {
  name: HTMLElement;
  bar: HTMLElement;
  sessions: HTMLDataElement;
  share: HTMLDataElement;
  bounce: HTMLDataElement;
  conversion: HTMLDataElement;
}

function make(): { item: Line; root: Element } {
  const name = element('span', { class: 'page' });
  const bar = element('span', { class: 'share-bar', 'aria-hidden': 'true' });
  const data = (kpi: string) => element('data', { 'data-kpi': kpi });
  const line = {
    name,
    bar,
    sessions: data('sessions'),
    share: data('share'),
    bounce: data('bounce_ratio'),
    conversion: data('conversion_ratio'),
  };
  const number = (child: Node) => element('td', { class: 'number' }, child);
  const root = element(
    'tr',
    {},
    element('th', { scope: 'row', class: 'with-bar' }, name, bar),
    number(line.sessions),
    number(line.share),
    number(line.bounce),
    number(line.conversion),
  );
  return { item: line, root };
}

export class Channels {
  private lines: Keyed<Line>;

  constructor(
    table: HTMLElement,
    private note: HTMLElement,
  ) {
    const body = element('tbody');
    const head = element('tr', {}, element('th', { scope: 'col' }, 'Channel'));
    for (const title of ['Sessions', 'Share', 'Bounce', 'Conv.'])
      head.append(element('th', { scope: 'col', class: 'number' }, title));
    table.append(element('thead', {}, head), body);
    this.lines = new Keyed(body, make);
  }

  /** `leftOut` rows were not sent; `sessions` is how many there are of all channels, null when nobody knows. */
  update(rows: Row[], dimension: string, leftOut: number, sessions: number | null): void {
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const name = label(row, dimension);
      groups.set(name, [...(groups.get(name) ?? []), row]);
    }
    const channels = [...groups.entries()].map(([name, parts]) => ({ name, row: addRows(parts) as Row }));
    channels.sort((a, b) => b.row.sessions - a.row.sessions);
    const sent = channels.reduce((sum, { row }) => sum + row.sessions, 0);
    const all = leftOut > 0 ? sessions : sent;
    const largest = channels[0]?.row.sessions ?? 0;
    const missing = leftOut > 0 ? `${count(leftOut)} more rows are not shown: choose a site to see its channels.` : '';
    setText(this.note, channels.length > 0 ? missing : 'No sessions in this window yet.');
    const byName = new Map(channels.map(({ name, row }) => [name, row]));
    this.lines.update([...byName.keys()], (line, name) => {
      const row = byName.get(name) as Row;
      const share = all !== null && all > 0 ? row.sessions / all : null;
      setText(line.name, name);
      line.bar.style.width = `${largest > 0 ? (row.sessions / largest) * 100 : 0}%`;
      setData(line.sessions, row.sessions, count(row.sessions));
      setData(line.share, share, percent(share));
      setData(line.bounce, row.bounce_ratio, percent(row.bounce_ratio));
      setData(line.conversion, row.conversion_ratio, percent(row.conversion_ratio));
    });
  }
}
