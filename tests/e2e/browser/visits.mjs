// Visits of a person with a real browser to a site with the tracker: node visits.mjs VISIT PORT-OF-WEIR. Prints what
// was done and measured as one JSON object, for browser_test.cc to compare with what Weir counted. What only the
// browser can tell is asserted here.
import { strict as assert } from 'node:assert';
import { Browser } from './chromium.mjs';
import { Recorder, Site } from './servers.mjs';

/** Lets time go by on the page: time is what is measured. */
async function spend(page, ms) {
  const from = await page.evaluate(() => performance.now());
  await page.waitForFunction(([start, wanted]) => performance.now() - start >= wanted, [from, ms], { polling: 20 });
}

/** Closes a tab, and waits for what it says when it goes. */
async function leave(page, recorder) {
  const before = recorder.ofType('engagement').length;
  await page.close({ runBeforeUnload: true });
  await recorder.until((now) => now.ofType('engagement').length > before);
}

const pageViews = (recorder, count) => recorder.until((now) => now.ofType('page_view').length >= count);
const pathsOf = (recorder) => recorder.ofType('page_view').map((event) => event.url.replace(/^http:\/\/[^/]*/, ''));

const visits = {
  async single_page_application({ browser, recorder, site }) {
    const { origin } = await site('data-site="spa"');
    const page = await browser.open(`${origin}/?utm_source=letter&utm_medium=email&secret=1&utm_campaign=spring#top`);
    await page.evaluate(() => {
      history.pushState({}, '', '/pricing');
      history.replaceState({}, '', '/pricing?sort=name'); // the same page, tidied up
      history.pushState({}, '', '#faq'); // a place on it
      history.pushState({}, '', '/pricing?sort=price'); // another query is another view
      history.replaceState({}, '', '/checkout');
      window.weir('video_start', { name: 'intro' });
      window.weir('purchase', { value: '49.50', currency: 'EUR', order: 1001 });
    });
    await pageViews(recorder, 4);
    await page.evaluate(() => history.back()); // to /pricing?sort=name#faq
    await pageViews(recorder, 5);
    await page.evaluate(() => history.back()); // to /pricing?sort=name: the same page
    await page.waitForFunction(() => location.hash === '');
    await leave(page, recorder);
    assert.equal(recorder.events[0].type, 'page_view');
    assert.deepEqual(pathsOf(recorder), [
      '/?utm_source=letter&utm_medium=email&utm_campaign=spring', '/pricing', '/pricing', '/checkout', '/pricing',
    ]);
  },

  async bounce({ browser, recorder, site }) {
    const { origin } = await site('data-site="bounce"');
    const started = performance.now();
    const page = await browser.open(`${origin}/landing/`);
    await pageViews(recorder, 1);
    await spend(page, 1200);
    const lowMs = performance.now() - recorder.ofType('page_view')[0].arrived;
    await leave(page, recorder);
    return { lowMs, highMs: performance.now() - started };
  },

  async attention({ browser, recorder, site }) {
    const { origin } = await site('data-site="attention"');
    // Each stretch of attention began and ended between two readings of the clock.
    const measured = { lowMs: 0, highMs: 0, awayMs: 0 };
    let before = performance.now();
    const page = await browser.open(`${origin}/article`);
    for (const [attentionMs, awayMs] of [[1500, 2000], [700, 1500], [400, 0]]) {
      const seen = performance.now();
      await spend(page, attentionMs);
      const ending = performance.now();
      if (awayMs === 0) await leave(page, recorder);
      else await browser.lookAway(page);
      const gone = performance.now();
      measured.lowMs += ending - seen;
      measured.highMs += gone - before;
      if (awayMs === 0) break;
      await spend(page, awayMs);
      measured.awayMs += awayMs;
      before = performance.now();
      await browser.lookAt(page);
    }
    measured.engagedMs = recorder.ofType('engagement').reduce((sum, event) => sum + event.engaged_ms, 0);
    measured.beacons = recorder.ofType('engagement').length;
    return measured;
  },

  async back_forward_cache({ browser, recorder, site }) {
    const { origin } = await site('data-site="cache"');
    const page = await browser.open(`${origin}/first`);
    await pageViews(recorder, 1);
    await page.evaluate(() => (window.kept = true));
    await page.goto(`${origin}/second`);
    await pageViews(recorder, 2);
    await page.evaluate(() => setTimeout(() => history.back()));
    await page.waitForURL(`${origin}/first`, { waitUntil: 'commit' });
    await pageViews(recorder, 3);
    assert.equal(await page.evaluate(() => window.kept), true, 'the page must come from the cache');
    await spend(page, 100);
    await leave(page, recorder);
    assert.deepEqual(pathsOf(recorder), ['/first', '/second', '/first']);
  },

  async unreliable_server({ browser, recorder, site }) {
    const { origin } = await site('data-site="unreliable"');
    recorder.faults = ['unavailable', 'lost'];
    const page = await browser.open(`${origin}/`);
    await pageViews(recorder, 2);
    assert.equal(new Set(recorder.events.map((event) => event.id)).size, 1, 'a retry keeps the id');
    await page.evaluate(() => window.weir('signup'));
    await recorder.until((now) => now.ofType('conversion').length === 1);
    await leave(page, recorder);
    return { posts: recorder.requests.filter(({ method }) => method === 'POST').map(({ fault }) => fault) };
  },

  async hash_routes({ browser, recorder, site }) {
    const { origin } = await site('data-site="hash" data-hash');
    const page = await browser.open(`${origin}/app/?utm_source=letter#/`);
    await pageViews(recorder, 1);
    await page.evaluate(() => (location.hash = '#/pricing?plan=1&utm_term=mug'));
    await pageViews(recorder, 2);
    await page.evaluate(() => (location.hash = '#/checkout'));
    await pageViews(recorder, 3);
    await leave(page, recorder);
    assert.deepEqual(pathsOf(recorder), [
      '/app/?utm_source=letter', '/app/pricing?utm_source=letter&utm_term=mug', '/app/checkout?utm_source=letter',
    ]);
  },

  async manual_page_views({ browser, recorder, site }) {
    const calls = "<script>weir('page_view', {url: '/virtual'}); weir('trial'); weir('menu')</script>";
    const { origin } = await site('data-site="manual" data-manual data-conversions="trial, demo"', calls);
    const page = await browser.open(`${origin}/real`);
    await recorder.untilEvents(3);
    await page.evaluate(() => history.pushState({}, '', '/elsewhere'));
    await leave(page, recorder);
  },

  async prerendered({ browser, recorder, site }) {
    const { origin } = await site('data-site="prerendered"');
    await browser.context.addInitScript(() => {
      let prerendering = true;
      Object.defineProperty(document, 'prerendering', { get: () => prerendering });
      window.activate = () => {
        prerendering = false;
        document.dispatchEvent(new Event('prerenderingchange'));
      };
    });
    const page = await browser.open(`${origin}/soon`);
    await page.evaluate(() => window.weir('menu'));
    assert.equal(await page.evaluate(() => window.weir.q.length), 1, 'calls wait until the page is seen');
    assert.equal(recorder.events.length, 0);
    await page.evaluate(() => window.activate());
    await recorder.untilEvents(2);
    await leave(page, recorder);
  },

  async storage({ browser, recorder, site }) {
    const none = await site('data-site="cookieless"');
    const cookieless = await browser.open(`${none.origin}/`);
    await pageViews(recorder, 1);
    assert.deepEqual(await cookieless.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, '']);
    await leave(cookieless, recorder);
    assert.ok(recorder.events.every((event) => !('visitor' in event)));

    const kept = await site('data-site="stored" data-storage="local"');
    for (const path of ['/one', '/two']) {
      const page = await browser.open(kept.origin + path);
      assert.match(await page.evaluate(() => localStorage.getItem('weir.visitor')), /^[0-9a-z-]{10,}$/);
      await spend(page, 20);
      await leave(page, recorder);
    }
    const visitors = recorder.events.filter(({ site }) => site === 'stored').map(({ visitor }) => visitor);
    assert.ok(visitors.length >= 4 && visitors[0]);
    assert.equal(new Set(visitors).size, 1);
    assert.deepEqual(await browser.context.cookies(), []);
  },

  async privacy_signals({ browser, recorder, site }) {
    await browser.context.addInitScript(() => {
      Object.defineProperty(navigator, 'globalPrivacyControl', { value: true });
      Object.defineProperty(navigator, 'doNotTrack', { value: '1' });
    });
    for (const honor of ['gpc', 'dnt', 'gpc dnt']) {
      const { origin } = await site(`data-site="silent" data-storage="local" data-honor="${honor}"`);
      const silent = await browser.open(`${origin}/`);
      await silent.evaluate(() => window.weir('purchase', { value: 1 }));
      assert.equal(await silent.evaluate(() => window.weir.on), true, 'the tracker has run');
      assert.equal(await silent.evaluate(() => localStorage.length), 0);
      await spend(silent, 20);
      await silent.close({ runBeforeUnload: true });
    }
    const { origin } = await site('data-site="anonymous" data-storage="local"');
    const page = await browser.open(`${origin}/`);
    await pageViews(recorder, 1);
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await leave(page, recorder);
    assert.ok(recorder.events.every((event) => event.site === 'anonymous' && !('visitor' in event)));
  },

  async hostile_page({ browser, recorder, site }) {
    await browser.context.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', { get: () => { throw new Error('no storage'); } });
      window.refused = [];
      addEventListener('error', (event) => window.refused.push(String(event.message)));
      addEventListener('unhandledrejection', (event) => window.refused.push(String(event.reason)));
    });
    const { origin } = await site('data-site="hostile" data-storage="local"');
    const page = await browser.open(`${origin}/`);
    await pageViews(recorder, 1);
    const outcome = await page.evaluate(() => {
      const loop = {};
      loop.loop = loop;
      const { weir } = window;
      weir();
      weir(Symbol('name'));
      weir('looped', loop);
      weir('big', { text: 'x'.repeat(100_000) });
      weir('number', { value: 10n });
      weir('page_view', { url: 'http://[' });
      let thrown = '';
      try {
        history.pushState({}, '', 'http://elsewhere.test/');
      } catch (error) {
        thrown = error.name; // the page's own mistake stays the page's
      }
      weir('after');
      return thrown;
    });
    assert.equal(outcome, 'SecurityError');
    await recorder.until((now) => now.ofType('after').length === 1);
    const dead = await site('data-site="dead" data-endpoint="http://nowhere.test:9/v1/events"');
    const offline = await browser.open(`${dead.origin}/`);
    await offline.evaluate(() => window.weir('menu'));
    await offline.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    assert.deepEqual(await offline.evaluate(() => window.refused), []);
    assert.deepEqual(await page.evaluate(() => window.refused), []);
    await offline.close();
    assert.ok(recorder.events.every(({ type }) => typeof type === 'string'));
    await browser.lookAt(page);
    await leave(page, recorder);
  },

  async comes_back_late({ browser, recorder, site }) {
    const { origin } = await site('data-site="late"');
    const page = await browser.open(`${origin}/`);
    await pageViews(recorder, 1);
    const laterBy = async (minutes) => {
      await browser.lookAway(page);
      await page.evaluate((ms) => {
        const now = Date.now;
        Date.now = () => now() + ms;
      }, minutes * 60_000);
      await browser.lookAt(page);
    };
    await laterBy(29);
    await spend(page, 20);
    await laterBy(31);
    await pageViews(recorder, 2);
    await spend(page, 20);
    await leave(page, recorder);
    assert.deepEqual(pathsOf(recorder), ['/', '/']);
  },

  async under_a_path({ browser, recorder, site }) {
    const { origin } = await site('data-site="proxied"', '', '/stats/weir.js');
    const page = await browser.open(`${origin}/`);
    await pageViews(recorder, 1);
    await leave(page, recorder);
    const posts = recorder.requests.filter(({ method }) => method === 'POST');
    assert.deepEqual(new Set(posts.map(({ path }) => path)), new Set(['/stats/v1/events']));
  },

  async no_script({ browser, recorder, site }) {
    const image = `<noscript><img src="${recorder.origin}/weir.gif?site=noscript" alt=""
      referrerpolicy="no-referrer-when-downgrade"></noscript>`;
    const { origin } = await site('data-site="noscript"', image);
    const page = await browser.context.newPage();
    const steering = await browser.context.newCDPSession(page);
    await steering.send('Emulation.setScriptExecutionDisabled', { value: true });
    await page.goto(`${origin}/guide?utm_source=letter`);
    await recorder.until((now) => now.requests.some(({ path }) => path.startsWith('/weir.gif')));
    await page.close();
  },
};

const [, , visit, port] = process.argv;
const browser = await Browser.start();
const recorder = await Recorder.start(port);
const sites = [];
try {
  const site = async (tag, body = '', script = '/weir.js') => {
    sites.push(await Site.start(recorder.origin + script, tag, body));
    return sites.at(-1);
  };
  const measured = await visits[visit]({ browser, recorder, site });
  assert.deepEqual(browser.errors, [], 'errors on a page');
  const posts = recorder.requests.filter(({ method }) => method === 'POST');
  assert.ok(posts.every(({ contentType }) => contentType.startsWith('text/plain')), 'all events are text/plain');
  assert.ok(posts.every(({ origin }) => origin.startsWith('http://shop.test:')), 'all events cross origins');
  console.log(JSON.stringify({
    ...measured,
    posts_sent: posts.length,
    preflights: recorder.requests.filter(({ method }) => method === 'OPTIONS').length,
    events: recorder.events.length,
    types: recorder.events.map(({ type }) => type),
  }));
} finally {
  for (const one of sites) one.stop();
  recorder.stop();
  await browser.stop();
}
process.exit(0); // the connection to the browser would keep it alive
