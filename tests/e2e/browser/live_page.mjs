// The live page in a real Chromium: node live_page.mjs SCENARIO ADMIN-PORT EVENTS-PORT. Prints what the page shows as
// one JSON object on the last line, for live_page_test.cc to compare with the report; before it, lines that say how far it
// is. What only the browser can tell is asserted here.
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Browser } from './chromium.mjs';

const [scenario, adminPort, eventsPort] = process.argv.slice(2);
const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Says how far it is, for the one who runs it. */
const say = (words) => console.log(`# ${words}`);

/** Opens the page and waits until it shows a report. Whatever its policy would have had to stop is an error. */
async function openPage(browser, hash = '') {
  const page = await browser.context.newPage();
  page.violations = [];
  page.requested = [];
  page.on('request', (request) => page.requested.push(request.url()));
  page.on('console', (message) => {
    if (message.type() === 'error') page.violations.push(message.text());
  });
  await page.goto(`http://127.0.0.1:${adminPort}/${hash}`);
  await browser.lookAt(page);
  await page.waitForSelector('#status[data-state=live]');
  await page.waitForSelector('#tiles .tile', { state: 'attached' }); // not shown before the first event
  return page;
}

/** Everything the page shows, as exact numbers and as texts. */
const shown = (page) =>
  page.evaluate(() => {
    const number = (data) => (data.value === '' ? null : Number(data.value));
    const values = (root) =>
      Object.fromEntries([...root.querySelectorAll('data[data-kpi]')].map((data) => [data.dataset.kpi, number(data)]));
    const texts = (root) =>
      Object.fromEntries(
        [...root.querySelectorAll('data[data-kpi]')].map((data) => [data.dataset.kpi, data.textContent]),
      );
    const lines = (table) =>
      [...document.querySelectorAll(`#${table} tbody tr`)].map((row) => ({
        name: row.querySelector('.page').textContent,
        site: row.querySelector('.site')?.textContent,
        ...values(row),
        texts: texts(row),
      }));
    const named = (root, name) =>
      Object.fromEntries(
        [...root.querySelectorAll(`data[data-${name}]`)].map((data) => [data.dataset[name], number(data)]),
      );
    return {
      tiles: values(document.querySelector('#tiles')),
      landing: lines('landing'),
      channels: lines('channels'),
      funnels: Object.fromEntries(
        [...document.querySelectorAll('.funnel')].map((funnel) => [
          funnel.dataset.funnel,
          [...funnel.querySelectorAll('.step')].map((step) => ({
            step: step.querySelector('.step-name').textContent,
            ...values(step),
            causes: named(step, 'cause'),
          })),
        ]),
      ),
      events: named(document.querySelector('#health'), 'events'),
      reasons: named(document.querySelector('[data-counts=reasons]'), 'name'),
      verdict: document.querySelector('.verdict').textContent,
      window: document.querySelector('#windows input:checked').value,
      start: !document.querySelector('#start').hidden,
    };
  });

const received = (page) => page.evaluate(() => Number(document.querySelector('data[data-events=received]').value));

async function post(...events) {
  const body = events.map((event) => JSON.stringify(event)).join('\n');
  const reply = await fetch(`http://127.0.0.1:${eventsPort}/v1/events`, { method: 'POST', body });
  assert.ok(reply.ok, `events are answered with ${reply.status}`);
}

const scenarios = {
  /** Reads a page whose numbers no longer change. */
  async values(browser) {
    const page = await openPage(browser, '#window=24h');
    await page.waitForSelector('#landing tbody tr');
    assert.equal(await page.locator('#landing tbody tr').count(), 10);
    await page.click('.more');
    const all = await shown(page);
    await page.click('#landing tbody tr:nth-child(2) .pick');
    const picked = await shown(page);
    return { ...all, picked: { name: picked.landing[1].name, funnels: picked.funnels } };
  },

  /** Measures how long an event takes to be seen. */
  async latency(browser) {
    const page = await openPage(browser);
    assert.ok((await shown(page)).start, 'a newcomer is told what to do');
    assert.match(await page.textContent('#start-curl'), /^curl -d '\{.*\}' http:\/\/127\.0\.0\.1:8080\/v1\/events$/);
    const receivedMs = [];
    const rowMs = [];
    for (let i = 1; i <= 5; ++i) {
      const from = performance.now();
      await post({ type: 'page_view', url: `/new-${i}`, visitor: `v${i}`, site: 's' });
      await page.waitForFunction(
        (count) => Number(document.querySelector('data[data-events=received]').value) === count,
        i,
      );
      receivedMs.push(Math.round(performance.now() - from));
      await page.waitForFunction(
        (name) => [...document.querySelectorAll('#landing .page')].some(({ textContent }) => textContent === name),
        `/new-${i}`,
      );
      rowMs.push(Math.round(performance.now() - from));
    }
    assert.ok(!(await shown(page)).start, 'the way to start is gone');
    return { receivedMs, rowMs };
  },

  /** Keeps the page open while its server is started again. */
  async restart(browser) {
    const page = await openPage(browser);
    const before = await received(page);
    await page.evaluate(() => {
      window.stayed = true;
    });
    say('open');
    await page.waitForSelector('#status[data-state=reconnecting]');
    assert.equal(await page.textContent('#status-text'), 'Reconnecting');
    say('reconnecting');
    await page.waitForSelector('#status[data-state=live]');
    say('live again');
    await page.waitForFunction(() => Number(document.querySelector('data[data-events=received]').value) === 1);
    await page.waitForSelector('#landing tbody tr');
    assert.ok(await page.evaluate(() => window.stayed), 'it was not loaded anew');
    return { before, ...(await shown(page)) };
  },

  /** Shows names that would be markup, and pages that would be script. */
  async hostile(browser) {
    const page = await openPage(browser);
    say('open');
    const names = JSON.parse(readFileSync(process.argv[5], 'utf8'));
    await page.waitForFunction((count) => document.querySelectorAll('#landing tbody tr').length >= count, names.length);
    const found = await shown(page);
    const elements = await page.evaluate(() => ({
      hacked: window.hacked,
      inTables: [...document.querySelectorAll('#landing *, #channels *, #site *, #funnels *')].map(
        ({ localName }) => localName,
      ),
    }));
    assert.equal(elements.hacked, undefined);
    const known = ['thead', 'tbody', 'tr', 'th', 'td', 'button', 'span', 'data', 'svg', 'path', 'option', 'p', 'div'];
    assert.deepEqual(
      [...new Set(elements.inTables)].filter((name) => !known.includes(name)),
      [],
    );
    const sites = await page.evaluate(() => [...document.querySelectorAll('#site option')].map(({ value }) => value));
    // Narrowing to a hostile page and site works as with any other.
    await page.click('#landing tbody tr:first-child .pick');
    assert.ok((await page.textContent('#funnels-note')).endsWith(`${found.landing[0].name}.`));
    await page.selectOption('#site', sites[1]);
    await page.waitForFunction(
      () =>
        document.querySelectorAll('#landing tbody tr').length >= 1 &&
        !document.querySelector('#landing').classList.contains('several-sites'),
    );
    return { names: found.landing.map(({ name }) => name), sites };
  },

  /** Chooses site and window, sorts, switches to dark, all with the keyboard. */
  async controls(browser) {
    const page = await openPage(browser);
    await page.waitForFunction(() => document.querySelectorAll('#landing tbody tr').length === 3);
    const sessions = async () => (await shown(page)).landing.map((line) => line.sessions);
    assert.deepEqual(await sessions(), [3, 2, 1]);
    // The focus stays on a page while it moves up.
    await page.focus('#landing tbody tr:nth-child(2) .pick');
    await post(...['7', '8'].map((visitor) => ({ type: 'page_view', url: '/', visitor, site: 'blog' })));
    await page.waitForFunction(() => document.querySelector('#landing tbody data').value === '4');
    assert.equal(
      await page.evaluate(() => document.activeElement.closest('tr').querySelector('.site').textContent),
      'blog',
    );
    await page.focus('#landing th:nth-child(2) button');
    await page.keyboard.press('Enter');
    assert.deepEqual(await sessions(), [1, 3, 4]);
    assert.equal(await page.getAttribute('#landing th:nth-child(2)', 'aria-sort'), 'ascending');
    await page.focus('#windows input:checked');
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(() => document.querySelector('#scope').textContent.includes('last hour'));
    assert.equal(await page.evaluate(() => location.hash), '#window=1h');
    await page.selectOption('#site', 'blog');
    await page.waitForFunction(() => document.querySelectorAll('#landing tbody tr').length === 1);
    const narrowed = await shown(page);
    const dark = async () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await dark();
    await page.selectOption('#theme', 'dark');
    assert.notEqual(await dark(), light);
    // A view can be passed on: the address says what is shown, the browser keeps the theme.
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('#landing tbody tr').length === 1);
    assert.equal(await page.inputValue('#site'), 'blog');
    assert.equal(await page.inputValue('#theme'), 'dark');
    assert.notEqual(await dark(), light);
    return narrowed;
  },

  /** Has axe-core look for what people with a keyboard, a screen reader or weak eyes would stumble over. */
  async accessible(browser) {
    const page = await openPage(browser);
    await page.waitForSelector('#landing tbody tr');
    const found = [];
    for (const [width, theme] of [
      [1280, 'light'],
      [1280, 'dark'],
      [360, 'light'],
      [360, 'dark'],
    ]) {
      await page.setViewportSize({ width, height: 800 });
      await page.selectOption('#theme', theme);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} pixels too wide at ${width}`);
      await page.evaluate(kAxe);
      const { violations, passes } = await page.evaluate(() => window.axe.run());
      found.push(
        ...violations.map(
          ({ id, nodes }) =>
            `${theme} ${width}: ${id} ${nodes.map(({ html, failureSummary }) => html + failureSummary).join(' ')}`,
        ),
      );
      assert.ok(
        passes.some(({ id }) => id === 'color-contrast'),
        'contrast was looked at',
      );
    }
    assert.deepEqual(found, []);
    return { checked: 4 };
  },
};

const browser = await Browser.start();
try {
  const result = await scenarios[scenario](browser);
  assert.deepEqual(browser.errors, [], 'errors on the page');
  for (const page of browser.context.pages()) {
    // A server that is away is reported too, and is what one of the scenarios wants.
    const violations = (page.violations ?? []).filter((text) => !text.startsWith('Failed to load resource'));
    assert.deepEqual(violations, [], 'the policy was broken');
    for (const url of page.requested ?? [])
      assert.ok(url.startsWith(`http://127.0.0.1:${adminPort}/`) || url.startsWith('data:'), url);
  }
  console.log(JSON.stringify(result));
} finally {
  await browser.stop();
}
process.exit(0); // the connection to the browser would keep it alive
