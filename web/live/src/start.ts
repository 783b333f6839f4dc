// What a newcomer sees before the first event: how to send one.
import { byId, setClass, setText } from './dom';

export class Start {
  private card = byId('start');

  constructor() {
    const host = location.hostname.includes(':') || location.hostname === '' ? '127.0.0.1' : location.hostname;
    const origin = `http://${host}:8080`;
    const curl = `curl -d '{"type":"page_view","url":"/","visitor":"v1"}' ${origin}/v1/events`;
    setText(byId('start-curl'), curl);
    setText(byId('start-tag'), `<script defer src="${origin}/weir.js"></script>`);
    const copy = byId<HTMLButtonElement>('start-copy');
    copy.hidden = !('clipboard' in navigator); // not there on pages that are not secure
    copy.addEventListener('click', () => {
      void navigator.clipboard.writeText(curl).then(
        () => setText(copy, 'Copied'),
        () => setText(copy, 'Not allowed'),
      );
    });
  }

  update(received: number): void {
    this.card.hidden = received > 0;
    setClass(byId('main'), 'is-empty', received === 0);
  }
}
