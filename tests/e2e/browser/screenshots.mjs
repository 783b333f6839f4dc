// Takes the pictures of the live page for the documentation: node screenshots.mjs WEIR FOLDER [SECONDS]. Made-up
// visitors browse for so long first, so that there is something to see.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser } from './chromium.mjs';
import { Weir } from './traffic.mjs';

const [program, folder, seconds = '100'] = process.argv.slice(2);

const kPictures = [
  { name: 'live-light', theme: 'light', width: 1280, height: 1130 },
  { name: 'live-dark', theme: 'dark', width: 1280, height: 960, from: '.columns' },
  { name: 'live-phone', theme: 'light', width: 360, height: 1400 },
];

const weir = await Weir.start(program);
const browser = await Browser.start();
try {
  const page = await browser.context.newPage();
  await page.setViewportSize({ width: 1280, height: 900 });
  const session = await browser.context.newCDPSession(page);
  await session.send('Emulation.setScrollbarsHidden', { hidden: true });
  await page.goto(`${weir.admin}/`);
  await browser.lookAt(page);
  await page.waitForSelector('#status[data-state=live]');
  const take = async ({ name, theme, width, height, from = 'header' }) => {
    await page.setViewportSize({ width, height });
    await page.selectOption('#theme', theme);
    await page.evaluate((part) => {
      document.activeElement.blur();
      scrollTo(0, document.querySelector(part).offsetTop - 70);
    }, from);
    await page.waitForTimeout(1500); // the next report is drawn in the new size
    writeFileSync(join(folder, `${name}.png`), await page.screenshot({ animations: 'disabled' }));
  };
  await take({ name: 'live-start', theme: 'light', width: 1280, height: 560 });
  const now = Date.now();
  const steady = weir
    .generate(
      now - 6 * 60_000,
      ...['--seed', '11', '--sessions', '4000', '--rate', '3.5', '--disorder', '2s'],
      ...['--malformed', '0.004', '--duplicates', '0.01', '--late', '0.001'],
    )
    .filter(({ line }) => !/"value":"?\d{6}/.test(line)); // some orders are there to test large sums
  // A campaign brings more people for a while. Its visitors are others than the steady ones.
  const burst = weir
    .generate(now + Number(seconds) * 350, '--seed', '5', '--sessions', '300', '--rate', '9')
    .map(({ ms, line }) => ({ ms, line: line.replace('"visitor":"', '"visitor":"b-') }));
  const past = steady.filter(({ ms }) => ms <= now).map(({ line }) => line);
  for (let from = 0; from < past.length; from += 1000) await weir.post(past.slice(from, from + 1000));
  await page.waitForFunction(
    (count) => Number(document.querySelector('data[data-events=counted]').value) >= count,
    0.95 * past.length,
  );
  await page.reload(); // the charts begin here
  const stop = weir.play([...steady.slice(past.length), ...burst].sort((a, b) => a.ms - b.ms));
  await page.waitForTimeout(Number(seconds) * 1000);
  for (const picture of kPictures) await take(picture);
  await stop();
} finally {
  await browser.stop();
  await weir.stop();
}
process.exit(0); // the connection to the browser would keep it alive
