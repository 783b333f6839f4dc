// What watching costs ingest: node live_cost.mjs WEIR [PAIRS] [SESSIONS]. Runs in pairs take in the same events as fast
// as they can, one without and one with an open page and 20 event streams that ask for different things. The cost is the
// processor time that the thread of the admin listener takes more, as a share of what all others take meanwhile. Prints
// each pair and the median, and ends with 1 when that is over the limit.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from './chromium.mjs';
import { Weir } from './traffic.mjs';

const kStreams = 20;
const kBodyBytes = 512 * 1024;
const kConnections = 2;
const kLimit = 0.02;
const kLookMs = 1000; // between two looks at whether all events are through
const [program, pairs = '5', sessions = '400000'] = process.argv.slice(2);

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads a stream and counts what comes. */
function listen(url) {
  const stream = { events: 0 };
  const request = get(url, (response) => {
    response.on('data', (data) => {
      stream.events += data.toString('latin1').split('data: ').length - 1;
    });
    response.on('error', () => {});
  });
  request.on('error', () => {});
  stream.stop = () => request.destroy();
  return stream;
}

/** The file in pieces of whole lines. */
function* bodies(path) {
  const file = openSync(path);
  let rest = Buffer.alloc(0);
  for (;;) {
    const piece = Buffer.alloc(kBodyBytes);
    const size = readSync(file, piece);
    if (size === 0) break;
    const text = Buffer.concat([rest, piece.subarray(0, size)]);
    const end = text.lastIndexOf('\n') + 1;
    rest = text.subarray(end);
    yield text.subarray(0, end);
  }
  closeSync(file);
}

async function post(weir, body) {
  for (;;) {
    const reply = await fetch(`${weir.events}/v1/events`, { method: 'POST', body });
    await reply.arrayBuffer();
    if (reply.status !== 503) return;
    await pause(20); // its queues are full
  }
}

/** Waits until no more events move: what is left in the queue waits for later ones. */
async function settle(weir) {
  const queued = async () => (await (await fetch(`${weir.admin}/api/v1/report`)).json()).events.queued;
  for (let before = -1, now = await queued(); now !== before;) {
    await pause(kLookMs);
    [before, now] = [now, await queued()];
  }
}

/** Processor seconds while the events of the file are taken in, as many as it has lines. */
async function run({ path, lines }, watched) {
  const weir = await Weir.start(program);
  const watching = [];
  let browser;
  try {
    if (watched) {
      browser = await Browser.start();
      await browser.open(`${weir.admin}/`);
      for (let i = 0; i < kStreams; ++i) watching.push(listen(`${weir.admin}/api/v1/live?rows=${50 - i}`));
    }
    await settle(weir);
    const from = weir.cpuSeconds();
    const started = performance.now();
    const source = bodies(path);
    const send = async () => {
      for (let next = source.next(); !next.done; next = source.next()) await post(weir, next.value);
    };
    await Promise.all(Array.from({ length: kConnections }, send));
    const seconds = (performance.now() - started) / 1000;
    const to = weir.cpuSeconds();
    const admin = to.admin - from.admin;
    const ingest = to.all - from.all - admin;
    await settle(weir);
    const report = await (await fetch(`${weir.admin}/api/v1/report`)).json();
    if (report.events.received !== Number(lines)) throw new Error(`${report.events.received} of ${lines} events`);
    const events = Math.min(...watching.map((stream) => stream.events));
    if (watched && events < seconds / 2) throw new Error(`a stream got ${events} events in ${seconds} s`);
    return { ingest, admin, seconds, received: report.events.received, events };
  } finally {
    for (const stream of watching) stream.stop();
    await browser?.stop();
    await weir.stop();
  }
}

const percent = (ratio) => `${(ratio * 100).toFixed(2)}%`;
const folder = mkdtempSync(join(tmpdir(), 'weir-cost-'));
try {
  const path = join(folder, 'events.ndjson');
  execFileSync(program, ['generate', '--sessions', sessions, '--rate', String(Number(sessions) / 200), '-o', path]);
  const file = { path, lines: execFileSync('wc', ['-l', path], { encoding: 'utf8' }).split(' ')[0] };
  const costs = [];
  await run(file, false); // the file and the program are in memory from here on
  for (let pair = 0; pair < Number(pairs); ++pair) {
    const results = {};
    for (const watched of pair % 2 === 0 ? [false, true] : [true, false]) results[watched] = await run(file, watched);
    const share = ({ admin, ingest }) => admin / ingest;
    const cost = share(results[true]) - share(results[false]);
    costs.push(cost);
    const of = ({ admin, ingest, seconds, received }) =>
      `${admin.toFixed(3)} s beside ${ingest.toFixed(2)} s for ${received} events in ${seconds.toFixed(1)} s`;
    const { events } = results[true];
    console.log(
      `alone ${of(results[false])}; watched ${of(results[true])}, ${events} events a stream: ${percent(cost)}`,
    );
  }
  costs.sort((a, b) => a - b);
  const median = costs[Math.floor(costs.length / 2)];
  console.log(`median ${percent(median)} of the processor time of ingest`);
  if (median > kLimit) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(); // the connection to a browser would keep it alive
