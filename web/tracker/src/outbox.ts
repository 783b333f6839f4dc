// Holds events until the server has them. One request at a time keeps them in order; while the page leaves, a beacon
// takes what is left. All requests are "simple": text/plain without credentials, so browsers ask for no preflight.
import { safely } from './safely';

export type Fields = Record<string, unknown>;

// Beacons and keepalive requests may carry 64 KiB together.
const kLineLength = 4000;
const kUnsentLines = 15;
const kFailures = 7; // in a row; then the events are given up, after about a minute
const kFirstWaitMs = 500; // doubled at each failure, also at the first

let unsent: string[] = [];
let inFlight = false;
let failures = 0;

/** Takes one event. The oldest ones go when the server stays away for long. */
export function put(event: Fields): void {
  const line = JSON.stringify(event);
  if (line.length > kLineLength) return;
  unsent = unsent.concat(line).slice(-kUnsentLines);
}

/** Ids keep an event that is sent twice from counting twice; the two times let Weir tell how old it is. */
const stamped = (lines: string[]): string =>
  lines.map((line) => line.slice(0, -1) + ',"sent_at":' + Date.now() + '}').join('\n');

export function post(endpoint: string): void {
  if (!unsent[0] || inFlight) return;
  const lines = unsent;
  unsent = [];
  inFlight = true;
  const settle = safely((again: boolean) => {
    inFlight = false;
    failures = again ? failures + 1 : 0;
    if (!again) return post(endpoint);
    if (failures >= kFailures) failures = 0;
    else {
      unsent = lines.concat(unsent).slice(-kUnsentLines);
      setTimeout(
        safely(() => post(endpoint)),
        kFirstWaitMs << failures,
      );
    }
  });
  fetch(endpoint, { method: 'POST', body: stamped(lines), keepalive: true, credentials: 'omit' }).then(
    (response) => settle(response.status === 429 || response.status >= 500),
    () => settle(true),
  );
}

/** Sends what is left at once: no later chance may come. */
export function postLeaving(endpoint: string): void {
  if (!unsent[0]) return;
  if (navigator.sendBeacon && navigator.sendBeacon(endpoint, stamped(unsent))) {
    unsent = [];
  } else {
    inFlight = false;
    post(endpoint);
  }
}
