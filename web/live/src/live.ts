// The live page: joins the feed, what it said so far, and the parts that show it. Draws once per report, and not at all
// while nobody looks.
import { Channels } from './channels';
import { Charts } from './charts';
import { byId, setText } from './dom';
import { Feed, type FeedState } from './feed';
import { span } from './format';
import { Funnels } from './funnels';
import { Health } from './health';
import { History } from './history';
import { LandingTable, pageKey } from './landing_table';
import { Pickers } from './pickers';
import { addFunnels, addRows, label, type Live, type Row, rollupOf, rowsOf } from './report';
import { Start } from './start';
import { followTheme } from './theme';
import { Tiles } from './tiles';

const kHistories = 12; // pairs of site and window that keep their past
const kStates: Record<FeedState, string> = { connecting: 'Connecting', live: 'Live', reconnecting: 'Reconnecting' };

class Page {
  private tiles = new Tiles(byId('tiles'));
  private charts = new Charts(byId('charts'));
  private landing = new LandingTable(byId('landing'), byId('landing-note'), () => this.draw());
  private funnels = new Funnels(byId('funnels'), byId('funnels-note'));
  private channels = new Channels(byId('channels'), byId('channels-note'));
  private health = new Health(byId('health'));
  private start = new Start();
  private pickers: Pickers;
  private feed: Feed;
  private asked = ''; // the rollups asked for
  private live: Live | null = null;
  private histories = new Map<string, History>();

  constructor() {
    this.feed = new Feed(
      (live) => this.take(live),
      (state) => this.showState(state),
      () => this.askAnew(),
    );
    this.pickers = new Pickers(byId('site'), byId('windows'), byId('pickers'), () => this.ask());
    followTheme(byId('theme'), () => this.charts.redraw());
    document.addEventListener('visibilitychange', () => this.draw());
    this.ask();
  }

  private ask(): void {
    const rollups = this.asked === '' ? [] : this.asked.split(',');
    this.feed.choose({ site: this.pickers.site, window: this.pickers.window, rollups });
  }

  /** The server refused: it may know other windows and rollups than before, or have too many readers. */
  private askAnew(): void {
    this.asked = '';
    this.pickers.forgetWindow();
  }

  private take(live: Live): void {
    // The first answer names the rollups there are; those that are shown are asked for then.
    const wanted = [rollupOf(live), rollupOf(live, 'landing_page'), rollupOf(live, 'channel')];
    const rollups = wanted.filter((name) => name !== undefined).join();
    this.pickers.update(live.sites, live.window_lengths, live.window);
    if (rollups !== this.asked) {
      this.asked = rollups;
      this.ask();
      return;
    }
    this.live = live;
    this.remember(live);
    this.draw();
  }

  private draw(): void {
    const { live } = this;
    if (!live || document.hidden) return;
    const past = this.past();
    const landing = rowsOf(live, rollupOf(live, 'landing_page'));
    const severalSites = this.pickers.site === '' && live.sites.length > 1;
    this.start.update(live.events.received);
    this.tiles.update(this.total(live));
    this.charts.update(past);
    this.landing.update(landing, live.left_out[rollupOf(live, 'landing_page') ?? ''] ?? 0, severalSites, past);
    const picked = landing.find((row) => pageKey(row) === this.landing.picked);
    const funnels = picked ? picked.funnels : (this.total(live)?.funnels ?? {});
    this.funnels.update(funnels, picked ? label(picked, 'landing_page') : '');
    const channel = rollupOf(live, 'channel') ?? '';
    const whole = rollupOf(live);
    const known = whole !== undefined && !live.left_out[whole];
    const sessions = known ? (this.total(live)?.sessions ?? null) : null;
    this.channels.update(rowsOf(live, channel), 'channel', live.left_out[channel] ?? 0, sessions);
    this.health.update(live);
    setText(byId('scope'), `Sessions that began in the last ${span(live.window)}, open ones as they stand`);
    setText(byId('version'), `Weir ${live.version}`);
  }

  /** All sessions of the window: of the rollup without dimensions, or else of landing pages as far as they are sent. */
  private total(live: Live): Row | null {
    const rows = rowsOf(live, rollupOf(live) ?? rollupOf(live, 'landing_page'));
    const total = addRows(rows);
    return total && { ...total, funnels: addFunnels(rows) };
  }

  private past(): History {
    const key = JSON.stringify([this.pickers.site, this.pickers.window]);
    let past = this.histories.get(key);
    if (!past) {
      past = new History();
      this.histories.set(key, past);
      const [oldest] = this.histories.keys();
      if (this.histories.size > kHistories && oldest !== undefined) this.histories.delete(oldest);
    }
    return past;
  }

  private remember(live: Live): void {
    const total = this.total(live);
    const values = new Map<string, number | null>([
      ['sessions', total?.sessions ?? 0],
      ['page_views', total?.page_views ?? 0],
      ['bounce_ratio', total?.bounce_ratio ?? null],
      ['conversion_ratio', total?.conversion_ratio ?? null],
      ['dwell_p50', total?.dwell_seconds.p50 ?? null],
      ['dwell_p95', total?.dwell_seconds.p95 ?? null],
    ]);
    for (const row of rowsOf(live, rollupOf(live, 'landing_page'))) values.set(pageKey(row), row.sessions);
    this.past().add(Date.parse(live.time) / 1000, values);
  }

  private showState(state: FeedState): void {
    byId('status').dataset['state'] = state;
    document.documentElement.dataset['feed'] = state;
    setText(byId('status-text'), kStates[state]);
  }
}

new Page();
