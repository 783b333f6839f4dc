// The figures of the whole window, largest on the page.
import { element, Keyed, setData, setText } from './dom';
import { count, decimal, duration, largestMoney, percent, shortCount } from './format';
import { largestOf, type Row } from './report';

interface Tile {
  title: string;
  value: (row: Row) => number | null;
  text: (row: Row) => string;
  beside: (row: Row) => string;
}

const kTiles: Record<string, Tile> = {
  sessions: {
    title: 'Sessions',
    value: (row) => row.sessions,
    text: (row) => shortCount(row.sessions),
    beside: (row) => `${count(row.page_views)} page views`,
  },
  bounce_ratio: {
    title: 'Bounce',
    value: (row) => row.bounce_ratio,
    text: (row) => percent(row.bounce_ratio),
    beside: (row) => `${count(row.bounced_sessions)} of ${count(row.landed_sessions)}`,
  },
  pages_per_session: {
    title: 'Pages per session',
    value: (row) => row.pages_per_session,
    text: (row) => decimal(row.pages_per_session),
    beside: (row) => `${count(row.engaged_sessions)} engaged sessions`,
  },
  dwell_p50: {
    title: 'Dwell p50',
    value: (row) => row.dwell_seconds.p50,
    text: (row) => duration(row.dwell_seconds.p50),
    beside: (row) => `p95 ${duration(row.dwell_seconds.p95)}, ${count(row.dwell_seconds.unknown)} unknown`,
  },
  conversion_ratio: {
    title: 'Conversion',
    value: (row) => row.conversion_ratio,
    text: (row) => percent(row.conversion_ratio),
    beside: (row) => `${count(row.converted_sessions)} sessions`,
  },
  revenue: {
    title: 'Revenue',
    value: (row) => largestOf(row.revenue),
    text: (row) => largestMoney(row.revenue).largest,
    beside: (row) => [`${count(row.orders)} orders`, ...largestMoney(row.revenue).rest].join(', '),
  },
};

interface View {
  data: HTMLDataElement;
  beside: HTMLElement;
}

export class Tiles {
  private views: Keyed<View>;

  constructor(parent: HTMLElement) {
    this.views = new Keyed(parent, (key) => {
      const data = element('data', { 'data-kpi': key });
      const beside = element('dd', { class: 'beside' });
      const root = element(
        'div',
        { class: 'tile' },
        element('dt', {}, kTiles[key]?.title ?? key),
        element('dd', { class: 'figure' }, data),
        beside,
      );
      return { item: { data, beside }, root };
    });
  }

  update(row: Row | null): void {
    this.views.update(Object.keys(kTiles), ({ data, beside }, key) => {
      const tile = kTiles[key];
      if (!tile) return;
      setData(data, row ? tile.value(row) : null, row ? tile.text(row) : '–');
      setText(beside, row ? tile.beside(row) : '');
    });
  }
}
