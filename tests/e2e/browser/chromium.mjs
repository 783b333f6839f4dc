// A real Chromium with a profile of its own. Playwright only steers it: its usual overrides, which keep every page
// visible and focused and switch the back/forward cache off, are left out, so tabs behave as a visitor's do.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const kLimitMs = 60_000;

/** Rejects after the limit, so that a test which hangs fails. */
export function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still waiting after ${kLimitMs} ms: ${what()}`)), kLimitMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export class Browser {
  static async start() {
    const browser = new Browser();
    browser.profile = mkdtempSync(join(tmpdir(), 'weir-chromium-'));
    const sandbox = process.getuid() === 0 ? ['--no-sandbox'] : [];
    browser.process = spawn(
      'setpriv', // it does not outlive this program, however that ends
      [
        '--pdeathsig=KILL', process.env.CHROMIUM ?? 'chromium', '--headless=new', ...sandbox, '--remote-debugging-port=0', `--user-data-dir=${browser.profile}`,
        '--no-first-run', '--disable-component-update', '--disable-background-networking', '--disable-sync',
        '--disable-dev-shm-usage', '--host-resolver-rules=MAP *.test 127.0.0.1', 'about:blank',
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let log = '';
    const address = new Promise((resolve, reject) => {
      browser.process.on('error', reject);
      browser.process.on('exit', (code) => reject(new Error(`chromium ended with ${code}: ${log}`)));
      browser.process.stderr.on('data', (text) => {
        log += text;
        const found = /DevTools listening on (ws:\S+)/.exec(log);
        if (found) resolve(found[1]);
      });
    });
    browser.ended = new Promise((resolve) => browser.process.on('exit', resolve));
    browser.connection = await chromium.connectOverCDP(await within(address, () => log), { noDefaults: true });
    browser.context = browser.connection.contexts()[0];
    browser.context.setDefaultTimeout(kLimitMs);
    browser.empty = browser.context.pages()[0]; // kept, so that the last tab of a visit can be closed
    browser.errors = [];
    browser.context.on('weberror', (error) => browser.errors.push(String(error.error())));
    return browser;
  }

  /** Opens a url in a tab in front, as a visitor who looks at it. */
  async open(url) {
    const page = await this.context.newPage();
    await page.goto(url);
    await this.lookAt(page);
    return page;
  }

  async lookAt(page) {
    await page.bringToFront();
    await page.waitForFunction(() => document.visibilityState === 'visible' && document.hasFocus());
  }

  /** Another tab comes to the front. */
  async lookAway(page) {
    await this.empty.bringToFront();
    await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 20 });
  }

  async stop() {
    try {
      // It closes in good order, so that no process of it still writes to the profile.
      const session = await this.connection.newBrowserCDPSession();
      session.send('Browser.close').catch(() => {}); // the answer may come too late for the connection
      await within(this.ended, () => 'chromium does not end');
    } finally {
      this.process.kill('SIGKILL');
      rmSync(this.profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    }
  }
}
