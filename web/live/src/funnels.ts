// The funnels: how many sessions reached each step, and what became of those that did not go on.
import { element, Keyed, setData, setText } from './dom';
import { count, percent } from './format';
import type { FunnelStep } from './report';

/** What sessions did after their last step, worst first. */
const kCauses: [string, string][] = [
  ['error', 'met an error'],
  ['slow', 'found it slow'],
  ['wandered', 'wandered off'],
  ['left', 'left'],
];

interface Step {
  name: HTMLElement;
  reached: HTMLDataElement;
  share: HTMLElement;
  bar: HTMLElement;
  leak: HTMLElement;
  leakage: HTMLDataElement;
  causes: { item: HTMLElement; count: HTMLDataElement; bar: HTMLElement }[];
}

function makeStep(): { item: Step; root: Element } {
  const name = element('span', { class: 'step-name' });
  const reached = element('data', { 'data-kpi': 'reached' });
  const share = element('span', { class: 'share' });
  const bar = element('span', { class: 'reached' });
  const leakage = element('data', { class: 'leakage', 'data-kpi': 'leakage_ratio' });
  const list = element('ul', { class: 'causes' });
  const track = element('span', { class: 'leak-track', 'aria-hidden': 'true' });
  const causes = kCauses.map(([cause, words]) => {
    const number = element('data', { 'data-cause': cause });
    const item = element('li', { class: cause }, number, ` ${words}`);
    const part = element('span', { class: cause });
    list.append(item);
    track.append(part);
    return { item, count: number, bar: part };
  });
  const leak = element('div', { class: 'leak' }, element('p', {}, leakage, ' leak here'), list);
  const root = element(
    'li',
    { class: 'step' },
    element('p', { class: 'step-head' }, name, element('span', { class: 'step-count' }, reached, share)),
    element('div', { class: 'bar-track', 'aria-hidden': 'true' }, bar, track),
    leak,
  );
  return { item: { name, reached, share, bar, leak, leakage, causes }, root };
}

/** Bars are shares of the sessions that entered the funnel. */
function changeStep(view: Step, step: FunnelStep, entered: number): void {
  const share = (sessions: number) => (entered > 0 ? sessions / entered : 0);
  setText(view.name, step.step);
  setData(view.reached, step.reached, count(step.reached));
  setText(view.share, entered > 0 ? percent(share(step.reached)) : '');
  const lost = Object.values(step.causes).reduce((sum, part) => sum + part, 0);
  view.bar.style.width = `${share(step.reached - lost) * 100}%`;
  view.leak.hidden = step.leakage_ratio === null || lost === 0;
  setData(view.leakage, step.leakage_ratio, percent(step.leakage_ratio));
  kCauses.forEach(([cause], place) => {
    const part = view.causes[place];
    const sessions = step.causes[cause] ?? 0;
    if (!part) return;
    part.item.hidden = sessions === 0;
    setData(part.count, sessions, count(sessions));
    part.bar.style.width = `${share(sessions) * 100}%`;
  });
}

export class Funnels {
  private funnels: Keyed<Keyed<Step>>;
  private none = element('p', { class: 'empty' });

  constructor(
    parent: HTMLElement,
    private note: HTMLElement,
  ) {
    const list = element('div', { class: 'funnels' });
    parent.append(this.none, list);
    this.funnels = new Keyed(list, (name) => {
      const steps = element('ol', { class: 'steps' });
      const root = element('section', { class: 'funnel', 'data-funnel': name }, element('h3', {}, name), steps);
      return { item: new Keyed(steps, makeStep), root };
    });
  }

  /** `page` is the landing page they are narrowed to, empty for all. */
  update(funnels: Record<string, FunnelStep[]>, page: string): void {
    const names = Object.keys(funnels);
    setText(this.note, page ? `Sessions that landed on ${page}.` : 'All sessions of the window.');
    this.note.hidden = names.length === 0;
    this.none.hidden = names.length > 0;
    setText(
      this.none,
      'No funnel with sessions. Name the steps that should lead to a conversion under “funnels” in the configuration, ' +
        'and see where visitors leak out, and why.',
    );
    this.funnels.update(names, (view, name) => {
      const steps = funnels[name] ?? [];
      const entered = steps[0]?.reached ?? 0;
      view.update(
        steps.map((_, place) => String(place)),
        (step, place) => {
          const values = steps[Number(place)];
          if (values) changeStep(step, values, entered);
        },
      );
    });
  }
}
