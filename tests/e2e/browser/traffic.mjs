// A `weir serve` with made-up visitors who browse now, for what has to be looked at or measured rather than tested.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const kDemoConfig = new URL('../../../config/demo.yaml', import.meta.url);
const kListeners = 'sources: {http: {listen: "127.0.0.1:0"}}\nadmin: {listen: "127.0.0.1:0"}\n';

/** A time as events have it: a text, or a number of seconds, milliseconds or microseconds. */
function milliseconds(time) {
  if (typeof time === 'string') return Date.parse(time);
  return Math.round(time < 1e11 ? time * 1000 : time < 1e14 ? time : time / 1000);
}

export class Weir {
  /** Starts the program with the funnels of config/demo.yaml on ports of its own. */
  static async start(program, more = '') {
    const weir = new Weir();
    weir.program = program;
    weir.folder = mkdtempSync(join(tmpdir(), 'weir-'));
    const config = join(weir.folder, 'weir.yaml');
    writeFileSync(config, readFileSync(kDemoConfig, 'utf8') + kListeners + more);
    weir.process = spawn(program, ['serve', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise((resolve, reject) => {
      let log = '';
      weir.process.on('exit', () => reject(new Error(`weir ended: ${log}`)));
      weir.process.on('error', reject);
      weir.process.stderr.on('data', (text) => {
        log += text;
        const found = /events at (http:\S+)\/v1\/events, metrics at (http:\S+)\/metrics/.exec(log);
        if (!found) return;
        [, weir.events, weir.admin] = found;
        resolve();
      });
    });
    return weir;
  }

  /** Lines of `weir generate`, moved in time so that the first is of `startMs`: {ms, line}, in order of arrival. */
  generate(startMs, ...options) {
    const text = execFileSync(this.program, ['generate', ...options], { maxBuffer: 1 << 30, encoding: 'utf8' });
    let shift;
    let ms = startMs;
    return text
      .trimEnd()
      .split('\n')
      .map((line) => {
        let event;
        try {
          event = JSON.parse(line);
        } catch {
          return { ms, line }; // broken on purpose
        }
        if (event.ts !== undefined) {
          const then = milliseconds(event.ts);
          shift ??= startMs - then;
          event.ts = ms = then + shift;
        }
        return { ms, line: JSON.stringify(event) };
      });
  }

  async post(lines) {
    const reply = await fetch(`${this.events}/v1/events`, { method: 'POST', body: lines.join('\n') });
    if (reply.status >= 500) throw new Error(`events are refused: ${reply.status}`);
    await reply.arrayBuffer();
  }

  /** Sends what is due until `stop()` or the lines end; what is past at once. */
  play(lines) {
    let next = 0;
    let sending = Promise.resolve();
    const send = async () => {
      while (next < lines.length && lines[next].ms <= Date.now()) {
        const from = next;
        while (next < lines.length && next - from < 2000 && lines[next].ms <= Date.now()) ++next;
        await this.post(lines.slice(from, next).map(({ line }) => line));
      }
    };
    const timer = setInterval(() => {
      sending = sending.then(send);
    }, 100);
    return async () => {
      clearInterval(timer);
      await sending;
    };
  }

  /** Seconds of processor time it has used. */
  /** Processor seconds of all its threads, and of the one that answers scrapes and the live page. */
  cpuSeconds() {
    const { pid } = this.process;
    const of = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
    const threads = readdirSync(`/proc/${pid}/task`);
    return { all: threads.reduce((sum, thread) => sum + of(thread), 0), admin: of(pid) };
  }

  async stop() {
    const ended = new Promise((resolve) => {
      this.process.removeAllListeners('exit').on('exit', resolve);
    });
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
