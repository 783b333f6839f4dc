// Holds the live page to what it promises: no text becomes markup, nothing is loaded from elsewhere, it stays small.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { bundle } from './build.mjs';

const kGzipBytes = 40 * 1024;

/** What a module of the page exports. */
async function load(module) {
  const { outputFiles } = buildSync({ entryPoints: [`src/${module}.ts`], bundle: true, format: 'esm', write: false });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
}

test('the page is small', () => {
  const texts = [bundle('live.ts'), bundle('live.css'), readFileSync('src/index.html', 'utf8')];
  const bytes = texts.reduce((sum, text) => sum + gzipSync(text, { level: 9 }).length, 0);
  console.log(`${bytes} bytes gzipped`);
  assert.ok(bytes <= kGzipBytes, `${bytes} bytes gzipped, at most ${kGzipBytes} are allowed`);
});

test('no text is made markup or code', () => {
  assert.doesNotMatch(
    bundle('live.ts'),
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function/,
  );
});

test('nothing is loaded from elsewhere', () => {
  const names = /(https?:)?\/\/[a-z0-9.-]+\.[a-z]{2,}/gi;
  const allowed = /^http:\/\/www\.w3\.org$/; // names of XML, never loaded
  for (const text of [bundle('live.ts'), bundle('live.css'), readFileSync('src/index.html', 'utf8')]) {
    for (const [name] of text.matchAll(names)) assert.match(name, allowed);
  }
  assert.doesNotMatch(bundle('live.css'), /url\(/);
});

test('the policy of the page is kept: no script or style in its text', () => {
  assert.doesNotMatch(readFileSync('src/index.html', 'utf8'), /<style|\sstyle=|\son\w+=|<script(?! defer src=")/);
});

test('numbers are written as the terminal table writes them', async () => {
  const { count, decimal, duration, moneys, percent, rate, shortCount } = await load('format');
  const cases = [
    [count(1234567), '1,234,567'],
    [shortCount(999999), '999,999'],
    [shortCount(1234567), '1.23M'],
    [percent(0.03649), '3.6%'],
    [percent(null), '–'],
    [percent(1), '100.0%'],
    [duration(0), '0.0s'],
    [duration(6.44), '6.4s'],
    [duration(59.94), '59.9s'],
    [duration(59.96), '1m00s'],
    [duration(125), '2m05s'],
    [duration(3599.6), '1h00m'],
    [duration(3720), '1h02m'],
    [duration(273600), '3d04h'],
    [duration(null), '–'],
    [decimal(2.194), '2.19'],
    [decimal(null), '–'],
    [moneys({}), '–'],
    [moneys({ EUR: 1, USD: 1234.5 }), '$1,234.50 + €1.00'],
    [moneys({ '!': 2 }), '2.00 !'],
    [rate(0.42), '0.4/s'],
    [rate(12.3), '12/s'],
  ];
  for (const [found, expected] of cases) assert.equal(found, expected);
});

test('a history is bounded and always reaches back to its beginning', async () => {
  const { History } = await load('history');
  const history = new History(64);
  const moments = 10_000;
  for (let time = 1; time <= moments; ++time) {
    const values = new Map([['all', time]]);
    if (time > moments / 2) values.set('late', time);
    history.add(time, values);
    assert.ok(history.times.length < 64);
  }
  assert.ok(history.times[0] <= moments / 16, `begins at ${history.times[0]}`);
  assert.ok(moments - history.times.at(-1) <= moments / 16, `ends at ${history.times.at(-1)}`);
  assert.deepEqual(history.of('all'), history.times, 'values stay with their time');
  history.times.forEach((time, place) => assert.equal(history.of('late')[place], time > moments / 2 ? time : null));
  assert.equal(history.of('unknown').length, history.times.length);
  history.add(history.times.at(-1), new Map([['all', 0]]));
  assert.deepEqual(history.of('all'), history.times, 'time that stands still adds nothing');
});

test('a history forgets names that are no more, and takes no more than it can hold', async () => {
  const { History } = await load('history');
  const history = new History(16);
  for (let time = 1; time <= 2000; ++time) history.add(time, new Map([[`page ${time}`, time]]));
  const kept = [...Array(2000).keys()].filter((name) => history.of(`page ${name + 1}`).some((value) => value !== null));
  assert.ok(kept.length > 0 && kept.length <= 16, `${kept.length} names`);
});

test('rows are added part by part, and ratios derived from the sums', async () => {
  const { addRows } = await load('report');
  const row = (sessions, bounced, p50) => ({
    site: 's',
    sessions,
    landed_sessions: sessions,
    bounced_sessions: bounced,
    engaged_sessions: 1,
    converted_sessions: 1,
    page_views: 2 * sessions,
    visitors: sessions,
    orders: 1,
    bounce_ratio: bounced / sessions,
    pages_per_session: 2,
    conversion_ratio: 1 / sessions,
    dwell_seconds: { known: 2, unknown: 1, sum: 10, mean: 5, p50, p95: 9 },
    revenue: { USD: 1.5 },
    funnels: {
      f: [
        { step: 'a', reached: sessions, leakage_ratio: 0, causes: { left: bounced } },
        { step: 'b', reached: sessions - bounced, leakage_ratio: null, causes: {} },
      ],
    },
  });
  const one = row(10, 1, 4);
  assert.equal(addRows([one]), one, 'a single row is as it was sent');
  assert.equal(addRows([]), null);
  const sum = addRows([one, row(30, 19, 8)]);
  assert.equal(sum.sessions, 40);
  assert.equal(sum.bounce_ratio, 0.5, 'not the mean of two ratios');
  assert.equal(sum.conversion_ratio, 2 / 40);
  assert.equal(sum.dwell_seconds.mean, 5);
  assert.equal(sum.dwell_seconds.p50, null, 'quantiles cannot be added');
  assert.deepEqual(sum.revenue, { USD: 3 });
  assert.deepEqual(sum.funnels.f[0], { step: 'a', reached: 40, leakage_ratio: 0.5, causes: { left: 20 } });
  assert.equal(sum.funnels.f[1].leakage_ratio, null);
});
