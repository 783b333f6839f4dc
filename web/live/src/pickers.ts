// What is shown: the site and the window. Both are in the address, so that a view can be kept and passed on.
import { element } from './dom';

export class Pickers {
  site = '';
  window = '';

  constructor(
    private sites: HTMLSelectElement,
    private windows: HTMLElement,
    form: HTMLElement,
    onChange: () => void,
  ) {
    const wanted = new URLSearchParams(location.hash.slice(1));
    this.site = wanted.get('site') ?? '';
    this.window = wanted.get('window') ?? '';
    form.addEventListener('submit', (event) => event.preventDefault());
    sites.addEventListener('change', () => {
      this.site = sites.value;
      this.remember();
      onChange();
    });
    windows.addEventListener('change', ({ target }) => {
      if (!(target instanceof HTMLInputElement)) return;
      this.window = target.value;
      this.remember();
      onChange();
    });
  }

  /** The server does not know the window: its first one is taken. */
  forgetWindow(): void {
    this.window = '';
  }

  /** Offers what there is. */
  update(sites: string[], windows: string[], window: string): void {
    this.window = window;
    const offered = this.site && !sites.includes(this.site) ? [this.site, ...sites] : sites;
    const values = ['', ...offered];
    if ([...this.sites.options].map(({ value }) => value).join('\n') !== values.join('\n')) {
      this.sites.replaceChildren(...values.map((site) => element('option', { value: site }, site || 'All sites')));
    }
    if (this.sites.value !== this.site) this.sites.value = this.site;
    if (this.windows.dataset['offered'] !== windows.join()) {
      this.windows.dataset['offered'] = windows.join();
      this.windows.querySelectorAll('label').forEach((old) => old.remove());
      for (const name of windows) {
        const input = element('input', { type: 'radio', name: 'window', value: name });
        this.windows.append(element('label', {}, input, element('span', {}, name)));
      }
    }
    for (const input of this.windows.querySelectorAll('input')) input.checked = input.value === window;
  }

  private remember(): void {
    const kept = new URLSearchParams();
    if (this.site) kept.set('site', this.site);
    if (this.window) kept.set('window', this.window);
    history.replaceState(null, '', `#${kept}`);
  }
}
