// The tracker that Weir serves as /weir.js: page views, engaged time, custom events and conversions, as native events.
// Without storage unless the tag asks for it. Must never throw into the page, nor hold it up.
import { attentive, measure, stopMeasuring, takeEngagedMs } from './attention';
import { type Fields, post, postLeaving, put } from './outbox';
import { readOptions } from './options';
import { currentPath, currentQuery, currentUrl } from './page_url';
import { randomId, storedVisitor } from './random_id';
import { safely } from './safely';

type Call = [name: string, fields?: Fields];
type Weir = { (...call: Call): void; q?: ArrayLike<unknown>[]; on?: boolean };

const page = window as unknown as { weir?: Weir };

const kReserved = /^(page_view|conversion|engagement|error)$/;
const kVisitEndsMs = 30 * 60_000; // as Weir's default sessions.timeout
const kWorthMs = 1000; // less is told together with what follows
const kReportMs = 10 * 60_000; // a page that is read for longer must not look like a visit that ended

function start(script: HTMLScriptElement): void {
  const waiting = page.weir;
  if (waiting && waiting.on) return; // the tag is there twice
  const options = readOptions(script);
  const { endpoint, hash, manual } = options;
  const visitor = !options.silent && options.storage ? storedVisitor() : undefined;
  let url = '';
  let path = '';
  let query = '';
  let lastEventMs = Date.now();

  const add = (type: string, fields?: Fields): void => {
    lastEventMs = Date.now();
    put({ id: randomId(), ts: lastEventMs, site: options.site, visitor, url, ...fields, type });
  };

  const report = (least: number): void => {
    if (attentive()) measure();
    const engaged_ms = takeEngagedMs(least);
    if (engaged_ms) add('engagement', { engaged_ms });
  };

  const remember = (): void => {
    path = currentPath(hash);
    query = currentQuery(hash);
  };

  const view = (fields?: Fields): void => {
    report(kWorthMs); // the time until now was spent on the page before
    remember();
    url = fields && fields.url ? new URL(String(fields.url), location.href).href : currentUrl(hash);
    add('page_view', { ...fields, url });
    post(endpoint);
  };

  const weir: Weir = safely((name: string, fields?: Fields): void => {
    const { value, order } = fields || {};
    if (!name) return;
    if (name === 'page_view') return view(fields);
    const given: Fields = { ...fields };
    if (value != null) given.value = +(value as string);
    if (order != null) given.order = '' + order;
    if (kReserved.test(name)) add(name, given);
    else if (value != null || order != null || options.conversions.includes(name)) add('conversion', { ...given, name });
    else add(name, given);
    post(endpoint);
  });
  page.weir = options.silent ? () => {} : weir;
  page.weir.on = true;
  if (options.silent) return;

  /** `byQuery`: another query is another page view too. */
  const navigated = (byQuery: boolean): void => {
    const moved = path !== currentPath(hash) || (byQuery && query !== currentQuery(hash));
    if (moved && !manual) view();
    else remember();
  };
  const wrap = (method: 'pushState' | 'replaceState', after: () => void): void => {
    const original = history[method];
    history[method] = function (this: History, ...values) {
      original.apply(this, values); // what this throws is the page's own
      after();
    };
  };
  const onPage = (name: string, handler: (event: Event) => void): void => addEventListener(name, safely(handler));

  /** The visitor looks at the page, or away. Whoever comes back to it after a visit's time begins a new one on it. */
  const attended = (): void => {
    const away = !attentive();
    measure();
    if (away && attentive() && !manual && Date.now() - lastEventMs > kVisitEndsMs) view();
  };
  const left = (): void => {
    report(1);
    postLeaving(endpoint);
  };

  wrap('pushState', safely(() => navigated(true)));
  wrap('replaceState', safely(() => navigated(false)));
  onPage('popstate', () => navigated(true));
  if (hash) onPage('hashchange', () => navigated(true));
  onPage('focus', attended);
  onPage('blur', attended);
  onPage('visibilitychange', () => (document.visibilityState === 'hidden' ? left() : attended()));
  onPage('pagehide', () => {
    stopMeasuring();
    left();
    lastEventMs = Infinity; // if it comes back, pageshow counts it
  });
  onPage('pageshow', (event) => {
    if ((event as PageTransitionEvent).persisted && !manual) view();
    attended();
  });
  onPage('online', () => post(endpoint));
  setInterval(
    safely(() => {
      report(1);
      post(endpoint);
    }),
    kReportMs,
  );

  url = currentUrl(hash);
  if (manual) remember();
  else view({ referrer: document.referrer || undefined });
  measure();
  for (const call of (waiting && waiting.q) || []) weir(...(Array.from(call) as Call));
}

safely(() => {
  const script = (document.currentScript || document.querySelector('script[src*="weir.js"]')) as HTMLScriptElement;
  const begin = safely(() => start(script));
  // A prerendered page counts when somebody comes to see it.
  if ((document as { prerendering?: boolean }).prerendering) {
    document.addEventListener('prerenderingchange', begin, { once: true });
  } else {
    begin();
  }
})();
