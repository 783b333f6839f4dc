// The connection to the live feed. It comes back by itself: after a restart of the server, a lost network, a sleep of
// the machine, and when the server no longer knows what was asked for.
import type { Live } from './report';

export type FeedState = 'connecting' | 'live' | 'reconnecting';

const kRetryMs = 2000;
const kSilenceMs = 15_000; // the server sends every five seconds at least

/** What is asked of the server. Without rollups it is asked which ones there are. */
export interface Choice {
  site: string; // empty: all
  window: string; // empty: the server's first
  rollups: string[];
}

export class Feed {
  private source: EventSource | null = null;
  private timer = 0;
  private choice: Choice = { site: '', window: '', rollups: [] };

  /** `onRefused` is called when the server does not take the choice; the site alone is asked for next. */
  constructor(
    private onLive: (live: Live) => void,
    private onState: (state: FeedState) => void,
    private onRefused: () => void,
  ) {}

  /** Asks for something else from now on. */
  choose(choice: Choice): void {
    this.choice = choice;
    this.connect();
  }

  private connect(): void {
    this.source?.close();
    const query = new URLSearchParams();
    if (this.choice.window) query.set('window', this.choice.window);
    if (this.choice.site) query.set('site', this.choice.site);
    if (this.choice.rollups.length > 0) query.set('rollup', this.choice.rollups.join());
    query.set('rows', this.choice.rollups.length > 0 ? '50' : '1');
    const source = new EventSource(`api/v1/live?${query}`);
    this.source = source;
    this.watch();
    source.onmessage = ({ data }: MessageEvent<string>) => {
      if (source !== this.source) return;
      this.watch();
      this.onState('live');
      this.onLive(JSON.parse(data) as Live);
    };
    source.onerror = () => {
      if (source !== this.source) return;
      this.onState('reconnecting');
      if (source.readyState !== EventSource.CLOSED) return; // the browser tries again
      this.choice = { ...this.choice, window: '', rollups: [] };
      this.onRefused();
      this.later(kRetryMs);
    };
  }

  /** A connection that died without a word is made anew. */
  private watch(): void {
    this.later(kSilenceMs);
  }

  private later(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.onState('reconnecting');
      this.connect();
    }, delayMs);
  }
}
