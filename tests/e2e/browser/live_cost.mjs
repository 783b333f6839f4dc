// What watching costs ingest: node live_cost.mjs WEIR [PAIRS] [SECONDS] [EVENTS-PER-SECOND]. Runs in pairs, one without
// and one with an open page and 20 event streams, take in the same events at the same rate; the processor time of
// the two servers is compared. Prints each pair and the median.
import { get } from 'node:http';
import { Browser } from './chromium.mjs';
import { Weir } from './traffic.mjs';

const kStreams = 20;
const kBatch = 1000;
const [program, pairs = '7', seconds = '20', rate = '40000'] = process.argv.slice(2);

/** Reads a stream and counts what comes. */
function listen(url) {
  const stream = { events: 0 };
  const request = get(url, (response) => {
    response.on('data', (data) => {
      stream.events += String(data).split('data: ').length - 1;
    });
    response.on('error', () => {});
  });
  request.on('error', () => {});
  stream.stop = () => request.destroy();
  return stream;
}

/** Processor seconds for the events of one run. */
async function run(watched) {
  const weir = await Weir.start(program);
  const watching = [];
  let browser;
  try {
    // Ten minutes of visits, some seconds of which are in one batch: all cells are filled.
    const lines = weir.generate(Date.now() - 600_000, '--sessions', '30000', '--rate', '50').map(({ line }) => line);
    const count = Number(seconds) * Number(rate);
    if (watched) {
      browser = await Browser.start();
      await browser.open(`${weir.admin}/`);
      for (let i = 0; i < kStreams; ++i) watching.push(listen(`${weir.admin}/api/v1/live?rows=50`));
    }
    const from = weir.cpuSeconds();
    const started = performance.now();
    let visits = 0;
    for (let sent = 0; sent < count; sent += kBatch) {
      const wait = started + (sent / Number(rate)) * 1000 - performance.now();
      if (wait > 0)
        await new Promise((resolve) => {
          setTimeout(resolve, wait);
        });
      const at = sent % lines.length;
      if (at < kBatch) ++visits; // the same people, another time
      await weir.post(lines.slice(at, at + kBatch).map((line) => line.replace('"visitor":"', `"visitor":"${visits}-`)));
    }
    const tookSeconds = (performance.now() - started) / 1000;
    const cpu = weir.cpuSeconds() - from;
    const report = await (await fetch(`${weir.admin}/api/v1/report`)).json();
    const events = watching.map((stream) => stream.events);
    if (watched && Math.min(...events) < Number(seconds) / 2) throw new Error(`streams got ${events} events`);
    return { cpu, tookSeconds, received: report.events.received, events: Math.min(...events) };
  } finally {
    for (const stream of watching) stream.stop();
    await browser?.stop();
    await weir.stop();
  }
}

const percent = (ratio) => `${(ratio * 100).toFixed(2)}%`;
const costs = [];
await run(false); // the files and the program are in memory from here on
for (let pair = 0; pair < Number(pairs); ++pair) {
  const order = pair % 2 === 0 ? [false, true] : [true, false];
  const results = {};
  for (const watched of order) results[watched] = await run(watched);
  const cost = results[true].cpu / results[false].cpu - 1;
  costs.push(cost);
  const of = ({ cpu, tookSeconds, received }) =>
    `${cpu.toFixed(2)} s for ${received} events in ${tookSeconds.toFixed(1)} s`;
  const { events } = results[true];
  console.log(`alone ${of(results[false])}; watched ${of(results[true])}, ${events} events per stream: ${percent(cost)}`);
}
costs.sort((a, b) => a - b);
console.log(`median ${percent(costs[Math.floor(costs.length / 2)])} of the processor time of ingest`);
process.exit(0); // the connection to a browser would keep it alive
