// How the pipeline is: where every event went, how fast they come, and what was refused and why.
import { element, Keyed, setClass, setData, setText } from './dom';
import { count, duration, rate } from './format';
import { type Live, sumOf } from './report';

/** The places an event can be in; together they hold all that were received. */
const kPlaces: [string, string, (live: Live) => number][] = [
  ['counted', 'counted', ({ events }) => events.counted],
  ['rejected', 'rejected', ({ events }) => sumOf(events.rejected)],
  ['late', 'late', ({ events }) => events.late],
  ['duplicate', 'duplicate', ({ events }) => events.duplicate],
  ['shed', 'shed', ({ events }) => events.shed],
  ['queued', 'waiting', ({ events }) => events.queued],
];

const kRateMs = 10_000; // what rates are taken over

/** A list of names and texts. */
class Facts {
  private none: HTMLElement;
  private lines: Keyed<HTMLDataElement>;

  constructor(parent: HTMLElement, title: string, name: string, nothing = '') {
    const list = element('dl', { class: 'counts', 'data-counts': name });
    this.none = element('p', { class: 'empty' }, nothing);
    parent.append(element('div', { class: 'group' }, element('h3', {}, title), list, this.none));
    this.lines = new Keyed(list, (key) => {
      const value = element('data', { 'data-name': key });
      return {
        item: value,
        root: element('div', {}, element('dt', {}, key.replace(/_/g, ' ')), element('dd', {}, value)),
      };
    });
  }

  show(facts: Record<string, { value: number | null; text: string }>): void {
    const names = Object.keys(facts);
    this.none.hidden = names.length > 0;
    this.lines.update(names, (data, name) => setData(data, facts[name]?.value ?? null, facts[name]?.text ?? ''));
  }

  /** Numbers; zeros are left out. */
  showCounts(counts: Record<string, number>, format: (value: number) => string): void {
    const facts: Record<string, { value: number; text: string }> = {};
    for (const [name, value] of Object.entries(counts)) if (value > 0) facts[name] = { value, text: format(value) };
    this.show(facts);
  }
}

export class Health {
  private received = element('data', { 'data-events': 'received' });
  private places = kPlaces.map(([name]) => element('data', { 'data-events': name }));
  private terms: HTMLElement[] = [];
  private verdict = element('p', { class: 'verdict' });
  private state: Facts;
  private sources: Facts;
  private types: Facts;
  private reasons: Facts;
  private seen: { ms: number; live: Live }[] = [];

  constructor(parent: HTMLElement) {
    const law = element('div', { class: 'law' }, element('span', { class: 'term total' }, this.received, ' received'));
    kPlaces.forEach(([name, words], place) => {
      const term = element('span', { class: `term ${name}` }, this.places[place] as HTMLElement, ` ${words}`);
      law.append(element('span', { class: 'sign' }, place === 0 ? '=' : '+'), term);
      this.terms.push(term);
    });
    const groups = element('div', { class: 'groups' });
    parent.append(law, this.verdict, groups);
    this.state = new Facts(groups, 'Now', 'state');
    this.sources = new Facts(groups, 'Events by source', 'sources', 'Nothing comes in.');
    this.types = new Facts(groups, 'Counted by type', 'types', 'None yet.');
    this.reasons = new Facts(groups, 'Rejected by reason', 'reasons', 'None: every line could be read.');
  }

  update(live: Live): void {
    const ms = Date.parse(live.time);
    const last = this.seen[this.seen.length - 1];
    if (last && (live.number < last.live.number || ms < last.ms)) this.seen = []; // the server was started again
    this.seen.push({ ms, live });
    while (this.seen.length > 2 && ms - (this.seen[1]?.ms ?? ms) >= kRateMs) this.seen.shift();
    this.updateLaw(live);
    this.updateState(live, ms);
    this.sources.showCounts(this.rates(), rate);
    this.types.showCounts(live.counted_by_type, count);
    this.reasons.showCounts(live.events.rejected, count);
  }

  private updateLaw(live: Live): void {
    let accounted = 0;
    setData(this.received, live.events.received, count(live.events.received));
    kPlaces.forEach(([name, , value], place) => {
      const events = value(live);
      accounted += events;
      setData(this.places[place] as HTMLDataElement, events, count(events));
      const bad = name === 'rejected' || name === 'late' || name === 'shed';
      setClass(this.terms[place] as HTMLElement, 'warn', bad && events > 0);
      setClass(this.terms[place] as HTMLElement, 'zero', events === 0);
    });
    const holds = accounted === live.events.received;
    setClass(this.verdict, 'bad', !holds);
    setText(
      this.verdict,
      holds
        ? '✓ All events are accounted for.'
        : `✗ ${count(live.events.received - accounted)} events are not accounted for: please report this.`,
    );
  }

  private updateState(live: Live, ms: number): void {
    const lag = live.watermark === null ? null : Math.max(0, ms - Date.parse(live.watermark)) / 1000;
    const stat = (name: string) => ({ value: live.stats[name] ?? 0, text: count(live.stats[name] ?? 0) });
    this.state.show({
      'watermark behind the clock': { value: lag, text: duration(lag) },
      'open sessions': stat('weir_active_sessions'),
      'batches on their way': stat('weir_queue_batches'),
      'waits for a shard': stat('weir_backpressure_waits_total'),
      'cells folded together': stat('weir_cells_folded_total'),
      'watching this feed': stat('weir_live_streams_open'),
    });
  }

  /** Events per second of each source, over the last seconds. */
  private rates(): Record<string, number> {
    const [first] = this.seen;
    const last = this.seen[this.seen.length - 1];
    if (!first || !last || last.ms === first.ms) return {};
    const seconds = (last.ms - first.ms) / 1000;
    const rates: Record<string, number> = {};
    for (const [source, received] of Object.entries(last.live.received_by_source)) {
      rates[source] = (received - (first.live.received_by_source[source] ?? 0)) / seconds;
    }
    return rates;
  }
}
