// The servers around a visit: a site with pages, and a proxy in front of Weir that writes down what passes. They have
// different host names, so every event crosses origins.
import { createServer, request } from 'node:http';
import { within } from './chromium.mjs';

const listen = (server) =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/** Any path is a page with the tracker, under a policy that allows no more than it needs; `tag` holds the attributes of its script tag, `body` what else is in it. */
export class Site {
  static async start(tracker, tag, body = '') {
    const site = new Site();
    const weir = new URL(tracker).origin;
    const policy = `default-src 'none'; script-src 'unsafe-inline' ${weir}; connect-src ${weir}; img-src ${weir}`;
    site.server = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.setHeader('Content-Security-Policy', policy);
      response.end(
        '<!doctype html><title>shop</title>' +
          '<script>window.weir = window.weir || function(){(weir.q=weir.q||[]).push(arguments)}</script>' +
          `<script defer src="${tracker}" ${tag}></script>${body}`,
      );
    });
    site.origin = `http://shop.test:${await listen(site.server)}`;
    return site;
  }

  stop() {
    this.server.closeAllConnections?.();
    this.server.close();
  }
}

/** Passes everything on to Weir, paths below /stats/ without that; except where a fault is asked for. */
export class Recorder {
  requests = []; // {method, path, contentType, origin, body, status}
  events = []; // of bodies that Weir was given, parsed
  /** For posts to come: 'unavailable' answers 503, 'lost' cuts the connection after Weir has the event. */
  faults = [];
  #waiting = [];

  static async start(port) {
    const recorder = new Recorder();
    recorder.weirPort = port;
    recorder.server = createServer((request, response) => recorder.#take(request, response));
    recorder.origin = `http://weir.test:${await listen(recorder.server)}`;
    return recorder;
  }

  async #take(incoming, response) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const fault = incoming.method === 'POST' ? this.faults.shift() : undefined;
    const entry = {
      method: incoming.method,
      path: incoming.url,
      contentType: incoming.headers['content-type'] ?? '',
      origin: incoming.headers.origin ?? '',
      body: body.toString(),
      fault: fault ?? '',
    };
    const note = (status) => {
      this.requests.push({ ...entry, status });
      if (status === 503) return this.#changed();
      if (entry.method === 'POST') {
        for (const line of entry.body.split('\n')) this.events.push({ ...JSON.parse(line), arrived: performance.now() });
      }
      this.#changed();
    };
    if (fault === 'unavailable') {
      response.writeHead(503, { 'Access-Control-Allow-Origin': '*' }).end();
      return note(503);
    }
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: this.weirPort,
        method: incoming.method,
        path: incoming.url.replace(/^\/stats\//, '/'),
        headers: incoming.headers,
      },
      (answer) => {
        if (fault === 'lost') {
          answer.resume();
          incoming.socket.destroy();
        } else {
          response.writeHead(answer.statusCode, answer.headers);
          answer.pipe(response);
        }
        note(answer.statusCode);
      },
    );
    outgoing.on('error', (error) => response.destroy(error));
    outgoing.end(body);
  }

  #changed() {
    for (const check of [...this.#waiting]) check();
  }

  /** Waits until Weir has been given what `condition` asks for. */
  until(condition) {
    const met = new Promise((resolve) => {
      const check = () => {
        if (!condition(this)) return;
        this.#waiting.splice(this.#waiting.indexOf(check), 1);
        resolve();
      };
      this.#waiting.push(check);
      check();
    });
    return within(met, () => JSON.stringify(this.requests));
  }

  untilEvents(count) {
    return this.until(({ events }) => events.length >= count);
  }

  ofType(type) {
    return this.events.filter((event) => event.type === type);
  }

  stop() {
    this.server.closeAllConnections?.();
    this.server.close();
  }
}
